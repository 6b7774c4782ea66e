/* Linear memory: the image, private to this process, at the beginning of a range in which nothing
 * else is. */
#define _GNU_SOURCE
#include "host.h"
#include "wasm-rt.h"

#include <string.h>
#include <sys/mman.h>

#define WASM_PAGE 65536u
/* Linux 5.14; older headers lack it. */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/* image.S: the image, as a part of the program's data that nobody has written to. */
extern unsigned char front_image[];
extern unsigned char front_image_end[];

/* image.S: behind the image, which build it is of. */
extern const char front_image_id[];

static const char own_id[] = FRONT_IMAGE_ID;

/* How much of memory is made at once: nearly every verb needs so much. A page that is copied here
 * costs half of a fault. At the end of the image are its blocks that calls write to, and the tables
 * of names and shapes. */
#define FRONT_WRITTEN (208u << 10)
#define FRONT_POPULATED (64u << 10)

static uint64_t memory_size;

/* True for an image of this program's build whose ends are there. */
bool memory_is_ours(void)
{
	return memcmp(front_image, own_id, sizeof(own_id) - 1) == 0 &&
	       memcmp(front_image_id, own_id, sizeof(own_id) - 1) == 0;
}

/* Reserves the range, and moves the image's pages there: they stay those of the file until they are
 * written to. Before the image is the engine's stack. */
bool memory_map(void)
{
	size_t size = (size_t)(front_image_end - front_image);
	unsigned char *memory = (unsigned char *)FRONT_MEMORY;
	void *place = memory + FRONT_IMAGE_START;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;

	if (mmap(memory, FRONT_RESERVED, PROT_NONE, flags, -1, 0) != memory)
		return false;
	if (mprotect(memory, FRONT_IMAGE_START, PROT_READ | PROT_WRITE) != 0)
		return false;
	if (mremap(front_image, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, place) != place)
		return false;
	/* What every call writes to is last. */
	(void)madvise(memory + FRONT_IMAGE_START + size - FRONT_WRITTEN, FRONT_WRITTEN,
		      MADV_POPULATE_WRITE);
	memory_size = FRONT_IMAGE_START + size;
	return true;
}

void *span(uint32_t at, uint32_t size)
{
	if ((uint64_t)at + size > memory_size)
		fail("the engine named memory that it does not have");
	return (unsigned char *)FRONT_MEMORY + at;
}

const char *string_at(uint32_t at)
{
	const char *text = span(at, 1);

	if (memchr(text, 0, memory_size - at) == NULL)
		fail("the engine named a text without an end");
	return text;
}

/* The module's memory is the image, however much it declares. */
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max_pages,
			     bool is64)
{
	(void)pages;
	(void)max_pages;
	memory->data = (uint8_t *)FRONT_MEMORY;
	memory->size = memory_size;
	memory->pages = memory_size / WASM_PAGE;
	memory->max_pages = FRONT_MEMORY_MAX / WASM_PAGE;
	memory->is64 = is64;
}

/* memory.grow: the pages before, or -1. */
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages)
{
	uint64_t before = memory->pages;
	uint64_t size = pages * WASM_PAGE;
	uint8_t *end = (uint8_t *)FRONT_MEMORY + memory_size;

	if (pages > memory->max_pages - before)
		return (uint64_t)-1;
	if (size > 0 && mprotect(end, size, PROT_READ | PROT_WRITE) != 0)
		return (uint64_t)-1;
	/* The engine goes on there at once: one call instead of a fault for each page. */
	if (size >= FRONT_POPULATED)
		(void)madvise(end, FRONT_POPULATED, MADV_POPULATE_WRITE);
	memory_size += size;
	memory->size = memory_size;
	memory->pages += pages;
	return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
	(void)memory;
}
