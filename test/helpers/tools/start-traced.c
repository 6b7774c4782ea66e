#include "tools.h"

#include <fcntl.h>
#include <linux/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t start_traced(char **argv, long options)
{
	int go[2];
	pid_t pid;
	char byte;

	if (pipe2(go, O_CLOEXEC) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		(void)close(go[1]);
		(void)read(go[0], &byte, 1);
		(void)execvp(argv[0], argv);
		_exit(127);
	}
	if (pid > 0 && syscall(SYS_ptrace, PTRACE_SEIZE, pid, 0L, options) < 0)
		pid = -1;
	(void)write(go[1], "", 1);
	(void)close(go[0]);
	(void)close(go[1]);
	return pid;
}
