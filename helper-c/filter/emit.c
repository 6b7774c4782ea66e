/* Turns the decision graph into a program. */
#include "internal.h"

#define MAX_SHORT_JUMP 255
/* A test has a jump, a load and a mask at most, and two steps on ways that are far. */
#define MOST_OF_TEST 5

struct instruction {
	uint16_t code;
	uint8_t yes, no;
	uint32_t operand;
};

enum state { NEW, ENTERED, DONE };

/* Instructions from the last to the first, so that the target of each jump is already placed. */
struct emitter {
	const struct test *tests;
	uint32_t n_tests;
	uint32_t *order; /* each node behind those that it leads to */
	uint32_t n_order;
	uint32_t *waiting;
	uint8_t *states; /* enum state; later whether a word is loaded already */
	uint64_t *arriving;
	uint32_t *places; /* by a node where its first instruction is */
	struct instruction *program;
	uint32_t at;
};

static bool is_end(const struct emitter *e, node n)
{
	return e->tests[n].yes == NOWHERE;
}

/* Not recursive: chains can be long. */
static void sort(struct emitter *e, node root)
{
	uint32_t top = 0;

	for (uint32_t i = 0; i < e->n_tests; i++)
		e->states[i] = NEW;
	e->waiting[top++] = root;
	while (top > 0) {
		node n = e->waiting[top - 1];

		if (e->states[n] == DONE) {
			top--;
		} else if (e->states[n] == ENTERED || is_end(e, n)) {
			e->states[n] = DONE;
			e->order[e->n_order++] = n;
			top--;
		} else {
			e->states[n] = ENTERED;
			e->waiting[top++] = e->tests[n].no;
			e->waiting[top++] = e->tests[n].yes;
		}
	}
}

/* Offset and mask of the word that a test looks at, in one number above 0. */
static uint64_t word_of(const struct test *test)
{
	return (uint64_t)(test->offset + 1) << 32 | test->mask;
}

static void arrive(uint64_t *arriving, uint64_t word)
{
	*arriving = *arriving == 0 || *arriving == word ? word : UINT64_MAX;
}

/* Finds the tests whose word is in the accumulator, whichever way they are reached. */
static void find_loaded(struct emitter *e)
{
	for (uint32_t i = 0; i < e->n_tests; i++) {
		e->arriving[i] = 0;
		e->states[i] = false;
	}
	for (uint32_t i = e->n_order; i-- > 0;) {
		node n = e->order[i];
		const struct test *test = &e->tests[n];

		if (is_end(e, n))
			continue;
		e->states[n] = e->arriving[n] == word_of(test);
		arrive(&e->arriving[test->yes], word_of(test));
		arrive(&e->arriving[test->no], word_of(test));
	}
}

static void put(struct emitter *e, uint16_t code, uint32_t operand)
{
	e->program[--e->at] = (struct instruction){.code = code, .operand = operand};
}

/* Puts a step on the way to a node before what is there. */
static void put_step(struct emitter *e, node n)
{
	if (is_end(e, n))
		put(e, CODE_RETURN, e->tests[n].operand);
	else
		put(e, CODE_JUMP, e->places[n] - e->at);
}

/* Ways on that are out of reach are reached from steps right behind the test. */
static void put_test(struct emitter *e, const struct test *test)
{
	uint32_t no = e->places[test->no], yes = e->places[test->yes];
	bool far = no - e->at >= MAX_SHORT_JUMP || yes - e->at >= MAX_SHORT_JUMP;

	/* One step for "no" may push "yes" out of reach, hence the margin of one. */
	if (far && no - e->at > MAX_SHORT_JUMP - 1) {
		put_step(e, test->no);
		no = e->at;
	}
	if (far && yes - e->at > MAX_SHORT_JUMP) {
		put_step(e, test->yes);
		yes = e->at;
	}
	uint32_t behind = e->at;

	put(e, (uint16_t)test->code, test->operand);
	e->program[e->at].yes = (uint8_t)(yes - behind);
	e->program[e->at].no = (uint8_t)(no - behind);
}

static void put_node(struct emitter *e, node n)
{
	const struct test *test = &e->tests[n];

	if (is_end(e, n)) {
		put_step(e, n);
	} else {
		put_test(e, test);
		if (!e->states[n]) {
			if (test->mask != ALL)
				put(e, CODE_AND, test->mask);
			put(e, CODE_LOAD, test->offset);
		}
	}
	e->places[n] = e->at;
}

static int32_t put_all(struct emitter *e, void *ret_program)
{
	uint32_t end = e->at;

	for (uint32_t i = 0; i < e->n_order; i++)
		put_node(e, e->order[i]);
	uint32_t count = end - e->at;

	if (count > FILTER_MAX_INSTRUCTIONS)
		return FILTER_TOO_LONG;
	/* The request has been read, and the program lies behind it. */
	struct instruction *target = ret_program;

	for (uint32_t i = 0; i < count; i++)
		target[i] = e->program[e->at + i];
	return (int32_t)(count * sizeof(*target));
}

int32_t emit_program(struct compiler *c, node root, void *ret_program)
{
	uint32_t n = c->n_tests;
	struct emitter e = {
	    .tests = c->tests,
	    .n_tests = n,
	    .order = filter_take(c, n, sizeof(*e.order)),
	    .waiting = filter_take(c, 2 * n + 1, sizeof(*e.waiting)),
	    .states = filter_take(c, n, sizeof(*e.states)),
	    .arriving = filter_take(c, n, sizeof(*e.arriving)),
	    .places = filter_take(c, n, sizeof(*e.places)),
	    .program = filter_take(c, MOST_OF_TEST * n, sizeof(*e.program)),
	    .at = MOST_OF_TEST * n,
	};

	if (c->error != 0)
		return c->error;
	sort(&e, root);
	find_loaded(&e);
	return put_all(&e, ret_program);
}
