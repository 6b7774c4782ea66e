/*
 * Any op, with any row of the op table. The check reads nothing outside of strings and blobs. Init
 * and the launcher can read an accepted op, it consists of what its row allows, and its slots have
 * the right types. numbers.c has what single ops ask beyond their rows.
 */
#include "plan/op-row.h"

#define op_rows rows_of_the_table
#include "plan/ops-rows.gen.h"
#undef op_rows

/* The one op of this proof has this code, and its row may be anything. */
#define CODE OP_OPEN_ROOT

static struct op_row op_rows[CODE + 1];

#include "plan/verify/op.c"

#define STRINGS 8
#define BLOBS 16
#define SLOTS 2
#include "world.h"

#define LIMITS (sizeof(num_limits) / sizeof(num_limits[0]))

static void any_row(void)
{
	struct op_row *row = &op_rows[CODE];

	__CPROVER_havoc_object(op_rows);
	for (unsigned int i = 0; i < OP_NUMS; i++)
		ASSUME(row->nums[i] < LIMITS);
	/* The positions are treated alike: one of each kind is enough. */
	ASSUME(row->data[1] == 0 && row->data[2] == 0 && row->slots[1] == 0 && row->slots[2] == 0);
	ASSUME(row->data[0] == 0 || (row->data[0] & DATA_KIND) != 0);
}

static void read_strings(const struct plan_view *view, const struct plan_op *op, unsigned int i)
{
	const char *at = plan_string(view, op, i);
	const char *end = at + plan_strings_len(view, op, i);

	for (; at; at = plan_next_string(at, end))
		PROVE(at >= strings && at < end, "each string of a run begins in it");
}

static void read_data(const struct plan_view *view, const struct plan_op *op, unsigned int i)
{
	uint8_t kind = op_rows[CODE].data[i] & DATA_KIND;
	uint32_t length;

	if (ref_is_null(&op->data[i])) {
		PROVE(kind == 0 || op_rows[CODE].data[i] & DATA_OPTIONAL,
		      "only what may be absent is");
		return;
	}
	PROVE(kind != 0, "no data that the row does not have");
	if (kind == DATA_STRING)
		PROVE(plan_string(view, op, i)[op->data[i].length] == 0, "a string ends");
	if (kind == DATA_STRINGS)
		read_strings(view, op, i);
	if (kind == DATA_BYTES) {
		const uint8_t *bytes = plan_bytes(view, op, i, &length);

		PROVE(length > 0 && bytes + length <= blobs + BLOBS, "bytes end in the blobs");
		PROVE((bytes - blobs) % PLAN_ALIGN == 0, "and are aligned");
	}
}

static void read_slots(const struct plan_op *op)
{
	for (unsigned int n = 0; n < OP_SLOTS; n++) {
		uint32_t rule = op_rows[CODE].slots[n];
		uint16_t slot = op->slots[n];

		if (slot == SLOT_NONE)
			PROVE(rule == 0 || rule & ROW_OPTIONAL,
			      "only a slot that may be absent is");
		else
			PROVE(rule & 1u << slots[slot].type, "slots of the right type");
	}
	PROVE((op->out == SLOT_NONE) == (op_rows[CODE].out == 0), "an out where the row has one");
	PROVE(op->out == SLOT_NONE || slots[op->out].type == op_rows[CODE].out, "of its type");
}

void harness(void)
{
	struct verifier v;
	const struct plan_op *op = &ops[0];

	any_world(&v);
	any_row();
	ASSUME(op->code == CODE);
	for (unsigned int i = 0; i < SLOTS; i++)
		ASSUME(slots[i].type >= SLOT_DIR && slots[i].type <= SLOT_TYPE_LAST);
	if (check_op(&v, 0) < 0) {
		PROVE(result.rule != RULE_NONE && result.op == 0, "who refuses says why and where");
		return;
	}
	PROVE(op->phase <= PHASE_EXEC && op_rows[CODE].phases & 1u << op->phase, "in its phase");
	PROVE((op->flags & ~op_rows[CODE].flags) == 0, "with its flags");
	read_slots(op);
	for (unsigned int i = 0; i < OP_DATA; i++)
		read_data(&v.view, op, i);
}
