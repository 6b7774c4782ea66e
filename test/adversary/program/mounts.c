/*
 * The mount shuffler: renames, exchanges, mounts and unmounts in every directory that the runtime
 * touches, in a root directory that other containers use as well. And the hider: what it can, it
 * puts over /proc and the terminals.
 */
#include "adversary.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef RENAME_EXCHANGE /* musl has it not */
#define RENAME_EXCHANGE 2
#endif

static const char *const names[] = {
    "mnt", "home", "etc", "tmp", "run", "proc", "dev", "sys", "mnt/deep", "dev/pts",
};

#define NAMES (sizeof(names) / sizeof(*names))

static void mount_and_not(const char *path)
{
	switch (rand() % 4) {
	case 0:
		(void)tried(mount("tmpfs", path, "tmpfs", 0, "size=16k"));
		break;
	case 1:
		(void)tried(mount("/", path, NULL, MS_BIND | MS_REC, NULL));
		break;
	case 2:
		(void)tried(mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL));
		break;
	default:
		break;
	}
	breathe(50);
	(void)tried(umount2(path, MNT_DETACH));
}

void shuffle(const struct aim *aim)
{
	char path[NAMES][128], link[NAMES][160];

	srand((unsigned)getpid());
	for (size_t i = 0; i < NAMES; i++) {
		(void)snprintf(path[i], sizeof(path[i]), "%s/%s", aim->place, names[i]);
		(void)snprintf(link[i], sizeof(link[i]), "%s.x", path[i]);
		(void)mkdir(path[i], 0755);
		(void)unlink(link[i]);
		(void)symlink(aim->canary, link[i]);
	}
	while (!ended) {
		size_t i = (size_t)rand() % NAMES;

		/* An odd number leaves the link where the directory was. */
		for (int times = rand() % 33; times > 0; times--)
			(void)tried(syscall(SYS_renameat2, AT_FDCWD, path[i], AT_FDCWD, link[i],
					    RENAME_EXCHANGE));
		if (rand() % 16 == 0)
			mount_and_not(path[i]);
		if (rand() % 64 == 0)
			try_canary("", aim->canary);
		breathe(20);
	}
}

/* A tmpfs with look-alikes: files where the kernel has its own, a pipe where a terminal is. */
static void cover(const char *path)
{
	if (!tried(mount("tmpfs", path, "tmpfs", 0, "size=64k")) || chdir(path) < 0)
		return;
	(void)mkfifo("ptmx", 0666);
	(void)mkdir("self", 0755);
	(void)mkdir("self/fd", 0755);
	(void)mkdir("self/attr", 0755);
	(void)mkdir("sys", 0755);
	(void)symlink("/", "root");
	(void)mknod("self/attr/exec", S_IFREG | 0666, 0);
	(void)symlink("../ptmx", "self/exe");
	(void)chdir("/");
}

void hide(const struct aim *aim)
{
	static const char *const places[] = {"/proc",	  "/proc/self", "/proc/sys", "/dev/pts",
					     "/dev/ptmx", "/dev/shm",	"/sys",	     "/dev"};

	srand((unsigned)getpid());
	while (!ended) {
		const char *place = places[(size_t)rand() % (sizeof(places) / sizeof(*places))];

		cover(place);
		(void)tried(mount("/proc/version", "/proc/self/attr/exec", NULL, MS_BIND, NULL));
		(void)tried(mount("/dev/zero", "/dev/null", NULL, MS_BIND, NULL));
		try_canary("", aim->canary);
		breathe(2000);
		(void)tried(umount2("/dev/null", MNT_DETACH));
		(void)tried(umount2(place, MNT_DETACH));
		breathe(200);
	}
}
