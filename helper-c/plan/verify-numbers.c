/* What some ops ask of their numbers beyond the limits of their row. */
#include "verify-internal.h"

#define NOWHERE 0xffffffffu
#define PID_WIDTH 10
#define NO_ID 0xffffffffu /* (uid_t)-1 means "no change" to the kernel */
#define OOM_LIMIT 1000
#define MAX_GROUPS 65536
#define ATTR_IDMAP 0x100000u /* MOUNT_ATTR_IDMAP */

static int is_single_bit(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

static int check_ids(struct verifier *v, uint32_t i, unsigned int uid, unsigned int gid)
{
	const struct plan_op *op = op_at(v, i);

	if (op->nums[uid] == NO_ID)
		return fail(v, RULE_BAD_ID, i, uid);
	if (op->nums[gid] == NO_ID)
		return fail(v, RULE_BAD_ID, i, gid);
	return 0;
}

static int check_groups(struct verifier *v, uint32_t i)
{
	uint32_t length;
	const struct plan_op *op = op_at(v, i);
	const void *groups = plan_bytes(&v->view, op, OP_SET_IDS_DATA_GROUPS, &length);
	const uint32_t *ids = groups;

	if (length % sizeof(*ids) || length / sizeof(*ids) > MAX_GROUPS)
		return fail(v, RULE_BAD_ID, i, length);
	if (groups && !op->nums[OP_SET_IDS_NUM_SET_GROUPS])
		return fail(v, RULE_BAD_NUMBER, i, OP_SET_IDS_NUM_SET_GROUPS);
	for (uint32_t n = 0; ids && n < length / sizeof(*ids); n++)
		if (ids[n] == NO_ID)
			return fail(v, RULE_BAD_ID, i, n);
	return check_ids(v, i, OP_SET_IDS_NUM_UID, OP_SET_IDS_NUM_GID);
}

/* Whether a pid that is put at nums[at] stays inside the data. */
static int has_room(const struct plan_op *op, unsigned int data, unsigned int at)
{
	return op->nums[at] == NOWHERE || op->nums[at] + PID_WIDTH <= op->data[data].length;
}

static int good_number(const struct plan_op *op, unsigned int *ret_position)
{
	int64_t score;

	*ret_position = 0;
	switch (op->code) {
	case OP_OPEN_OBJECT:
		*ret_position = OP_OPEN_OBJECT_NUM_TYPE;
		return (op->nums[OP_OPEN_OBJECT_NUM_TYPE] & 0xfff) == 0;
	case OP_OPEN_NAMESPACE:
		return is_single_bit(op->nums[OP_OPEN_NAMESPACE_NUM_TYPE]);
	case OP_JOIN_NAMESPACES:
		return op->nums[OP_JOIN_NAMESPACES_NUM_TYPES] != 0;
	case OP_SET_MOUNT:
		/* The kernel takes the ids from a descriptor exactly when this bit is set. */
		return !(op->nums[OP_SET_MOUNT_NUM_SET] & ATTR_IDMAP) ==
		       (op->slots[OP_SET_MOUNT_SLOT_USERNS] == SLOT_NONE);
	case OP_UNSHARE:
		return op->nums[OP_UNSHARE_NUM_NAMESPACES] != 0;
	case OP_SET_OOM_SCORE:
		score = (int64_t)op->nums[OP_SET_OOM_SCORE_NUM_SCORE];
		return score >= -OOM_LIMIT && score <= OOM_LIMIT;
	case OP_SET_RLIMIT:
		*ret_position = OP_SET_RLIMIT_NUM_SOFT;
		return op->nums[OP_SET_RLIMIT_NUM_SOFT] <= op->nums[OP_SET_RLIMIT_NUM_HARD];
	case OP_SPAWN:
		*ret_position = OP_SPAWN_NUM_PID_AT;
		return has_room(op, OP_SPAWN_DATA_INPUT, OP_SPAWN_NUM_PID_AT);
	case OP_LOAD_LISTENER:
		*ret_position = OP_LOAD_LISTENER_NUM_PID_AT;
		return has_room(op, OP_LOAD_LISTENER_DATA_MESSAGE, OP_LOAD_LISTENER_NUM_PID_AT) &&
		       has_room(op, OP_LOAD_LISTENER_DATA_MESSAGE,
				OP_LOAD_LISTENER_NUM_STATE_PID_AT);
	default:
		return 1;
	}
}

int verify_numbers(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	unsigned int position;

	if (!good_number(op, &position))
		return fail(v, RULE_BAD_NUMBER, i, position);
	switch (op->code) {
	case OP_SET_IDS:
		return check_groups(v, i);
	case OP_BECOME:
		return check_ids(v, i, OP_BECOME_NUM_UID, OP_BECOME_NUM_GID);
	case OP_MAKE_NODE:
		return check_ids(v, i, OP_MAKE_NODE_NUM_UID, OP_MAKE_NODE_NUM_GID);
	default:
		return 0;
	}
}
