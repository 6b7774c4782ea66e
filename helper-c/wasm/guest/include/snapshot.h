/* What the entry of a module and `snapshot.c` agree on: how an instance is kept, and made again. */
#ifndef COFFER_SNAPSHOT_H
#define COFFER_SNAPSHOT_H

#include "wasm-rt.h"

/* Of machine addresses nothing is kept. What has them must be at the end as it is now. */
void snapshot_hold(const void *at, uint64_t size);
/* Writes an image to standard output, and ends. */
WASM_RT_NO_RETURN void snapshot_write(const wasm_rt_memory_t *memory, const void *fields,
				      uint64_t size);
/* Puts the memory of an image in its place: the fields that were written with it. */
const void *snapshot_restore(const void *image, wasm_rt_memory_t *memory, uint64_t size);

#endif
