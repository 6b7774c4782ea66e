/* Nobody sees init before it is harmless (R13 of SECURITY.md). */
#include "verify-internal.h"

/* What init may do while it is in a user namespace with an identity from outside. */
static const uint8_t before_become[] = {OP_SET_DUMPABLE, OP_SYNC, OP_CLOSE, OP_BECOME};

static int enters_userns(const struct plan_op *op)
{
	_Static_assert(OP_FORK_NUM_NAMESPACES == 0 && OP_JOIN_NAMESPACES_NUM_TYPES == 0, "nums[0]");
	return (op->code == OP_FORK || op->code == OP_JOIN_NAMESPACES) && op->nums[0] & NS_USER;
}

/*
 * execve(2) makes a process dumpable, and a change of its ids sets it to fs.suid_dumpable
 * (commit_creds() of the kernel): whoever has CAP_SYS_PTRACE where a dumpable process is, or owns
 * its user namespace, gets what that process has. So nothing comes between and `set-dumpable`.
 */
int verify_unseen(struct verifier *v)
{
	int hidden = 0, foreign;

	if (!makes_process(v))
		return 0;
	foreign = !!(op_at(v, op_first(v, OP_CLONE))->nums[OP_CLONE_NUM_NAMESPACES] & NS_USER);
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);

		if (op->phase <= PHASE_PARENT)
			continue;
		if (!hidden && op->code != OP_SET_DUMPABLE)
			return fail(v, RULE_NOT_DUMPABLE, i, op->code);
		if (foreign && !CODE_IN(op->code, before_become))
			return fail(v, RULE_SEEN_EARLY, i, op->code);
		hidden = op->code != OP_BECOME && op->code != OP_SET_IDS;
		foreign = enters_userns(op) || (foreign && op->code != OP_BECOME);
	}
	return 0;
}
