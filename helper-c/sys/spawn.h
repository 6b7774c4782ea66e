/* Running a program of a plan. */
#ifndef COFFER_SPAWN_H
#define COFFER_SPAWN_H

#include "run.h"

/* Makes the pointer array that execve(2) wants of a run of strings. The array, or NULL with
 * *ret_err set. */
const char **string_array(const char *strings, uint32_t size, long *ret_err);

op_function op_spawn;

/* What each side has of its own: waits until a pidfd tells the end (timeout_ms < 0: without limit).
 * 0 or -errno, -ETIMEDOUT among them. */
int spawn_wait(int pidfd, int timeout_ms);

#endif
