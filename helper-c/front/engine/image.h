/* Included before everything else, QuickJS's own sources too (scripts/front): what the engine asks
 * of us. */
#ifndef FRONT_IMAGE_H
#define FRONT_IMAGE_H

#include <stdint.h>
#include <sys/time.h>

/* Objects below this address are the image's. 0 while the image is made. */
extern uintptr_t front_image_end;

/* True while the image is warmed up. A shape is kept then, and so is each that it grew from: an
 * object that a call makes of the same properties finds them all. */
extern int front_is_warming;

/* True for an object of the image: it is never counted, and never freed. */
#define image(object) ((uintptr_t)(object) < front_image_end)

/* The time of day of the host. The C library's would be an import of its own. */
int front_gettimeofday(struct timeval *time, void *zone);
#define gettimeofday front_gettimeofday

#endif
