/* The core's face as a wasm module: a buffer that grows, the verifier, and the compiler of filters.
 */
#include "filter/filter.h"
#include "verify.h"

#define PAGE_SIZE (64u << 10)

#define EXPORT(name) __attribute__((export_name(name)))

uint8_t *core_buffer(uint32_t size);
uint32_t core_verify(uint32_t size);
uint32_t core_op(void);
uint32_t core_detail(void);
int32_t core_compile(uint32_t request, uint32_t size);

extern uint8_t __heap_base;

static struct verify_state state;
static struct verify_result result;

/* The first page after everything else: what memory.grow adds belongs to the buffer. */
static uintptr_t buffer_start(void)
{
	return ((uintptr_t)&__heap_base + PAGE_SIZE - 1) & ~(uintptr_t)(PAGE_SIZE - 1);
}

/* Where an image of that size may be written; NULL when there is no memory for it. */
EXPORT("buffer") uint8_t *core_buffer(uint32_t size)
{
	uintptr_t end = buffer_start() + size;
	uintptr_t have = (uintptr_t)__builtin_wasm_memory_size(0) * PAGE_SIZE;

	if (size > PLAN_MAX_SIZE)
		return NULL;
	if (end > have) {
		uintptr_t pages = (end - have + PAGE_SIZE - 1) / PAGE_SIZE;

		if (__builtin_wasm_memory_grow(0, pages) == (uintptr_t)-1)
			return NULL;
	}
	return (uint8_t *)buffer_start();
}

/* Verifies the image in the buffer. The rule that is broken, or 0. */
EXPORT("verify") uint32_t core_verify(uint32_t size)
{
	(void)plan_verify((const void *)buffer_start(), size, &state, &result);
	return result.rule;
}

/* The op at fault, or OP_NONE. */
EXPORT("op") uint32_t core_op(void)
{
	return result.op;
}

EXPORT("detail") uint32_t core_detail(void)
{
	return result.detail;
}

/* Compiles the request at the begin of the buffer, which has `size` bytes. */
EXPORT("compile") int32_t core_compile(uint32_t request, uint32_t size)
{
	return filter_compile((void *)buffer_start(), request, size);
}
