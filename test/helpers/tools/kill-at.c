/*
 * `kill-at N FD -- COMMAND…`: runs a command and kills it (SIGKILL, with all of its threads) as it
 * makes its N-th kernel call. 0: not at all. How many calls it made goes to FD. What the command
 * starts is not followed.
 */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PTRACE(request, pid, data) syscall(SYS_ptrace, request, pid, 0L, (long)(data))
#define OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define SYSCALL_STOP (SIGTRAP | 0x80)

static int is_thread_of(pid_t process, pid_t task)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d", (int)process, (int)task);
	return access(path, F_OK) == 0;
}

int tool_kill_at(char **argv)
{
	long want, stops = 0;
	int result, status, sig;
	pid_t pid, task;

	if (!argv[0] || !argv[1] || !argv[2] || !argv[3])
		return 64;
	want = atol(argv[0]);
	result = atoi(argv[1]);
	(void)fcntl(result, F_SETFD, FD_CLOEXEC);
	pid = start_traced(argv + 3, OPTIONS);
	if (pid < 0)
		return 125;
	for (;;) {
		task = waitpid(-1, &status, __WALL);
		if (task < 0 && errno != EINTR)
			return 125;
		if (task == pid && !WIFSTOPPED(status))
			break;
		if (task < 0 || !WIFSTOPPED(status))
			continue;
		sig = WSTOPSIG(status);
		if (sig == SYSCALL_STOP && ++stops == 2 * want)
			(void)kill(pid, SIGKILL);
		else if (task != pid && !is_thread_of(pid, task))
			(void)PTRACE(PTRACE_DETACH, task, 0);
		else
			(void)PTRACE(PTRACE_SYSCALL, task,
				     sig == SYSCALL_STOP || status >> 16 ? 0 : sig);
	}
	(void)dprintf(result, "%ld\n", stops / 2);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
