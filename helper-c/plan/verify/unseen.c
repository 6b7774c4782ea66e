/* Nobody sees init before it is harmless (R13 of SECURITY.md). */
#include "../verify-internal.h"

#define RLIMIT_NOFILE_ 7
#define DESCRIPTORS 64 /* what the planner leaves init for a late fork */

/* What init may do while it is in a user namespace with an identity from outside. */
static const uint8_t before_become[] = {OP_SET_DUMPABLE, OP_SYNC, OP_CLOSE, OP_BECOME};

static int enters_userns(const struct plan_op *op)
{
	_Static_assert(OP_FORK_NUM_NAMESPACES == 0 && OP_JOIN_NAMESPACES_NUM_TYPES == 0, "nums[0]");
	return (op->code == OP_FORK || op->code == OP_JOIN_NAMESPACES) && op->nums[0] & NS_USER;
}

static int has_few_descriptors(const struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);

		if (op->code == OP_SET_RLIMIT &&
		    op->nums[OP_SET_RLIMIT_NUM_RESOURCE] == RLIMIT_NOFILE_ &&
		    op->nums[OP_SET_RLIMIT_NUM_SOFT] < DESCRIPTORS)
			return 1;
	}
	return 0;
}

/*
 * Where a container is made in the pid namespace of others, and shares their user namespace. Two
 * things need the process in there early: hooks, which get its pid, and before Linux 6.17 a procfs.
 */
static int appears_among_others(const struct verifier *v)
{
	uint64_t joined = 0, entered = op_at(v, op_first(v, OP_CLONE))->nums[0];
	int needs_early = op_count(v, OP_SPAWN) > 0;

	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);

		if (op->code == OP_JOIN_NAMESPACES)
			joined |= op->nums[0];
		if (op->code == OP_FORK)
			entered |= op->nums[0];
		needs_early |= op->phase > PHASE_PARENT && makes_procfs(v, op) &&
			       op->slots[OP_MAKE_FS_SLOT_PIDNS] == SLOT_NONE;
	}
	return joined & NS_PID && !((joined | entered) & NS_USER) && !needs_early;
}

/*
 * Who joins a container is seen there from its fork on. A process that has CAP_SYS_PTRACE where the
 * memory of init belongs looks into it whether it is dumpable or not: so rights come first, and
 * identity. There are three exceptions. A filter that is loaded with rights may forbid the fork.
 * The file of a label takes writes only from the process that has opened it. A fork needs
 * descriptors.
 */
static int check_appearance(struct verifier *v)
{
	_Static_assert(OP_CLONE_NUM_NAMESPACES == 0, "nums[0]");
	uint32_t fork = op_first(v, OP_FORK), caps = op_first(v, OP_SET_CAPS);
	int early = op_count(v, OP_OPEN_LABEL) || op_first(v, OP_LOAD_SECCOMP) < caps ||
		    op_first(v, OP_LOAD_LISTENER) < caps || has_few_descriptors(v);

	if (fork == OP_NONE)
		return 0;
	if (op_at(v, fork)->phase > PHASE_INSIDE && op_at(v, fork)->nums[OP_FORK_NUM_NAMESPACES])
		return fail(v, RULE_SEEN_EARLY, fork, PHASE_DROP);
	if (fork < caps && !early && (v->view.header->kind == KIND_JOIN || appears_among_others(v)))
		return fail(v, RULE_SEEN_EARLY, fork, caps);
	return 0;
}

/*
 * execve(2) makes a process dumpable, and a change of ids sets fs.suid_dumpable (commit_creds() of
 * the kernel). A process with CAP_SYS_PTRACE in the user namespace of a dumpable process, or its
 * owner, gets what that process has. So nothing comes between and `set-dumpable`.
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
	return check_appearance(v);
}
