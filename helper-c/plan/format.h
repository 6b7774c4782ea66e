/* The plan image, format 1.0 (docs/formats/plan-format.md), and the report record. Little-endian.
 */
#pragma once

#include <stdint.h>

#include "ops.gen.h"

#define PLAN_MAGIC 0x52464f43u /* "COFR" */
#define PLAN_MAJOR 1
#define PLAN_MINOR 0
#define PLAN_MAX_SIZE (16u << 20)
#define PLAN_MAX_OPS 4096
#ifndef PLAN_MAX_SLOTS /* a proof may have fewer */
#define PLAN_MAX_SLOTS 2048
#endif
#define PLAN_ALIGN 8
#define SLOT_NONE 0xffff
#define OP_NONE 0xffffffffu

#define OP_SLOTS 3
#define OP_DATA 3
#define OP_NUMS 5

enum slot_origin {
	ORIGIN_OP = 0,
	ORIGIN_INPUT = 1,
};

/* A place in a section, relative to it. Null: 0, 0. */
struct plan_ref {
	uint32_t offset;
	uint32_t length;
};

/* For sections of records `length` is the number of records, for strings and blobs that of bytes.
 */
struct plan_header {
	uint32_t magic;
	uint16_t major;
	uint16_t minor;
	uint32_t size;
	uint16_t kind;
	uint16_t flags;
	struct plan_ref ops;
	struct plan_ref slots;
	struct plan_ref strings;
	struct plan_ref blobs;
	struct plan_ref relocs;
	uint32_t reserved[2];
};

struct plan_op {
	uint16_t code;
	uint8_t phase;
	uint8_t flags;
	uint16_t out;
	uint16_t slots[OP_SLOTS];
	uint32_t reserved;
	struct plan_ref data[OP_DATA];
	uint64_t nums[OP_NUMS];
};

struct plan_slot {
	uint8_t type;
	uint8_t origin;
	uint16_t reserved;
	struct plan_ref name;
};

#define PLAN_RELOC_SIZE 16

#define REPORT_MAGIC 0x54525043u /* "CPRT" */
#define REPORT_VERSION 1
#define REPORT_SIGNALED 0x80000000u

struct report_record {
	uint32_t magic;
	uint16_t version;
	uint8_t state;
	uint8_t phase;
	uint32_t op;
	int32_t error; /* errno, positive */
	uint32_t code;
	uint32_t pid;
	uint32_t status;
	uint16_t op_code;    /* of `op`, which may be of another plan */
	uint16_t told;	     /* bytes of text that follow, filled up to whole records */
	uint64_t start_time; /* of an end: microseconds of processor time in user mode, */
	uint64_t inode;	     /* in the kernel, */
	uint64_t detail;     /* and the peak memory in KiB */
	uint64_t nanoseconds;
};

_Static_assert(sizeof(struct plan_ref) == 8, "plan_ref is wire format");
_Static_assert(sizeof(struct plan_header) == 64, "plan_header is wire format");
_Static_assert(sizeof(struct plan_op) == 80, "plan_op is wire format");
_Static_assert(sizeof(struct plan_slot) == 12, "plan_slot is wire format");
_Static_assert(sizeof(struct report_record) == 64, "report_record is wire format");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the format is little-endian");
