/* Calls that x86 programs can also make through socketcall(2) and ipc(2). */
#include "internal.h"

#define ARGUMENT_MASK UINT32_MAX

/* The kernel's own order: the smaller, as a signed number, the stricter. */
static int strictness(uint32_t action)
{
	return (int16_t)(action >> 16);
}

/*
 * The action of a call that is made through another one: its arguments lie behind a pointer there.
 * A rule without conditions holds all the same; else the strictest action answers, as no condition
 * can be seen to hold.
 */
static uint32_t blind_action(const struct compiler *c, const struct row *row, bool wide)
{
	uint32_t action = row->first->rules[0].action;

	for (const struct link *link = row->first; link; link = link->next)
		for (uint32_t i = 0; i < link->count; i++) {
			const struct rule *rule = &link->rules[i];

			if (is_always(rule, wide))
				return rule->action;
			if (strictness(rule->action) < strictness(action))
				action = rule->action;
		}
	return strictness(c->default_action) < strictness(action) ? c->default_action : action;
}

static const struct multiplexed *find_multiplexed(const struct arch *arch, uint32_t row)
{
	for (uint32_t i = 0; i < arch->n_multiplexed; i++)
		if (arch->multiplexed[i].row == row)
			return &arch->multiplexed[i];
	return NULL;
}

/* The rules of numbers, for the calls that are made through them. */
uint32_t find_blinds(struct compiler *c, const struct arch *arch, struct blind **ret)
{
	struct blind *blinds = filter_take(c, arch->n_multiplexed, sizeof(*blinds));
	uint32_t count = 0;

	for (uint32_t i = 0; blinds && i < c->n_seen && count < arch->n_multiplexed; i++) {
		const struct multiplexed *found = find_multiplexed(arch, c->seen[i]);
		struct blind *blind = &blinds[count];

		if (!found)
			continue;
		uint32_t action = blind_action(c, &c->rows[found->row], arch->wide);

		count++;
		*blind = (struct blind){
		    .number = found->number,
		    .condition = {.value = found->argument, .mask = ARGUMENT_MASK, .op = OP_EQ},
		    .rule = {.n_conditions = 1,
			     .action = action,
			     .entry = NO_ENTRY,
			     .end = graph_end(c, action)},
		};
		blind->rule.conditions = &blind->condition;
	}
	*ret = blinds;
	return count;
}
