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

int verify_network(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);
		uint16_t slot = op->slots[OP_MOVE_NETDEV_SLOT_NAMESPACE];

		if (op->code == OP_MOVE_NETDEV && !is_own_network(v, op_defining(v, slot)))
			return fail(v, RULE_NETDEV_NAMESPACE, i, slot);
	}
	return 0;
}
