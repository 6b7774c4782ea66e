/*
 * The ends of processes. While a process is traced the kernel reports its end to the tracer alone,
 * and a process that hangs in the kernel outlives SIGKILL. So no wait here depends on the process
 * only: waitid(2) never blocks.
 */
#include "../launch/launch.h"
#include <linux/resource.h>
#include <linux/wait.h>

#define LONGEST_PAUSE_MS 50

/* As much of siginfo_t as waitid(2) fills in. */
struct wait_info {
	int number, error, code, pad;
	int pid;
	uint32_t uid;
	int status;
	char rest[100];
};

/* Reaps a process that has ended: the report's status. -EAGAIN when the kernel reports no end, or
 * another -errno. */
static long status_of(int pidfd, struct rusage *ret_usage)
{
	struct wait_info info = {0};
	long err = SYS5(waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, ret_usage);

	if (err < 0)
		return err;
	if (info.pid == 0)
		return -EAGAIN;
	return info.code == 1 /* CLD_EXITED */ ? info.status
					       : (long)(REPORT_SIGNALED |
							(128 + (uint32_t)info.status));
}

long process_status(int pidfd, int timeout_ms, struct rusage *ret_usage)
{
	uint64_t end = clock_now() + (uint64_t)timeout_ms * 1000000U;
	long status = status_of(pidfd, ret_usage);

	for (int ms = 1; status == -EAGAIN; ms = ms < LONGEST_PAUSE_MS ? 2 * ms : ms) {
		if (clock_now() >= end || wait_readable(&launch, -1, -1, ms) == -EINTR)
			return -ETIMEDOUT;
		status = status_of(pidfd, ret_usage);
	}
	return status;
}

long process_reap(int pidfd, int timeout_ms)
{
	int err = wait_readable(&launch, pidfd, -1, timeout_ms);

	return err < 0 ? err : status_of(pidfd, NULL);
}

void process_kill(int pidfd)
{
	if (pidfd < 0)
		return;
	(void)SYS4(pidfd_send_signal, pidfd, SIGKILL, 0, 0);
	(void)process_reap(pidfd, END_MS);
}

int child_open(uint64_t pid)
{
	struct wait_info info = {0};
	int pidfd = (int)SYS2(pidfd_open, pid, 0);
	long err =
	    pidfd < 0 ? pidfd : SYS5(waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | WNOWAIT, 0);

	if (err < 0)
		(void)sys_close(pidfd);
	return err < 0 ? (int)err : pidfd;
}

int op_await_end(struct run *run, const struct plan_op *op)
{
	int err = wait_readable(&launch, op_fd(run, op, 0), -1, (int)op->nums[0]);

	return err < 0 ? err : 0;
}
