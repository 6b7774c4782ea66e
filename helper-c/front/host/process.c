/* Processes: starting the helper, waiting for it, and passing signals on to it. */
#define _GNU_SOURCE
#include "front.h"
#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNUSED(value) ((void)(value))
#define WORDS_MAX 4096
#define FDS_MAX 4096
#define POLL_MAX 31

uint32_t w2c_host_pipe(struct w2c_host *host, uint32_t into)
{
	int fds[2];

	UNUSED(host);
	if (pipe2(fds, O_CLOEXEC) < 0)
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

/* What a child needs to know. It shares our memory until it is another program. */
struct child {
	char *const *argv, *const *environ;
	const int *fds;
	int *copies;
	int fd_count;
	bool session;
	/* Why it did not become the program. */
	volatile int err;
};

/*
 * Makes the descriptors 0 to N of the child: copies above all of those numbers first, as a number
 * may be taken. The copies are close-on-exec; what the child makes of them is not.
 */
static bool place_fds(const struct child *child)
{
	int null = -1;

	for (int fd = 0; fd < child->fd_count; fd++) {
		int from = child->fds[fd];

		if (from < 0 && null < 0)
			null = open("/dev/null", O_RDWR | O_CLOEXEC);
		child->copies[fd] = (int)syscall(SYS_fcntl, from < 0 ? null : from, F_DUPFD_CLOEXEC,
						 child->fd_count);
		if (child->copies[fd] < 0)
			return false;
	}
	for (int fd = 0; fd < child->fd_count; fd++)
		if (dup2(child->copies[fd], fd) < 0)
			return false;
	return true;
}

/* Signals as a program expects them: none blocked, all as they are by default. The helper, which
 * has a session of its own, sees to those itself that the caller ignores. */
static void set_signals(bool all)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int signal = 1; all && signal < NSIG; signal++)
		(void)sigaction(signal, &action, NULL);
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child up to its end: it must not return to what the parent goes on from. */
static _Noreturn void become(struct child *child)
{
	bool ready = (!child->session || setsid() >= 0) && place_fds(child) && chdir("/") == 0;

	if (ready) {
		set_signals(!child->session);
		(void)execve(child->argv[0], child->argv, child->environ);
	}
	child->err = errno;
	_exit(127);
}

uint32_t w2c_host_spawn(struct w2c_host *host, uint32_t words, uint32_t size, uint32_t fds,
			uint32_t fd_count, uint32_t session)
{
	static char *argv[WORDS_MAX + 1], *environ[WORDS_MAX + 1];
	static int copies[FDS_MAX];
	const char *text = span(words, size);
	struct child child = {.argv = argv,
			      .environ = environ,
			      .fds = span(fds, fd_count * 4),
			      .copies = copies,
			      .fd_count = (int)fd_count,
			      .session = session != 0};
	sigset_t all, before;
	pid_t pid;

	UNUSED(host);
	if (fd_count > FDS_MAX || size == 0 || text[size - 1] != 0)
		return (uint32_t)-EINVAL;
	if (!split_words(text, size, argv, environ))
		return (uint32_t)-E2BIG;
	/* The child would run our handlers in our memory. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &before);
	pid = vfork();
	if (pid == 0)
		become(&child);
	if (pid < 0)
		child.err = errno;
	else if (child.err != 0)
		(void)waitpid(pid, NULL, 0);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return (uint32_t)(child.err != 0 ? -child.err : pid);
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

static void pass_on(int signal)
{
	int saved = errno;

	if (forward_to > 0)
		(void)kill(forward_to, signal);
	errno = saved;
}

/* The signals that a foreground run passes on: as packages/core/src/system/node/launch/signals.ts
 * has them. */
static const int forwarded[] = {SIGHUP,	 SIGINT,  SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2,
				SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH};

uint32_t w2c_host_forward(struct w2c_host *host, uint32_t pid)
{
	struct sigaction action = {.sa_handler = pid == 0 ? SIG_DFL : pass_on,
				   .sa_flags = SA_RESTART};

	UNUSED(host);
	if (pid == 0 && forward_to == 0)
		return 0;
	if (pid != 0)
		forward_to = (pid_t)pid;
	for (size_t index = 0; index < sizeof(forwarded) / sizeof(forwarded[0]); index++)
		(void)sigaction(forwarded[index], &action, NULL);
	forward_to = (pid_t)pid;
	return 0;
}
