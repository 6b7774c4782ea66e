/* The gate of a created container, from outside. */
#include "gate.h"

/* Nanoseconds between two tries: init listens again within microseconds. Each is twice the one
 * before it. */
#define FIRST_PAUSE 50000
#define LAST_PAUSE 1000000

/* Says go and waits for the end of init's socket. 0 or -errno; -EAGAIN when it was not heard: init
 * had looked before the word was there, or listens to another. */
static int let_go(struct run *run, const struct gate *gate, int sock, uint64_t end)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_GO};
	int said = 0;
	long err = msg_send(sock, &msg, NULL, 0, -1);

	while (err >= 0) {
		uint64_t now = clock_now();

		err = now >= end ? -ETIMEDOUT : gate->wait(sock, (int)((end - now) / 1000000U) + 1);
		if (err >= 0)
			err = msg_receive(sock, &msg, NULL);
		if (err == 0)
			break;
		if (err > 0 && msg.kind == MSG_FAULT)
			return fault_take(run, &msg.fault);
		if (err > 0 && msg.kind != MSG_EXEC_NOW)
			return op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
		said |= err > 0;
	}
	if (said && err == -ECONNRESET)
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	return !said && (err == 0 || err == -ECONNRESET || err == -EPIPE) ? -EAGAIN : (int)err;
}

static long knock(struct run *run, const struct gate *gate, uint64_t end)
{
	int sock = gate->reach(gate->state);
	long err = sock < 0 ? sock : let_go(run, gate, sock, end);

	(void)sys_close(sock);
	return err;
}

long gate_open(struct run *run, const struct gate *gate, uint64_t end)
{
	long err = knock(run, gate, end);
	int again = err == -EAGAIN;
	long pause = FIRST_PAUSE;

	while (err == -EAGAIN && clock_now() < end) {
		struct __kernel_timespec ts = {.tv_nsec = pause};

		(void)SYS2(nanosleep, &ts, 0);
		if (pause < LAST_PAUSE)
			pause *= 2;
		err = knock(run, gate, end);
	}
	/* It was there before, and nobody is now: init has ended, or somebody else was first. */
	if (err == -EAGAIN || (again && (err == -ECONNREFUSED || err == -ENOENT)))
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	/* From here on the container runs: whoever looks finds that nobody listens at the gate, and
	 * need not look any more. */
	if (err == 0)
		err = SYS3(unlinkat, gate->state, "gate", 0);
	return err;
}
