#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

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
	for (int sig = 1; sig < 64; sig++)
		(void)signal(sig, SIG_IGN);
	/* Node, which gives every signal its own effect again, leaves them blocked. */
	(void)sigdelset(&all, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	(void)execvp(argv[1], argv + 1);
	return 127;
}

/* `key NAME -- COMMAND…`: the command starts in a new session keyring that holds a key of that
 * name. */
int tool_key(char **argv)
{
	if (!argv[0] || !argv[1] || !argv[2])
		return 64;
	if (syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL) < 0 ||
	    syscall(SYS_add_key, "user", argv[0], "x", 1, -3 /* KEY_SPEC_SESSION_KEYRING */) < 0) {
		perror("key");
		return 125;
	}
	(void)execvp(argv[2], argv + 2);
	return 127;
}

/* `seals PATH`: prints the seals of a memfd as a number, -1 where there can be none. */
int tool_seals(char **argv)
{
	int fd = argv[0] ? open(argv[0], O_RDONLY | O_CLOEXEC) : -1;

	printf("%d\n", fd < 0 ? -1 : fcntl(fd, F_GET_SEALS));
	return fd < 0;
}

/* `rights PATH`: prints what a program has beyond its user's rights, each on a line. */
int tool_rights(char **argv)
{
	struct stat st;

	if (!argv[0] || stat(argv[0], &st) < 0)
		return 1;
	if (st.st_mode & S_ISUID)
		puts("setuid");
	if (st.st_mode & S_ISGID)
		puts("setgid");
	if (getxattr(argv[0], "security.capability", NULL, 0) > 0)
		puts("capabilities");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(char **argv);
	} tools[] = {
	    {"deny", tool_deny},     {"fds", tool_fds},		{"ignore", tool_ignore},
	    {"pty", tool_pty},	     {"console", tool_console}, {"agent", tool_agent},
	    {"race", tool_race},     {"key", tool_key},		{"seals", tool_seals},
	    {"strace", tool_strace}, {"notify", tool_notify},	{"pidfd", tool_pidfd},
	    {"inject", tool_inject}, {"kill-at", tool_kill_at}, {"rights", tool_rights},
	    {"loosen", tool_loosen},
	};

	for (size_t i = 0; argc > 1 && i < sizeof(tools) / sizeof(*tools); i++) {
		if (strcmp(tools[i].name, argv[1]) == 0)
			return tools[i].run(argv + 2);
	}
	(void)fputs(
	    "tools: deny | fds | ignore | pty | console | agent | race | key | seals | strace | "
	    "notify | pidfd | inject | "
	    "kill-at | rights | loosen\n",
	    stderr);
	return 64;
}
