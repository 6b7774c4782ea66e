/*
 * Any op, after any ops. An accepted op uses a slot only on a side that has it and has not given it
 * away, and defines each slot once. It makes no peer of a mount of the host, and no device on the
 * host. It enters the root with no handle on the host.
 *
 * By induction: `held` and what goes with it say what the sides hold in the words of these rules,
 * the verifier's bits say it in its own. They agree before the first op (expect_begin); and where
 * they agree before an op that is accepted, the op keeps the rules, and they agree after it
 * (expect_step). So they hold for plans of any length, and no sequence has to be gone through. An
 * op names at most four slots: with five there is one that it does not.
 */
#include "plan/verify/slots.c"

#define OPS 2
#define SLOTS 5
#include "sequence.h"

#define OUTSIDE 1u
#define INSIDE 2u
#define BOTH 3u

/* What is true of a slot. */
struct truth {
	uint8_t made;	 /* on which sides it was ever made */
	uint8_t held;	 /* who has it, and has not given it away */
	uint8_t of_init; /* an op of init names it: only such slots reach init */
	uint8_t afar;	 /* a clone of a mount of the host, but the container's root */
	uint8_t fresh;	 /* a tmpfs that the plan has made */
};

static struct truth truth[SLOTS];

/* Which positions an op moves is data of the op table: here any may. */
static uint8_t moves[OP_SLOTS];

int op_moves(const struct plan_op *op, unsigned int position)
{
	return moves[position] && !(op->flags & OPF_KEEP);
}

/* Who runs an op; what is made before the clone both have. */
static uint8_t runs(const struct plan_op *op)
{
	if (op->phase == PHASE_HOST)
		return BOTH;
	return op->phase == PHASE_PARENT ? OUTSIDE : INSIDE;
}

static int names(const struct plan_op *op, uint32_t slot)
{
	return op->slots[0] == slot || op->slots[1] == slot || op->slots[2] == slot;
}

static int agrees(uint16_t bits, const struct truth *is)
{
	/* What was never made is nothing yet. */
	if (!is->made && (is->held || is->afar || is->fresh || bits & (OF_HOST | NEW_TMPFS)))
		return 0;
	return is->made <= BOTH && is->held <= BOTH &&
	       !(bits & DEFINED_OUTSIDE) == !(is->made & OUTSIDE) &&
	       !(bits & DEFINED_INSIDE) == !(is->made & INSIDE) &&
	       !(bits & LIVE_OUTSIDE) == !(is->held & OUTSIDE) &&
	       !(bits & LIVE_INSIDE) == !(is->held & INSIDE) &&
	       !(bits & USED_INSIDE) == !is->of_init && !(bits & OF_HOST) == !is->afar &&
	       !(bits & NEW_TMPFS) == !is->fresh;
}

static int all_agree(void)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (!agrees(state.slots[slot], &truth[slot]))
			return 0;
	return 1;
}

/* Before the first op. */
static void expect_begin(struct verifier *v)
{
	init_slots(v);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint8_t both = slots[slot].origin == ORIGIN_INPUT ? BOTH : 0;

		truth[slot] = (struct truth){.made = both, .held = both};
		for (uint32_t i = 0; i < OPS; i++)
			truth[slot].of_init |= ops[i].phase > PHASE_PARENT &&
					       (names(&ops[i], slot) || ops[i].out == slot);
	}
	PROVE(all_agree(), "inputs are held, and nothing else");
}

/* What an op makes true of the trees. */
static void move_trees(const struct plan_op *op)
{
	if (op->code == OP_CLONE_TREE) {
		uint16_t source = op->slots[OP_CLONE_TREE_SLOT_SOURCE];
		uint8_t type = slots[source].type;

		truth[op->out].afar = type == SLOT_DIR || type == SLOT_OBJECT || truth[source].afar;
	}
	if (op->code == OP_MAKE_FS) {
		const char *type = strings + op->data[OP_MAKE_FS_DATA_TYPE].offset;

		truth[op->out].fresh = type[0] == 't' && type[1] == 'm' && type[2] == 'p' &&
				       type[3] == 'f' && type[4] == 's' && !type[5];
	}
	if (op->code == OP_ATTACH_ROOT)
		truth[op->slots[OP_ATTACH_ROOT_SLOT_TREE]].afar = 0;
}

static void expect_entered_bare(const struct plan_op *op)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (!truth[slot].of_init || !(truth[slot].held & INSIDE) ||
		    (op->code == OP_CHROOT && op->slots[OP_CHROOT_SLOT_ROOT] == slot))
			continue;
		PROVE(!(HOST_TYPES & 1u << slots[slot].type) && !truth[slot].afar,
		      "no handle on the host comes along");
		PROVE(op->code != OP_LOCK_MOUNTS || slots[slot].type != SLOT_TREE,
		      "no handle on mounts that are not locked stays");
	}
}

