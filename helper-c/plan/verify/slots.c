/* Typestate: what each side holds, op by op. And whether trees are of the host. */
#include "../verify-internal.h"

/* Bits of a slot in the scratch memory. */
#define DEFINED_OUTSIDE 0x01
#define DEFINED_INSIDE 0x02
#define LIVE_OUTSIDE 0x04
#define LIVE_INSIDE 0x08
#define USED_INSIDE 0x10 /* or made, by some op of init: init has no other slots */
#define OF_HOST 0x20	 /* a clone of a mount of the host, but the container's root */
#define MAY_LACK 0x40	 /* there may be nothing in it */
#define NEW_TMPFS 0x80	 /* a tmpfs that the plan makes */

#define DEFINED (DEFINED_OUTSIDE | DEFINED_INSIDE)
#define LIVE (LIVE_OUTSIDE | LIVE_INSIDE)

/* What of the host must not be alive in init once it is in the container. */
#define HOST_TYPES                                                               \
	(1u << SLOT_DIR | 1u << SLOT_OBJECT | 1u << SLOT_NS | 1u << SLOT_PIDFD | \
	 1u << SLOT_CGROUP | 1u << SLOT_PROC | 1u << SLOT_EXEC | 1u << SLOT_BUS)

/* What of it must not be alive when init forks. */
#define SEEN_TYPES \
	(1u << SLOT_DIR | 1u << SLOT_OBJECT | 1u << SLOT_PIDFD | 1u << SLOT_CGROUP | 1u << SLOT_BUS)

/* The bits of `mask` for the sides that run an op: before the clone both, as what is made then is
 * copied. */
static uint16_t sides(const struct plan_op *op, uint16_t mask)
{
	if (op->phase == PHASE_HOST)
		return mask;
	return mask & (op->phase == PHASE_PARENT ? DEFINED_OUTSIDE | LIVE_OUTSIDE
						 : DEFINED_INSIDE | LIVE_INSIDE);
}

static void clear(uint16_t *state, unsigned int bits)
{
	*state = (uint16_t)(*state & ~bits);
}

static void init_slots(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_slots; i++)
		v->state->slots[i] = v->view.slots[i].origin == ORIGIN_INPUT ? DEFINED | LIVE : 0;
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);

		if (op->phase <= PHASE_PARENT)
			continue;
		if (op->out != SLOT_NONE)
			v->state->slots[op->out] |= USED_INSIDE;
		for (unsigned int n = 0; n < OP_SLOTS; n++)
			if (op->slots[n] != SLOT_NONE)
				v->state->slots[op->slots[n]] |= USED_INSIDE;
	}
}

/* True for an op that makes do with a cgroup that is not there. */
static int expects_none(const struct plan_op *op)
{
	static const uint8_t always[] = {OP_KILL_CGROUP, OP_EXPECT_MARK, OP_CLOSE};
	static const uint8_t flagged[] = {OP_FREEZE_CGROUP, OP_WRITE_CGROUP};

	return CODE_IN(op->code, always) ||
	       (CODE_IN(op->code, flagged) && op->flags & OPF_ABSENT_OK);
}

static int check_use(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	uint16_t defined = sides(op, DEFINED), live = sides(op, LIVE);

	for (unsigned int n = 0; n < OP_SLOTS; n++) {
		uint16_t state;

		if (op->slots[n] == SLOT_NONE)
			continue;
		state = v->state->slots[op->slots[n]];
		if ((state & defined) != defined)
			return fail(v, RULE_SLOT_UNDEFINED, i, op->slots[n]);
		if ((state & live) != live)
			return fail(v, RULE_USE_AFTER_MOVE, i, op->slots[n]);
		if (state & MAY_LACK && !expects_none(op))
			return fail(v, RULE_SLOT_ABSENT, i, op->slots[n]);
	}
	return 0;
}

