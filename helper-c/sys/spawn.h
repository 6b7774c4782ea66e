/* Running a program of a plan. */
#ifndef COFFER_SPAWN_H
#define COFFER_SPAWN_H

#include "run.h"

/* Makes the pointer array that execve(2) wants of a run of strings. The array, or NULL with
 * *ret_err set. */
const char **string_array(const char *strings, uint32_t size, long *ret_err);

/* Where a pid is not wanted, and how many characters it takes elsewhere. */
#define PID_NOWHERE 0xffffffffu
#define PID_WIDTH 10

/*
 * A copy of a blob of the op, with a pid at the places that the op's numbers from 1 to `last` say.
 * Its size or -errno.
 */
long blob_with_pid(const struct run *run, const struct plan_op *op, int data, int last,
		   uint32_t pid, char **ret);

op_function op_spawn;

/* What each side has of its own: waits until a pidfd tells the end (timeout_ms < 0: without limit).
 * 0 or -errno, -ETIMEDOUT among them. */
int spawn_wait(int pidfd, int timeout_ms);

#endif
