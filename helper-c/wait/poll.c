/* Waiting for descriptors and signals, with a bound. */
#include "wait.h"

struct signal_info {
	uint32_t number;
	char rest[124];
};

static struct __kernel_timespec milliseconds(int ms)
{
	return (struct __kernel_timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
}

long poll_fds(struct poll_fd *fds, unsigned count, int timeout_ms)
{
	struct __kernel_timespec ts = milliseconds(timeout_ms);

	return SYS5(ppoll, fds, count, timeout_ms < 0 ? NULL : &ts, 0, 0);
}

long wait_input(int fd)
{
	struct poll_fd one = {fd, POLLIN_, 0};
	long n = poll_fds(&one, 1, -1);

	return n < 0 && n != -EINTR ? n : 0;
}

int process_ends(int pidfd, int pty, int timeout_ms)
{
	struct poll_fd fds[3] = {
	    {pidfd, POLLIN_, 0}, {launch.signal_fd, POLLIN_, 0}, {pty, POLLIN_, 0}};

	return poll_fds(fds, 3, timeout_ms) > 0 && fds[0].revents;
}

uint32_t next_signal(void)
{
	struct signal_info info;
	long n = sys_read(launch.signal_fd, &info, sizeof(info));

	return n == sizeof(info) ? info.number : 0;
}

int is_ending(uint32_t signal)
{
	/* HUP, INT, QUIT, TERM */
	return signal == 1 || signal == 2 || signal == 3 || signal == 15 ||
	       (launch.args.die_with && signal == SIGNAL_PARENT_ENDED);
}

int wait_readable(struct launch *l, int a, int b, int timeout_ms)
{
	struct poll_fd fds[3] = {{l->signal_fd, POLLIN_, 0}, {a, POLLIN_, 0}, {b, POLLIN_, 0}};
	struct __kernel_timespec left = milliseconds(timeout_ms);

	for (;;) {
		/* The kernel writes back what is left, so that signals do not begin it again. */
		long n = SYS5(ppoll, fds, 3, timeout_ms < 0 ? NULL : &left, 0, 0);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EINTR)
			return (int)n;
		/* The signal may be for a container that runs by now. */
		if (n > 0 && fds[1].revents)
			return 1;
		if (n > 0 && fds[2].revents)
			return 2;
		if (n > 0 && fds[0].revents && is_ending(next_signal()))
			return -EINTR;
	}
}

int wait_writable(int fd, int timeout_ms)
{
	struct poll_fd fds[2] = {{launch.signal_fd, POLLIN_, 0}, {fd, POLLOUT_, 0}};
	struct __kernel_timespec left = milliseconds(timeout_ms);

	for (;;) {
		long n = SYS5(ppoll, fds, 2, &left, 0, 0);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EINTR)
			return (int)n;
		if (n > 0 && fds[1].revents)
			return 0;
		if (n > 0 && fds[0].revents && is_ending(next_signal()))
			return -EINTR;
	}
}
