#include "../ops-rows.gen.h"
#include "../verify-internal.h"

/* Paths of these may not leave by `..`: they make, remove or write what they name. */
static const uint8_t strict_paths[] = {
    OP_MOUNT_POINT, OP_MAKE_NODE,     OP_MAKE_LINK, OP_MAKE_FILE,
    OP_MAKE_CGROUP, OP_REMOVE_CGROUP, OP_SYSCTL,    OP_GUARD_PATH,
};

/* The kernel knows no absolute path beneath a cgroup: one that looks so means something else. */
static const uint8_t relative_paths[] = {OP_MAKE_CGROUP, OP_REMOVE_CGROUP};

int op_moves(const struct plan_op *op, unsigned int position)
{
	return op_rows[op->code].slots[position] & ROW_MOVE && !(op->flags & OPF_KEEP);
}

static int has_dots(const char *path, uint32_t length)
{
	uint32_t start = 0;

	for (uint32_t i = 0; i <= length; i++) {
		if (i < length && path[i] != '/')
			continue;
		if (i - start == 1 && path[start] == '.')
			return 1;
		if (i - start == 2 && path[start] == '.' && path[start + 1] == '.')
			return 1;
		start = i + 1;
	}
	return 0;
}

static int check_path(struct verifier *v, uint32_t i, const struct plan_ref *ref)
{
	if (ref->length == 0 || ref->length > PATH_MAX_LENGTH)
		return fail(v, RULE_BAD_PATH, i, ref->length);
	if (CODE_IN(op_at(v, i)->code, strict_paths) &&
	    has_dots(v->view.strings + ref->offset, ref->length))
		return fail(v, RULE_BAD_PATH, i, ref->length);
	if (CODE_IN(op_at(v, i)->code, relative_paths) && v->view.strings[ref->offset] == '/')
		return fail(v, RULE_BAD_PATH, i, ref->length);
	return 0;
}

/* A run of strings ends in the NUL of its last one; every byte of it may be NUL. */
static int check_run(struct verifier *v, uint32_t i, const struct plan_ref *ref)
{
	if ((uint64_t)ref->offset + ref->length > v->view.header->strings.length)
		return fail(v, RULE_BAD_BOUNDS, i, ref->offset);
	v->referred += ref->length;
	if (v->referred > PLAN_MAX_REFERRED)
		return fail(v, RULE_TOO_MANY, i, v->referred);
	if (ref->length == 0)
		return fail(v, RULE_OP_FIELDS, i, ref->offset);
	if (v->view.strings[ref->offset + ref->length - 1] != 0)
		return fail(v, RULE_BAD_STRING, i, ref->length);
	return 0;
}

static int check_blob(struct verifier *v, uint32_t i, const struct plan_ref *ref)
{
	if (ref->offset % PLAN_ALIGN)
		return fail(v, RULE_BAD_ALIGNMENT, i, ref->offset);
	if ((uint64_t)ref->offset + ref->length > v->view.header->blobs.length)
		return fail(v, RULE_BAD_BOUNDS, i, ref->offset);
	v->referred += ref->length;
	if (v->referred > PLAN_MAX_REFERRED)
		return fail(v, RULE_TOO_MANY, i, v->referred);
	if (ref->length == 0)
		return fail(v, RULE_OP_FIELDS, i, ref->offset);
	return 0;
}

static int check_data(struct verifier *v, uint32_t i, unsigned int position, uint8_t rule)
{
	const struct plan_ref *ref = &op_at(v, i)->data[position];
	int r;

	if (ref_is_null(ref))
		return rule == 0 || rule & DATA_OPTIONAL
			   ? 0
			   : fail(v, RULE_OP_FIELDS, i, 16 + position);
	switch (rule & DATA_KIND) {
	case DATA_STRING:
		r = verify_string(v, ref, i);
		break;
	case DATA_STRINGS:
		return check_run(v, i, ref);
	case DATA_BYTES:
		return check_blob(v, i, ref);
	default:
		return fail(v, RULE_OP_FIELDS, i, 16 + position);
	}
	if (r == 0 && rule & DATA_PATH)
		r = check_path(v, i, ref);
	if (r == 0 && rule & DATA_NAME)
		r = verify_name(v, ref, i);
	return r;
}

