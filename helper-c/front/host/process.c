/* Processes: starting the helper, waiting for it, and passing signals on to it. */
#define _GNU_SOURCE
#include "front.h"
#include "host.h"
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define UNUSED(value) ((void)(value))
#define WORDS_MAX 4096
#define FDS_MAX 4096
#define POLL_MAX 31
/* Longer words are waited for. */
#define COPIED_MAX 65536
/* Linux 6.9; older headers lack it. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

uint32_t w2c_host_pipe(struct w2c_host *host, uint32_t into, uint32_t sockets)
{
	int fds[2];
	int result = sockets != 0 ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds)
				  : pipe2(fds, O_CLOEXEC);

	UNUSED(host);
	if (result < 0)
		return (uint32_t)-errno;
	memcpy(span(into, sizeof(fds)), fds, sizeof(fds));
	return 0;
}

/* Splits words with a NUL behind each: how many arguments there are, path and arguments,
 * environment. An argument may be empty. False when there are too many, or fewer arguments than was
 * said. */
static bool split_words(const char *words, size_t size, char **argv, char **environ)
{
	const char *word = words + strlen(words) + 1;
	size_t argc = strtoul(words, NULL, 10), count = 0;

	if (argc == 0 || argc > WORDS_MAX)
		return false;
	for (; word < words + size; word += strlen(word) + 1, count++) {
		if (count >= argc + WORDS_MAX)
			return false;
		char **at = count < argc ? &argv[count] : &environ[count - argc];

		*at = (char *)(uintptr_t)word;
	}
	if (count < argc)
		return false;
	argv[argc] = NULL;
	environ[count - argc] = NULL;
	return true;
}

/* The words and descriptors of the last child that was started: it may read them still. */
static struct child child;
static pid_t child_pid;

/* The last child is another program: 0. Else a negative errno, and the child is no more. */
static int await_child(void)
{
	int err = start_await(&child);

	child.err = 0;
	if (err != 0)
		(void)waitpid(child_pid, NULL, 0);
	return -err;
}

/* The caller's terminal as it was: a launcher makes it raw, and cannot change it back if it is
 * killed. */
static struct termios terminal;
static int has_terminal;

static int is_in_background(void)
{
	pid_t foreground = tcgetpgrp(0);

	return foreground > 0 && foreground != getpgrp();
}

static void terminal_save(void)
{
	has_terminal = tcgetattr(0, &terminal) == 0;
}

/* In the background the terminal is somebody else's. */
static void terminal_restore(void)
{
	if (has_terminal && !is_in_background())
		(void)tcsetattr(0, TCSANOW, &terminal);
}

uint32_t w2c_host_spawn(struct w2c_host *host, uint32_t words, uint32_t size, uint32_t fds,
			uint32_t fd_count, uint32_t session)
{
	static char *argv[WORDS_MAX + 1], *environ[WORDS_MAX + 1];
	static char copy[COPIED_MAX];
	static int copied_fds[FDS_MAX];
	const char *text = span(words, size);

	UNUSED(host);
	(void)await_child();
	terminal_save();
	if (fd_count > FDS_MAX || size == 0 || text[size - 1] != 0)
		return (uint32_t)-EINVAL;
	memcpy(copied_fds, span(fds, fd_count * 4), fd_count * 4);
	if (size <= sizeof(copy))
		text = memcpy(copy, text, size);
	if (!split_words(text, size, argv, environ))
		return (uint32_t)-E2BIG;
	child = (struct child){.argv = argv,
			       .environ = environ,
			       .fds = copied_fds,
			       .fd_count = (int)fd_count,
			       .session = session != 0};
	child_pid = start_begin(&child);
	/* The engine may change its words meanwhile. */
	if (child_pid > 0 && size > sizeof(copy)) {
		int failed = await_child();

		return (uint32_t)(failed != 0 ? failed : child_pid);
	}
	return (uint32_t)child_pid;
}

uint32_t w2c_host_started(struct w2c_host *host)
{
	UNUSED(host);
	return (uint32_t)await_child();
}

/* Becomes another program, with the descriptors that are not close-on-exec. */
uint32_t w2c_host_exec(struct w2c_host *host, uint32_t words, uint32_t size)
{
	static char *argv[WORDS_MAX + 1], *environ[WORDS_MAX + 1];
	const char *text = span(words, size);
	sigset_t none;

	UNUSED(host);
	if (size == 0 || text[size - 1] != 0)
		return (uint32_t)-EINVAL;
	if (!split_words(text, size, argv, environ))
		return (uint32_t)-E2BIG;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execve(argv[0], argv, environ);
	return (uint32_t)-errno;
}

uint32_t w2c_host_pidfd(struct w2c_host *host, uint32_t pid)
{
	long fd = syscall(SYS_pidfd_open, (pid_t)pid, 0);

	UNUSED(host);
	return (uint32_t)(fd < 0 ? -errno : fd);
}

