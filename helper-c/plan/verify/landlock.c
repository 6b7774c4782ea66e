/* Landlock: a ruleset that is made is enforced, and says what its rules say. */
#include "../verify-internal.h"

/* The numbers of make-ruleset by the rule that allows some of their rights. */
static uint64_t handled_by(const struct verifier *v, const struct plan_op *rule)
{
	const uint64_t *nums = op_at(v, op_first(v, OP_MAKE_RULESET))->nums;

	return rule->code == OP_ALLOW_PATH ? nums[OP_MAKE_RULESET_NUM_FS]
					   : nums[OP_MAKE_RULESET_NUM_NET];
}

/* The kernel refuses a rule of no right (ENOMSG), and a rule of a right that is not handled
 * (EINVAL). A plan with such a rule was made for another ruleset. */
static int check_rule(struct verifier *v, uint32_t i)
{
	const struct plan_op *rule = op_at(v, i);
	uint64_t access = rule->code == OP_ALLOW_PATH ? rule->nums[OP_ALLOW_PATH_NUM_ACCESS]
						      : rule->nums[OP_ALLOW_PORT_NUM_ACCESS];

	if (access == 0 || access & ~handled_by(v, rule))
		return fail(v, RULE_RULESET_RIGHTS, i, (uint32_t)access);
	return 0;
}

static int check_made(struct verifier *v, uint32_t made)
{
	const uint64_t *nums = op_at(v, made)->nums;

	if (nums[OP_MAKE_RULESET_NUM_FS] || nums[OP_MAKE_RULESET_NUM_NET] ||
	    nums[OP_MAKE_RULESET_NUM_SCOPED])
		return 0;
	return fail(v, RULE_RULESET_RIGHTS, made, 0);
}

/*
 * Without no_new_privs the kernel wants CAP_SYS_ADMIN of who enforces a ruleset. What runs in phase
 * exec runs in the domain, as phase drop comes before.
 */
static int check_enforced(struct verifier *v, uint32_t made)
{
	uint32_t enforced = op_first(v, OP_ENFORCE_RULESET), n = op_count(v, OP_ENFORCE_RULESET);
	uint32_t privs = op_first(v, OP_SET_NO_NEW_PRIVS);

	if (op_count(v, OP_MAKE_RULESET) > 1 || n != op_count(v, OP_MAKE_RULESET))
		return fail(v, RULE_RULESET_ONCE, n ? enforced : made, n);
	if (n && (privs == OP_NONE || privs > enforced))
		return fail(v, RULE_RULESET_ONCE, enforced, privs);
	return 0;
}

/* Ops on a ruleset that is not there, or is enforced already, were refused by verify_slots(). */
int verify_landlock(struct verifier *v)
{
	uint32_t made = op_first(v, OP_MAKE_RULESET);
	int r = check_enforced(v, made);

	if (r < 0 || made == OP_NONE)
		return r;
	r = check_made(v, made);
	for (uint32_t i = made; r == 0 && i < v->n_ops; i++)
		if (op_at(v, i)->code == OP_ALLOW_PATH || op_at(v, i)->code == OP_ALLOW_PORT)
			r = check_rule(v, i);
	return r;
}
