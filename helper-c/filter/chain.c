/* The decision for one system call. The first rule without conditions decides before all others.
 * Otherwise the rules come in libseccomp's order, which was found by experiment, and the first rule
 * whose conditions all hold decides. Two rules with different actions may both hold: the verdict is
 * then that of other runtimes, whatever the order in the profile. */
#include "internal.h"

#define LOW(value) ((uint32_t)(value))
#define HIGH(value) ((uint32_t)((value) >> 32))
#define ARGS_OFFSET 16 /* of args[0] in struct seccomp_data */

static node ask_equal(struct compiler *c, const struct condition *condition, bool wide, node yes,
		      node no)
{
	uint32_t offset = ARGS_OFFSET + 8 * condition->argument;
	struct test low = {offset, LOW(condition->mask), CODE_EQ, LOW(condition->value), yes, no,
			   0};
	struct test high = {
	    offset + 4, HIGH(condition->mask), CODE_EQ, HIGH(condition->value), 0, no, 0};

	if (!wide)
		return graph_ask(c, low);
	high.yes = graph_ask(c, low);
	return graph_ask(c, high);
}

/* `code`: CODE_GT or CODE_GE. */
static node ask_order(struct compiler *c, const struct condition *condition, bool wide,
		      uint32_t code, node yes, node no)
{
	uint32_t offset = ARGS_OFFSET + 8 * condition->argument;
	struct test low = {offset, ALL, code, LOW(condition->value), yes, no, 0};
	struct test same = {offset + 4, ALL, CODE_EQ, HIGH(condition->value), 0, no, 0};
	struct test more = {offset + 4, ALL, CODE_GT, HIGH(condition->value), yes, 0, 0};

	if (!wide)
		return graph_ask(c, low);
	same.yes = graph_ask(c, low);
	more.no = graph_ask(c, same);
	return graph_ask(c, more);
}

static node ask_condition(struct compiler *c, const struct condition *condition, bool wide,
			  node yes, node no)
{
	switch (condition->op) {
	case OP_NE:
		return ask_equal(c, condition, wide, no, yes);
	case OP_GT:
		return ask_order(c, condition, wide, CODE_GT, yes, no);
	case OP_GE:
		return ask_order(c, condition, wide, CODE_GE, yes, no);
	case OP_LE:
		return ask_order(c, condition, wide, CODE_GT, no, yes);
	case OP_LT:
		return ask_order(c, condition, wide, CODE_GE, no, yes);
	default:
		return ask_equal(c, condition, wide, yes, no);
	}
}

static node ask_rules(struct compiler *c, const struct placed *placed, uint32_t count, bool wide)
{
	node next = c->otherwise;

	while (count-- > 0) {
		const struct placed *rule = &placed[count];
		node on = rule->end;

		for (uint32_t i = rule->count; i-- > 0;)
			on = ask_condition(c, &rule->conditions[i], wide, on, next);
		next = on;
	}
	return next;
}

node chain_rules(struct compiler *c, const struct rule *const *rules, uint32_t count, bool wide)
{
	uint8_t *mark = c->high;
	node result = 0;

	for (uint32_t i = 0; i < count; i++)
		if (is_always(rules[i], wide))
			return rules[i]->end;
	const struct placed *placed = order_rules(c, rules, count, wide);

	if (placed)
		result = ask_rules(c, placed, count, wide);
	c->high = mark;
	return result;
}
