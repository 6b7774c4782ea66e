/* Plans that ask CRIU: what has to come before and after what. */
#include "../verify-internal.h"

/* Ops of the launcher that need an init of ours. */
static const uint8_t of_init[] = {
    OP_RELEASE, OP_SYNC, OP_AWAIT_EXEC, OP_WRITE_IDMAP, OP_SPAWN_IDMAP,
};

/* Ops on the process that CRIU made: before `adopt` the slot of the process is CRIU itself. */
static const uint8_t of_process[] = {
    OP_RECORD_PROCESS, OP_REPORT, OP_WAIT, OP_SET_OOM_SCORE, OP_SET_RLIMIT, OP_EXPECT_ROOT,
};

static int changes_mounts(const struct plan_op *op)
{
	return (op->nums[OP_START_CRIU_NUM_NAMESPACES] & NS_MOUNT) != 0;
}

static int has_root(const struct plan_op *op)
{
	return op->slots[OP_START_CRIU_SLOT_ROOT] != SLOT_NONE;
}

static int isolates(const struct plan_op *op)
{
	return op->nums[OP_START_CRIU_NUM_PROPAGATION] != PROPAGATION_KEEP;
}

static int check_start(struct verifier *v)
{
	uint32_t start = op_first(v, OP_START_CRIU), n = op_count(v, OP_START_CRIU);
	int restores = v->view.header->kind == KIND_RESTORE;

	if (n > !makes_process(v) || n < (uint32_t)restores)
		return fail(v, RULE_CRIU_ONCE, start, n);
	if (n == 1 &&
	    ((op_at(v, start)->nums[OP_START_CRIU_NUM_ATTRS] && !has_root(op_at(v, start))) ||
	     changes_mounts(op_at(v, start)) != has_root(op_at(v, start)) ||
	     changes_mounts(op_at(v, start)) != isolates(op_at(v, start))))
		return fail(v, RULE_CRIU_MOUNTS, start, 0);
	if (restores && start + 1 < v->n_ops && op_at(v, start + 1)->phase == PHASE_HOST)
		return fail(v, RULE_CRIU_ONCE, start, 0);
	return 0;
}

static int check_questions(struct verifier *v)
{
	uint32_t start = op_first(v, OP_START_CRIU), last = OP_NONE;

	for (uint32_t i = 0; i < v->n_ops; i++) {
		uint16_t code = op_at(v, i)->code;

		if (code == OP_PASS_FD && (start == OP_NONE || i > start))
			return fail(v, RULE_CRIU_ORDER, i, start);
		if (code != OP_ASK_CRIU)
			continue;
		if (start == OP_NONE || i < start)
			return fail(v, RULE_CRIU_ORDER, i, start);
		if (last != OP_NONE && ref_is_null(&op_at(v, last)->data[OP_ASK_CRIU_DATA_UNTIL]))
			return fail(v, RULE_CRIU_ORDER, i, last);
		last = i;
	}
	if (start == OP_NONE)
		return 0;
	if (last == OP_NONE || !ref_is_null(&op_at(v, last)->data[OP_ASK_CRIU_DATA_UNTIL]))
		return fail(v, RULE_CRIU_ORDER, last == OP_NONE ? start : last, last);
	return 0;
}

static int check_adopted(struct verifier *v)
{
	uint32_t adopt = op_first(v, OP_ADOPT);

	if (op_count(v, OP_ADOPT) != 1 || op_first(v, OP_ASK_CRIU) > adopt)
		return fail(v, RULE_CRIU_ADOPT, adopt, op_count(v, OP_ADOPT));
	for (uint32_t i = 0; i < v->n_ops; i++) {
		if (CODE_IN(op_at(v, i)->code, of_init))
			return fail(v, RULE_CRIU_ADOPT, i, op_at(v, i)->code);
		if (i < adopt && CODE_IN(op_at(v, i)->code, of_process))
			return fail(v, RULE_CRIU_ADOPT, i, adopt);
	}
	return 0;
}

int verify_criu(struct verifier *v)
{
	int r = check_start(v);

	if (r == 0)
		r = check_questions(v);
	if (r == 0 && v->view.header->kind == KIND_RESTORE)
		return check_adopted(v);
	for (uint32_t i = 0; r == 0 && i < v->n_ops; i++)
		if (op_at(v, i)->code == OP_MOUNT_POINT && op_at(v, i)->phase == PHASE_HOST)
			r = fail(v, RULE_CRIU_ADOPT, i, OP_MOUNT_POINT);
	return r;
}
