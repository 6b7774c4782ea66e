/* What the files about waiting share. */
#ifndef COFFER_WAIT_H
#define COFFER_WAIT_H

#include "../launch/launch.h"

#define POLLIN_ 1
#define POLLOUT_ 4

struct poll_fd {
	int fd;
	short events, revents;
};

/* ppoll(2) without a signal mask; timeout_ms below 0: without limit. */
long poll_fds(struct poll_fd *fds, unsigned count, int timeout_ms);

/* The next signal that waits in the signal descriptor, or 0. */
uint32_t next_signal(void);

/* Whether a signal asks the launch to end. */
int is_ending(uint32_t signal);

#endif
