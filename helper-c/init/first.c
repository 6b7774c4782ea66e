/*
 * The first process of a pid namespace, if the plan has one beside the program. It passes signals
 * on to the program, reaps orphans, and ends as the program ends. It has the identity and the
 * filters of the program, no descriptor, and nothing of the plan.
 */
#include "ops.h"
#include <asm/ioctls.h>
#include <linux/capability.h>
#include <linux/prctl.h>

#define WNOHANG_ 1
#define WUNTRACED_ 2
#define STOPPED_BY(signal) ((signal) << 8 | 0x7f)
#define BY_SIGNAL 128 /* and the number of the signal, as shells say it */

/* The program is the foreground of the terminal, if it has one: keys are for the program alone. A
 * signal that this could bring is blocked. */
static void lead(void)
{
	int self = (int)SYS1(getpid, 0);

	(void)SYS2(setpgid, 0, 0);
	for (int fd = 0; fd < 3; fd++)
		(void)sys_ioctl(fd, TIOCSPGRP, &self);
}

/*
 * Of the program's capabilities only that to send signals stays, if it has that one: the program
 * may take another identity. The name is what ps(1) shows. 0 or -errno.
 */
static long keep_little(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	long err = SYS2(capget, &head, data);

	data[0].permitted &= 1u << CAP_KILL;
	data[0].effective = data[0].permitted;
	data[1].permitted = data[1].effective = 0;
	data[0].inheritable = data[1].inheritable = 0;
	if (err == 0)
		err = SYS2(capset, &head, data);
	return err < 0 ? err : sys_prctl(PR_SET_NAME, (unsigned long)"coffer-init", 0, 0);
}

/*
 * Takes all children that have ended. Whether the program was one: *ret is its status. A program
 * that the terminal has stopped goes on: nobody outside would see that, or could continue it.
 */
static int reap(long program, int *ret)
{
	long pid;

	while ((pid = SYS4(wait4, -1, ret, WNOHANG_ | WUNTRACED_, 0)) > 0)
		if (pid == program && *ret == STOPPED_BY(SIGTSTP))
			(void)SYS2(kill, -program, SIGCONT);
		else if (pid == program && (*ret & 0xff) != STOPPED_BY(0))
			return 1;
	return 0;
}

__attribute__((noreturn)) static void stay(long program)
{
	uint64_t all = ~0ULL;
	int status = 0;

	while (!reap(program, &status)) {
		long signal = SYS4(rt_sigtimedwait, &all, 0, 0, sizeof(all));

		/* Stopped as a job is: it stays so until somebody outside has it continue. */
		if (signal == SIGTSTP)
			(void)SYS2(kill, -program, SIGSTOP);
		else if (signal > 0 && signal != SIGCHLD)
			(void)SYS2(kill, signal == SIGCONT ? -program : program, signal);
	}
	sys_exit(status & 0x7f ? BY_SIGNAL + (status & 0x7f) : status >> 8 & 0xff);
}

int stay_first(const struct run *run)
{
	long err = signals_block(~0ULL);
	long pid = err < 0 ? err : SYS5(clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		lead();
	if (pid <= 0)
		return (int)pid;
	/* Whoever reads from the program's streams, or waits for its exec, sees their end. */
	if (sys_close_range(0, ~0U, 0) < 0 || plan_forget(&run->plan) < 0 || keep_little() < 0)
		sys_exit(1);
	stay(pid);
}
