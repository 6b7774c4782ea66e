/*
 * Blocks of size classes, cut from the end of the arena and kept in a list of their class when they
 * are freed. Nothing is given back: the program ends soon, and its memory is bounded. While the
 * image is made, layout.c says where a block is cut from.
 */
#include "arena.h"
#include "layout.h"

#include <stdbool.h>
#include <string.h>

#define WASM_PAGE 65536u
#define IMAGE_PAGE 4096u
/* How much the linear memory grows at once. */
#define GROW_PAGES 16u
/* The class of a block that is free; while the image is made. */
#define CLASS_FREE 255u
/* Classes: multiples of 16 up to 512, then four for each doubling. */
#define SMALL_STEP 16u
#define SMALL_COUNT 32u
#define CLASS_COUNT (SMALL_COUNT + 4u * 22u)

struct block {
	uint32_t capacity;
	uint32_t class : 8;
	/* The allocation that it is of, while the image is made. */
	uint32_t number : 24;
};

union payload {
	union payload *next;
	uint64_t align;
};

extern unsigned char __heap_base;
uintptr_t front_image_end;
int front_is_warming;
static union payload *free_lists[CLASS_COUNT];
static uintptr_t top;

static struct block *block_of(const void *payload)
{
	return (struct block *)((uintptr_t)payload - sizeof(struct block));
}

/* The class of a size, and what its blocks hold. */
static uint32_t class_of(size_t size, uint32_t *ret_capacity)
{
	uint32_t units = (uint32_t)((size + SMALL_STEP - 1) / SMALL_STEP);
	uint32_t shift, step;

	if (units == 0)
		units = 1;
	if (units <= SMALL_COUNT) {
		*ret_capacity = units * SMALL_STEP;
		return units - 1;
	}
	shift = 31u - (uint32_t)__builtin_clz((uint32_t)size - 1);
	step = 1u << (shift - 2);
	*ret_capacity = ((uint32_t)size + step - 1) / step * step;
	return SMALL_COUNT + (shift - 9) * 4 + (*ret_capacity - (1u << shift)) / step - 1;
}

uintptr_t arena_start(void)
{
	return ((uintptr_t)&__heap_base + 15) & ~(uintptr_t)15;
}

/* Makes the arena reach an address. False when there is no more memory. */
bool arena_reach(uintptr_t end)
{
	uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * WASM_PAGE;
	uintptr_t pages;

	if (end <= have)
		return true;
	pages = (end - have + WASM_PAGE - 1) / WASM_PAGE;
	if (pages < GROW_PAGES && __builtin_wasm_memory_grow(0, GROW_PAGES) != (uintptr_t)-1)
		return true;
	return __builtin_wasm_memory_grow(0, pages) != (uintptr_t)-1;
}

/* The same of any size, and while the image is made. */
static __attribute__((noinline)) void *alloc_any(size_t size)
{
	struct place place = {.end = NULL};
	uint32_t capacity, class;
	struct block *block;
	union payload *found;

	if (size > (1u << 29))
		return NULL;
	if (front_image_end == 0)
		place = layout_next();
	class = class_of(size, &capacity);
	found = place.stays ? NULL : free_lists[class];
	if (found != NULL) {
		free_lists[class] = found->next;
		block_of(found)->number = place.number;
		return found;
	}
	if (place.end == NULL)
		place.end = &top;
	if (*place.end == 0)
		*place.end = arena_start();
	if (!arena_reach(*place.end + sizeof(*block) + capacity))
		return NULL;
	block = (struct block *)*place.end;
	block->capacity = capacity;
	block->class = class;
	block->number = place.number;
	*place.end += sizeof(*block) + capacity;
	return block + 1;
}

/* A block of at least that size; NULL when there is no memory. Most are small, and there was one
 * before. */
void *arena_alloc(size_t size)
{
	uint32_t class = ((uint32_t)size - 1) / SMALL_STEP;
	union payload *found;

	/* None of size 0: its class is far beyond the others. */
	if (class >= SMALL_COUNT || front_image_end == 0)
		return alloc_any(size);
	found = free_lists[class];
	if (found == NULL)
		return alloc_any(size);
	free_lists[class] = found->next;
	return found;
}

/* Takes a block back. One of the image stays as it is: its page is shared as long as nobody writes
 * to it. */
void arena_free(void *block)
{
	union payload *payload = block;
	uint32_t class;

	/* NULL, too, is below the image's end. */
	if ((uintptr_t)block < front_image_end || block == NULL)
		return;
	class = block_of(block)->class;
	payload->next = free_lists[class];
	free_lists[class] = payload;
}

size_t arena_capacity(const void *block)
{
	return block == NULL ? 0 : block_of(block)->capacity;
}

/* Another size for a block, whose content stays. NULL when there is no memory; then the block is as
 * it was. */
void *arena_resize(void *block, size_t size)
{
	size_t capacity = arena_capacity(block);
	void *other;

	if (block != NULL && size <= capacity && size > capacity / 4)
		return block;
	other = arena_alloc(size);
	if (other == NULL || block == NULL)
		return other;
	memcpy(other, block, size < capacity ? size : capacity);
	arena_free(block);
	return other;
}

/* The end of the blocks that stay. */
static uintptr_t last_end(void)
{
	return layout_end() == 0 ? top : layout_end();
}

/* Marks the free blocks: what is not marked stays. Gives the end of the last block. */
uintptr_t arena_mark(void)
{
	for (uint32_t class = 0; class < CLASS_COUNT; class ++)
		for (union payload *at = free_lists[class]; at != NULL; at = at->next)
			block_of(at)->class = CLASS_FREE;
	return last_end();
}

/* Ends the making of the image: what is free becomes zeros, all else immortal. The end of the
 * image, at a page; 0 if it is not as it was meant to be. */
uintptr_t arena_seal(void)
{
	uintptr_t last = last_end();
	uintptr_t end = (last + IMAGE_PAGE - 1) & ~(uintptr_t)(IMAGE_PAGE - 1);

	for (uint32_t class = 0; class < CLASS_COUNT; class ++) {
		union payload *next;

		for (union payload *at = free_lists[class]; at != NULL; at = next) {
			next = at->next;
			if ((uintptr_t)at < layout_end())
				return 0;
			memset(at, 0, block_of(at)->capacity);
		}
		free_lists[class] = NULL;
	}
	if (!layout_is_kept() || !arena_reach(end))
		return 0;
	memset((void *)last, 0, end - last);
	top = end;
	front_image_end = end;
	return end;
}