uint32_t w2c_host_poll(struct w2c_host *host, uint32_t fds, uint32_t count, uint32_t timeout_ms)
{
	struct pollfd polled[POLL_MAX];
	const int32_t *given = span(fds, count * 4);
	uint32_t bits = 0;
	int found;

	UNUSED(host);
	if (count > POLL_MAX)
		return (uint32_t)-EINVAL;
	for (uint32_t index = 0; index < count; index++)
		polled[index] = (struct pollfd){.fd = given[index], .events = POLLIN};
	found = poll(polled, count, (int)timeout_ms);
	/* A signal that was passed on: the engine looks at its clock and asks again. */
	if (found < 0)
		return errno == EINTR ? 0 : (uint32_t)-errno;
	for (uint32_t index = 0; index < count; index++)
		if (polled[index].revents != 0)
			bits |= 1u << index;
	return bits;
}

uint32_t w2c_host_wait(struct w2c_host *host, uint32_t pid)
{
	int status;
	pid_t ended;

	UNUSED(host);
	do
		ended = waitpid((pid_t)pid, &status, 0);
	while (ended < 0 && errno == EINTR);
	if (ended < 0)
		return (uint32_t)-errno;
	if (WIFSIGNALED(status))
		terminal_restore();
	return (uint32_t)(WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status));
}

uint32_t w2c_host_kill(struct w2c_host *host, uint32_t pid, uint32_t signal)
{
	UNUSED(host);
	/* 0 and below name groups of processes. */
	if ((int32_t)pid <= 0)
		return (uint32_t)-EINVAL;
	return (uint32_t)(kill((pid_t)pid, (int)signal) < 0 ? -errno : 0);
}

/* Since Linux 6.9 the inode of a pidfd is never used again before the next boot (op_open_process()
 * of the launcher). Any other process is ESRCH. */
int process_open(pid_t pid, uint64_t inode)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), err = 0;
	struct statfs fs;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		err = -errno;
	else if (fs.f_type != PID_FS_MAGIC || st.st_ino != inode)
		err = -ESRCH;
	if (err == 0)
		return fd;
	(void)close(fd);
	return err;
}

static int signal_process(pid_t pid, uint64_t inode, int signal)
{
	int fd = process_open(pid, inode), err = 0;

	if (fd < 0)
		return fd;
	if (syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0) < 0)
		err = -errno;
	(void)close(fd);
	return err;
}

uint32_t w2c_host_signal(struct w2c_host *host, uint32_t pid, uint64_t inode, uint32_t signal)
{
	UNUSED(host);
	return (uint32_t)signal_process((pid_t)pid, inode, (int)signal);
}

void w2c_host_exit(struct w2c_host *host, uint32_t status)
{
	UNUSED(host);
	_exit((int)status);
}

uint32_t w2c_host_failing(struct w2c_host *host, uint32_t status)
{
	UNUSED(host);
	trap_status((int)status);
	return 0;
}

static volatile pid_t forward_to;
/* A signal that was sent here, and no key, asks for the stop. */
static volatile sig_atomic_t stops_alone;

/* Whoever goes on in the background of the terminal goes on without it: the launcher cannot see
 * that itself. A shell that brings a job that runs to the foreground sends nothing: it is looked
 * for. */
static void pass_on(int signal)
{
	int saved = errno;

	if (signal == SIGTSTP)
		stops_alone = 1;
	if (signal == SIGALRM && is_in_background()) {
		(void)alarm(1);
		return;
	}
	if (signal == SIGALRM)
		signal = SIGCONT;
	else if (signal == SIGCONT && is_in_background()) {
		signal = SIGTTIN;
		(void)alarm(1);
	}
	if (forward_to > 0)
		(void)kill(forward_to, signal);
	errno = saved;
}

/* The signals that a foreground run passes on: as packages/core/src/system/node/launch/signals.ts
 * has them. */
static const int forwarded[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,  SIGUSR2,
				SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH, SIGALRM};

uint32_t w2c_host_forward(struct w2c_host *host, uint32_t pid)
{
	struct sigaction action = {.sa_handler = pid == 0 ? SIG_DFL : pass_on,
				   .sa_flags = SA_RESTART};

	UNUSED(host);
	if (pid == 0 && forward_to == 0)
		return 0;
	if (pid != 0)
		forward_to = (pid_t)pid;
	/* Before its handler goes: an alarm would end this process. */
	(void)alarm(0);
	for (size_t index = 0; index < sizeof(forwarded) / sizeof(forwarded[0]); index++)
		(void)sigaction(forwarded[index], &action, NULL);
	forward_to = (pid_t)pid;
	if (pid != 0 && is_in_background())
		(void)alarm(1);
	return 0;
}

/* A group that nobody could continue is not stopped by this signal. */
uint32_t w2c_host_suspend(struct w2c_host *host, uint32_t pid)
{
	struct sigaction usual = {.sa_handler = SIG_DFL}, ours;

	UNUSED(host);
	if (forward_to == 0 || (pid_t)pid != forward_to)
		return (uint32_t)-EINVAL;
	(void)sigaction(SIGTSTP, &usual, &ours);
	/* The key stops all of the caller's job. */
	(void)kill(stops_alone ? getpid() : 0, SIGTSTP);
	stops_alone = 0;
	(void)sigaction(SIGTSTP, &ours, NULL);
	/* The caller may have changed it meanwhile. */
	terminal_save();
	pass_on(SIGCONT);
	return 0;
}
