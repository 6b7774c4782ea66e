/* A satellite: a confined child of the launcher that carries out the ops of one kind. It has the
 * launcher's socket, the descriptors of its kind, and nothing else. */
#ifndef COFFER_SATELLITE_H
#define COFFER_SATELLITE_H

#include "../host/frame.h"

#define FD_LAUNCHER 0
#define FD_WORK 1 /* the first descriptor of the kind */

/* The request that is carried out. */
extern const struct request *request __attribute__((visibility("hidden")));

/* Waits until a descriptor (or, in the second case, another) is readable. Which (1, 2), or -errno:
 * -ETIMEDOUT at the deadline (CLOCK_MONOTONIC, nanoseconds; 0: none), -EINTR when the launcher says
 * something, as it gives the op up. */
int await(int a, int b, uint64_t deadline);

/* Until when a request may take; 0: without limit. */
uint64_t deadline_of(void);

/* Says in words why an op fails: a name, and a text or NULL. What is too long is cut. */
void tell(const char *name, const char *text);

op_function op_connect_bus, op_call_bus;

#endif
