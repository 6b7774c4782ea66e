/*
 * Any sequence of ops, on any slots: what is accepted uses a slot only on a side that has it and
 * has not given it away, defines each once, attaches no peer of a mount of the host, and enters the
 * root with no handle on the host.
 */
#include "plan/verify-slots.c"

#define OPS 3
#define SLOTS 2
#include "sequence.h"

#define OUTSIDE 1u
#define INSIDE 2u

/* Which positions an op moves is data of the op table: here any may. */
static uint8_t moves[OPS][OP_SLOTS];

int op_moves(const struct plan_op *op, unsigned int position)
{
	return moves[op - ops][position] && !(op->flags & OPF_KEEP);
}

/* Who runs an op; what is made before the clone both have. */
static unsigned int runs(uint32_t i)
{
	if (ops[i].phase == PHASE_HOST)
		return OUTSIDE | INSIDE;
	return ops[i].phase == PHASE_PARENT ? OUTSIDE : INSIDE;
}

static int uses(uint32_t i, uint16_t slot)
{
	return ops[i].slots[0] == slot || ops[i].slots[1] == slot || ops[i].slots[2] == slot;
}

static int gives_away(uint32_t i, uint16_t slot)
{
	for (unsigned int n = 0; n < OP_SLOTS; n++)
		if (ops[i].slots[n] == slot && op_moves(&ops[i], n))
			return 1;
	return 0;
}

/* The sides that hold a slot when the op `end` begins. */
static unsigned int holders(uint16_t slot, uint32_t end)
{
	unsigned int held = slots[slot].origin == ORIGIN_INPUT ? OUTSIDE | INSIDE : 0;

	for (uint32_t i = 0; i < end; i++) {
		if (gives_away(i, slot))
			held &= ~runs(i);
		if (ops[i].out == slot)
			held |= runs(i);
	}
	return held;
}

static int definitions(uint16_t slot)
{
	int n = slots[slot].origin == ORIGIN_INPUT;

	for (uint32_t i = 0; i < OPS; i++)
		n += ops[i].out == slot;
	return n;
}

/* Whether a clone that stays a peer of its source is made one no more before the op `end`. */
static int is_unpeered(uint32_t clone, uint32_t end)
{
	uint16_t slot = ops[clone].out;

	for (uint32_t i = clone + 1; i < end; i++) {
		uint64_t propagation = ops[i].nums[OP_SET_MOUNT_NUM_PROPAGATION];

		if (ops[i].code == OP_SET_MOUNT && ops[i].slots[OP_SET_MOUNT_SLOT_TREE] == slot &&
		    propagation != PROPAGATION_KEEP && propagation != PROPAGATION_SHARED &&
		    (ops[i].nums[OP_SET_MOUNT_NUM_RECURSIVE] ||
		     !ops[clone].nums[OP_CLONE_TREE_NUM_RECURSIVE]))
			return 1;
	}
	return 0;
}

static void expect_no_peer(uint32_t attach)
{
	for (uint32_t i = 0; i < attach; i++) {
		const struct plan_op *op = &ops[i];
		uint8_t source = slots[op->slots[OP_CLONE_TREE_SLOT_SOURCE]].type;

		if (op->code == OP_CLONE_TREE &&
		    op->out == ops[attach].slots[OP_ATTACH_SLOT_TREE] &&
		    op->nums[OP_CLONE_TREE_NUM_PROPAGATION] == PROPAGATION_KEEP &&
		    source != SLOT_TREE)
			PROVE(is_unpeered(i, attach), "no peer of a mount of the host is attached");
	}
}

static void expect_entered_bare(uint32_t enter)
{
	const struct plan_op *op = &ops[enter];

	for (uint16_t slot = 0; slot < SLOTS; slot++) {
		int used_inside = 0;

		for (uint32_t i = 0; i < OPS; i++)
			used_inside |= ops[i].phase > PHASE_PARENT && uses(i, slot);
		if (!used_inside || !(HOST_TYPES & 1u << slots[slot].type))
			continue;
		if (op->code == OP_CHROOT && op->slots[OP_CHROOT_SLOT_ROOT] == slot)
			continue;
		PROVE(!(holders(slot, enter) & INSIDE), "no handle on the host comes along");
	}
}

void harness(void)
{
	struct verifier v;
	int entered = 0;

	any_sequence(&v);
	assume_phases();
	__CPROVER_havoc_object(moves);
	for (uint32_t i = 0; i < OPS; i++) {
		/* What the rows of these ask for. */
		if (ops[i].code == OP_CLONE_TREE)
			ASSUME(ops[i].slots[OP_CLONE_TREE_SLOT_SOURCE] != SLOT_NONE &&
			       ops[i].out != SLOT_NONE);
		if (ops[i].code == OP_SET_MOUNT)
			ASSUME(ops[i].slots[OP_SET_MOUNT_SLOT_TREE] != SLOT_NONE);
		if (ops[i].code == OP_ATTACH || ops[i].code == OP_ATTACH_ROOT)
			ASSUME(ops[i].slots[OP_ATTACH_SLOT_TREE] != SLOT_NONE);
	}
	if (verify_slots(&v) < 0)
		return;
	for (uint16_t slot = 0; slot < SLOTS; slot++)
		PROVE(definitions(slot) == 1, "each slot is defined once");
	for (uint32_t i = 0; i < OPS; i++) {
		for (uint16_t slot = 0; slot < SLOTS; slot++)
			if (uses(i, slot))
				PROVE((holders(slot, i) & runs(i)) == runs(i),
				      "used where it is held");
		if (ops[i].code == OP_ATTACH || ops[i].code == OP_ATTACH_ROOT)
			expect_no_peer(i);
		if (!entered && (ops[i].phase > PHASE_INSIDE || ops[i].code == OP_PIVOT ||
				 ops[i].code == OP_CHROOT)) {
			entered = 1;
			expect_entered_bare(i);
		}
	}
}
