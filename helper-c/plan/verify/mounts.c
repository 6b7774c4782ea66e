/*
 * Whose mounts a plan changes, and the way into the container's root: a state machine.
 *
 * Init is at a place, and each of its ops is a step. The table `leads` says to which place a step
 * leads from each place, or why the step is refused there. may_step() has what some steps need
 * beside the right place. verify-slots.c says what init may hold at these steps.
 */
#include "../verify-internal.h"

enum place {
	FOREIGN,  /* in a mount namespace that the plan did not make */
	NEW,	  /* in a mount namespace of the plan, whose mounts may still reach the host's */
	ISOLATED, /* in a mount namespace of the plan, which is cut off from the host's */
	ROOTED,	  /* as ISOLATED, and in the container's root */
	LOCKED,	  /* as ROOTED, and no mount changes any more */

	/* No places, but refusals: the table may have them in a place's stead. */
	NOT_OURS,
	EXPOSED,
	BAD_ROOT,
	BAD_TIME,
	BAD_LOCK,
	PLACES = NOT_OURS,
};

static const uint8_t rules[] = {
    [NOT_OURS] = RULE_MOUNTS_SHARED,   [EXPOSED] = RULE_MOUNTS_NOT_ISOLATED,
    [BAD_ROOT] = RULE_ROOT_TRANSITION, [BAD_TIME] = RULE_BEFORE_TRANSITION,
    [BAD_LOCK] = RULE_MOUNTS_LOCKED,
};

enum step {
	OTHER,	 /* does nothing to mounts */
	UNSHARE, /* makes a mount namespace */
	JOIN,	 /* enters another mount namespace */
	ISOLATE,
	STAY_PEER, /* an isolate-mounts that keeps the propagation */
	CHANGE,
	EXPECT,
	SPAWN, /* a program may do to mounts whatever init may */
	ATTACH_ROOT,
	ENTER_TREE,
	PIVOT,
	CHROOT,
	NO_TRANSITION, /* phase inside ends without pivot and chroot */
	LOCK,
	STEPS,
};

/* clang-format off */
static const uint8_t leads[STEPS][PLACES] = {
	/* from:           FOREIGN   NEW       ISOLATED  ROOTED    LOCKED */
	[OTHER]         = {FOREIGN,  NEW,      ISOLATED, ROOTED,   LOCKED},
	[UNSHARE]       = {NEW,      NEW,      NEW,      BAD_TIME, BAD_TIME},
	[JOIN]          = {FOREIGN,  FOREIGN,  FOREIGN,  BAD_TIME, BAD_TIME},
	[ISOLATE]       = {NOT_OURS, ISOLATED, ISOLATED, BAD_TIME, BAD_TIME},
	[STAY_PEER]     = {NOT_OURS, EXPOSED,  EXPOSED,  BAD_TIME, BAD_TIME},
	[CHANGE]        = {NOT_OURS, EXPOSED,  ISOLATED, ROOTED,   BAD_LOCK},
	[EXPECT]        = {FOREIGN,  BAD_TIME, BAD_TIME, ROOTED,   LOCKED},
	[SPAWN]         = {FOREIGN,  EXPOSED,  ISOLATED, ROOTED,   LOCKED},
	[ATTACH_ROOT]   = {NOT_OURS, EXPOSED,  ISOLATED, BAD_TIME, BAD_TIME},
	[ENTER_TREE]    = {BAD_ROOT, BAD_ROOT, ISOLATED, BAD_TIME, BAD_TIME},
	[PIVOT]         = {NOT_OURS, EXPOSED,  ROOTED,   BAD_ROOT, BAD_ROOT},
	[CHROOT]        = {FOREIGN,  BAD_ROOT, BAD_ROOT, BAD_ROOT, BAD_ROOT},
	[NO_TRANSITION] = {FOREIGN,  BAD_ROOT, BAD_ROOT, BAD_ROOT, BAD_ROOT},
	[LOCK]          = {BAD_LOCK, BAD_LOCK, BAD_LOCK, LOCKED,   BAD_LOCK},
};
/* clang-format on */

static const uint8_t steps[OP_LAST + 1] = {
    [OP_CLONE] = UNSHARE,	   [OP_FORK] = UNSHARE,	     [OP_JOIN_NAMESPACES] = JOIN,
    [OP_ISOLATE_MOUNTS] = ISOLATE, [OP_ATTACH] = CHANGE,     [OP_SET_MOUNT] = CHANGE,
    [OP_MOUNT_POINT] = CHANGE,	   [OP_MASK] = CHANGE,	     [OP_READONLY_PATH] = CHANGE,
    [OP_EXPECT_MOUNT] = EXPECT,	   [OP_SPAWN] = SPAWN,	     [OP_ATTACH_ROOT] = ATTACH_ROOT,
    [OP_ENTER_TREE] = ENTER_TREE,  [OP_PIVOT] = PIVOT,	     [OP_CHROOT] = CHROOT,
    [OP_LOCK_MOUNTS] = LOCK,	   [OP_GUARD_PATH] = CHANGE,
};