static int check_slot(struct verifier *v, uint32_t i, unsigned int position, uint32_t rule)
{
	uint16_t slot = op_at(v, i)->slots[position];

	if (slot == SLOT_NONE)
		return rule == 0 || rule & ROW_OPTIONAL ? 0 : fail(v, RULE_OP_FIELDS, i, position);
	if (rule == 0)
		return fail(v, RULE_OP_FIELDS, i, position);
	if (slot >= v->n_slots)
		return fail(v, RULE_SLOT_UNDEFINED, i, slot);
	if (!(rule & 1u << v->view.slots[slot].type))
		return fail(v, RULE_SLOT_TYPE, i, slot);
	return 0;
}

static int check_out(struct verifier *v, uint32_t i, uint8_t type)
{
	uint16_t slot = op_at(v, i)->out;

	if ((slot == SLOT_NONE) != (type == 0))
		return fail(v, RULE_OP_FIELDS, i, slot);
	if (type == 0)
		return 0;
	if (slot >= v->n_slots)
		return fail(v, RULE_SLOT_UNDEFINED, i, slot);
	if (v->view.slots[slot].type != type)
		return fail(v, RULE_SLOT_TYPE, i, slot);
	return 0;
}

static int check_nums(struct verifier *v, uint32_t i, const struct op_row *row)
{
	const struct plan_op *op = op_at(v, i);

	for (unsigned int n = 0; n < OP_NUMS; n++) {
		const struct num_limit *limit = &num_limits[row->nums[n]];

		if (op->nums[n] && row->nums[n] == 0)
			return fail(v, RULE_OP_FIELDS, i, 32 + n);
		if (limit->is_mask ? op->nums[n] & ~limit->limit : op->nums[n] > limit->limit)
			return fail(v, RULE_BAD_NUMBER, i, n);
	}
	return verify_numbers(v, i);
}

static int check_op(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	const struct op_row *row;
	int r = 0;

	if (op->code > OP_LAST || op_rows[op->code].phases == 0)
		return fail(v, RULE_UNKNOWN_OP, i, op->code);
	row = &op_rows[op->code];
	if (op->phase > PHASE_EXEC || !(row->phases & 1u << op->phase))
		return fail(v, RULE_OP_PHASE, i, op->phase);
	if (op->flags & ~row->flags)
		return fail(v, RULE_OP_FLAGS, i, op->flags);
	if (op->reserved)
		return fail(v, RULE_NONZERO_PADDING, i, op->reserved);
	for (unsigned int n = 0; r == 0 && n < OP_SLOTS; n++)
		r = check_slot(v, i, n, row->slots[n]);
	if (r == 0)
		r = check_out(v, i, row->out);
	for (unsigned int n = 0; r == 0 && n < OP_DATA; n++)
		r = check_data(v, i, n, row->data[n]);
	if (r == 0)
		r = check_nums(v, i, row);
	return r;
}

/* Checking a map takes time with the square of its lines, so a plan has few maps. */
static int check_counts(struct verifier *v)
{
	uint32_t userns = op_count(v, OP_MAKE_USERNS),
		 written = op_count(v, OP_WRITE_IDMAP) + op_count(v, OP_SPAWN_IDMAP);
	uint32_t first = op_first(v, op_count(v, OP_WRITE_IDMAP) ? OP_WRITE_IDMAP : OP_SPAWN_IDMAP);

	if (userns > PLAN_MAX_USERNS)
		return fail(v, RULE_TOO_MANY, op_first(v, OP_MAKE_USERNS), userns);
	return written > PLAN_MAX_IDMAPS ? fail(v, RULE_TOO_MANY, first, written) : 0;
}

int verify_ops(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		struct op_seen *seen;
		int r = check_op(v, i);

		if (r < 0)
			return r;
		seen = &v->seen[op_at(v, i)->code];
		if (seen->count++ == 0)
			seen->first = (uint16_t)i;
	}
	return check_counts(v);
}
