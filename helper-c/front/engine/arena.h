/* Memory of the engine: one arena in linear memory, of which the part below `image_end` is the
 * image. */
#ifndef FRONT_ARENA_H
#define FRONT_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Objects below this address are the image's: they are never counted and never freed. 0 while the
 * image is made. */
extern uintptr_t front_image_end;

void *arena_alloc(size_t size);
void arena_free(void *block);
void *arena_resize(void *block, size_t size);
size_t arena_capacity(const void *block);
uintptr_t arena_start(void);
bool arena_reach(uintptr_t end);
uintptr_t arena_mark(void);
uintptr_t arena_seal(void);

#endif
