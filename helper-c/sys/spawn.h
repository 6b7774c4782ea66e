/* Running a program of a plan. */
#ifndef COFFER_SPAWN_H
#define COFFER_SPAWN_H

#include "run.h"

/* Makes the pointer array that execve(2) wants of the strings of an op. Its address or -errno. */
long string_array(const struct run *run, const struct plan_op *op, unsigned data);

/* Adds the home that find-home has found, if any, to such an array: there is room for it. */
void add_home(const struct run *run, long env);

/* Where a pid is not wanted, and how many characters it takes elsewhere. */
#define PID_NOWHERE 0xffffffffu
#define PID_WIDTH 10

/*
 * A copy of a blob of the op, with a pid at the places that the op's numbers from 1 to `last` say.
 * Its size or -errno.
 */
long blob_with_pid(const struct run *run, const struct plan_op *op, int data, int last,
		   uint32_t pid, char **ret);

/* A program that is run to its end. */
struct program {
	int fd, input;	   /* fd -1: by path alone; input: filled by program_run() */
	int cwd;	   /* its working directory; -1: /, but that of init where not is_early */
	const char **args; /* its path, then its arguments */
	const char **env;
	long input_size; /* of its standard input, and of that the place for why it did not run */
	uint64_t timeout_ms; /* 0: none */
	int is_early;	     /* before the umask of the container is set */
};

/* Runs a program, which reads those bytes. Its end as a report has it, or -errno. */
long program_run(struct program *program, const char *bytes);

op_function op_spawn;

/* What each side has of its own: waits until a pidfd (-1: none) tells the end (timeout_ms < 0:
 * without limit). 0 or -errno, -ETIMEDOUT among them. */
int spawn_wait(int pidfd, int timeout_ms);

#endif
