/* Whose mounts a plan changes, and the way into the container's root. */
#include "verify-internal.h"

/* Where init is while its stream is read. */
struct place {
	int own;       /* in a mount namespace that the plan made */
	int isolated;  /* whose mounts do not reach the host's any more */
	int entered;   /* the root transition is done */
	int locked;    /* by lock-mounts */
	uint16_t root; /* the tree that attach-root attached */
};

static const uint8_t mount_changers[] = {
    OP_ISOLATE_MOUNTS, OP_ATTACH,	 OP_ATTACH_ROOT, OP_PIVOT,
    OP_MASK,	       OP_READONLY_PATH, OP_SET_MOUNT,	 OP_MOUNT_POINT,
};

/* In phase inside, what has nothing to do with the tree may still follow the root transition. */
static const uint8_t after_transition[] = {
    OP_CLOSE,	       OP_SYNC,	       OP_GIVE_SLOT,	OP_SEND_FD,
    OP_SET_WINDOW,     OP_NEW_SESSION, OP_NEW_KEYRING,	OP_SET_HOSTNAME,
    OP_SET_DOMAINNAME, OP_LOOPBACK_UP, OP_SET_DUMPABLE,
};

static const uint8_t only_after_pivot[] = {OP_MASK, OP_READONLY_PATH, OP_EXPECT_MOUNT};

static int enter(struct verifier *v, uint32_t i, struct place *place)
{
	const struct plan_op *op = op_at(v, i);
	int pivots = op->code == OP_PIVOT;

	if (v->view.header->kind != KIND_CREATE || pivots != place->own || place->entered)
		return fail(v, RULE_ROOT_TRANSITION, i, op->code);
	if (pivots && op->slots[OP_PIVOT_SLOT_ROOT] != place->root)
		return fail(v, RULE_ROOT_TRANSITION, i, op->slots[OP_PIVOT_SLOT_ROOT]);
	place->entered = 1;
	return 0;
}

/* A copy of an initramfs becomes the root directory, which is pivoted out of later like any other.
 */
static int enter_tree(struct verifier *v, uint32_t i, const struct place *place)
{
	if (!place->isolated || place->root != SLOT_NONE ||
	    op_first(v, OP_EXPECT_INITRAMFS) == OP_NONE)
		return fail(v, RULE_ROOT_TRANSITION, i, OP_ENTER_TREE);
	return 0;
}

static int change_mounts(struct verifier *v, uint32_t i, struct place *place)
{
	const struct plan_op *op = op_at(v, i);

	if (op->code == OP_MOUNT_POINT && op->nums[OP_MOUNT_POINT_NUM_KIND] == 2)
		return 0; /* it must exist: nothing is made */
	if (!place->own)
		return fail(v, RULE_MOUNTS_SHARED, i, op->code);
	if (place->locked)
		return fail(v, RULE_MOUNTS_LOCKED, i, op->code);
	if (op->code == OP_ISOLATE_MOUNTS)
		place->isolated = op->nums[OP_ISOLATE_MOUNTS_NUM_PROPAGATION] != PROPAGATION_KEEP;
	if (!place->isolated)
		return fail(v, RULE_MOUNTS_NOT_ISOLATED, i, op->code);
	if (op->code != OP_ATTACH_ROOT)
		return 0;
	if (place->root != SLOT_NONE)
		return fail(v, RULE_ROOT_TRANSITION, i, place->root);
	place->root = op->slots[OP_ATTACH_ROOT_SLOT_TREE];
	return 0;
}

/* That the root transition is done is a matter of its phase. Nobody but init is in a user namespace
 * that the plan has just made, so that nobody looks into it there. */
static int lock_mounts(struct verifier *v, uint32_t i, struct place *place)
{
	uint32_t fork = op_first(v, OP_FORK);
	uint64_t made = op_at(v, op_first(v, OP_CLONE))->nums[OP_CLONE_NUM_NAMESPACES];

	if (fork != OP_NONE)
		made |= op_at(v, fork)->nums[OP_FORK_NUM_NAMESPACES];
	if (!place->own || place->locked)
		return fail(v, RULE_MOUNTS_LOCKED, i, OP_LOCK_MOUNTS);
	if (op_at(v, i)->nums[OP_LOCK_MOUNTS_NUM_SEEN] && !(made & NS_USER))
		return fail(v, RULE_MOUNTS_LOCKED, i, OP_LOCK_MOUNTS_NUM_SEEN);
	place->locked = 1;
	return 0;
}

static int change_namespace(struct verifier *v, uint32_t i, struct place *place)
{
	const struct plan_op *op = op_at(v, i);
	int makes = op->code == OP_FORK || op->code == OP_CLONE;

	/* The first number of each is the namespaces. */
	_Static_assert(OP_FORK_NUM_NAMESPACES == 0 && OP_JOIN_NAMESPACES_NUM_TYPES == 0, "nums[0]");
	_Static_assert(OP_CLONE_NUM_NAMESPACES == 0, "nums[0]");
	if (!(op->nums[0] & NS_MOUNT))
		return 0;
	if (makes && v->view.header->kind == KIND_JOIN)
		return fail(v, RULE_ROOT_TRANSITION, i, op->code);
	place->own = makes;
	place->isolated = 0;
	return 0;
}

static int check_place(struct verifier *v, uint32_t i, struct place *place)
{
	const struct plan_op *op = op_at(v, i);
	int r = 0;

	if (op->phase > PHASE_INSIDE && place->own && !place->entered)
		return fail(v, RULE_ROOT_TRANSITION, i, op->phase);
	if (op->phase == PHASE_INSIDE && place->entered && op->code != OP_PIVOT &&
	    op->code != OP_CHROOT && !CODE_IN(op->code, after_transition))
		return fail(v, RULE_BEFORE_TRANSITION, i, op->code);
	if (op->code == OP_FORK || op->code == OP_JOIN_NAMESPACES)
		r = change_namespace(v, i, place);
	/* A program may do to mounts whatever init may. */
	if (op->code == OP_SPAWN && place->own && !place->isolated)
		r = fail(v, RULE_MOUNTS_NOT_ISOLATED, i, op->code);
	if (r == 0 && CODE_IN(op->code, mount_changers))
		r = change_mounts(v, i, place);
	if (op->code == OP_LOCK_MOUNTS)
		r = lock_mounts(v, i, place);
	if (r == 0 && op->code == OP_ENTER_TREE)
		r = enter_tree(v, i, place);
	if (r == 0 && CODE_IN(op->code, only_after_pivot) && place->own && !place->entered)
		r = fail(v, RULE_BEFORE_TRANSITION, i, op->code);
	if (r == 0 && (op->code == OP_PIVOT || op->code == OP_CHROOT))
		r = enter(v, i, place);
	return r;
}

int verify_mounts(struct verifier *v)
{
	struct place place = {.root = SLOT_NONE};
	int r;

	if (!makes_process(v))
		return 0;
	r = change_namespace(v, op_first(v, OP_CLONE), &place);
	for (uint32_t i = op_first(v, OP_CLONE) + 1; r == 0 && i < v->n_ops; i++)
		if (op_at(v, i)->phase > PHASE_PARENT)
			r = check_place(v, i, &place);
	return r;
}
