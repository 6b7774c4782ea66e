/* fence NAME ROUNDS: tries to make a name in every way that is known. Prints each way in which the
 * name was made, and how many there were. */
#include "fence.h"

#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *name, *directory, *last;

int made(const char *title)
{
	struct stat st;

	if (lstat(name, &st) != 0)
		return 0;
	if (title)
		printf("made by %s\n", title);
	/* What it was renamed from, or holds, does not matter any more. */
	if (unlink(name) != 0 && rmdir(name) != 0) {
		char inside[4096];

		snprintf(inside, sizeof(inside), "%s/x", name);
		unlink(inside);
		rmdir(name);
	}
	return 1;
}

/* In a process of its own: it may end, hang, or change what a process is. */
static void try_way(const struct way *way)
{
	pid_t pid = fork();

	if (pid == 0) {
		alarm(10);
		way->try();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	(void)made(way->title);
}

static void things(void)
{
	(void)close(open("thing", O_CREAT | O_WRONLY, 0600));
	(void)close(open("/tmp/thing", O_CREAT | O_WRONLY, 0600));
	mkdir("folder", 0700);
	mkdir("/tmp/folder", 0700);
	(void)close(open("folder/x", O_CREAT | O_WRONLY, 0600));
	(void)symlink(".", "here");
	(void)symlink(name, "dangling");
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	name = argv[1];
	directory = dirname(strdup(name));
	last = basename(strdup(name));
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (const struct way *way = plain_ways; way->title; way++) {
		things();
		try_way(way);
	}
	for (const struct way *way = foreign_ways; way->title; way++) {
		things();
		try_way(way);
	}
	things();
	race(atoi(argv[2]));
	puts("done");
	return 0;
}
