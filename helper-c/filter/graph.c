/* The decision graph. Equal tests are made once, so equal ends of different chains share their
 * instructions; and a test whose answer does not matter is never made. */
#include "internal.h"

static bool is_same(const struct test *a, const struct test *b)
{
	return a->operand == b->operand && a->yes == b->yes && a->no == b->no &&
	       a->offset == b->offset && a->mask == b->mask && a->code == b->code;
}

static node find_or_add(struct compiler *c, struct test *test)
{
	uint32_t bucket = (test->operand ^ test->yes << 5 ^ test->no << 2) % BUCKETS;

	for (node old = c->buckets[bucket]; old != NOWHERE; old = c->tests[old].before)
		if (is_same(&c->tests[old], test))
			return old;
	if (c->n_tests == MAX_TESTS)
		filter_fail(c, FILTER_TOO_LONG);
	if ((size_t)(c->high - c->low) < sizeof(*test))
		filter_fail(c, FILTER_NO_ROOM);
	/* Whoever asks gets a node all the same, and sees the error in the end. */
	if (c->error != 0)
		return 0;
	test->before = c->buckets[bucket];
	c->tests[c->n_tests] = *test;
	c->low += sizeof(*test);
	c->buckets[bucket] = c->n_tests;
	return c->n_tests++;
}

/* The node that ends with an answer. */
node graph_end(struct compiler *c, uint32_t answer)
{
	struct test end = {.operand = answer, .yes = NOWHERE, .no = NOWHERE};

	return find_or_add(c, &end);
}

/* The node that asks about a word. */
node graph_ask(struct compiler *c, struct test test)
{
	if (test.yes == test.no)
		return test.yes;
	/* Answers that hold for every word need no instruction. */
	if (test.code == CODE_GE && test.operand == 0)
		return test.yes;
	if (test.code == CODE_GT && test.operand >= test.mask)
		return test.no;
	if (test.code == CODE_EQ && test.mask == 0)
		return test.operand == 0 ? test.yes : test.no;
	return find_or_add(c, &test);
}
