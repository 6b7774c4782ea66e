#include "verify-internal.h"

int fail(struct verifier *v, enum verify_rule rule, uint32_t op, uint32_t detail)
{
	v->ret->rule = rule;
	v->ret->op = op;
	v->ret->detail = detail;
	return -VERIFY_EINVAL;
}

const struct plan_op *op_defining(const struct verifier *v, uint16_t slot)
{
	for (uint32_t i = 0; i < v->n_ops && op_at(v, i)->phase <= PHASE_PARENT; i++)
		if (op_at(v, i)->out == slot)
			return op_at(v, i);
	return NULL;
}

typedef int (*verify_step)(struct verifier *v);

/* In this order: each may rely on what those before it have proved. */
static const verify_step steps[] = {
    verify_ops,	   verify_flow,	  verify_idmaps,  verify_slots,	 verify_mounts, verify_network,
    verify_rights, verify_unseen, verify_seccomp, verify_labels, verify_own,	verify_landlock,
};

int plan_verify(const void *base, size_t size, struct verify_state *scratch,
		struct verify_result *ret)
{
	struct verifier v;
	int r;

	/* No libc: a loop that the compiler may not turn into a call of memset(). */
	for (size_t i = 0; i <= OP_LAST; i++)
		*(volatile struct op_seen *)&v.seen[i] = (struct op_seen){0};
	v.state = scratch;
	v.ret = ret;
	v.referred = 0;
	ret->rule = RULE_NONE;
	ret->op = OP_NONE;
	ret->detail = 0;

	r = verify_image(&v, base, size);
	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(steps[0]); i++)
		r = steps[i](&v);
	return r;
}
