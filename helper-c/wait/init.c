/* Waiting for what init says. */
#include "../launch/launch.h"

#define COPY_MS 600000 /* for one `copy-up`, which copies a directory of the image */

void wait_prepare(struct launch *l)
{
	const struct plan_view *plan = &l->run.plan;
	uint64_t ms = l->args.init_ms;
	int limited = ms > 0;

	for (uint32_t i = 0; i < plan->header->ops.length && ms < INIT_MS_MAX; i++) {
		const struct plan_op *op = &plan->ops[i];

		if (op->phase < PHASE_INSIDE)
			continue;
		if (op->code == OP_COPY_UP)
			ms += COPY_MS;
		if (op->code == OP_SPAWN && op->nums[OP_SPAWN_NUM_TIMEOUT_MS] == 0)
			limited = 0;
		if (op->code == OP_SPAWN)
			ms += op->nums[OP_SPAWN_NUM_TIMEOUT_MS];
	}
	l->patience_ms = !limited ? -1 : ms > INIT_MS_MAX ? INIT_MS_MAX : (int)ms;
}

/* Whether a failure is one that init can have: of an op of its own, or of none before the first.
 * The child that becomes init has those of the clone. */
static int is_of_init(const struct launch *l, const struct fault *fault)
{
	uint32_t word = 0;

	if (fault->op < l->run.plan.header->ops.length) {
		const struct plan_op *op = &l->run.plan.ops[fault->op];

		if (op->phase < PHASE_INSIDE && fault->op != l->clone_op)
			return 0;
		__builtin_memcpy(&word, op, sizeof(word));
	} else if (fault->op != OP_NONE) {
		return 0;
	}
	return word == fault->op_word;
}

/*
 * One message, from init itself where others may have its socket: who traces the process that init
 * forked may send as well. That one is in a pid namespace where init has no number, so it cannot
 * say that it is init (unix(7), SCM_CREDENTIALS). Size or -errno, with a fault for a message of
 * another process.
 */
static long receive_own(struct launch *l, struct msg *ret, int *ret_fd)
{
	uint32_t pid = 0;

	if (!l->is_watchful)
		return msg_receive(l->run.sock, ret, ret_fd);
	long n = msg_receive_from(l->run.sock, ret, ret_fd, &pid);

	if (n <= 0 || pid == l->pid)
		return n;
	if (ret_fd && *ret_fd >= 0)
		(void)sys_close(*ret_fd);
	return op_fault(&l->run, FAULT_PROTOCOL, EPROTO, ret->kind);
}

long init_receive(struct launch *l, struct msg *ret, int *ret_fd)
{
	int err = wait_readable(l, l->run.sock, l->pidfd, l->patience_ms);

	if (err < 0)
		return clone_failed(&l->run, err);
	/* Init has ended: what it sent before is there by now. */
	if (err == 2 && wait_readable(l, l->run.sock, -1, 0) != 1)
		return clone_failed(&l->run, 0);
	long n = receive_own(l, ret, ret_fd);

	/* Init ended without reading what we sent: what it said before comes next (unix(7)). */
	if (n == -ECONNRESET)
		n = receive_own(l, ret, ret_fd);
	if (n == -ECONNRESET)
		n = 0;
	if (n == 0)
		return clone_failed(&l->run, 0);
	if (n > 0)
		clone_settled();
	if (n <= 0 || ret->kind != MSG_FAULT)
		return n;
	return is_of_init(l, &ret->fault) ? fault_take(&l->run, &ret->fault)
					  : op_fault(&l->run, FAULT_PROTOCOL, EPROTO, MSG_FAULT);
}
