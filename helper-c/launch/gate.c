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
