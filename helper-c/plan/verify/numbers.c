/* What some ops ask of their numbers beyond the limits of their row. */
#include "../verify-internal.h"

#define NOWHERE 0xffffffffu
#define PID_WIDTH 10
#define BUS_HEAD 16
#define BUS_MAX 65536
#define BUS_CALL 1
#define BUS_NO_ANSWER 1
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
	uint64_t score;

	*ret_position = 0;
	switch (op->code) {
	case OP_OPEN_OBJECT:
		*ret_position = OP_OPEN_OBJECT_NUM_TYPE;
		return (op->nums[OP_OPEN_OBJECT_NUM_TYPE] & 0xfff) == 0;
	case OP_OPEN_NAMESPACE:
		return is_single_bit(op->nums[OP_OPEN_NAMESPACE_NUM_TYPE]);
	case OP_REPORT:
		return op->nums[OP_REPORT_NUM_STATE] != 0;
	case OP_JOIN_NAMESPACES:
		return op->nums[OP_JOIN_NAMESPACES_NUM_TYPES] != 0;
	case OP_SET_MOUNT:
		/* The kernel takes the ids from a descriptor exactly when this bit is set. */
		return !(op->nums[OP_SET_MOUNT_NUM_SET] & ATTR_IDMAP) ==
		       (op->slots[OP_SET_MOUNT_SLOT_USERNS] == SLOT_NONE);
	case OP_UNSHARE:
		return op->nums[OP_UNSHARE_NUM_NAMESPACES] != 0;
	case OP_SET_OOM_SCORE:
		/* In two's complement: from -1000 to 1000. */
		score = op->nums[OP_SET_OOM_SCORE_NUM_SCORE];
		return score <= OOM_LIMIT || score >= UINT64_MAX - OOM_LIMIT + 1;
	case OP_SET_OWN_RLIMIT:
		*ret_position = OP_SET_OWN_RLIMIT_NUM_SOFT;
		return op->nums[OP_SET_OWN_RLIMIT_NUM_SOFT] <= op->nums[OP_SET_OWN_RLIMIT_NUM_HARD];
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

static uint32_t number_at(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* A message of D-Bus: byte order, type, flags, version, length of the body, serial, length of the
 * fields; the body comes after them, 8-aligned. */
static int is_call(const uint8_t *message, uint32_t size)
{
	if (size < BUS_HEAD || size > BUS_MAX || message[0] != 'l' || message[1] != BUS_CALL ||
	    message[2] & BUS_NO_ANSWER || message[3] != 1 || !number_at(message + 8))
		return 0;
	uint64_t fields = number_at(message + 12);

	return (BUS_HEAD + fields + 7) / 8 * 8 + number_at(message + 4) == size;
}

/* The process whose pid is put into a message is init, and the pid is inside the message. */
static int check_message(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	uint64_t at = op->nums[OP_CALL_BUS_NUM_PID_AT];
	uint32_t size;
	const uint8_t *message = plan_bytes(&v->view, op, OP_CALL_BUS_DATA_MESSAGE, &size);

	if (!is_call(message, size))
		return fail(v, RULE_BAD_MESSAGE, i, size);
	if (at == NOWHERE)
		return 0;
	if (at % 4 || at < BUS_HEAD || at + 4 > size || op->flags & OPF_UNDO ||
	    op->slots[OP_CALL_BUS_SLOT_PROCESS] == SLOT_NONE)
		return fail(v, RULE_BAD_NUMBER, i, OP_CALL_BUS_NUM_PID_AT);
	return 0;
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
	case OP_CALL_BUS:
		return check_message(v, i);
	default:
		return 0;
	}
}
