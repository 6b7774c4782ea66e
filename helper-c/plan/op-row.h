/* What the verifier knows about an op: a row of the op table. */
#pragma once

#include <stdint.h>

#include "ops.gen.h"

/* In slots[]: bit 1 << type for each type allowed, and these. 0: the op has no such slot. */
#define ROW_MOVE 0x40000000u
#define ROW_OPTIONAL 0x80000000u

/* In data[]: a kind, a form, and whether it may be missing. 0: the op has no such data. */
#define DATA_STRING 1
#define DATA_STRINGS 2
#define DATA_BYTES 3
#define DATA_KIND 3
#define DATA_PATH 4
#define DATA_NAME 8
#define DATA_OPTIONAL 16

struct op_row {
	uint8_t phases; /* bit 1 << phase */
	uint8_t flags;
	uint8_t out; /* slot type, or 0 */
	uint8_t data[3];
	uint8_t nums[5]; /* index into num_limits; 0: must be zero */
	uint32_t slots[3];
};

/* The largest value, or the bits that are allowed. */
struct num_limit {
	uint64_t limit;
	uint8_t is_mask;
};
