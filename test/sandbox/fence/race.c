/* A thread changes what a call reads: the path, the directory behind a descriptor, a link on the
 * way. */
#include "fence.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char shared[4096];
static const char *other;
static atomic_int ends;
static int slot, folder, place;

static void *flip_path(void *arg)
{
	(void)arg;
	while (!ends) {
		strcpy(shared, other);
		for (volatile int i = 0; i < 200; i++)
			;
		strcpy(shared, name);
		for (volatile int i = 0; i < 200; i++)
			;
	}
	return NULL;
}

static void *flip_directory(void *arg)
{
	(void)arg;
	while (!ends) {
		dup2(folder, slot);
		dup2(place, slot);
	}
	return NULL;
}

static void *flip_link(void *arg)
{
	(void)arg;
	while (!ends)
		syscall(SYS_renameat2, AT_FDCWD, "to-folder", AT_FDCWD, "to-place", 2);
	return NULL;
}

static void once(int call, const char *path, int dir)
{
	switch (call % 6) {
	case 0:
		close(openat(dir, path, O_CREAT | O_WRONLY, 0600));
		break;
	case 1:
		mkdirat(dir, path, 0700);
		break;
	case 2:
		(void)symlinkat("x", dir, path);
		break;
	case 3:
		(void)linkat(AT_FDCWD, "thing", dir, path, 0);
		break;
	case 4:
		renameat(AT_FDCWD, "thing", dir, path);
		break;
	default:
		syscall(SYS_renameat2, AT_FDCWD, "folder", dir, path, 2);
	}
}

/* What a round may have made elsewhere. */
static void clean(void)
{
	const char *const all[] = {"/tmp/raced", "raced", "folder/hooks", "/tmp/folder/raced"};
	char path[4096];

	for (unsigned i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (unlink(all[i]) != 0)
			rmdir(all[i]);
	snprintf(path, sizeof(path), "folder/%s", last);
	if (unlink(path) != 0)
		rmdir(path);
	mkdir("folder", 0700);
	close(open("thing", O_CREAT | O_WRONLY, 0600));
}

static void rounds_of(const char *title, int rounds, void *(*flip)(void *), const char *path,
		      int dir)
{
	pthread_t thread;
	int wins = 0;

	ends = 0;
	pthread_create(&thread, NULL, flip, NULL);
	for (int i = 0; i < rounds; i++) {
		once(i, path, dir);
		if (access(name, F_OK) == 0 || readlink(name, (char[8]){0}, 8) > 0)
			wins += made(NULL);
		clean();
	}
	ends = 1;
	pthread_join(thread, NULL);
	if (wins)
		printf("made by %s: %d of %d\n", title, wins, rounds);
}

void race(int rounds)
{
	char path[4096];

	other = "/tmp/raced";
	strcpy(shared, other);
	rounds_of("a race of a path in /tmp", rounds, flip_path, shared, AT_FDCWD);
	other = "raced";
	rounds_of("a race of a path in the tree", rounds, flip_path, shared, AT_FDCWD);
	folder = open("folder", O_PATH | O_DIRECTORY);
	place = open(directory, O_PATH | O_DIRECTORY);
	slot = dup(folder);
	rounds_of("a race of a descriptor", rounds, flip_directory, last, slot);
	(void)symlink("folder", "to-folder");
	(void)symlink(directory, "to-place");
	snprintf(path, sizeof(path), "to-folder/%s", last);
	rounds_of("a race of a link", rounds, flip_link, path, AT_FDCWD);
}
