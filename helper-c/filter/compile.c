#include "internal.h"

#define NUMBER_OFFSET 0 /* of nr in struct seccomp_data */
#define ARCH_OFFSET 4
#define MAX_ARCHS 16
#define ALIGNMENT 8
/* What an architecture adds to the ranges besides its calls and what is between these. */
#define OTHER_RANGES 4

void filter_fail(struct compiler *c, int32_t error)
{
	if (c->error == 0)
		c->error = error;
}

void *filter_take(struct compiler *c, uint32_t count, uint32_t size)
{
	uint64_t bytes = (uint64_t)count * size;

	bytes = (bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
	if (bytes > (uint64_t)(c->high - c->low)) {
		filter_fail(c, FILTER_NO_ROOM);
		return NULL;
	}
	c->high -= bytes;
	return c->high;
}

/* Adds a range, unless the one before decides the same. */
void add_range(struct compiler *c, struct ranges *ranges, uint32_t from, node to)
{
	if (ranges->count > 0 && ranges->nodes[ranges->count - 1] == to)
		return;
	if (ranges->count == ranges->room) {
		filter_fail(c, FILTER_BAD_REQUEST);
		return;
	}
	ranges->from[ranges->count] = from;
	ranges->nodes[ranges->count++] = to;
}

/* A balanced search tree over ranges: the kernel makes about log2(n) comparisons for each call. */
node search_tree(struct compiler *c, const struct ranges *ranges, uint32_t start, uint32_t end)
{
	const uint32_t *from = ranges->from + start;
	const node *nodes = ranges->nodes + start;
	struct test test = {.offset = NUMBER_OFFSET, .mask = ALL, .code = CODE_GE};
	uint32_t half = (end - start + 1) / 2;

	if (end - start == 1)
		return nodes[0];
	if (end - start == 3 && nodes[0] == nodes[2] && from[2] == from[1] + 1) {
		test.code = CODE_EQ;
		test.operand = from[1];
		test.yes = nodes[1];
		test.no = nodes[0];
	} else {
		test.operand = from[half];
		test.yes = search_tree(c, ranges, start + half, end);
		test.no = search_tree(c, ranges, start, start + half);
	}
	return graph_ask(c, test);
}

/* Architectures of one token are one range of numbers behind the other. */
static node ask_numbers(struct compiler *c, uint32_t token)
{
	uint8_t *mark = c->high;
	struct ranges ranges = {0};
	node result = 0;

	for (uint32_t i = 0; i < c->n_archs; i++)
		ranges.room += 2 * c->archs[i].n_calls + OTHER_RANGES;
	ranges.from = filter_take(c, ranges.room, sizeof(*ranges.from));
	ranges.nodes = filter_take(c, ranges.room, sizeof(*ranges.nodes));
	for (uint32_t i = 0; i < c->n_archs && c->error == 0; i++)
		if (c->archs[i].token == token)
			add_arch(c, &c->archs[i], &ranges);
	if (c->error == 0 && ranges.count > 0)
		result = search_tree(c, &ranges, 0, ranges.count);
	c->high = mark;
	return result;
}

static bool is_first_of_token(const struct compiler *c, uint32_t arch)
{
	for (uint32_t i = 0; i < arch; i++)
		if (c->archs[i].token == c->archs[arch].token)
			return false;
	return true;
}

/* One branch for each token; all others kill the thread. */
static node ask_archs(struct compiler *c)
{
	node next = graph_end(c, KILL_THREAD);

	for (uint32_t i = c->n_archs; i-- > 0 && c->error == 0;) {
		struct test test = {.offset = ARCH_OFFSET, .mask = ALL, .code = CODE_EQ};

		if (!is_first_of_token(c, i))
			continue;
		test.operand = c->archs[i].token;
		test.yes = ask_numbers(c, test.operand);
		test.no = next;
		next = graph_ask(c, test);
	}
	return next;
}

int32_t filter_compile(void *memory, uint32_t request, uint32_t size)
{
	uint32_t room = (sizeof(struct compiler) + ALIGNMENT - 1) & ~(ALIGNMENT - 1u);

	size &= ~(ALIGNMENT - 1u);
	if (request > size || request % sizeof(uint32_t) != 0)
		return FILTER_BAD_REQUEST;
	if (size - request < room + ALIGNMENT)
		return FILTER_NO_ROOM;
	uint8_t *bytes = memory;
	void *top = bytes + size - room;
	struct compiler *c = top;

	c->words = memory;
	c->words_end = c->words + request / sizeof(uint32_t);
	c->low = bytes + ((request + ALIGNMENT - 1) & ~(ALIGNMENT - 1u));
	c->high = top;
	c->tests = (void *)c->low;
	c->n_tests = 0;
	c->n_seen = 0;
	c->n_archs = 0;
	c->error = 0;
	for (uint32_t i = 0; i < BUCKETS; i++)
		c->buckets[i] = NOWHERE;
	read_request(c);
	if (c->error == 0 && (c->n_archs == 0 || c->n_archs > MAX_ARCHS))
		filter_fail(c, FILTER_BAD_REQUEST);
	if (c->error != 0)
		return c->error;
	c->otherwise = graph_end(c, c->default_action);
	node root = ask_archs(c);

	return c->error != 0 ? c->error : emit_program(c, root, memory);
}
