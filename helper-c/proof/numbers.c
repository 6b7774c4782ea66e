/* What single ops ask beyond their row: nothing outside of their data is read, and a place where a
 * pid will be written is inside of it. */
#include "plan/verify/numbers.c"

#include "world.h"

void harness(void)
{
	struct verifier v;
	const struct plan_op *op = &ops[0];

	any_world(&v);
	/* As check_op() leaves it. */
	ASSUME(op->code >= 1 && op->code <= OP_LAST);
	for (unsigned int i = 0; i < OP_DATA; i++) {
		ASSUME(op->data[i].offset % PLAN_ALIGN == 0);
		ASSUME((uint64_t)op->data[i].offset + op->data[i].length <= BLOBS);
	}
	for (unsigned int n = 1; n < OP_NUMS; n++)
		ASSUME(op->nums[n] <= UINT32_MAX);
	if (verify_numbers(&v, 0) < 0) {
		PROVE(result.rule != RULE_NONE && result.op == 0, "who refuses says why and where");
		return;
	}
	if (op->code == OP_SPAWN && op->nums[OP_SPAWN_NUM_PID_AT] != NOWHERE)
		PROVE(op->nums[OP_SPAWN_NUM_PID_AT] + PID_WIDTH <=
			  op->data[OP_SPAWN_DATA_INPUT].length,
		      "the pid of a hook's state ends in it");
	if (op->code == OP_SET_IDS)
		PROVE(op->nums[OP_SET_IDS_NUM_UID] != NO_ID &&
			  op->nums[OP_SET_IDS_NUM_GID] != NO_ID,
		      "real ids");
}
