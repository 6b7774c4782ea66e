/*
 * Any sequence of ops. Before an accepted plan has init fork, join a pid namespace or do anything
 * else, init has made itself non-dumpable: after its program began, and after its ids changed last.
 * With an identity from outside it does nothing in a user namespace.
 */
#include "plan/verify/unseen.c"

#define OPS 7
#define SLOTS 1
#include "sequence.h"

/* Which file systems are procfs matters to none of this. */
int makes_procfs(const struct verifier *v, const struct plan_op *op)
{
	(void)v;
	(void)op;
	return nondet_u16();
}

/* The last op of init before that one which the kernel undoes `set-dumpable` at, or the first. */
static uint32_t seen_since(uint32_t at)
{
	uint32_t since = at;

	while (since > 0 && ops[since - 1].phase > PHASE_PARENT) {
		since--;
		if (ops[since].code == OP_BECOME || ops[since].code == OP_SET_IDS)
			return since;
	}
	return since;
}

static int hides_between(uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++)
		if (ops[i].code == OP_SET_DUMPABLE)
			return 1;
	return 0;
}

/* Whether init is at that op in a user namespace that it has not become anybody of. */
static int is_stranger(uint32_t at)
{
	int stranger = 0;

	for (uint32_t i = 0; i < at; i++) {
		if (ops[i].code == OP_CLONE && ops[i].phase <= PHASE_PARENT)
			stranger = (ops[i].nums[OP_CLONE_NUM_NAMESPACES] & NS_USER) != 0;
		if (ops[i].phase <= PHASE_PARENT)
			continue;
		if (ops[i].code == OP_BECOME)
			stranger = 0;
		if (ops[i].code == OP_FORK || ops[i].code == OP_JOIN_NAMESPACES)
			stranger |= (ops[i].nums[0] & NS_USER) != 0;
	}
	return stranger;
}

void harness(void)
{
	struct verifier v;

	any_sequence(&v);
	assume_phases();
	/* verify_flow() has proved it. */
	ASSUME(makes_process(&v) && op_count(&v, OP_CLONE) == 1);
	ASSUME(ops[op_first(&v, OP_CLONE)].phase == PHASE_HOST);
	if (verify_unseen(&v) < 0)
		return;
	for (uint32_t i = 0; i < OPS; i++) {
		if (ops[i].phase <= PHASE_PARENT || ops[i].code == OP_SET_DUMPABLE)
			continue;
		PROVE(hides_between(seen_since(i), i), "hidden before anything else");
		if (ops[i].code == OP_FORK || ops[i].code == OP_JOIN_NAMESPACES ||
		    ops[i].code == OP_SPAWN)
			PROVE(!is_stranger(i), "nobody from outside is seen inside");
	}
}
