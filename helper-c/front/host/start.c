/*
 * Starting a program while this one goes on. The child shares our memory, as after vfork(2), but
 * nobody waits: what it does here must not touch anything of ours, errno among it. So it makes its
 * calls itself, and has a stack of its own.
 */
#include "start.h"
#include "sys/sys.h"

#include <linux/futex.h>
#include <linux/sched.h>

#define SIG_SETMASK 2
#define SIGPIPE 13
#define SIGNALS 64
#define FDS_MAX 4096

/* rt_sigaction(2) of both machines: all zeros is what a signal does by default. */
struct action {
	void *handler;
	unsigned long flags;
	void *restorer;
	uint64_t mask;
};

/*
 * Makes the descriptors 0 to N of the child: copies above all of those numbers first, as a number
 * may be taken. The copies are close-on-exec; what the child makes of them is not.
 */
static long place_fds(const struct child *child)
{
	static int copies[FDS_MAX];
	long null = -1;

	for (int fd = 0; fd < child->fd_count; fd++) {
		long from = child->fds[fd];

		if (from < 0 && null < 0)
			null = sys_openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC, 0);
		from = from < 0 ? null : from;
		long copy = sys_fcntl((int)from, F_DUPFD_CLOEXEC, child->fd_count);

		if (copy < 0)
			return copy;
		copies[fd] = (int)copy;
	}
	for (int fd = 0; fd < child->fd_count; fd++) {
		long placed = sys_dup3(copies[fd], fd, 0);

		if (placed < 0)
			return placed;
	}
	return 0;
}

/* Signals as a program expects them: none blocked, all as they are by default. The helper, which
 * has a session of its own, sees to those itself that the caller ignores. */
static void set_signals(bool all)
{
	struct action action = {0};
	uint64_t none = 0;

	for (int signal = 1; all && signal <= SIGNALS; signal++)
		(void)SYS4(rt_sigaction, signal, &action, 0, sizeof(none));
	(void)SYS4(rt_sigaction, SIGPIPE, &action, 0, sizeof(none));
	(void)SYS4(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof(none));
}

/* The child up to its end. */
static void become(void *argument)
{
	struct child *child = argument;
	long result = child->session ? SYS0(setsid) : 0;

	if (result >= 0)
		result = place_fds(child);
	if (result >= 0)
		result = SYS1(chdir, "/");
	if (result >= 0) {
		set_signals(!child->session);
		result = SYS3(execve, child->argv[0], child->argv, child->environ);
	}
	child->err = (int)-result;
	sys_exit(127);
}

int start_begin(struct child *child)
{
	static _Alignas(16) unsigned char stack[16384];
	struct clone3_args args = {.flags = CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
				   .child_tid = (uintptr_t)&child->sharing,
				   .parent_tid = (uintptr_t)&child->sharing,
				   .exit_signal = SIGCHLD,
				   .stack = (uintptr_t)stack,
				   .stack_size = sizeof(stack)};
	uint64_t all = ~UINT64_C(0), before;
	long pid;

	/* The child would run our handlers in our memory. */
	(void)SYS4(rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	pid = sys_clone3_call(&args, become, child);
	/* So say the default filters of container engines. clone(2) then waits for the child. */
	if (pid == -ENOSYS)
		pid = sys_clone_by(__NR_clone, CLONE_VM | CLONE_VFORK | SIGCHLD,
				   (uintptr_t)stack + sizeof(stack), become, child);
	(void)SYS4(rt_sigprocmask, SIG_SETMASK, &before, 0, sizeof(before));
	if (pid < 0)
		child->sharing = 0;
	return (int)pid;
}

int start_await(struct child *child)
{
	int number;

	while ((number = __atomic_load_n(&child->sharing, __ATOMIC_ACQUIRE)) != 0)
		(void)SYS6(futex, &child->sharing, FUTEX_WAIT, number, 0, 0, 0);
	return child->err;
}
