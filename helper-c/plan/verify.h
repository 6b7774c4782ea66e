/* The verifier: proves a plan well formed (docs/formats/verifier-rules.md). No system calls, no
 * allocation, bounded time. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "format.h"
#include "rules.gen.h"

#ifndef IDMAP_MAX_LINES
#define IDMAP_MAX_LINES 340 /* UID_GID_MAP_MAX_EXTENTS */
#endif

struct verify_result {
	uint32_t rule;	 /* enum verify_rule; RULE_NONE when the plan is good */
	uint32_t op;	 /* index of the op, or OP_NONE */
	uint32_t detail; /* what was found: a slot, a position, a number; depends on the rule */
};

struct idmap_range {
	uint32_t inside;
	uint32_t outside;
	uint32_t count;
};

/* Scratch memory, given by the caller; needs no initialisation, and only as much is touched as the
 * plan needs. */
struct verify_state {
	union {
		uint16_t slots[PLAN_MAX_SLOTS];
		struct idmap_range ranges[IDMAP_MAX_LINES];
	};
};

/* Returns 0, or -EINVAL with the first rule that is broken in `ret`. `base` may be any memory of
 * `size` bytes. */
int plan_verify(const void *base, size_t size, struct verify_state *scratch,
		struct verify_result *ret);
