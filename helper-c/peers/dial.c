/* Connections from the host to a port of a container. */
#include "../launch/launch.h"
#include "../sys/inet.h"
#include "../sys/str.h"
#include "unix-socket.h"
#include <asm/socket.h>

#define SOCK_FLAGS (SOCK_STREAM_ | O_CLOEXEC | O_NONBLOCK)
#define DIAL_MS 10000

/* What listens may take no more: then the connection is not made in time. */
static long connect_loopback(int sock, uint64_t port)
{
	const struct inet_address address = loopback_at(port);
	long err = SYS3(connect, sock, &address, sizeof(address));
	int failure = 0, size = sizeof(failure);

	if (err == -EINPROGRESS)
		err = wait_writable(sock, DIAL_MS);
	if (err < 0)
		return err;
	err = SYS5(getsockopt, sock, SOL_SOCKET, SO_ERROR, &failure, &size);
	return err < 0 ? err : -failure;
}

/* The launcher stays in the namespaces: its plan has nothing else to do. */
int op_dial(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, 0);
	long err =
	    SYS2(setns, op_fd(run, op, OP_DIAL_SLOT_PROCESS), op->nums[OP_DIAL_NUM_NAMESPACES]);
	int sock = err < 0 ? (int)err : (int)SYS3(socket, AF_INET_, SOCK_FLAGS, 0);

	if (sock < 0)
		return sock;
	err = connect_loopback(sock, op->nums[OP_DIAL_NUM_PORT]);
	if (err == 0)
		err = msg_send(op_fd(run, op, OP_DIAL_SLOT_SOCKET), NULL, name, strlen(name), sock);
	(void)sys_close(sock);
	return (int)err;
}
