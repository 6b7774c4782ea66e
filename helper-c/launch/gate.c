/* Where a container waits: the gate of a created one and the way to let it go, and the caller of
 * one that is held. */
#include "launch.h"
#include "../host/gate.h"
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

static int reach(int state)
{
	int sock = unix_socket(SOCK_SEQPACKET_);
	long err = sock < 0 ? sock : in_directory(__NR_connect, sock, state, "gate");

	if (err == 0)
		return sock;
	(void)sys_close(sock);
	return (int)err;
}

static int await_answer(int sock, int timeout_ms)
{
	return wait_readable(&launch, sock, -1, timeout_ms);
}

int op_start_container(struct run *run, const struct plan_op *op)
{
	const struct gate gate = {op_fd(run, op, OP_START_CONTAINER_SLOT_STATE), reach,
				  await_answer};

	return (int)gate_open(run, &gate, clock_now() + op->nums[0] * 1000000U);
}

/* What a caller sends to let a container go on. */
#define GO_ON 1

/* Takes the caller's word. 0 or -errno: -ECANCELED at the end of the caller's side. */
static int word_take(int fd)
{
	char word = 0;
	long n = sys_read(fd, &word, 1);

	if (n > 0)
		return word == GO_ON ? 0 : -EPROTO;
	return n == 0 ? -ECANCELED : (int)n;
}

int op_hold(struct run *run, const struct plan_op *op)
{
	int process = op_fd(run, op, OP_HOLD_SLOT_PROCESS), report = launch.args.report_fd;
	int ready =
	    report < 0 ? -ENOTCONN : wait_readable(&launch, process, report, (int)op->nums[0]);

	if (ready < 0)
		return ready;
	if (ready == 1)
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	int err = word_take(report);

	if (err < 0)
		return err;
	launch.began = clock_now();
	/* It was made with rights that the caller may have given up. */
	return launch.args.is_served ? caller_check() : 0;
}

/*
 * Ops that look, hold what they found, and make what nobody has but the launcher and init, which
 * waits for `release`. Nothing of it is seen by others, and nothing stays when the two end.
 */
static const uint8_t ahead[] = {
    [OP_OPEN_ROOT] = 1, [OP_OPEN_PROCFS] = 1, [OP_OPEN_DIR] = 1,  [OP_OPEN_OBJECT] = 1,
    [OP_ENTER_DIR] = 1, [OP_CLONE_TREE] = 1,  [OP_SET_MOUNT] = 1, [OP_MAKE_USERNS] = 1,
    [OP_CLOSE] = 1,	[OP_CLONE] = 1,
};

int word_is_early(const struct plan_op *op)
{
	return op->code < sizeof(ahead) && ahead[op->code];
}

int word_await(struct launch *l)
{
	int fd = l->args.word_fd, ready = wait_readable(l, fd, -1, -1);
	int err = ready < 0 ? ready : word_take(fd);

	(void)sys_close(fd);
	l->args.word_fd = -1;
	return err;
}
