/* Reads a request: the architectures stay where they are, the rules are put in order of their
 * calls. */
#include "internal.h"

static uint32_t next_word(struct compiler *c)
{
	if (c->words == c->words_end) {
		filter_fail(c, FILTER_BAD_REQUEST);
		return 0;
	}
	return *c->words++;
}

/* So many things of so many words each, where they are. */
static const void *next_words(struct compiler *c, uint32_t count, uint32_t words)
{
	const uint32_t *at = c->words;

	if (count > (uint32_t)(c->words_end - c->words) / words) {
		filter_fail(c, FILTER_BAD_REQUEST);
		return NULL;
	}
	c->words += (size_t)count * words;
	return at;
}

/* A number of things that follow, each with a word at least. */
static uint32_t next_count(struct compiler *c)
{
	uint32_t count = next_word(c);

	if (count > (uint32_t)(c->words_end - c->words))
		filter_fail(c, FILTER_BAD_REQUEST);
	return c->error == 0 ? count : 0;
}

static void check_calls(struct compiler *c, const struct call *calls, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (calls[i].row >= c->n_rows)
			filter_fail(c, FILTER_BAD_REQUEST);
}

static void read_arch(struct compiler *c, struct arch *arch)
{
	uint32_t *fields[] = {&arch->token, &arch->wide,    &arch->base,    &arch->end,
			      &arch->flags, &arch->n_calls, &arch->n_twins, &arch->n_multiplexed};

	for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		*fields[i] = next_word(c);
	arch->calls = next_words(c, arch->n_calls, 2);
	arch->twins = next_words(c, arch->n_twins, 2);
	arch->multiplexed = next_words(c, arch->n_multiplexed, 3);
	if (c->error != 0)
		return;
	check_calls(c, arch->calls, arch->n_calls);
	check_calls(c, arch->twins, arch->n_twins);
	for (uint32_t i = 0; i < arch->n_multiplexed; i++)
		if (arch->multiplexed[i].row >= c->n_rows)
			filter_fail(c, FILTER_BAD_REQUEST);
}

static const struct condition *read_conditions(struct compiler *c, uint32_t count)
{
	struct condition *conditions = filter_take(c, count, sizeof(*conditions));

	for (uint32_t i = 0; conditions && i < count; i++) {
		struct condition *to = &conditions[i];

		to->argument = next_word(c);
		to->op = next_word(c);
		to->value = next_word(c);
		to->value |= (uint64_t)next_word(c) << 32;
		to->mask = next_word(c);
		to->mask |= (uint64_t)next_word(c) << 32;
		if (to->argument > 5 || to->op >= OP_COUNT)
			filter_fail(c, FILTER_BAD_REQUEST);
	}
	return conditions;
}

static void add_name(struct compiler *c, uint32_t number, const struct rule *rules, uint32_t count)
{
	struct row *row = &c->rows[number];

	row->named = true;
	/* What decides without conditions decides whatever comes behind it. */
	if (count == 0 || (row->first && row->first->rules[0].n_conditions == 0))
		return;
	struct link *link = filter_take(c, 1, sizeof(*link));

	if (!link)
		return;
	*link = (struct link){.rules = rules, .count = count};
	if (row->first)
		row->last->next = link;
	else {
		row->first = link;
		c->seen[c->n_seen++] = number;
	}
	row->last = link;
}

static void read_entry(struct compiler *c, uint32_t entry)
{
	uint32_t n_rules = next_count(c), n_names = next_count(c);
	struct rule *rules = filter_take(c, n_rules, sizeof(*rules));

	for (uint32_t i = 0; rules && i < n_rules; i++) {
		rules[i].entry = entry;
		rules[i].action = next_word(c);
		rules[i].end = graph_end(c, rules[i].action);
		rules[i].n_conditions = next_count(c);
		rules[i].conditions = read_conditions(c, rules[i].n_conditions);
	}
	const uint32_t *names = next_words(c, n_names, 1);

	for (uint32_t i = 0; c->error == 0 && i < n_names; i++) {
		if (names[i] >= c->n_rows)
			filter_fail(c, FILTER_BAD_REQUEST);
		else
			add_name(c, names[i], rules, n_rules);
	}
}

void read_request(struct compiler *c)
{
	c->default_action = next_word(c);
	c->enosys_above = next_word(c) != 0;
	c->n_rows = next_word(c);
	c->n_archs = next_count(c);
	uint32_t n_entries = next_count(c);

	c->rows = filter_take(c, c->n_rows, sizeof(*c->rows));
	c->seen = filter_take(c, c->n_rows, sizeof(*c->seen));
	c->archs = filter_take(c, c->n_archs, sizeof(*c->archs));
	if (c->error != 0)
		return;
	for (uint32_t i = 0; i < c->n_rows; i++)
		c->rows[i] = (struct row){0};
	for (uint32_t i = 0; i < c->n_archs; i++)
		read_arch(c, &c->archs[i]);
	for (uint32_t i = 0; c->error == 0 && i < n_entries; i++)
		read_entry(c, i);
	if (c->words != c->words_end)
		filter_fail(c, FILTER_BAD_REQUEST);
}
