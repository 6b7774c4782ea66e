/* What the caller reads: reports, and the times of a trace. */
#include "../sys/str.h"
#include "launch.h"

/* As much as a pipe that is said to be writable takes at once (pipe(7)). */
#define PIPE_BUF_ 4096
#define WRITE_MS 30000

void launch_write(int fd, const void *from, size_t size)
{
	const char *at = from;
	long n = 0;

	while (size > 0) {
		/* A signal that is not blocked ends a write that waits. */
		int err = launch.signal_fd >= 0 || n == -EAGAIN ? wait_writable(fd, WRITE_MS) : 0;

		if (err == -ETIMEDOUT || err == -EINTR)
			return;
		n = sys_write(fd, at, size < PIPE_BUF_ ? size : PIPE_BUF_);

		if (n < 0 && n != -EINTR && n != -EAGAIN)
			return;
		at += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
}

void launch_told(const char *text)
{
	size_t size = strlen(text);

	/* The failure itself speaks, not what undoing it meets. */
	if (launch.told_size > 0)
		return;
	if (size >= sizeof(launch.told))
		size = sizeof(launch.told) - 1;
	(void)memcpy(launch.told, text, size);
	launch.told_size = (uint32_t)size;
}

/* A record, and behind it what was told: as many bytes as records have. */
struct report {
	struct report_record record;
	char told[TOLD_BYTES];
};

void report_write(struct launch *l, uint32_t state)
{
	struct report report = {0};
	size_t size = sizeof(report.record);
	struct report_record record = {
	    .magic = REPORT_MAGIC,
	    .version = REPORT_VERSION,
	    .state = (uint8_t)state,
	    .op = OP_NONE,
	    .pid = l->pid,
	    .status = state == STATE_EXITED ? l->exit_status : 0,
	    .start_time = l->start_time,
	    .inode = l->inode,
	    .nanoseconds = clock_now() - l->began,
	};

	if (state == STATE_FAILED || state == STATE_WARNED) {
		report_fault(&record, &l->run.fault);
		record.told = (uint16_t)l->told_size;
		(void)memcpy(report.told, l->told, l->told_size);
		size += (l->told_size + size - 1) / size * size;
	}
	if (state == STATE_EXITED) {
		record.start_time = l->user_micros;
		record.inode = l->system_micros;
		record.detail = l->peak_kib;
	}
	report.record = record;
	if (l->args.report_fd >= 0)
		launch_write(l->args.report_fd, &report, size);
}