/* What of phase inside may follow the root transition. */
static const uint8_t after_transition[] = {
    OP_CLOSE,	       OP_SYNC,	       OP_GIVE_SLOT,	OP_SEND_FD,
    OP_SET_WINDOW,     OP_NEW_SESSION, OP_NEW_KEYRING,	OP_SET_HOSTNAME,
    OP_SET_DOMAINNAME, OP_LOOPBACK_UP, OP_SET_DUMPABLE,
};

struct walk {
	uint32_t entering; /* the op that enters the root */
	uint8_t place;
	uint16_t root; /* the tree of attach-root */
};

static enum step step_of(const struct plan_op *op)
{
	/* The first number of each is the namespaces. */
	_Static_assert(OP_FORK_NUM_NAMESPACES == 0 && OP_JOIN_NAMESPACES_NUM_TYPES == 0, "nums[0]");
	_Static_assert(OP_CLONE_NUM_NAMESPACES == 0, "nums[0]");
	switch (op->code) {
	case OP_CLONE:
	case OP_FORK:
	case OP_JOIN_NAMESPACES:
		return op->nums[0] & NS_MOUNT ? steps[op->code] : OTHER;
	case OP_ISOLATE_MOUNTS:
		return op->nums[OP_ISOLATE_MOUNTS_NUM_PROPAGATION] == PROPAGATION_KEEP ? STAY_PEER
										       : ISOLATE;
	case OP_MOUNT_POINT: /* one that must exist is not made */
		return op->nums[OP_MOUNT_POINT_NUM_KIND] == 2 ? OTHER : CHANGE;
	default:
		return steps[op->code];
	}
}

static int may_step(const struct verifier *v, uint32_t i, enum step step, const struct walk *walk)
{
	const struct plan_op *op = op_at(v, i);
	int creates = v->view.header->kind == KIND_CREATE;

	switch (step) {
	case UNSHARE:
		return creates;
	case CHROOT:
		return creates && i == walk->entering;
	case PIVOT:
		return op->slots[OP_PIVOT_SLOT_ROOT] == walk->root;
	case ATTACH_ROOT:
		return walk->root == SLOT_NONE;
	case ENTER_TREE: /* A copy of an initramfs; pivot leaves it like any other root. */
		return walk->root == SLOT_NONE && op_count(v, OP_EXPECT_INITRAMFS);
	case LOCK:
		return !op->nums[OP_LOCK_MOUNTS_NUM_SEEN] || makes_userns(v);
	default:
		return 1;
	}
}

static int take_step(struct verifier *v, uint32_t i, enum step step, struct walk *walk)
{
	uint8_t to = leads[step][walk->place];

	if (to < PLACES && !may_step(v, i, step, walk))
		to = step == LOCK ? BAD_LOCK : BAD_ROOT;
	if (to >= PLACES)
		return fail(v, rules[to], i, op_at(v, i)->code);
	walk->place = to;
	return 0;
}

static int check_op(struct verifier *v, uint32_t i, struct walk *walk)
{
	const struct plan_op *op = op_at(v, i);
	int r = 0;

	if (i == walk->entering && op->phase > PHASE_INSIDE)
		r = take_step(v, i, NO_TRANSITION, walk);
	if (r == 0 && i > walk->entering && op->phase == PHASE_INSIDE && !is_transition(op) &&
	    !CODE_IN(op->code, after_transition))
		r = fail(v, RULE_BEFORE_TRANSITION, i, op->code);
	if (r == 0)
		r = take_step(v, i, step_of(op), walk);
	if (op->code == OP_ATTACH_ROOT)
		walk->root = op->slots[OP_ATTACH_ROOT_SLOT_TREE];
	return r;
}

/* The plan makes a process that stays where the launcher is: in its mounts, and at its root. */
static int stays_on_host(const struct verifier *v)
{
	int stays = v->view.header->kind == KIND_CREATE && op_count(v, OP_CHROOT) == 0;

	for (uint32_t i = 0; stays && i < v->n_ops; i++)
		stays = step_of(op_at(v, i)) != UNSHARE && step_of(op_at(v, i)) != JOIN;
	return stays;
}

/* Init opens a device of the host only for who sees the host's devices anyway. */
static int check_terminals(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++)
		if (op_at(v, i)->code == OP_OPEN_PTMX && op_at(v, i)->flags & OPF_DEVICE &&
		    !stays_on_host(v))
			return fail(v, RULE_HOST_TERMINAL, i, 0);
	return 0;
}

int verify_mounts(struct verifier *v)
{
	struct walk walk = {.entering = op_entering(v), .place = FOREIGN, .root = SLOT_NONE};
	uint32_t i = op_first(v, OP_CLONE);
	int r;

	if (!makes_process(v))
		return 0;
	r = take_step(v, i, step_of(op_at(v, i)), &walk);
	while (r == 0 && ++i < v->n_ops)
		if (op_at(v, i)->phase > PHASE_PARENT)
			r = check_op(v, i, &walk);
	return r < 0 ? r : check_terminals(v);
}
