/*
 * Any ops: an interface is moved only to a network namespace that was opened as one, or to a
 * process that the plan has put into a new one.
 */
#include "plan/verify/network.c"

#define OPS 4
#define SLOTS 2
#include "sequence.h"

/* Whether an op before init's puts who is in that slot into a new network. */
static int leads_there(const struct plan_op *op, uint16_t slot)
{
	if (op->phase > PHASE_PARENT || op->out != slot)
		return 0;
	if (op->code == OP_OPEN_NAMESPACE)
		return op->nums[OP_OPEN_NAMESPACE_NUM_TYPE] == NS_NET;
	if (op->code == OP_CLONE)
		return (op->nums[OP_CLONE_NUM_NAMESPACES] & NS_NET) != 0;
	for (uint32_t i = 0; op->code == OP_ADOPT && i < OPS; i++)
		if (ops[i].code == OP_FORK && ops[i].nums[OP_FORK_NUM_NAMESPACES] & NS_NET)
			return 1;
	return 0;
}

void harness(void)
{
	struct verifier v;

	any_sequence(&v);
	assume_phases();
	if (verify_network(&v) < 0)
		return;
	for (uint32_t i = 0; i < OPS; i++) {
		int found = 0;

		for (uint32_t n = 0; n < OPS; n++)
			found |= leads_there(&ops[n], ops[i].slots[OP_MOVE_NETDEV_SLOT_NAMESPACE]);
		PROVE(ops[i].code != OP_MOVE_NETDEV || found, "moved into a network of its own");
	}
}
