/* Interfaces leave the host only for a namespace that is the container's. */
#include "../verify-internal.h"

/* Whether that is a network namespace, or a process which the plan has put into a new one. */
static int is_own_network(const struct verifier *v, const struct plan_op *definer)
{
	if (!definer)
		return 0;
	switch (definer->code) {
	case OP_OPEN_NAMESPACE:
		return definer->nums[OP_OPEN_NAMESPACE_NUM_TYPE] == NS_NET;
	case OP_CLONE:
		return (definer->nums[OP_CLONE_NUM_NAMESPACES] & NS_NET) != 0;
	case OP_ADOPT: /* what CRIU has made was not forked by init */
		return op_count(v, OP_FORK) &&
		       (op_at(v, op_first(v, OP_FORK))->nums[OP_FORK_NUM_NAMESPACES] & NS_NET) != 0;
	default:
		return 0;
	}
}

#define RULE_ROW 8

/* Whether the rows are rows, of which the last has every address: what no row has would be let
 * through. */
static int are_rules(const uint8_t *rows, uint32_t size)
{
	if (size == 0 || size % RULE_ROW != 0)
		return 0;
	for (uint32_t at = 0; at < size; at += RULE_ROW)
		if (rows[at + 6] > 32 || rows[at + 7] > 1)
			return 0;
	const uint8_t *last = rows + size - RULE_ROW;

	return (last[4] | last[5] | last[6]) == 0;
}

/* The stack starts once, in namespaces of the container's own, before the container does. */
static int verify_stack(struct verifier *v, uint32_t i, const struct plan_op *op)
{
	const struct plan_op *definer = op_defining(v, op->slots[OP_START_NETWORK_SLOT_PROCESS]);
	uint32_t size = 0;
	const uint8_t *rows = plan_bytes(&v->view, op, OP_START_NETWORK_DATA_RULES, &size);
	int is_own = definer && definer->code == OP_CLONE && is_own_network(v, definer) &&
		     (definer->nums[OP_CLONE_NUM_NAMESPACES] & NS_USER) != 0;

	if (!is_own || op_count(v, OP_START_NETWORK) > 1 || op_first(v, OP_RELEASE) < i ||
	    !are_rules(rows, size))
		return fail(v, RULE_USER_NETWORK, i, 0);
	return 0;
}

int verify_network(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);
		uint16_t slot = op->slots[OP_MOVE_NETDEV_SLOT_NAMESPACE];

		if (op->code == OP_MOVE_NETDEV && !is_own_network(v, op_defining(v, slot)))
			return fail(v, RULE_NETDEV_NAMESPACE, i, slot);
		if (op->code == OP_START_NETWORK && verify_stack(v, i, op) < 0)
			return -1;
	}
	return 0;
}
