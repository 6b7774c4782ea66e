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

/* The size of a terminal is that of the plan, or else of the caller's: many programs ask once, at
 * their start. */
void terminal_size(int pty);
void terminal_begin(int pty);
void terminal_resize(void);

/* Reads a size that the caller tells: two numbers of 16 bits, rows and columns. 0, or -errno when
 * no more will come. */
int terminal_take_size(int from);

/* Makes the caller's terminal raw, if standard input is one, and as it was before. */
void terminal_take(void);
void terminal_leave(void);

/* Whether a shell, or a program of it, has given it settings of its own since, and reads there now.
 */
int terminal_is_others(void);

/* Where the key is that stops the container; `size`: nowhere. */
uint32_t terminal_stop_key(const char *keys, uint32_t size);

/* Whether a signal asks the launch to end. */
int is_ending(uint32_t signal);

#endif
