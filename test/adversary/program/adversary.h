#ifndef COFFER_ADVERSARY_H
#define COFFER_ADVERSARY_H

#include "tally.h"

#include <sys/types.h>

/* What an attack gets. */
struct aim {
	const char *canary; /* a directory of the host (mode 0700, of root), as the host names it */
	const char *place;  /* a directory that other containers use as well */
	unsigned long pids; /* the limit of processes; 0: none */
	unsigned long bytes; /* the limit of memory; 0: none */
	unsigned rest; /* microseconds between two turns, so that the machine can do other work */
};

/* An attack goes on until `ended` is set, or it finds that it has no means here. */
typedef void attack(const struct aim *aim);

attack trace_all, stop_all, make_cgroups, shuffle, stall, hide, flood, fork_all, hog, ring,
    pass_fds, type_all;

void say_ready(void);
/* A moment without work, so that the runtime gets its share of the processors. */
void breathe(unsigned microseconds);
/* Calls `one` for the processes that have come last, once each turn; never for this program's. */
void each_new(void (*one)(pid_t pid, const char *canary), const struct aim *aim);
/* 1 for a program of the runtime's, 0 for one of the test's, -1 where that may not be known. */
int is_foreign(pid_t pid);
/* Whether a process of the runtime's has a capability that this program has not. */
int has_more(pid_t pid);
/* Whether a process has become the program of the tests, which they call `probe`. */
int is_program(pid_t pid);
/* Tries to reach the canary from here, beneath a path that may be another's root directory. */
void try_canary(const char *root, const char *canary);

/* `attack NAME TALLY CANARY PLACE PIDS BYTES`: one of the attacks above, or `all` of them at once.
 */
int attack_named(char **argv);

/* Stops every process that appears, unless it has become the container's program already. */
int attack_stop(char **argv);
/* Traces every process that has become the container's program, and never looks at it again. */
int attack_trace(char **argv);
/* `forge WHAT`: sends that to the launcher by the socket of each process that it catches, or ends
 * the socket, and says `forged`. */
int attack_forge(char **argv);
/* Takes the resources of every process that appears. */
int attack_limit(char **argv);
/* `lease PATH`: holds a write lease on a file, and does not give it back. */
int attack_lease(char **argv);
/* `stall DIRECTORY`: mounts FUSE there, and answers nothing but its first message. */
int attack_stall(char **argv);
/* `stall-self DIRECTORY`: the same by a child; the first process hangs in it. */
int attack_stall_self(char **argv);
/* `fifo DIRECTORY`: mounts a tmpfs there with a named pipe `ptmx`. */
int attack_fifo(char **argv);
/* `look CANARY`: looks into every process that appears, until SIGTERM, and says what it got at. */
int attack_look(char **argv);
/* Is traced by its own child, which lives on, and exits with 7. */
int attack_self_trace(char **argv);

/* Takes a write lease on a file. 0, or -1. */
int take_lease(const char *path);
/* Mounts FUSE at a directory. The descriptor of its device, or -1. */
int mount_fuse(const char *directory);
/* Answers the first message, and reads all others: they are on their way for ever. */
void serve_fuse(int fd, void (*ready)(void));

#endif
