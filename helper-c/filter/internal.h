/* What the compiler's files share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "filter.h"

enum arch_flag {
	ARCH_KILLS_REST = 1, /* numbers from the end of its table on kill: they are another's */
	ARCH_SKIPPED = 2,    /* number -1, of a call that was skipped, is not the table's */
};

enum operator{ OP_EQ, OP_NE, OP_MASKED_EQ, OP_LT, OP_LE, OP_GE, OP_GT, OP_COUNT };

/* linux/bpf_common.h */
enum code {
	CODE_LOAD = 0x20,
	CODE_AND = 0x54,
	CODE_JUMP = 0x05,
	CODE_EQ = 0x15,
	CODE_GT = 0x25,
	CODE_GE = 0x35,
	CODE_RETURN = 0x06,
};

#define ALL UINT32_MAX
#define NOWHERE UINT32_MAX
#define NO_ENTRY UINT32_MAX
#define KILL_THREAD 0
#define ERRNO_ENOSYS (0x00050000 + 38)

/* A node of the decision graph, by its number. */
typedef uint32_t node;

/* One look at a masked word of struct seccomp_data, and two ways on. At an end there are no ways,
 * and `operand` is the filter's answer. */
struct test {
	uint32_t offset, mask, code, operand;
	node yes, no;
	node before; /* the one that was made before of those with the same bucket */
};

/* More than can lead to a filter that the kernel takes. */
#define MAX_TESTS 16384
#define MAX_RULES 8192 /* of one call */
#define BUCKETS 1024

struct condition {
	uint64_t value, mask;
	uint32_t argument, op;
};

struct rule {
	const struct condition *conditions;
	uint32_t n_conditions;
	uint32_t action;
	uint32_t entry;
	node end;
};

/* The rules that an entry has for a call. */
struct link {
	const struct rule *rules;
	uint32_t count;
	struct link *next;
};

struct row {
	struct link *first, *last;
	bool named;
};

/* A row of a table of system calls, and its number there. */
struct call {
	uint32_t row, number;
};

/* A call that can also be made through another one, with this first argument. */
struct multiplexed {
	uint32_t row, number, argument;
};

struct arch {
	uint32_t token, wide, base, end, flags;
	uint32_t n_calls, n_twins, n_multiplexed;
	const struct call *calls, *twins;
	const struct multiplexed *multiplexed;
};

/* What is free lies between `low` and `high`: tests are added at `low`, all else below `high`. */
struct compiler {
	const uint32_t *words, *words_end;
	uint8_t *low, *high;
	int32_t error;

	struct test *tests;
	uint32_t n_tests;
	node buckets[BUCKETS];

	uint32_t default_action;
	bool enosys_above;
	node otherwise;

	struct arch *archs;
	uint32_t n_archs;
	struct row *rows;
	uint32_t n_rows;
	uint32_t *seen; /* rows with rules, in the order of the profile */
	uint32_t n_seen;
};

/* Numbers of system calls: from each number up to the next, its node decides. */
struct ranges {
	uint32_t *from;
	node *nodes;
	uint32_t count, room;
};

void filter_fail(struct compiler *c, int32_t error);
/* Memory for so many things; NULL, and an error, if there is not enough. */
void *filter_take(struct compiler *c, uint32_t count, uint32_t size);

node graph_end(struct compiler *c, uint32_t answer);
node graph_ask(struct compiler *c, struct test test);

void read_request(struct compiler *c);

/* A rule with conditions of its own, of an architecture. */
struct placed {
	struct condition *conditions;
	uint32_t count;
	node end;
};

const struct placed *order_rules(struct compiler *c, const struct rule *const *rules,
				 uint32_t count, bool wide);
node chain_rules(struct compiler *c, const struct rule *const *rules, uint32_t count, bool wide);
bool is_always(const struct rule *rule, bool wide);

/* A rule of a number, for a call that can be made through it. */
struct blind {
	uint32_t number;
	struct condition condition;
	struct rule rule;
};

uint32_t find_blinds(struct compiler *c, const struct arch *arch, struct blind **ret);

void add_arch(struct compiler *c, const struct arch *arch, struct ranges *ranges);
void add_range(struct compiler *c, struct ranges *ranges, uint32_t from, node to);
node search_tree(struct compiler *c, const struct ranges *ranges, uint32_t start, uint32_t end);

int32_t emit_program(struct compiler *c, node root, void *ret_program);
