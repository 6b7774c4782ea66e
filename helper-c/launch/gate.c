/* The gate: where a created container waits, and the way to let it go. */
#include "launch.h"
#include "../peers/unix-socket.h"

int op_make_gate(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, 0);
	int sock = unix_socket(SOCK_SEQPACKET_);
	long err = sock < 0 ? sock : undo_note(state, "gate", UNDO_FILE);

	if (err == 0) {
		err = in_directory(__NR_bind, sock, state, "gate");
		if (err < 0)
			undo_forget();
	}
	if (err == 0)
		err = SYS2(listen, sock, 4);
	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : op_define(run, op, sock);
}

/* Says go and waits for the end of init's socket. 0 or -errno; -EAGAIN when it was not heard: init
 * had looked before the word was there, or listens to another. */
static int let_go(struct run *run, int sock, uint64_t end)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_GO};
	int said = 0;
	long err = msg_send(sock, &msg, NULL, 0, -1);

	while (err >= 0) {
		uint64_t now = clock_now();

		err = now >= end
			  ? -ETIMEDOUT
			  : wait_readable(&launch, sock, -1, (int)((end - now) / 1000000U) + 1);
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

static long knock(struct run *run, int state, uint64_t end)
{
	int sock = unix_socket(SOCK_SEQPACKET_);
	long err = sock < 0 ? sock : in_directory(__NR_connect, sock, state, "gate");

	if (err == 0)
		err = let_go(run, sock, end);
	(void)sys_close(sock);
	return err;
}

int op_start_container(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, OP_START_CONTAINER_SLOT_STATE);
	uint64_t end = clock_now() + op->nums[0] * 1000000U;
	long err = knock(run, state, end);
	int again = err == -EAGAIN;

	while (err == -EAGAIN && clock_now() < end) {
		struct __kernel_timespec ts = {.tv_nsec = 1000000};

		(void)SYS2(nanosleep, &ts, 0);
		err = knock(run, state, end);
	}
	/* It was there before, and nobody is now: init has ended, or somebody else was first. */
	if (err == -EAGAIN || (again && (err == -ECONNREFUSED || err == -ENOENT)))
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	/* From here on the container runs: whoever looks finds that nobody listens at the gate, and
	 * need not look any more. */
	if (err == 0)
		err = SYS3(unlinkat, state, "gate", 0);
	return (int)err;
}
