#include "adversary.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* How far beyond the last process that was seen new ones are expected. */
#define AHEAD 16

typedef void attack_one(pid_t pid);

static pid_t last_process(void)
{
	DIR *proc = opendir("/proc");
	pid_t last = getpid();

	for (struct dirent *entry; proc && (entry = readdir(proc));)
		if (atoi(entry->d_name) > last)
			last = atoi(entry->d_name);
	if (proc)
		(void)closedir(proc);
	return last;
}

static int attack_all(attack_one *one)
{
	pid_t last = last_process();

	say_ready();
	for (unsigned turn = 0;; turn++) {
		for (pid_t pid = last + 1; pid <= last + AHEAD; pid++)
			one(pid);
		if (turn % 4096 == 0 && last_process() > last)
			last = last_process();
	}
}

/* Waits until a process has stopped: until then it may still become the program. */
static void await_stop(pid_t pid)
{
	char path[32], state = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	for (int turn = 0; turn < 1000; turn++) {
		FILE *file = fopen(path, "re");
		int found = file && fscanf(file, "%*d (%*[^)]) %c", &state) == 1;

		if (file)
			(void)fclose(file);
		if (!found || state == 'T' || state == 't' || state == 'Z')
			return;
		breathe(100);
	}
}

static void stop(pid_t pid)
{
	static pid_t stopped[AHEAD];
	pid_t *note = &stopped[pid % AHEAD];

	if (*note == pid || kill(pid, SIGSTOP) < 0)
		return;
	*note = pid;
	await_stop(pid);
	if (is_program(pid))
		(void)kill(pid, SIGCONT);
}

int attack_stop(char **argv)
{
	(void)argv;
	return attack_all(stop);
}

/* Stops it for a moment, or for good, or kills it: once each. What runs the program goes on. */
static void stop_or_kill(pid_t pid, const char *canary)
{
	static pid_t done[4 * AHEAD];
	pid_t *note = &done[pid % (4 * AHEAD)];

	(void)canary;
	if (*note == pid || !tried(kill(pid, SIGSTOP)))
		return;
	*note = pid;
	if (pid % 4 == 0)
		(void)kill(pid, SIGKILL);
	breathe(1000);
	if (pid % 4 > 1 || is_program(pid))
		(void)kill(pid, SIGCONT);
}

void stop_all(const struct aim *aim)
{
	each_new(stop_or_kill, aim);
}

static void trace(pid_t pid)
{
	if (kill(pid, 0) == 0 && is_program(pid))
		(void)ptrace(PTRACE_SEIZE, pid, 0, 0);
}

int attack_trace(char **argv)
{
	(void)argv;
	return attack_all(trace);
}

/* A message of init to its launcher (docs/formats/protocol.md). */
struct message {
	uint32_t magic, kind;
	uint64_t value;
	uint32_t code, op;
	int32_t error;
	uint16_t op_code;
	uint8_t phase, flags;
	uint64_t detail;
};

enum { MAGIC = 0x4d465243, FORKED = 3, EXEC_NOW = 6, FAULT = 7 };

static const struct forgery {
	const char *name;
	struct message message;
} forgeries[] = {
    {"exec-now", {.kind = EXEC_NOW}},
    {"forked", {.kind = FORKED, .value = 1}},
    {"unknown", {.kind = FAULT, .code = 200, .op = ~0u - 15, .op_code = 0xffff, .phase = 77}},
    {"launcher", {.kind = FAULT, .code = 4, .op = 0, .op_code = 1, .error = 5}},
    {"errno", {.kind = FAULT, .code = 4, .op = ~0u, .error = -70000}},
};

static const struct forgery *forgery;
static const char *forged_end;

/* Sends what is to be sent by each socket of a process that stands still. */
static void forge_by(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct message message = forgery ? forgery->message : (struct message){0};

	message.magic = MAGIC;
	for (int fd = 3; fd < 64; fd++) {
		int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
		ssize_t sent = -1;

		if (copy < 0)
			continue;
		if (forgery)
			sent = send(copy, &message, sizeof(message), MSG_NOSIGNAL);
		else if (strcmp(forged_end, "short") == 0)
			sent = send(copy, "word", 4, MSG_NOSIGNAL);
		else
			sent = shutdown(copy, SHUT_RDWR);
		if (sent >= 0) {
			puts("forged");
			(void)fflush(stdout);
		}
		(void)close(copy);
	}
	(void)close(pidfd);
}

static void forge(pid_t pid)
{
	int status;

	/* Who is traced by another already goes on meanwhile. */
	int seized = ptrace(PTRACE_SEIZE, pid, 0, 0) == 0;

	if (!seized && errno != EPERM)
		return;
	(void)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	if (seized && (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)))
		return;
	if (is_foreign(pid) == 1)
		forge_by(pid);
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
}

int attack_forge(char **argv)
{
	if (!argv[0])
		return 64;
	forged_end = argv[0];
	for (size_t i = 0; i < sizeof(forgeries) / sizeof(*forgeries); i++)
		if (strcmp(argv[0], forgeries[i].name) == 0)
			forgery = &forgeries[i];
	return attack_all(forge);
}

static void limit(pid_t pid)
{
	static const int resources[] = {RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_AS, RLIMIT_FSIZE};
	static const struct rlimit none = {0, 0};

	for (size_t i = 0; i < sizeof(resources) / sizeof(*resources); i++)
		(void)prlimit(pid, resources[i], &none, NULL);
}

int attack_limit(char **argv)
{
	(void)argv;
	return attack_all(limit);
}

int attack_self_trace(char **argv)
{
	pid_t parent = getpid();
	int seized[2];
	char byte = 0;

	(void)argv;
	if (pipe(seized) < 0)
		return 1;
	if (fork() == 0) {
		byte = ptrace(PTRACE_SEIZE, parent, 0, 0) == 0;
		(void)write(seized[1], &byte, 1);
		for (;;)
			(void)pause();
	}
	say_ready();
	return read(seized[0], &byte, 1) == 1 && byte ? 7 : 1;
}
