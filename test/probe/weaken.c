/* The ways in which a container could take masks and read-only flags off the mounts it was given.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void tell(const char *where, const char *what, long result)
{
	printf("%s, %s: %s\n", where, what, result < 0 ? strerror(errno) : "ok");
}

static long clear_readonly(int at, const char *path, int flags)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

	return syscall(SYS_mount_setattr, at, path, flags, &attr, sizeof(attr));
}

/* Each leaves the mount as it is where it fails, so that the next is tried on the same. */
static void weaken(const char *where, const char *mask, const char *readonly)
{
	long tree = syscall(SYS_open_tree, AT_FDCWD, mask, O_CLOEXEC);

	tell(where, "the mask moved away",
	     syscall(SYS_move_mount, tree, "", AT_FDCWD, "/etc/motd", MOVE_MOUNT_F_EMPTY_PATH));
	tell(where, "the mask unmounted", umount2(mask, MNT_DETACH | UMOUNT_NOFOLLOW));
	tell(where, "/proc without its masks",
	     syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE | O_CLOEXEC));
	tell(where, "a new /proc", mount("proc", "/tmp", "proc", 0, NULL));
	tell(where, "ro taken off by mount",
	     mount(NULL, readonly, NULL, MS_REMOUNT | MS_BIND, NULL));
	tell(where, "ro taken off by mount_setattr", clear_readonly(AT_FDCWD, readonly, 0));
	tree = syscall(SYS_open_tree, AT_FDCWD, readonly, OPEN_TREE_CLONE | O_CLOEXEC);
	tell(where, "ro taken off a copy", clear_readonly((int)tree, "", AT_EMPTY_PATH));
}

/* In a child, so that every try begins with the container's own namespaces. */
static int weaken_in(const char *where, int namespaces, char **argv)
{
	int status = 0;

	(void)fflush(stdout);
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(namespaces) < 0)
			tell(where, "not entered", -1);
		else
			weaken(where, argv[0], argv[1]);
		_exit(fflush(stdout));
	}
	return pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0;
}

int weaken_run(char **argv)
{
	int failed = weaken_in("in a mount namespace", CLONE_NEWNS, argv);

	failed += weaken_in("in a user namespace", CLONE_NEWUSER | CLONE_NEWNS, argv);
	weaken("here", argv[0], argv[1]);
	return failed;
}
