/*
 * What an attack has reached, in a page that the test reads from the outside: a file of the
 * container's root that is mapped by every process of the attack.
 */
#ifndef COFFER_TALLY_H
#define COFFER_TALLY_H

#include <signal.h>
#include <stdint.h>

/* What an attack can reach. The test has the same list (test/adversary/matrix/tally.ts). */
enum hit {
	HIT_LOOKED,	/* the program of a process of the runtime */
	HIT_TRACED,	/* that process itself */
	HIT_ROOT,	/* its root directory */
	HIT_MEMORY,	/* its memory */
	HIT_DESCRIPTOR, /* a descriptor of it */
	HIT_CANARY,	/* a new file in the host's directory */
	HIT_COMPARED,	/* its kernel objects, by kcmp(2) */
	HIT_SECRET,	/* a file of the host that is root's alone */
	HIT_TYPED,	/* the caller's terminal */
	HIT_BEYOND,	/* more memory or processes than the limit */
	HIT_SOCKET,	/* an abstract socket of the runtime */
	HIT_CGROUP,	/* a cgroup of the host */
	HIT_KINDS,
};

struct tally {
	uint64_t tries;	  /* attempts */
	uint64_t refused; /* of these the kernel refused for lack of rights */
	uint64_t seen;	  /* processes that came by */
	uint64_t hits[HIT_KINDS];
};

extern struct tally *const tally;
extern volatile sig_atomic_t ended;

/* Maps the file at a path, if there is one; the counts are the process's own otherwise. */
void tally_open(const char *path);
void hit(enum hit kind);
/* Counts an attempt; errno says why it failed if `err` is negative. Returns whether it succeeded.
 */
int tried(long err);

#endif
