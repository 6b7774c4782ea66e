/*
 * Where the blocks of the image are put. The image is made twice, with the same allocations in the
 * same order (scripts/front/trace/layout.mjs). The first time an engine that is traced shows which
 * blocks stay, and which of them a call reads or writes. The second time each block has its place:
 * what stays is without gaps, and what a call touches is on few pages.
 */
#include "layout.h"
#include "arena.h"

#include <stddef.h>

#define EXPORT(name) __attribute__((export_name(name)))

/* What becomes of a block, as scripts/front/trace/layout.mjs has it. */
enum fate { FATE_ENDS, FATE_COLD, FATE_READ, FATE_WRITTEN, FATE_COUNT };

/* Where blocks are that do not stay. The image is much smaller. */
#define BEYOND (64u << 20)

static const uint8_t *fates;
static uint32_t fate_count, allocations;
static uintptr_t ends[FATE_COUNT], limit;

/*
 * Gives the place for the fates of so many allocations, one byte each. The sizes are those of all
 * blocks of a fate. NULL if there is no memory.
 */
EXPORT("front_fates")
uint8_t *front_fates(uint32_t count, uint32_t cold, uint32_t read, uint32_t written)
{
	ends[FATE_COLD] = arena_start();
	ends[FATE_READ] = ends[FATE_COLD] + cold;
	ends[FATE_WRITTEN] = ends[FATE_READ] + read;
	limit = ends[FATE_WRITTEN] + written;
	ends[FATE_ENDS] = (BEYOND + count + 15) & ~(uintptr_t)15;
	if (limit > BEYOND || !arena_reach(ends[FATE_ENDS]))
		return NULL;
	fates = (const uint8_t *)BEYOND;
	fate_count = count;
	return (uint8_t *)BEYOND;
}

EXPORT("front_allocations") uint32_t front_allocations(void)
{
	return allocations;
}

struct place layout_next(void)
{
	struct place place = {.number = allocations++};

	if (place.number < fate_count) {
		enum fate fate = fates[place.number];

		place.stays = fate != FATE_ENDS;
		place.end = &ends[fate];
	} else if (fates != NULL) {
		place.end = &ends[FATE_ENDS];
	}
	return place;
}

bool layout_is_kept(void)
{
	return fates == NULL || (allocations == fate_count && ends[FATE_WRITTEN] == limit);
}

uintptr_t layout_end(void)
{
	return limit;
}

#ifdef FRONT_TRACED
/* Bits for each 8 bytes: 1 read, 2 written. Called by the compiler's code. */
static uint8_t touched[BEYOND / 8];

EXPORT("front_touched") uint8_t *front_touched(void)
{
	return touched;
}

#define TOUCH(name, bit)                                             \
	void name(void *at);                                         \
	__attribute__((no_sanitize("coverage"))) void name(void *at) \
	{                                                            \
		if ((uintptr_t)at < BEYOND)                          \
			touched[(uintptr_t)at / 8] |= (bit);         \
	}

TOUCH(__sanitizer_cov_load1, 1)
TOUCH(__sanitizer_cov_load2, 1)
TOUCH(__sanitizer_cov_load4, 1)
TOUCH(__sanitizer_cov_load8, 1)
TOUCH(__sanitizer_cov_load16, 1)
TOUCH(__sanitizer_cov_store1, 2)
TOUCH(__sanitizer_cov_store2, 2)
TOUCH(__sanitizer_cov_store4, 2)
TOUCH(__sanitizer_cov_store8, 2)
TOUCH(__sanitizer_cov_store16, 2)
#endif
