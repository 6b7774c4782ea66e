/*
 * adversary look CANARY: attacks every process that appears beside it, until SIGTERM. CANARY is a
 * directory of the host (mode 0700, of root), from the host's root directory.
 *
 * Of each process it tries to read the program's name, to open root, memory and descriptors, to
 * trace it, and to make a file in CANARY. What succeeds against a process that runs neither this
 * program nor the probe is a hit: a process of the runtime, or the container's before the runtime
 * has let go of it. Prints one line of counts at its end.
 */
#include "adversary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LOOKED, TRACED, ROOT, MEMORY, DESCRIPTOR, CANARY, KINDS };

static const char *const kinds[KINDS] = {"looked", "traced",	 "root",
					 "memory", "descriptor", "canary"};
static unsigned long seen, refused, hits[KINDS];
static volatile sig_atomic_t ended;

static void on_term(int signal)
{
	(void)signal;
	ended = 1;
}

/* 1 for a program of the runtime's, 0 for one of the test's, -1 where that may not be known. */
static int is_foreign(int pid)
{
	char path[64], name[256];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0) {
		refused += errno == EACCES || errno == EPERM;
		return -1;
	}
	name[n] = 0;
	return !strstr(name, "/probe") && !strstr(name, "/adversary");
}

/* Opens what is at a path of a process, and counts it where the process is one of the runtime's. */
static void try_open(int pid, const char *what, int flags, int kind)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0) {
		refused += errno == EACCES || errno == EPERM;
		return;
	}
	(void)close(fd);
	if (kind == CANARY || is_foreign(pid) == 1)
		hits[kind]++;
}

static void try_trace(int pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0) {
		refused += errno == EPERM;
		return;
	}
	(void)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	/* It stands still now: it is what it was when it was caught. */
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		hits[TRACED] += is_foreign(pid) == 1;
		(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

static void attack(int pid, const char *canary)
{
	char path[4096];

	hits[LOOKED] += is_foreign(pid) == 1;
	(void)snprintf(path, sizeof(path), "root%s/hit", canary);
	try_open(pid, path, O_WRONLY | O_CREAT | O_EXCL, CANARY);
	try_open(pid, "root", O_PATH, ROOT);
	try_open(pid, "mem", O_RDWR, MEMORY);
	for (int fd = 3; fd < 8; fd++) {
		(void)snprintf(path, sizeof(path), "fd/%d", fd);
		try_open(pid, path, O_PATH, DESCRIPTOR);
	}
	try_trace(pid);
}

static int last_pid(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int last = 0;

	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > last)
			last = atoi(entry->d_name);
	if (dir)
		(void)closedir(dir);
	return last;
}

static int exists(int pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d", pid);
	return access(path, F_OK) == 0;
}

int attack_look(char **argv)
{
	enum { AHEAD = 16, BEHIND = 16 };
	struct sigaction term = {.sa_handler = on_term};
	int newest = last_pid();

	if (!argv[0])
		return 64;
	(void)sigaction(SIGTERM, &term, NULL);
	say_ready();
	while (!ended) {
		/* Numbers go up: those that come next, and those that came last. */
		for (int pid = newest + AHEAD; pid > newest; pid--)
			if (exists(pid)) {
				seen += (unsigned long)(pid - newest);
				newest = pid;
				break;
			}
		for (int pid = newest; pid > newest - BEHIND && pid > 1; pid--)
			if (pid != getpid() && exists(pid))
				attack(pid, argv[0]);
	}
	printf("seen %lu refused %lu", seen, refused);
	for (int kind = 0; kind < KINDS; kind++)
		printf(" %s %lu", kinds[kind], hits[kind]);
	putchar('\n');
	return fflush(stdout) == 0 ? 0 : 1;
}
