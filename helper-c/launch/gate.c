/* Where a container waits: the gate of a created one and the way to let it go, and the caller of
 * one that is held. */
#include "launch.h"
#include "../host/gate.h"
#include "../sys/str.h"
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

int op_hold(struct run *run, const struct plan_op *op)
{
	int process = op_fd(run, op, OP_HOLD_SLOT_PROCESS), report = launch.args.report_fd;
	char word = 0;
	int ready =
	    report < 0 ? -ENOTCONN : wait_readable(&launch, process, report, (int)op->nums[0]);

	if (ready < 0)
		return ready;
	if (ready == 1)
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	long n = sys_read(report, &word, 1);

	if (n == 0)
		return -ECANCELED;
	if (n < 0)
		return (int)n;
	if (word != GO_ON)
		return -EPROTO;
	launch.began = clock_now();
	/* It was made with rights that the caller may have given up. */
	return launch.args.is_served ? caller_check() : 0;
}

/*
 * Ops that look, hold what they found, and make what nobody has but the launcher and init, which
 * waits for `release`. Nothing of it is seen by others, and nothing stays when the two end.
 */
static const uint8_t ahead[] = {
    [OP_OPEN_ROOT] = 1,	  [OP_OPEN_PROCFS] = 1, [OP_OPEN_DIR] = 1,
    [OP_OPEN_OBJECT] = 1, [OP_ENTER_DIR] = 1,	[OP_CLONE_TREE] = 1,
    [OP_SET_MOUNT] = 1,	  [OP_MAKE_USERNS] = 1, [OP_CLONE] = 1,
};

int word_await(struct launch *l, uint32_t index)
{
	const struct plan_op *op = &l->run.plan.ops[index];
	int fd = l->args.word_fd;
	char word = 0;

	if (fd < 0 || (op->code < sizeof(ahead) && ahead[op->code]))
		return 0;
	int ready = wait_readable(l, fd, -1, -1);
	long n = ready < 0 ? ready : sys_read(fd, &word, 1);

	if (n == 1 && word == GO_ON) {
		(void)sys_close(fd);
		l->args.word_fd = -1;
		return 0;
	}
	l->run.fault.op = index;
	(void)memcpy(&l->run.fault.op_word, op, sizeof(l->run.fault.op_word));
	return op_fault(&l->run, FAULT_CALL, n < 0 ? (int)-n : n == 0 ? ECANCELED : EPROTO, 0);
}
