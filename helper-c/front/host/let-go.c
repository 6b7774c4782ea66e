/* Letting a created container go on, without a launcher. */
#define _GNU_SOURCE
#include "front.h"
#include "host.h"
#include "host/gate.h"
#include "host/report.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* connect(2) waits where init does not accept. */
#define CONNECT_SECONDS 10

/* Somebody listened at the gate. */
static bool is_reached;

/* A path through the descriptor: the directory's own may be too long for an address. */
static int reach(int state)
{
	const struct timeval limit = {.tv_sec = CONNECT_SECONDS};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), err = 0;

	if (sock < 0)
		return -errno;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/gate", state);
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(sock, (const struct sockaddr *)&address, sizeof(address)) < 0)
		err = -errno;
	if (err == 0) {
		is_reached = true;
		return sock;
	}
	(void)close(sock);
	return err;
}

static int await_answer(int sock, int timeout_ms)
{
	struct pollfd one = {.fd = sock, .events = POLLIN};
	int count;

	do
		count = poll(&one, 1, timeout_ms);
	while (count < 0 && errno == EINTR);
	if (count == 0)
		return -ETIMEDOUT;
	return count < 0 ? -errno : 0;
}

/* A record of how it went, as the launcher would report it; or -errno if nobody listened. */
static int let_go(int state, uint32_t timeout_ms, struct report_record *ret)
{
	const struct gate gate = {state, reach, await_answer};
	struct run run = {.fault = {.op_code = OP_START_CONTAINER, .phase = PHASE_HOST}};
	long err = gate_open(&run, &gate, clock_now() + (uint64_t)timeout_ms * 1000000U);

	*ret = (struct report_record){.magic = REPORT_MAGIC,
				      .version = REPORT_VERSION,
				      .state = err == 0 ? STATE_DONE : STATE_FAILED,
				      .op = OP_NONE};
	if (err == 0)
		return 0;
	if (!is_reached)
		return (int)err;
	(void)op_fault(&run, FAULT_CALL, (int)-err, 0);
	report_fault(ret, &run.fault);
	return 0;
}

uint32_t w2c_host_let_go(struct w2c_host *host, uint32_t state, uint32_t pid, uint64_t inode,
			 uint32_t timeout_ms, uint32_t into)
{
	struct report_record record;
	int process = process_open((pid_t)pid, inode), directory, err;

	(void)host;
	if (process < 0)
		return (uint32_t)process;
	directory = (int)sys_openat(AT_FDCWD, string_at(state),
				    O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	err = directory < 0 ? directory : let_go(directory, timeout_ms, &record);
	(void)sys_close(directory);
	(void)sys_close(process);
	if (err == 0)
		memcpy(span(into, sizeof(record)), &record, sizeof(record));
	return (uint32_t)err;
}
