/* Reading a plan that has been verified. Nothing here checks: plan_verify() has. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "format.h"

struct plan_view {
	const uint8_t *base;
	uint32_t size; /* init: 0 once its pages are no longer those of the memfd */
	const struct plan_header *header;
	const struct plan_op *ops;
	const struct plan_slot *slots;
	const char *strings;
	const uint8_t *blobs;
};

/* Maps the sections of a verified image. -EINVAL when `base` cannot hold its own header: then it
 * was not verified. */
int plan_view_init(struct plan_view *ret, const void *base, size_t size);

/* The i-th data of an op as a string, or the first of its strings; NULL for a null reference. */
const char *plan_string(const struct plan_view *view, const struct plan_op *op, unsigned int i);

/* The i-th data of an op: its length in bytes (a string's without its NUL, strings' with the last
 * one). */
uint32_t plan_strings_len(const struct plan_view *view, const struct plan_op *op, unsigned int i);

/* The i-th data of an op as bytes, 8-aligned; NULL and *ret_len 0 for a null reference. */
const uint8_t *plan_bytes(const struct plan_view *view, const struct plan_op *op, unsigned int i,
			  uint32_t *ret_len);

/* The string after `at` in a run that ends at `end`, or NULL after the last one. */
const char *plan_next_string(const char *at, const char *end);

/* The name of an input slot; NULL where an op defines the slot. */
const char *plan_slot_name(const struct plan_view *view, uint16_t slot);
