/* `race A B RUNS SECONDS -- COMMAND…`: exchanges two names as fast as it can (with `-` none), while
 * the command runs again and again. */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE /* musl has it not */
#define RENAME_EXCHANGE 2
#endif
#define OUTCOMES 512
#define RUN_MS 30000
#define TEXT 1000

/* How runs ended, and how many of them: 128 + n for a signal, 200 for one that did not end in time.
 */
static struct outcome {
	int status, count;
	char text[TEXT];
} outcomes[OUTCOMES];

static double now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static pid_t flipper(const char *a, const char *b, volatile unsigned long *count)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == 0)
			++*count;
		else if (errno != EBUSY)
			_exit(1);
	}
}

static pid_t spawn(char **argv, int output)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)setpgid(0, 0);
	/* Runtimes give stdio to the container's user: never /dev/null. */
	(void)dup2(output, 1);
	(void)dup2(output, 2);
	(void)execvp(argv[0], argv);
	_exit(127);
}

/* Reads until the command has ended, for what it left running may hold the pipe open. */
static int run(char **argv, char *text, size_t size)
{
	double end = now() + RUN_MS / 1e3;
	size_t used = 0;
	int pipe[2], status = 0, ended = 0;

	if (pipe2(pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		exit(1);
	pid_t pid = spawn(argv, pipe[1]);

	(void)close(pipe[1]);
	for (;;) {
		char buffer[4096];
		struct pollfd fd = {.fd = pipe[0], .events = POLLIN};
		ssize_t n =
		    poll(&fd, 1, ended ? 0 : 20) > 0 ? read(pipe[0], buffer, sizeof(buffer)) : -1;

		for (ssize_t i = 0; i < n && used < size - 1; i++)
			text[used++] = buffer[i];
		if (n == 0 || (ended && n < 0))
			break;
		ended = ended || waitpid(pid, &status, WNOHANG) == pid;
		if (!ended && now() > end) {
			(void)kill(-pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			(void)close(pipe[0]);
			return 200;
		}
	}
	text[used] = '\0';
	(void)close(pipe[0]);
	if (!ended)
		(void)waitpid(pid, &status, 0);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void note(int status, const char *text)
{
	for (size_t i = 0; i < OUTCOMES; i++) {
		struct outcome *o = &outcomes[i];

		if (o->count == 0) {
			o->status = status;
			(void)snprintf(o->text, sizeof(o->text), "%s", text);
		}
		if (o->status == status && strcmp(o->text, text) == 0) {
			o->count++;
			return;
		}
	}
	(void)fprintf(stderr, "race: too many kinds of outcome\n");
	exit(1);
}

/* `FILE:OFFSET[,OFFSET…]`: five digits of the file are another number in each run, so that a name
 * in it is new. */
static void renumber(const char *where, int number)
{
	const char *colon = where ? strrchr(where, ':') : NULL;
	char path[4096], digits[16];

	if (!colon || colon - where >= (long)sizeof(path))
		return;
	(void)snprintf(path, sizeof(path), "%.*s", (int)(colon - where), where);
	(void)snprintf(digits, sizeof(digits), "%05d", number % 100000);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	for (const char *at = colon; at; at = strchr(at + 1, ',')) {
		if (pwrite(fd, digits, 5, atol(at + 1)) != 5)
			exit(1);
	}
	(void)close(fd);
}

/* Makes outcomes that differ in that number alone the same. */
static void forget_number(char *text, int number)
{
	char digits[16];

	(void)snprintf(digits, sizeof(digits), "%05d", number % 100000);
	for (char *at = strstr(text, digits); at; at = strstr(at + 5, digits))
		memcpy(at, "00000", 5);
}

static void json_text(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < ' ' || c == '"' || c == '\\' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

int tool_race(char **argv)
{
	volatile unsigned long *count =
	    mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int runs = 0;

	if (!argv[0] || !argv[1] || !argv[2] || !argv[3] || !argv[4] || !argv[5] ||
	    count == MAP_FAILED)
		return 64;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	double end = now() + atof(argv[3]);
	pid_t flip = strcmp(argv[0], "-") == 0 ? 0 : flipper(argv[0], argv[1], count);

	while (runs < atoi(argv[2]) && now() < end) {
		static char text[TEXT];

		renumber(getenv("RACE_NUMBER"), runs);
		int status = run(argv + 5, text, sizeof(text));

		if (getenv("RACE_NUMBER"))
			forget_number(text, runs);
		note(status, text);
		runs++;
	}
	if (flip > 0) {
		(void)kill(flip, SIGKILL);
		(void)waitpid(flip, NULL, 0);
	}
	printf("{\"runs\":%d,\"exchanges\":%lu,\"outcomes\":[", runs, *count);
	for (size_t i = 0; i < OUTCOMES && outcomes[i].count > 0; i++) {
		printf("%s{\"status\":%d,\"count\":%d,\"text\":", i ? "," : "", outcomes[i].status,
		       outcomes[i].count);
		json_text(outcomes[i].text);
		putchar('}');
	}
	puts("]}");
	return 0;
}
