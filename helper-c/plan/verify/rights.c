#include "../verify-internal.h"

#define CAP_SYS_ADMIN 21

/* What needs no right and takes no path of the host, and so may follow set-caps. */
static const uint8_t after_drop[] = {
    OP_SET_NO_NEW_PRIVS,
    OP_LOAD_SECCOMP,
    OP_FIND_EXEC,
    OP_PLACE_FD,
    OP_CLOSE,
    OP_SYNC,
    OP_GATE,
    OP_EXEC,
    OP_SET_UMASK,
    OP_CHANGE_DIR,
    OP_SET_DEATH_SIGNAL,
    OP_SET_DUMPABLE,
    OP_NEW_SESSION,
    OP_SPAWN,
    OP_LOAD_LISTENER,
    OP_SET_LABEL,
    OP_FORK,
    OP_SET_OWN_RLIMIT,
    OP_FIND_HOME,
    OP_ENFORCE_RULESET,
};

static int check_order(struct verifier *v)
{
	static const uint8_t rights[] = {OP_DROP_BOUNDING, OP_SET_IDS, OP_SET_CAPS};
	uint32_t before = 0;

	for (size_t n = 0; n < sizeof(rights); n++) {
		uint32_t at = op_first(v, rights[n]);

		if (op_count(v, rights[n]) != 1 || at < before)
			return fail(v, RULE_RIGHTS_ONCE, at, rights[n]);
		before = at;
	}
	for (uint32_t i = before + 1; i < v->n_ops; i++)
		if (!CODE_IN(op_at(v, i)->code, after_drop))
			return fail(v, RULE_AFTER_DROP, i, op_at(v, i)->code);
	return 0;
}

static int check_caps(struct verifier *v)
{
	uint32_t i = op_first(v, OP_SET_CAPS);
	const uint64_t *caps = op_at(v, i)->nums;
	uint64_t permitted = caps[OP_SET_CAPS_NUM_PERMITTED],
		 inheritable = caps[OP_SET_CAPS_NUM_INHERITABLE];
	uint64_t kept = op_at(v, op_first(v, OP_DROP_BOUNDING))->nums[OP_DROP_BOUNDING_NUM_KEEP];

	if (caps[OP_SET_CAPS_NUM_EFFECTIVE] & ~permitted)
		return fail(v, RULE_CAPS_SUBSET, i, OP_SET_CAPS_NUM_EFFECTIVE);
	if (inheritable & ~kept)
		return fail(v, RULE_CAPS_SUBSET, i, OP_SET_CAPS_NUM_INHERITABLE);
	if (caps[OP_SET_CAPS_NUM_AMBIENT] & ~(permitted & inheritable))
		return fail(v, RULE_CAPS_SUBSET, i, OP_SET_CAPS_NUM_AMBIENT);
	if (permitted & ~kept)
		return fail(v, RULE_CAPS_SUBSET, i, OP_SET_CAPS_NUM_PERMITTED);
	return 0;
}

/*
 * Who owns the user namespace that the copy belongs to has rights over its mounts, without any
 * capability (user_namespaces(7)): that gives nothing to a process that may have CAP_SYS_ADMIN.
 */
static int check_lock(struct verifier *v)
{
	uint32_t lock = op_first(v, OP_LOCK_MOUNTS);
	uint64_t can = op_at(v, op_first(v, OP_SET_CAPS))->nums[OP_SET_CAPS_NUM_PERMITTED];

	if (!op_count(v, OP_SET_NO_NEW_PRIVS))
		can = op_at(v, op_first(v, OP_DROP_BOUNDING))->nums[OP_DROP_BOUNDING_NUM_KEEP];
	if (lock == OP_NONE || can >> CAP_SYS_ADMIN & 1)
		return 0;
	return fail(v, RULE_MOUNTS_LOCKED, lock, CAP_SYS_ADMIN);
}

/* Which maps an op writes: bit 0 uids, bit 1 gids. */
static unsigned int maps_of(const struct plan_op *op)
{
	unsigned int uids, gids;

	if (op->code == OP_SPAWN_IDMAP)
		return op->nums[OP_SPAWN_IDMAP_NUM_GID] ? 2 : 1;
	if (op->code != OP_WRITE_IDMAP)
		return 0;
	uids = !ref_is_null(&op->data[OP_WRITE_IDMAP_DATA_UIDS]);
	gids = !ref_is_null(&op->data[OP_WRITE_IDMAP_DATA_GIDS]);
	return uids | gids << 1;
}

/*
 * When maps may be written. If the clone made the user namespace: before init starts its ops
 * (release). If init's fork made it: after the launcher has adopted that process, and before they
 * meet again.
 */
static void map_window(const struct verifier *v, uint32_t *ret_start, uint32_t *ret_end)
{
	uint32_t clone = op_first(v, OP_CLONE), fork = op_first(v, OP_FORK);

	*ret_start = OP_NONE;
	*ret_end = OP_NONE;
	if (op_at(v, clone)->nums[OP_CLONE_NUM_NAMESPACES] & NS_USER) {
		*ret_start = clone;
		*ret_end = op_first(v, OP_RELEASE);
	} else if (fork != OP_NONE && op_at(v, fork)->nums[OP_FORK_NUM_NAMESPACES] & NS_USER) {
		*ret_start = op_first(v, OP_ADOPT);
		for (uint32_t i = *ret_start; i < v->n_ops && *ret_end == OP_NONE; i++)
			if (op_at(v, i)->code == OP_SYNC && op_at(v, i)->phase == PHASE_PARENT)
				*ret_end = i;
	}
}

static int check_maps(struct verifier *v)
{
	uint32_t start, end, clone = op_first(v, OP_CLONE), fork = op_first(v, OP_FORK);
	unsigned int written = 0;

	map_window(v, &start, &end);
	/* There is one window, so there is one new user namespace. */
	if (start == clone && fork != OP_NONE &&
	    op_at(v, fork)->nums[OP_FORK_NUM_NAMESPACES] & NS_USER)
		return fail(v, RULE_IDMAP_MISSING, fork, 0);
	for (uint32_t i = clone; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);
		unsigned int maps = maps_of(op);

		if (op->code != OP_WRITE_IDMAP && op->code != OP_SPAWN_IDMAP)
			continue;
		if (start == OP_NONE || maps & written)
			return fail(v, RULE_IDMAP_UNEXPECTED, i, maps);
		if (i < start || end == OP_NONE || i > end)
			return fail(v, RULE_IDMAP_MISSING, i, end);
		written |= maps;
	}
	if (start == OP_NONE)
		return 0;
	/* A vfork-style clone executes init at once, and without a map that loses every right. */
	if (written != 3 || (start == clone && op_at(v, clone)->nums[OP_CLONE_NUM_VFORK]))
		return fail(v, RULE_IDMAP_MISSING, clone, written);
	return 0;
}

int verify_rights(struct verifier *v)
{
	int r;

	if (!makes_process(v))
		return 0;
	r = check_maps(v);
	if (r == 0)
		r = check_order(v);
	if (r == 0)
		r = check_caps(v);
	if (r == 0)
		r = check_lock(v);
	return r;
}
