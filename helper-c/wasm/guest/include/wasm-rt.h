/*
 * The interface that wasm2c 1.0.36 (wabt) writes code for, as far as one module with one memory of
 * 32-bit addresses needs it. The names are wabt's; `memory.c` and `trap.c` carry them out.
 */
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdbool.h>
#include <stdint.h>
#include "string.h"

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define wasm_rt_memcpy __builtin_memcpy
#define wasm_rt_unreachable __builtin_unreachable
#define WASM_RT_THREAD_LOCAL
#define WASM_RT_NO_RETURN __attribute__((noreturn))
/* An access is a part of the function that makes it: an address in it tells which that is. */
#ifndef __TINYC__
#define inline inline __attribute__((always_inline))
#endif

/* Accesses beyond the memory meet pages that nothing may touch, or are compared with its size. */
#ifdef WASM_CHECKED
#define WASM_RT_MEMCHECK_GUARD_PAGES 0
#define WASM_RT_MEMCHECK_BOUNDS_CHECK 1
#else
#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#define WASM_RT_MEMCHECK_BOUNDS_CHECK 0
#endif
#define WASM_RT_USE_MMAP 1
#define WASM_RT_SANITY_CHECKS 0
#define WASM_RT_ALLOW_SEGUE 0
#define WASM_RT_STACK_DEPTH_COUNT 0
#define WASM_RT_STACK_EXHAUSTION_HANDLER 1
#define WASM_RT_INSTALL_SIGNAL_HANDLER 1

typedef enum {
	WASM_RT_TRAP_NONE,
	WASM_RT_TRAP_OOB,
	WASM_RT_TRAP_INT_OVERFLOW,
	WASM_RT_TRAP_DIV_BY_ZERO,
	WASM_RT_TRAP_INVALID_CONVERSION,
	WASM_RT_TRAP_UNREACHABLE,
	WASM_RT_TRAP_CALL_INDIRECT,
	WASM_RT_TRAP_UNCAUGHT_EXCEPTION,
	WASM_RT_TRAP_UNALIGNED,
	WASM_RT_TRAP_EXHAUSTION,
} wasm_rt_trap_t;

typedef enum {
	WASM_RT_I32,
	WASM_RT_I64,
	WASM_RT_F32,
	WASM_RT_F64,
	WASM_RT_V128,
	WASM_RT_FUNCREF,
	WASM_RT_EXTERNREF,
} wasm_rt_type_t;

typedef void (*wasm_rt_function_ptr_t)(void);

typedef struct wasm_rt_tailcallee_t {
	void (*fn)(void **instance, void *stack, struct wasm_rt_tailcallee_t *next);
} wasm_rt_tailcallee_t;

/* 32 bytes that two functions have in common if their types are equal. */
typedef const char *wasm_rt_func_type_t;

typedef struct {
	wasm_rt_func_type_t func_type;
	wasm_rt_function_ptr_t func;
	wasm_rt_tailcallee_t func_tailcallee;
	void *module_instance;
} wasm_rt_funcref_t;

typedef void *wasm_rt_externref_t;

#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})
#define wasm_rt_externref_null_value ((wasm_rt_externref_t){NULL})

typedef struct {
	uint8_t *data;
	uint64_t pages;
	uint64_t max_pages;
	uint64_t size;
	bool is64;
} wasm_rt_memory_t;

typedef struct {
	wasm_rt_funcref_t *data;
	uint32_t max_size;
	uint32_t size;
} wasm_rt_funcref_table_t;

typedef struct {
	wasm_rt_externref_t *data;
	uint32_t max_size;
	uint32_t size;
} wasm_rt_externref_table_t;

bool wasm_rt_is_initialized(void);
WASM_RT_NO_RETURN void wasm_rt_trap(wasm_rt_trap_t trap);
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max, bool is64);
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages);
void wasm_rt_free_memory(wasm_rt_memory_t *memory);
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t size, uint32_t max);
void wasm_rt_allocate_externref_table(wasm_rt_externref_table_t *table, uint32_t size,
				      uint32_t max);
uint32_t wasm_rt_grow_funcref_table(wasm_rt_funcref_table_t *table, uint32_t more,
				    wasm_rt_funcref_t value);
uint32_t wasm_rt_grow_externref_table(wasm_rt_externref_table_t *table, uint32_t more,
				      wasm_rt_externref_t value);
void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table);
void wasm_rt_free_externref_table(wasm_rt_externref_table_t *table);

/* A trap of that function of the translation. */
WASM_RT_NO_RETURN void wasm_trap_in(wasm_rt_trap_t trap, const char *function);

/* The function that works on a stretch of memory or on a table: it asks one that all of them share.
 */
extern const char *wasm_inside __attribute__((visibility("hidden")));
#define INSIDE(call) (wasm_inside = __func__, call)

/* Where the linear memory is (wasi.h): the translation is edited to use it. */
#define WASM_MEMORY UINT64_C(0x2000000000)

#endif
