/*
 * Any sequence of ops: an accepted plan with a mount namespace of its own changes no mount before
 * these are cut off from the host's, and enters its root once, by pivoting to what it attached as
 * the root, before the first op that the container's own tree is for; and once locked it stays.
 */
#include "plan/verify-mounts.c"

#define OPS 6
#define SLOTS 2
#include "sequence.h"

void harness(void)
{
	struct verifier v;
	uint32_t pivots = 0, roots = 0;
	uint16_t root = SLOT_NONE;
	int isolated = 0, locked = 0;

	any_sequence(&v);
	assume_phases();
	ASSUME(makes_process(&v) && op_count(&v, OP_CLONE) == 1);
	ASSUME(ops[0].code == OP_CLONE && ops[0].phase == PHASE_HOST);
	ASSUME(ops[0].nums[OP_CLONE_NUM_NAMESPACES] & NS_MOUNT);
	ASSUME(ops[OPS - 1].code == OP_EXEC && ops[OPS - 1].phase == PHASE_EXEC);
	ASSUME(op_count(&v, OP_JOIN_NAMESPACES) == 0 && op_count(&v, OP_FORK) == 0);
	for (uint32_t i = 0; i < OPS; i++) { /* so say their rows */
		ASSUME(ops[i].code != OP_LOCK_MOUNTS || ops[i].phase == PHASE_ROOTED);
		ASSUME(ops[i].code != OP_ATTACH_ROOT ||
		       ops[i].slots[OP_ATTACH_ROOT_SLOT_TREE] != SLOT_NONE);
	}
	if (verify_mounts(&v) < 0)
		return;
	for (uint32_t i = 1; i < OPS; i++) {
		const struct plan_op *op = &ops[i];

		if (op->phase <= PHASE_PARENT)
			continue;
		if (op->code == OP_ISOLATE_MOUNTS)
			isolated = op->nums[OP_ISOLATE_MOUNTS_NUM_PROPAGATION] != PROPAGATION_KEEP;
		if (op->code == OP_ATTACH || op->code == OP_ATTACH_ROOT ||
		    op->code == OP_SET_MOUNT || op->code == OP_MASK ||
		    op->code == OP_READONLY_PATH) {
			PROVE(isolated, "the host's mounts are out of reach");
			PROVE(!locked, "nothing is mounted that is not locked");
		}
		if (op->code == OP_SPAWN)
			PROVE(isolated, "also of programs");
		if (op->code == OP_LOCK_MOUNTS) {
			PROVE(pivots == 1 && !locked, "in the container, once");
			PROVE(!op->nums[OP_LOCK_MOUNTS_NUM_SEEN] ||
				  ops[0].nums[OP_CLONE_NUM_NAMESPACES] & NS_USER,
			      "nobody looks on");
			locked = 1;
		}
		if (op->code == OP_ATTACH_ROOT) {
			root = op->slots[OP_ATTACH_ROOT_SLOT_TREE];
			roots++;
		}
		if (op->code == OP_ENTER_TREE)
			PROVE(isolated && roots == 0 && op_count(&v, OP_EXPECT_INITRAMFS) > 0,
			      "a copy of an initramfs, before there is a root");
		if (op->code == OP_PIVOT) {
			PROVE(op->slots[OP_PIVOT_SLOT_ROOT] == root,
			      "to what was attached as root");
			pivots++;
		}
		PROVE(op->code != OP_CHROOT, "no chroot in a mount namespace of its own");
		PROVE(op->phase <= PHASE_INSIDE || pivots == 1,
		      "before anything that the root is for");
	}
	PROVE(header.kind == KIND_CREATE, "who joins makes no mount namespace");
	PROVE(pivots == 1 && roots <= 1, "once");
}
