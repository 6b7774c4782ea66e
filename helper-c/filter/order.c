/* The order in which rules are asked: that of libseccomp. */
#include "internal.h"

#define LOW(value) ((uint32_t)(value))
#define HIGH(value) ((uint32_t)((value) >> 32))

/* Equality before upper bounds before lower bounds. */
enum rank { RANK_EQUAL, RANK_UPPER, RANK_LOWER };

static enum rank rank_of(uint32_t op)
{
	return op < OP_LT ? RANK_EQUAL : op < OP_GE ? RANK_UPPER : RANK_LOWER;
}

/* Whether a condition always holds on an architecture: it masks all bits away that are there. */
static bool always_holds(const struct condition *condition, bool wide)
{
	return wide ? condition->mask == 0 : LOW(condition->mask) == 0;
}

/* Whether a rule has no conditions on an architecture. */
bool is_always(const struct rule *rule, bool wide)
{
	for (uint32_t i = 0; i < rule->n_conditions; i++)
		if (!always_holds(&rule->conditions[i], wide))
			return false;
	return true;
}

/* One word of two conditions. Below 0 when `a` answers first, above 0 when `b` does; 0 when neither
 * has precedence. */
static int compare_words(const struct condition *a, const struct condition *b, bool high)
{
	uint32_t ours = high ? HIGH(a->value) : LOW(a->value);
	uint32_t theirs = high ? HIGH(b->value) : LOW(b->value);
	bool smaller_first = rank_of(a->op) == RANK_UPPER;

	if (a->argument != b->argument)
		return a->argument > b->argument ? -1 : 1;
	if (rank_of(a->op) != rank_of(b->op))
		return rank_of(a->op) < rank_of(b->op) ? -1 : 1;
	if (ours == theirs)
		return 0;
	return (ours < theirs) == smaller_first ? -1 : 1;
}

static bool is_same_test(const struct condition *a, const struct condition *b, bool high)
{
	return high ? HIGH(a->mask) == HIGH(b->mask)
		    : a->op == b->op && LOW(a->mask) == LOW(b->mask);
}

/* Of two rules that say the same of their first arguments the shorter one stands first. */
static bool precedes(const struct placed *a, const struct placed *b, bool wide)
{
	uint32_t words = wide ? 2 : 1;

	for (uint32_t i = 0; i < a->count * words; i++) {
		bool high = wide && i % 2 == 0;
		const struct condition *ours = &a->conditions[i / words];
		const struct condition *theirs = &b->conditions[i / words];

		if (i >= b->count * words)
			return false;
		int order = compare_words(ours, theirs, high);

		if (order != 0)
			return order < 0;
		if (!is_same_test(ours, theirs, high))
			return false;
	}
	return a->count < b->count;
}

/* The conditions of a rule on an architecture, in the order of the arguments. */
static bool place_rule(struct compiler *c, const struct rule *rule, bool wide, struct placed *ret)
{
	struct condition *own = filter_take(c, rule->n_conditions, sizeof(*own));
	uint32_t count = 0;

	if (!own)
		return false;
	for (uint32_t i = 0; i < rule->n_conditions; i++) {
		struct condition condition = rule->conditions[i];
		uint32_t at = count;

		if (always_holds(&condition, wide))
			continue;
		if (!wide) {
			condition.value = LOW(condition.value);
			condition.mask = LOW(condition.mask);
		}
		for (; at > 0 && own[at - 1].argument > condition.argument; at--)
			own[at] = own[at - 1];
		own[at] = condition;
		count++;
	}
	*ret = (struct placed){.conditions = own, .count = count, .end = rule->end};
	return true;
}

/* Places rules of one call in their order; NULL, and an error, where there is no room. */
const struct placed *order_rules(struct compiler *c, const struct rule *const *rules,
				 uint32_t count, bool wide)
{
	struct placed *placed = filter_take(c, count, sizeof(*placed));

	for (uint32_t i = 0; placed && i < count; i++) {
		struct placed own;
		uint32_t at = 0;

		if (!place_rule(c, rules[i], wide, &own))
			return NULL;
		while (at < i && !precedes(&own, &placed[at], wide))
			at++;
		for (uint32_t behind = i; behind > at; behind--)
			placed[behind] = placed[behind - 1];
		placed[at] = own;
	}
	return placed;
}
