/* What the files of the host share. Everything that the engine gives as a pointer is an offset in
 * its linear memory. */
#ifndef FRONT_HOST_H
#define FRONT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Where linear memory is. A constant below 2^31 is part of each instruction that accesses memory,
 * and needs no register. The constant gives nothing away: what is inside knows offsets only, and
 * the addresses of all else stay random.
 */
#define FRONT_MEMORY 0x10000000
/* An offset and an index of 32 bits each: whatever the engine computes lies in this range. */
#ifndef FRONT_RESERVED
#define FRONT_RESERVED (UINT64_C(2) << 32)
#endif
/* The most that linear memory may become. */
#define FRONT_MEMORY_MAX (UINT64_C(768) << 20)

struct w2c_host {
	int argc;
	char **argv;
	char **environ;
};

/* Bytes of linear memory; ends the program when they are not inside. */
void *span(uint32_t at, uint32_t size);
/* A string of linear memory; ends the program when it has no end there. */
const char *string_at(uint32_t at);

/* Opens the process of a number and of an inode of pidfs: its pidfd, or a negative errno. */
int process_open(pid_t pid, uint64_t inode);
bool memory_is_ours(void);
bool memory_map(void);
int stack_run(int (*function)(void *), void *argument);
void trap_begin(void);
void trap_status(int status);
int failure_status(void);
/* Ends the program with a line, and the status that a failure has. */
_Noreturn void fail(const char *what);

#endif