static void expect_seen_bare(void)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		uint8_t type = slots[slot].type;
		int leads = type == SLOT_DIR || type == SLOT_OBJECT || type == SLOT_PIDFD ||
			    type == SLOT_CGROUP || type == SLOT_BUS;

		if (truth[slot].of_init && truth[slot].held & INSIDE)
			PROVE(!leads, "nothing that leads to the host is seen");
	}
}

/* What the rows of these ask for; and an op of init makes its slots slots of
 * init. */
static void assume_row(const struct plan_op *op)
{
	if (op->code == OP_CLONE_TREE)
		ASSUME(op->slots[OP_CLONE_TREE_SLOT_SOURCE] != SLOT_NONE && op->out != SLOT_NONE);
	if (op->code == OP_ATTACH_ROOT)
		ASSUME(op->slots[OP_ATTACH_ROOT_SLOT_TREE] != SLOT_NONE);
	if (op->code == OP_MAKE_NODE)
		ASSUME(op->slots[OP_MAKE_NODE_SLOT_AT] != SLOT_NONE);
	if (op->code == OP_MAKE_FS)
		ASSUME(op->out != SLOT_NONE && strings[STRINGS - 1] == 0 &&
		       op->data[OP_MAKE_FS_DATA_TYPE].length &&
		       op->data[OP_MAKE_FS_DATA_TYPE].offset < STRINGS);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		ASSUME(op->phase <= PHASE_PARENT || truth[slot].of_init ||
		       (!names(op, slot) && op->out != slot));
}

/* Before `entering` no op is for the container's own tree, and that op is. */
static void expect_entering(const struct verifier *v)
{
	uint32_t entering = op_entering(v);

	for (uint32_t i = 0; i < OPS; i++) {
		int enters = ops[i].code == OP_PIVOT || ops[i].code == OP_CHROOT ||
			     ops[i].phase > PHASE_INSIDE;

		PROVE(i >= entering || !enters, "nothing enters the root before");
		PROVE(i != entering || enters, "what enters the root");
	}
}

static void expect_step(struct verifier *v)
{
	const struct plan_op *op = &ops[0];
	uint32_t entering = nondet_u16() & 1 ? 0 : OP_NONE;

	__CPROVER_havoc_object(&state);
	__CPROVER_havoc_object(truth);
	__CPROVER_havoc_object(moves);
	assume_row(op);
	ASSUME(all_agree());
	if (check_step(v, 0, entering) < 0)
		return;
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (names(op, slot))
			PROVE((truth[slot].held & runs(op)) == runs(op), "used where it is held");
	if (op->code == OP_LOCK_MOUNTS || entering == 0)
		expect_entered_bare(op);
	if (op->code == OP_FORK)
		expect_seen_bare();
	PROVE(op->out == SLOT_NONE || !truth[op->out].made, "made once");
	PROVE(op->code != OP_MAKE_NODE || op->phase != PHASE_HOST ||
		  truth[op->slots[OP_MAKE_NODE_SLOT_AT]].fresh,
	      "the launcher makes devices only in a tmpfs of the plan");
	PROVE(op->code != OP_CLONE_TREE ||
		  op->nums[OP_CLONE_TREE_NUM_PROPAGATION] != PROPAGATION_KEEP,
	      "no clone is a peer of a mount of the host");
	for (unsigned int n = 0; n < OP_SLOTS; n++)
		if (op->slots[n] != SLOT_NONE && op_moves(op, n))
			truth[op->slots[n]].held &= (uint8_t)(BOTH ^ runs(op));
	if (op->out != SLOT_NONE) {
		truth[op->out].made |= runs(op);
		truth[op->out].held |= runs(op);
	}
	move_trees(op);
	PROVE(all_agree(), "the verifier's bits are still right");
}

void harness(void)
{
	struct verifier v;

	any_sequence(&v);
	/* The one clone that may stay a peer is left to the rows of the verifier's tests: what it
	 * hangs on is not in two ops. */
	for (uint32_t i = 0; i < OPS; i++)
		ASSUME(ops[i].code != OP_CLONE_TREE || ops[i].phase != PHASE_HOST ||
		       v.view.header->kind != KIND_CREATE ||
		       ops[i].nums[OP_CLONE_TREE_NUM_PROPAGATION] != PROPAGATION_KEEP);
	expect_begin(&v);
	expect_entering(&v);
	expect_step(&v);
}
