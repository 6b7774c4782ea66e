/* Connections from the host to a port of a container. */
#include "../launch/launch.h"
#include "../sys/inet.h"
#include "../sys/str.h"
#include "unix-socket.h"
#include <asm/socket.h>

#define SOCK_FLAGS (SOCK_STREAM_ | O_CLOEXEC | O_NONBLOCK)
#define DIAL_MS 10000

/* What listens may take no more: then the connection is not made in time. */
static long connect_loopback(int sock, const void *address, unsigned address_size)
{
	long err = SYS3(connect, sock, address, address_size);
	int failure = 0, size = sizeof(failure);

	if (err == -EINPROGRESS)
		err = wait_writable(sock, DIAL_MS);
	if (err < 0)
		return err;
	err = SYS5(getsockopt, sock, SOL_SOCKET, SO_ERROR, &failure, &size);
	return err < 0 ? err : -failure;
}

/* A connection to a port of 127.0.0.1 or ::1. The socket or -errno. */
static int dial_by(uint32_t family, uint64_t port)
{
	const struct inet_address four = loopback_at(port);
	const struct inet6_address six = loopback6_at(port);
	int sock = (int)SYS3(socket, family, SOCK_FLAGS, 0);

	if (sock < 0)
		return sock;
	long err = family == AF_INET_ ? connect_loopback(sock, &four, sizeof(four))
				      : connect_loopback(sock, &six, sizeof(six));

	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : sock;
}

/* A server may have ::1 alone. What matters to the caller is that nobody listens at 127.0.0.1. */
static int dial_port(uint64_t port)
{
	int sock = dial_by(AF_INET_, port);

	if (sock != -ECONNREFUSED)
		return sock;
	sock = dial_by(AF_INET6_, port);
	return sock < 0 ? -ECONNREFUSED : sock;
}

/* The launcher stays in the namespaces: its plan has nothing else to do. */
int op_dial(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, 0);
	long err =
	    SYS2(setns, op_fd(run, op, OP_DIAL_SLOT_PROCESS), op->nums[OP_DIAL_NUM_NAMESPACES]);
	int sock = err < 0 ? (int)err : dial_port(op->nums[OP_DIAL_NUM_PORT]);

	if (sock < 0)
		return sock;
	err = msg_send(op_fd(run, op, OP_DIAL_SLOT_SOCKET), NULL, name, strlen(name), sock);
	(void)sys_close(sock);
	return (int)err;
}
