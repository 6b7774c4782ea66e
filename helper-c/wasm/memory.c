/* Linear memory and tables. */
#include "wasi.h"
#include "guest/include/wasm-rt.h"

#define MAP_NORESERVE 0x4000
#define MAP_FIXED_NOREPLACE 0x100000
#define MREMAP_MAYMOVE 1
#define NO_MORE ((uint64_t)-1)

static uint64_t memory_size;

/* Reserves the addresses, none of which may be touched yet. Where each access is checked, nothing
 * is. */
void memory_begin(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;

	if (guest_is_checked)
		return;
	if (SYS6(mmap, WASM_MEMORY, WASM_RESERVED, 0, flags, -1, 0) != (long)WASM_MEMORY)
		fail("there is no address space for the module's memory: 8 GiB, none of which is "
		     "used at once (RLIMIT_AS)");
}

void *span(uint32_t at, uint64_t size)
{
	return at + size <= memory_size ? (uint8_t *)WASM_MEMORY + at : NULL;
}

uint32_t put32(uint32_t at, uint32_t value)
{
	void *place = span(at, sizeof(value));

	if (place == NULL)
		return WASI_FAULT;
	__builtin_memcpy(place, &value, sizeof(value));
	return WASI_OK;
}

uint32_t put64(uint32_t at, uint64_t value)
{
	void *place = span(at, sizeof(value));

	if (place == NULL)
		return WASI_FAULT;
	__builtin_memcpy(place, &value, sizeof(value));
	return WASI_OK;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max, bool is64)
{
	memory->data = (uint8_t *)WASM_MEMORY;
	memory->max_pages = max < caller.max_pages ? max : caller.max_pages;
	memory->is64 = is64;
	if (wasm_rt_grow_memory(memory, pages) == NO_MORE)
		fail("the module begins with more memory than it may have (--memory)");
}

static bool add_memory(uint64_t at, uint64_t size)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
	const int prot = PROT_READ | PROT_WRITE;

	if (guest_is_checked)
		return SYS6(mmap, at, size, prot, flags, -1, 0) == (long)at;
	return SYS3(mprotect, at, size, prot) == 0;
}

/* memory.grow: the pages before, or -1. */
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages)
{
	uint64_t before = memory->pages;

	if (before > memory->max_pages || pages > memory->max_pages - before)
		return NO_MORE;
	if (pages > 0 && !add_memory(WASM_MEMORY + memory_size, pages * WASM_PAGE))
		return NO_MORE;
	memory->pages += pages;
	memory->size = memory->pages * WASM_PAGE;
	memory_size = memory->size;
	return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory)
{
	(void)memory;
}

bool wasm_rt_is_initialized(void)
{
	return true;
}

/* A table of that many elements, the first `old` of which are kept; NULL when there is no memory.
 */
static void *table_map(void *data, uint64_t old, uint64_t count, uint64_t element)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long place;

	if (count == 0)
		return data;
	if (old == 0)
		place = sys_mmap(count * element, PROT_READ | PROT_WRITE, flags, -1);
	else
		place = SYS4(mremap, data, old * element, count * element, MREMAP_MAYMOVE);
	return place < 0 ? NULL : (void *)place;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): the argument is a type */
#define TABLE(kind, value_type)                                                              \
	void wasm_rt_allocate_##kind##_table(wasm_rt_##kind##_table_t *table, uint32_t size, \
					     uint32_t max)                                   \
	{                                                                                    \
		table->max_size = max;                                                       \
		table->size = size;                                                          \
		table->data = table_map(NULL, 0, size, sizeof(value_type));                  \
		if (size > 0 && table->data == NULL)                                         \
			fail("there is no memory for a table");                              \
	}                                                                                    \
                                                                                             \
	uint32_t wasm_rt_grow_##kind##_table(wasm_rt_##kind##_table_t *table, uint32_t more, \
					     value_type value)                               \
	{                                                                                    \
		uint32_t before = table->size;                                               \
		uint64_t size = (uint64_t)before + more;                                     \
		value_type *data;                                                            \
                                                                                             \
		if (size > table->max_size)                                                  \
			return (uint32_t)-1;                                                 \
		data = table_map(table->data, before, size, sizeof(value_type));             \
		if (size > 0 && data == NULL)                                                \
			return (uint32_t)-1;                                                 \
		table->data = data;                                                          \
		table->size = (uint32_t)size;                                                \
		for (uint64_t at = before; at < size; at++)                                  \
			data[at] = value;                                                    \
		return before;                                                               \
	}                                                                                    \
                                                                                             \
	void wasm_rt_free_##kind##_table(wasm_rt_##kind##_table_t *table)                    \
	{                                                                                    \
		(void)table;                                                                 \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

TABLE(funcref, wasm_rt_funcref_t)
TABLE(externref, wasm_rt_externref_t)
