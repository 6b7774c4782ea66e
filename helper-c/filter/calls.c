/* The system calls of an architecture, as ranges of numbers. */
#include "internal.h"

#define NO_NUMBER UINT32_MAX

/* What is known of an architecture while its calls are visited. */
struct visit {
	const struct arch *arch;
	struct blind *blinds;
	uint32_t n_blinds;
	uint32_t twin; /* the first twin that may come */
};

static bool add_rule(struct compiler *c, const struct rule **rules, uint32_t *count,
		     const struct rule *rule)
{
	uint32_t at = *count;

	if (at == MAX_RULES) {
		filter_fail(c, FILTER_TOO_LONG);
		return false;
	}
	/* In the order of the profile; those of one entry stay as they are. */
	for (; at > 0 && rules[at - 1]->entry > rule->entry; at--)
		rules[at] = rules[at - 1];
	rules[at] = rule;
	++*count;
	return true;
}

static void add_row(struct compiler *c, const struct rule **rules, uint32_t *count, uint32_t row)
{
	for (const struct link *link = c->rows[row].first; link; link = link->next)
		for (uint32_t i = 0; i < link->count; i++)
			if (!add_rule(c, rules, count, &link->rules[i]))
				return;
}

/* The node of a call with its own rules, those of its twins, and those of calls that are made
 * through it. NOWHERE if it has none. */
static node find_node(struct compiler *c, const struct visit *v, const struct call *call)
{
	const struct arch *arch = v->arch;
	uint8_t *mark = c->high;
	const struct rule **rules = filter_take(c, MAX_RULES, sizeof(*rules));
	uint32_t count = 0;
	node result = NOWHERE;

	if (!rules)
		return NOWHERE;
	add_row(c, rules, &count, call->row);
	for (uint32_t i = v->twin; i < arch->n_twins && arch->twins[i].number == call->number; i++)
		add_row(c, rules, &count, arch->twins[i].row);
	for (uint32_t i = 0; i < v->n_blinds; i++)
		if (v->blinds[i].number == call->number)
			add_rule(c, rules, &count, &v->blinds[i].rule);
	if (count > 0)
		result = chain_rules(c, rules, count, arch->wide);
	c->high = mark;
	return result;
}

/* Whether the rules of a call are those of its row alone. */
static bool is_alone(struct visit *v, const struct call *call)
{
	const struct arch *arch = v->arch;

	while (v->twin < arch->n_twins && arch->twins[v->twin].number < call->number)
		v->twin++;
	if (v->twin < arch->n_twins && arch->twins[v->twin].number == call->number)
		return false;
	for (uint32_t i = 0; i < v->n_blinds; i++)
		if (v->blinds[i].number == call->number)
			return false;
	return true;
}

/* Adds the calls of a table; returns the number behind the last one. */
static uint32_t add_calls(struct compiler *c, struct visit *v, struct ranges *ranges)
{
	uint32_t next = v->arch->base;
	const struct rule *last = NULL;
	node last_node = NOWHERE;

	for (uint32_t i = 0; i < v->arch->n_calls && c->error == 0; i++) {
		const struct call *call = &v->arch->calls[i];
		const struct link *own = c->rows[call->row].first;
		node found;

		bool is_simple = is_alone(v, call);

		if (is_simple && !own)
			continue;
		/* All names of an entry have the same rules, and often stand together. */
		if (is_simple && own->rules == last && !own->next) {
			found = last_node;
		} else {
			found = find_node(c, v, call);
			last = is_simple && !own->next ? own->rules : NULL;
			last_node = found;
		}
		if (found == NOWHERE)
			continue;
		if (call->number > next)
			add_range(c, ranges, next, c->otherwise);
		add_range(c, ranges, call->number, found);
		next = call->number + 1;
	}
	return next;
}

/* The largest number of a table that the profile names. */
static uint32_t last_named(const struct compiler *c, const struct arch *arch)
{
	uint32_t last = NO_NUMBER;

	for (uint32_t i = 0; i < arch->n_calls; i++)
		if (c->rows[arch->calls[i].row].named)
			last = arch->calls[i].number;
	for (uint32_t i = 0; i < arch->n_twins; i++)
		if (c->rows[arch->twins[i].row].named &&
		    (last == NO_NUMBER || arch->twins[i].number > last))
			last = arch->twins[i].number;
	return last;
}

/* The calls of a table, and the numbers between them. */
void add_arch(struct compiler *c, const struct arch *arch, struct ranges *ranges)
{
	uint8_t *mark = c->high;
	struct visit v = {.arch = arch};
	uint32_t last = c->enosys_above ? last_named(c, arch) : NO_NUMBER;
	uint32_t end = last == NO_NUMBER ? arch->end : last + 1;

	v.n_blinds = find_blinds(c, arch, &v.blinds);
	uint32_t next = add_calls(c, &v, ranges);

	if (next < end)
		add_range(c, ranges, next, c->otherwise);
	if (last != NO_NUMBER)
		add_range(c, ranges, end, graph_end(c, ERRNO_ENOSYS));
	if (arch->flags & ARCH_KILLS_REST)
		add_range(c, ranges, arch->end, graph_end(c, KILL_THREAD));
	if (arch->flags & ARCH_SKIPPED)
		add_range(c, ranges, NO_NUMBER,
			  last == NO_NUMBER ? c->otherwise : graph_end(c, ERRNO_ENOSYS));
	c->high = mark;
}
