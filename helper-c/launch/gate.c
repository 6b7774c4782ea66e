/* The gate: where a created container waits, and the way to let it go. */
#include "launch.h"
#include "unix-socket.h"

int op_make_gate(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, 0);
	int sock = unix_socket(SOCK_SEQPACKET_);
	long err = sock < 0 ? sock : undo_note(state, "gate", 0);

	if (err == 0) {
		err = in_directory(__NR_bind, sock, state, "gate");
		if (err < 0)
			undo_forget();
	}
	if (err == 0)
		err = SYS2(listen, sock, 4);
	if (err < 0 && sock >= 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : op_define(run, op, sock);
}

/* Says go and waits for the end of init's socket. 0 or -errno. */
static int let_go(struct run *run, int sock, int timeout_ms)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_GO};
	int said = 0;
	long err = msg_send(sock, &msg, NULL, 0, -1);

	while (err >= 0) {
		err = wait_readable(&launch, sock, -1, timeout_ms);
		if (err >= 0)
			err = msg_receive(sock, &msg, NULL);
		if (err == 0)
			break;
		if (err > 0 && msg.kind == MSG_FAULT) {
			run->fault = msg.fault;
			return msg.fault.error ? -msg.fault.error : -EPROTO;
		}
		if (err > 0 && msg.kind != MSG_EXEC_NOW)
			return op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
		said = 1;
	}
	if (err == -ECONNRESET || (err == 0 && !said))
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	return (int)err;
}

int op_start_container(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, OP_START_CONTAINER_SLOT_STATE);
	int sock = unix_socket(SOCK_SEQPACKET_);

	if (sock < 0)
		return sock;
	long err = in_directory(__NR_connect, sock, state, "gate");

	if (err == 0)
		err = let_go(run, sock, (int)op->nums[0]);
	/* From here on the container runs: a gate that nobody waits at would tell
	 * otherwise. */
	if (err == 0)
		err = SYS3(unlinkat, state, "gate", 0);
	(void)sys_close(sock);
	return (int)err;
}
