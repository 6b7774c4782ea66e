/* Starting a program while this one goes on. */
#ifndef FRONT_START_H
#define FRONT_START_H

#include <stdbool.h>

/* What a child needs to know. It shares our memory until it is another program. */
struct child {
	char *const *argv, *const *environ;
	const int *fds;
	int fd_count;
	bool session;
	/* Why it did not become the program. */
	volatile int err;
	/* Its number, until it shares our memory no more. */
	volatile int sharing;
};

/* Starts a child: its pid, or a negative errno. The child and all that it names stays as it is
 * until start_await. */
int start_begin(struct child *child);
/* Waits until the child is another program: 0, or the errno for which it is none. */
int start_await(struct child *child);

#endif
