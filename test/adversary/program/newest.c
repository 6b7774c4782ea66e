/* The processes that have come last: numbers go up. */
#include "adversary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AHEAD = 16, BEHIND = 16, AGAIN = 4096 };

void breathe(unsigned microseconds)
{
	(void)usleep(microseconds);
}

static pid_t last_pid(void)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t last = getpid();

	while (dir && (entry = readdir(dir)))
		if (atoi(entry->d_name) > last)
			last = atoi(entry->d_name);
	if (dir)
		(void)closedir(dir);
	return last;
}

static int is_own(pid_t pid)
{
	return pid == getpid() || pid == getppid() || pid == 1;
}

void each_new(void (*one)(pid_t pid, const char *canary), const struct aim *aim)
{
	pid_t newest = last_pid();

	for (unsigned turn = 0; !ended; turn++) {
		/* Those that come next, and those that came last. */
		for (pid_t pid = newest + AHEAD; pid > newest; pid--)
			if (kill(pid, 0) == 0 || errno == EPERM) {
				tally->seen += (uint64_t)(pid - newest);
				newest = pid;
				break;
			}
		for (pid_t pid = newest; pid > newest - BEHIND && pid > 1; pid--)
			if (!is_own(pid) && (kill(pid, 0) == 0 || errno == EPERM))
				one(pid, aim->canary);
		if (turn % AGAIN == 0 && last_pid() > newest)
			newest = last_pid();
		if (aim->rest || turn % 16 == 0)
			breathe(aim->rest + 1);
	}
}

int is_foreign(pid_t pid)
{
	char path[64], name[256];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = readlink(path, name, sizeof(name) - 1);
	if (n < 0) {
		tally->refused += errno == EACCES || errno == EPERM;
		return -1;
	}
	name[n] = 0;
	return !strstr(name, "/probe") && !strstr(name, "/program") && !strstr(name, "/adversary");
}

/* The permitted capabilities of a process, or 0. */
static uint64_t capabilities(const char *pid)
{
	char path[64], row[128];
	unsigned long long found = 0;

	(void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
	FILE *file = fopen(path, "re");

	while (file && fgets(row, sizeof(row), file))
		if (sscanf(row, "CapPrm: %llx", &found) == 1)
			break;
	if (file)
		(void)fclose(file);
	return found;
}

int has_more(pid_t pid)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "%d", pid);
	return is_foreign(pid) == 1 && (capabilities(name) & ~capabilities("self")) != 0;
}

int is_program(pid_t pid)
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

/* The host's canary holds a secret; a directory of the container's that has its name does not. */
static int is_secret(int fd)
{
	char word[6];

	return read(fd, word, sizeof(word)) == sizeof(word) && memcmp(word, "secret", 6) == 0;
}

void try_canary(const char *root, const char *canary)
{
	char path[4096];
	int fd, is_it;

	(void)snprintf(path, sizeof(path), "%s%s/ptmx", root, canary);
	is_it = access(path, F_OK) == 0;
	(void)snprintf(path, sizeof(path), "%s%s/file", root, canary);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (tried(fd) && is_secret(fd))
		hit(HIT_SECRET);
	if (fd >= 0)
		(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s%s/hit", root, canary);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (tried(fd) && is_it)
		hit(HIT_CANARY);
	if (fd >= 0)
		(void)close(fd);
}
