#include "adversary.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

/* How far beyond the last process that was seen new ones are expected. */
#define AHEAD 16

typedef void attack(pid_t pid);

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

/* Whether a process has become the program of the tests, which they call `probe`. */
static int is_program(pid_t pid)
{
	char path[32], name[16] = {0};

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	FILE *file = fopen(path, "r");

	if (!file)
		return 0;
	int found = fgets(name, sizeof(name), file) && strcmp(name, "probe\n") == 0;

	(void)fclose(file);
	return found;
}

static int attack_all(attack *one)
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

static void stop(pid_t pid)
{
	static pid_t stopped[AHEAD];
	pid_t *note = &stopped[pid % AHEAD];

	if (*note == pid || kill(pid, SIGSTOP) < 0)
		return;
	*note = pid;
	if (is_program(pid))
		(void)kill(pid, SIGCONT);
}

int attack_stop(char **argv)
{
	(void)argv;
	return attack_all(stop);
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
