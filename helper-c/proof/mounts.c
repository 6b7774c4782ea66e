/*
 * Any sequence of ops: an accepted plan changes mounts only in a mount namespace that it made and
 * cut off from the host's. In such a namespace init enters the root once, by a pivot to what it
 * attached as the root, before the first op that the container's own tree is for. Once the mounts
 * are locked they stay. Without such a namespace there is at most one chroot. A terminal of the
 * host is opened only by init that stays in the launcher's mounts and root.
 */
#include "plan/verify/mounts.c"

#define OPS 6
#define SLOTS 2
#include "sequence.h"

/* What is true of init, in other words than the verifier's. */
struct truth {
	int own;      /* in a mount namespace that the plan made */
	int isolated; /* which is cut off from the host's */
	int locked;
	int userns; /* in a user namespace that the plan made */
	int left;   /* the launcher's mount namespace, at any time */
	int opened; /* a terminal of the host */
	uint32_t pivots;
	uint32_t chroots;
	uint32_t roots;
	uint16_t root;
};

static void assume_rows(void)
{
	for (uint32_t i = 0; i < OPS; i++) {
		ASSUME(ops[i].code != OP_CLONE || i == 0);
		ASSUME(ops[i].code != OP_LOCK_MOUNTS || ops[i].phase == PHASE_ROOTED);
		ASSUME((ops[i].code != OP_FORK && ops[i].code != OP_JOIN_NAMESPACES &&
			ops[i].code != OP_PIVOT && ops[i].code != OP_CHROOT &&
			ops[i].code != OP_ATTACH_ROOT && ops[i].code != OP_ENTER_TREE &&
			ops[i].code != OP_ISOLATE_MOUNTS) ||
		       ops[i].phase == PHASE_INSIDE);
		ASSUME(ops[i].code != OP_ATTACH_ROOT ||
		       ops[i].slots[OP_ATTACH_ROOT_SLOT_TREE] != SLOT_NONE);
	}
}

static void move(const struct plan_op *op, struct truth *is)
{
	uint64_t namespaces = op->nums[OP_FORK_NUM_NAMESPACES];

	if (op->code == OP_FORK || op->code == OP_CLONE)
		is->userns |= (namespaces & NS_USER) != 0;
	if ((op->code == OP_FORK || op->code == OP_CLONE || op->code == OP_JOIN_NAMESPACES) &&
	    namespaces & NS_MOUNT) {
		is->own = op->code != OP_JOIN_NAMESPACES;
		is->isolated = 0;
		is->left = 1;
	}
	if (op->code == OP_ISOLATE_MOUNTS)
		is->isolated = op->nums[OP_ISOLATE_MOUNTS_NUM_PROPAGATION] != PROPAGATION_KEEP;
	if (op->code == OP_ATTACH_ROOT) {
		is->root = op->slots[OP_ATTACH_ROOT_SLOT_TREE];
		is->roots++;
	}
	is->locked |= op->code == OP_LOCK_MOUNTS;
	is->pivots += op->code == OP_PIVOT;
	is->chroots += op->code == OP_CHROOT;
	is->opened |= op->code == OP_OPEN_PTMX && op->flags & OPF_DEVICE;
}

static int changes(const struct plan_op *op)
{
	return op->code == OP_ATTACH || op->code == OP_ATTACH_ROOT || op->code == OP_SET_MOUNT ||
	       op->code == OP_MASK || op->code == OP_READONLY_PATH || op->code == OP_PIVOT ||
	       op->code == OP_GUARD_PATH ||
	       (op->code == OP_MOUNT_POINT && op->nums[OP_MOUNT_POINT_NUM_KIND] != 2);
}

static void expect(const struct verifier *v, const struct plan_op *op, const struct truth *is)
{
	if (changes(op)) {
		PROVE(is->own && is->isolated, "the host's mounts are out of reach");
		PROVE(!is->locked, "nothing is mounted that is not locked");
	}
	if (op->code == OP_SPAWN)
		PROVE(!is->own || is->isolated, "also of programs");
	if (op->code == OP_LOCK_MOUNTS) {
		PROVE(is->own && is->pivots == 1 && !is->locked, "in the container, once");
		PROVE(!op->nums[OP_LOCK_MOUNTS_NUM_SEEN] || is->userns, "nobody looks on");
	}
	if (op->code == OP_ENTER_TREE)
		PROVE(is->isolated && is->roots == 0 && op_count(v, OP_EXPECT_INITRAMFS) > 0,
		      "a copy of an initramfs, before there is a root");
	if (op->code == OP_PIVOT)
		PROVE(op->slots[OP_PIVOT_SLOT_ROOT] == is->root, "to what was attached as root");
	PROVE(op->code != OP_CHROOT || !is->own, "no chroot in a mount namespace of its own");
	PROVE(op->phase <= PHASE_INSIDE || !is->own || is->pivots == 1,
	      "before anything that the root is for");
	PROVE((op->code != OP_FORK && op->code != OP_JOIN_NAMESPACES) ||
		  is->pivots + is->chroots == 0,
	      "the root is entered in the last namespaces");
}

void harness(void)
{
	struct verifier v;
	struct truth is = {.root = SLOT_NONE};
	int made = 0;

	any_sequence(&v);
	assume_phases();
	assume_rows();
	ASSUME(makes_process(&v) && op_count(&v, OP_CLONE) == 1);
	ASSUME(ops[0].code == OP_CLONE && ops[0].phase == PHASE_HOST);
	ASSUME(ops[OPS - 1].code == OP_EXEC && ops[OPS - 1].phase == PHASE_EXEC);
	ASSUME(op_count(&v, OP_FORK) <= 1);
	if (verify_mounts(&v) < 0)
		return;
	for (uint32_t i = 0; i < OPS; i++) {
		if (i > 0 && ops[i].phase <= PHASE_PARENT)
			continue;
		if (i > 0)
			expect(&v, &ops[i], &is);
		move(&ops[i], &is);
		made |= is.own;
	}
	PROVE(!is.opened || (header.kind == KIND_CREATE && !is.left && is.chroots == 0),
	      "no container gets a terminal of the host");
	PROVE(header.kind == KIND_CREATE || !made, "a join makes no mount namespace");
	PROVE(is.pivots == (is.own ? 1 : 0) && is.pivots + is.chroots <= 1 && is.roots <= 1,
	      "once");
}
