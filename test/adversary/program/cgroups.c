/*
 * The cgroup maker: names up to the longest, chains, crowds, moves itself and every process that
 * comes, freezes and kills, in each hierarchy that it can write to.
 */
#include "adversary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LONGEST = 4095, DEPTH = 64, CROWD = 300 };

static const char *const roots[] = {
    "/sys/fs/cgroup",	      "/sys/fs/cgroup/pids",	"/sys/fs/cgroup/memory",
    "/sys/fs/cgroup/freezer", "/sys/fs/cgroup/devices", "/sys/fs/cgroup/unified",
};

/* Writes a word to a file of a directory. */
static void put(int dir, const char *file, const char *word)
{
	int fd = openat(dir, file, O_WRONLY | O_CLOEXEC);

	if (!tried(fd))
		return;
	(void)tried(write(fd, word, strlen(word)));
	(void)close(fd);
}

/* One new cgroup with a name of that length; its descriptor, or -1. */
static int make(int dir, unsigned length)
{
	static char name[LONGEST + 1];

	memset(name, 'a' + rand() % 26, length);
	(void)snprintf(name, 12, "%d", rand());
	if (length > 11)
		name[strlen(name)] = 'x';
	name[length > 11 ? length : strlen(name)] = 0;
	if (!tried(mkdirat(dir, name, 0755)))
		return -1;
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* What a cgroup can do to the processes in it. */
static void torment(int dir, pid_t pid)
{
	char word[16];

	(void)snprintf(word, sizeof(word), "%d", pid);
	put(dir, "cgroup.procs", word);
	put(dir, "freezer.state", rand() % 2 ? "FROZEN" : "THAWED");
	put(dir, "cgroup.freeze", rand() % 2 ? "1" : "0");
	put(dir, "pids.max", "1");
	put(dir, "cgroup.type", "threaded");
	if (rand() % 8 == 0)
		put(dir, "cgroup.kill", "1");
}

static void chain(int dir)
{
	int at = dup(dir);

	for (unsigned i = 0; i < DEPTH && at >= 0; i++) {
		int next = make(at, 1 + (unsigned)rand() % 32);

		(void)close(at);
		at = next;
	}
	if (at >= 0)
		(void)close(at);
}

/* Whether the tests' own cgroups are in sight: the container sees another's than its own. */
static void look_around(const char *root)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/coffer-test", root);
	if (tried(access(path, F_OK)))
		hit(HIT_CGROUP);
}

/* A process to torment: a child that waits, or the one that came last. */
static pid_t victim(pid_t last)
{
	if (rand() % 2)
		return last;
	pid_t pid = fork();

	if (pid == 0) {
		(void)sleep(1);
		_exit(0);
	}
	return pid;
}

void make_cgroups(const struct aim *aim)
{
	unsigned made = 0;

	srand((unsigned)getpid());
	while (!ended) {
		for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
			int dir = open(roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			int own;

			look_around(roots[i]);
			if (dir < 0 || made > CROWD) {
				(void)close(dir);
				continue;
			}
			own = make(dir, rand() % 4 ? 1 + (unsigned)rand() % 200 : LONGEST);
			made += own >= 0;
			if (own >= 0)
				torment(own, victim(getpid() + rand() % 8));
			if (own >= 0 && made % 32 == 0)
				chain(own);
			(void)close(own);
			(void)close(dir);
		}
		try_canary("", aim->canary);
		breathe(500);
	}
}
