/* Hooks that run in the container. */
#include "../sys/spawn.h"

#define POLLIN_ 1

/* No signal has a handler, so nothing but the end and the time ends the wait. */
int spawn_wait(int pidfd, int timeout_ms)
{
	struct {
		int fd;
		short events, revents;
	} poll = {pidfd, POLLIN_, 0};
	struct __kernel_timespec ts = {.tv_sec = timeout_ms / 1000,
				       .tv_nsec = timeout_ms % 1000 * 1000000L};
	long n = SYS5(ppoll, &poll, 1, timeout_ms < 0 ? NULL : &ts, 0, 0);

	return n == 0 ? -ETIMEDOUT : n < 0 ? (int)n : 0;
}
