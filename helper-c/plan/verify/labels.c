/* Labels of security modules: once each, in order, of init's own attributes. */
#include "../verify-internal.h"

/* LSM_ATTR_* of linux/lsm.h, which wasm has no header of. */
#define ATTRIBUTE_NONE 0
#define ATTRIBUTE_EXEC 101
#define ATTRIBUTE_KEYCREATE 103

static int is_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static int check_path(struct verifier *v, uint32_t i)
{
	const char *path = plan_string(&v->view, op_at(v, i), OP_OPEN_LABEL_DATA_PATH);
	int good = is_text(path, "self/attr/exec") || is_text(path, "self/attr/keycreate") ||
		   is_text(path, "self/attr/apparmor/exec");

	return good ? 0 : fail(v, RULE_LABEL_FILE, i, OP_OPEN_LABEL_DATA_PATH);
}

/* Who opens a label may fork early for it (verify-unseen.c), so that a label is set by it. */
static int check_used(struct verifier *v, uint32_t i)
{
	for (uint32_t n = i + 1; n < v->n_ops; n++)
		if (op_at(v, n)->code == OP_SET_LABEL &&
		    op_at(v, n)->slots[OP_SET_LABEL_SLOT_FILE] == op_at(v, i)->out)
			return 0;
	return fail(v, RULE_LABEL_FILE, i, op_at(v, i)->out);
}

/* What the op labels: exactly one of a tree, the program, the keys. */
static int check_subject(struct verifier *v, uint32_t i)
{
	const struct plan_op *op = op_at(v, i);
	uint64_t attribute = op->nums[OP_SET_LABEL_NUM_ATTRIBUTE];
	int good;

	if (op->slots[OP_SET_LABEL_SLOT_TREE] != SLOT_NONE)
		good =
		    attribute == ATTRIBUTE_NONE && op->slots[OP_SET_LABEL_SLOT_FILE] == SLOT_NONE;
	else
		good = attribute == ATTRIBUTE_EXEC || attribute == ATTRIBUTE_KEYCREATE;
	return good ? 0 : fail(v, RULE_LABEL_FILE, i, (uint32_t)attribute);
}

/*
 * A label takes hold at the exec. No_new_privs would keep most labels from being taken, and a
 * filter may deny the calls that set them.
 */
static int check_place(struct verifier *v, uint32_t i)
{
	uint32_t last = op_first(v, OP_SET_NO_NEW_PRIVS);
	int good = op_at(v, i)->phase == PHASE_INSIDE;

	if (op_at(v, i)->nums[OP_SET_LABEL_NUM_ATTRIBUTE] == ATTRIBUTE_EXEC)
		good = op_at(v, i)->phase == PHASE_DROP &&
		       (last == OP_NONE || (i < last && i > op_first(v, OP_SET_CAPS)));
	for (uint32_t n = 0; good && n < i; n++)
		good = !is_filter(op_at(v, n));
	return good ? 0 : fail(v, RULE_LABEL_ORDER, i, op_at(v, i)->phase);
}

static int check_once(struct verifier *v, uint32_t i)
{
	const uint64_t *nums = op_at(v, i)->nums;

	for (uint32_t n = 0; nums[OP_SET_LABEL_NUM_ATTRIBUTE] && n < i; n++)
		if (op_at(v, n)->code == OP_SET_LABEL &&
		    op_at(v, n)->nums[OP_SET_LABEL_NUM_LSM] == nums[OP_SET_LABEL_NUM_LSM] &&
		    op_at(v, n)->nums[OP_SET_LABEL_NUM_ATTRIBUTE] ==
			nums[OP_SET_LABEL_NUM_ATTRIBUTE])
			return fail(v, RULE_LABEL_ONCE, i, n);
	return 0;
}

int verify_labels(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		int r = 0;

		if (op_at(v, i)->code == OP_OPEN_LABEL) {
			r = check_path(v, i);
			if (r == 0)
				r = check_used(v, i);
		}
		if (op_at(v, i)->code == OP_SET_LABEL) {
			r = check_subject(v, i);
			if (r == 0)
				r = check_place(v, i);
			if (r == 0)
				r = check_once(v, i);
		}
		if (r < 0)
			return r;
	}
	return 0;
}