static int define_and_move(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);

	for (unsigned int n = 0; n < OP_SLOTS; n++)
		if (op->slots[n] != SLOT_NONE && op_moves(op, n))
			clear(&v->state->slots[op->slots[n]], sides(op, LIVE));
	if (op->out == SLOT_NONE)
		return 0;
	if (v->state->slots[op->out] & DEFINED)
		return fail(v, RULE_SLOT_REDEFINED, i, op->out);
	v->state->slots[op->out] |= sides(op, DEFINED | LIVE);
	if (op->code == OP_OPEN_CGROUP && op->flags & OPF_ABSENT_OK)
		v->state->slots[op->out] |= MAY_LACK;
	return 0;
}

/* True if an op of that phase says so of the propagation of a tree. */
static int is_said(const struct verifier *v, uint16_t tree, unsigned int phase, uint64_t spread)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);

		if (op->code == OP_SET_MOUNT && op->phase == phase &&
		    op->slots[OP_SET_MOUNT_SLOT_TREE] == tree &&
		    op->nums[OP_SET_MOUNT_NUM_PROPAGATION] == spread)
			return 1;
	}
	return 0;
}

/*
 * True for the one clone that may stay a peer: a bind that the config shares with the host in so
 * many words, beneath a root that it shares too. In a user namespace the kernel makes it a slave.
 */
static int is_shared_bind(const struct verifier *v, const struct plan_op *op)
{
	uint16_t source = op->slots[OP_CLONE_TREE_SLOT_SOURCE];
	uint32_t root = op_first(v, OP_ATTACH_ROOT);

	return v->view.header->kind == KIND_CREATE && op->phase == PHASE_HOST &&
	       v->view.slots[source].type == SLOT_OBJECT && root != OP_NONE && !makes_userns(v) &&
	       is_said(v, op->out, PHASE_HOST, PROPAGATION_SHARED) &&
	       is_said(v, op_at(v, root)->slots[OP_ATTACH_ROOT_SLOT_TREE], PHASE_ROOTED,
		       PROPAGATION_PRIVATE_SHARED);
}

/*
 * A clone is a peer of its source, even while it is detached: a mount attached to it, or to what
 * was opened beneath it, appears at the source too. Made private or slave it is not, and made
 * shared after that it begins a group of its own (mount_namespaces(7)).
 */
static int clone_tree(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	uint16_t source = op->slots[OP_CLONE_TREE_SLOT_SOURCE];
	uint8_t type = v->view.slots[source].type;

	if (op->nums[OP_CLONE_TREE_NUM_PROPAGATION] == PROPAGATION_KEEP && !is_shared_bind(v, op))
		return fail(v, RULE_CLONE_UNPEERED, i, op->out);
	v->state->slots[op->out] |=
	    type == SLOT_DIR || type == SLOT_OBJECT ? OF_HOST : v->state->slots[source] & OF_HOST;
	return 0;
}

static int is_tmpfs(const struct verifier *v, const struct plan_op *op)
{
	static const char name[] = "tmpfs";
	const char *type = plan_string(&v->view, op, OP_MAKE_FS_DATA_TYPE);
	unsigned int n = 0;

	while (n < sizeof(name) && type[n] == name[n])
		n++;
	return n == sizeof(name);
}

/* The launcher can make nodes of devices anywhere: it makes them where nobody else looks. */
static int host_node(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	uint16_t at = op->slots[OP_MAKE_NODE_SLOT_AT];
	int good = op->phase != PHASE_HOST || v->state->slots[at] & NEW_TMPFS;

	return good ? 0 : fail(v, RULE_HOST_NODE, i, at);
}

static int check_tree(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);

	switch (op->code) {
	case OP_CLONE_TREE:
		return clone_tree(v, i);
	case OP_MAKE_FS:
		v->state->slots[op->out] |= is_tmpfs(v, op) ? NEW_TMPFS : 0;
		return 0;
	case OP_MAKE_NODE:
		return host_node(v, i);
	case OP_ATTACH_ROOT: /* What was attached elsewhere, and is still held, may be anywhere. */
		clear(&v->state->slots[op->slots[OP_ATTACH_ROOT_SLOT_TREE]], OF_HOST);
		return 0;
	default:
		return 0;
	}
}

