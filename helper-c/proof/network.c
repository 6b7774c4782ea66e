/*
 * Any ops: an interface is moved only to a network namespace that was opened as one, or to a
 * process that the plan has put into a new one. A user-mode network starts once, for init in
 * namespaces of its own, before init goes on. Its rules leave no address without an answer.
 */
#include "plan/verify/network.c"

#define OPS 4
#define SLOTS 2
#define BLOBS 16
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

/* Data is inside of the section: verify_ops() has seen to that. */
static void assume_data(void)
{
	for (uint32_t i = 0; i < OPS; i++) {
		const struct plan_ref *ref = &ops[i].data[OP_START_NETWORK_DATA_RULES];

		ASSUME(ops[i].code != OP_START_NETWORK ||
		       (ref->length > 0 && ref->length <= BLOBS &&
			ref->offset <= BLOBS - ref->length));
	}
}

static void prove_stack(const struct verifier *v, uint32_t at)
{
	const struct plan_op *op = &ops[at];
	const struct plan_ref *ref = &op->data[OP_START_NETWORK_DATA_RULES];
	uint64_t namespaces = NS_USER | NS_NET;
	int found = 0, later = 0;

	for (uint32_t i = 0; i < OPS; i++) {
		found |= ops[i].code == OP_CLONE && ops[i].out == op->slots[0] &&
			 (ops[i].nums[OP_CLONE_NUM_NAMESPACES] & namespaces) == namespaces;
		PROVE(i == at || ops[i].code != OP_START_NETWORK, "one stack");
		later |= i < at && ops[i].code == OP_RELEASE;
	}
	PROVE(found, "a stack for init, in namespaces of its own");
	PROVE(!later, "a stack before init goes on");
	PROVE(ref->length % 8 == 0, "whole rules");
	const uint8_t *last = v->view.blobs + ref->offset + ref->length - 8;

	PROVE(last[4] == 0 && last[5] == 0 && last[6] == 0, "a rule for every address");
}

void harness(void)
{
	struct verifier v;

	any_sequence(&v);
	assume_phases();
	assume_data();
	if (verify_network(&v) < 0)
		return;
	for (uint32_t i = 0; i < OPS; i++) {
		int found = 0;

		for (uint32_t n = 0; n < OPS; n++)
			found |= leads_there(&ops[n], ops[i].slots[OP_MOVE_NETDEV_SLOT_NAMESPACE]);
		PROVE(ops[i].code != OP_MOVE_NETDEV || found, "moved into a network of its own");
		if (ops[i].code == OP_START_NETWORK)
			prove_stack(&v, i);
	}
}
