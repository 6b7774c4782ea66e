#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE /* musl has it not */
#define RENAME_EXCHANGE 2
#endif

/* `fds COUNT PATH -- COMMAND…`: the command inherits that many open descriptors. */
int tool_fds(char **argv)
{
	int count;

	if (!argv[0] || !argv[1] || !argv[2] || !argv[3])
		return 64;
	count = atoi(argv[0]);
	for (int i = 0; i < count; i++) {
		if (open(argv[1], O_RDONLY) < 0)
			return 125;
	}
	(void)execvp(argv[3], argv + 3);
	return 127;
}

/* `ignore -- COMMAND…`: the command starts with every signal ignored and blocked. */
int tool_ignore(char **argv)
{
	sigset_t all;

	if (!argv[0] || !argv[1])
		return 64;
	(void)sigfillset(&all);
	for (int sig = 1; sig < 64; sig++) {
		if (sig != SIGCHLD)
			(void)signal(sig, SIG_IGN);
	}
	(void)sigdelset(&all, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)execvp(argv[1], argv + 1);
	return 127;
}

/* `flip A B SECONDS`: exchanges two names as fast as it can. */
int tool_flip(char **argv)
{
	if (!argv[0] || !argv[1] || !argv[2])
		return 64;
	(void)alarm((unsigned int)atoi(argv[2]));
	puts("flipping");
	(void)fflush(stdout);
	for (;;)
		(void)syscall(SYS_renameat2, AT_FDCWD, argv[0], AT_FDCWD, argv[1], RENAME_EXCHANGE);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(char **argv);
	} tools[] = {
		{ "deny", tool_deny }, { "fds", tool_fds },	    { "ignore", tool_ignore },
		{ "pty", tool_pty },   { "console", tool_console }, { "flip", tool_flip },
		{ "agent", tool_agent }, { "notify", tool_notify }, { "pidfd", tool_pidfd },
		{ "inject", tool_inject }, { "kill-at", tool_kill_at },
	};

	for (size_t i = 0; argc > 1 && i < sizeof(tools) / sizeof(*tools); i++) {
		if (strcmp(tools[i].name, argv[1]) == 0)
			return tools[i].run(argv + 2);
	}
	(void)fputs("tools: deny | fds | ignore | pty | console | flip | agent | notify | pidfd | inject | kill-at\n", stderr);
	return 64;
}