/* The first slot but one of these types, or with one of these bits, that init holds; n_slots
 * without such a slot. */
static uint32_t find_held(const struct verifier *v, uint32_t types, uint16_t bits, uint16_t but)
{
	uint16_t held = LIVE_INSIDE | USED_INSIDE;
	uint32_t slot = 0;

	for (; slot < v->n_slots; slot++) {
		uint16_t state = v->state->slots[slot];
		int is = types & 1u << v->view.slots[slot].type || state & bits;

		if (is && slot != but && (state & held) == held)
			break;
	}
	return slot;
}

/* Nothing of the host is alive in init, save the slot that a chroot goes to: that is the
 * container's root. And nothing of the mounts whose place a locked copy takes. */
static int check_old_root(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	uint16_t root = op->code == OP_CHROOT ? op->slots[OP_CHROOT_SLOT_ROOT] : SLOT_NONE;
	uint32_t types = op->code == OP_LOCK_MOUNTS ? HOST_TYPES | 1u << SLOT_TREE : HOST_TYPES;
	uint32_t slot = find_held(v, types, OF_HOST, root);

	return slot < v->n_slots ? fail(v, RULE_OLD_ROOT_ALIVE, i, slot) : 0;
}

/*
 * The child of init is seen in the pid namespace that init has joined, before the root transition.
 * It takes along what the tree is made of, and nothing else that leads to the host. The file of a
 * label must be opened by the process with that label, so the procfs comes along (before Linux
 * 6.8).
 */
static int check_fork(struct verifier *v, uint32_t i)
{
	uint32_t types = op_count(v, OP_OPEN_LABEL) ? SEEN_TYPES : SEEN_TYPES | 1u << SLOT_PROC;
	uint32_t slot = find_held(v, types, 0, SLOT_NONE);

	return slot < v->n_slots ? fail(v, RULE_SEEN_EARLY, i, slot) : 0;
}

static int check_targets(struct verifier *v, enum op_code code)
{
	uint32_t first = op_first(v, code);

	_Static_assert((int)OP_PLACE_FD_NUM_TARGET == (int)OP_PASS_FD_NUM_TARGET, "one position");
	for (uint32_t i = first; first != OP_NONE && i < v->n_ops; i++)
		for (uint32_t n = first; op_at(v, i)->code == code && n < i; n++)
			if (op_at(v, n)->code == code &&
			    op_at(v, n)->nums[OP_PLACE_FD_NUM_TARGET] ==
				op_at(v, i)->nums[OP_PLACE_FD_NUM_TARGET])
				return fail(v, RULE_TARGET_TAKEN, i, n);
	return 0;
}

/* One op, from what the ops before it have left. */
static int check_step(struct verifier *v, uint32_t i, uint32_t entering)
{
	const struct plan_op *op = op_at(v, i);
	int r = check_use(v, i);

	if (r == 0 && (i == entering || op->code == OP_LOCK_MOUNTS))
		r = check_old_root(v, i);
	if (r == 0 && op->code == OP_FORK)
		r = check_fork(v, i);
	if (r == 0)
		r = define_and_move(v, i);
	return r < 0 ? r : check_tree(v, i);
}

int verify_slots(struct verifier *v)
{
	uint32_t entering = op_entering(v);

	init_slots(v);
	for (uint32_t i = 0; i < v->n_ops; i++) {
		int r = check_step(v, i, entering);

		if (r < 0)
			return r;
	}
	for (uint32_t slot = 0; slot < v->n_slots; slot++)
		if (!(v->state->slots[slot] & DEFINED))
			return fail(v, RULE_SLOT_UNDEFINED, OP_NONE, slot);
	int r = check_targets(v, OP_PLACE_FD);

	return r < 0 ? r : check_targets(v, OP_PASS_FD);
}
