/*
 * `loosen DIRECTORY NAME`: a process with namespaces of its own lets go of every mount, and then
 * moves what one of them covers. The kernel refuses that for a mount of the caller's own mount
 * namespace alone (rename(2), EBUSY), and there the mount is no more. Says what became of both
 * tries.
 */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void move(int dir, const char *name)
{
	char moved[256];

	(void)snprintf(moved, sizeof(moved), "%s.moved", name);
	(void)printf("%s\n", renameat(dir, name, dir, moved) == 0 ? "moved" : strerror(errno));
}

int tool_loosen(char **argv)
{
	int dir;

	if (!argv[0] || !argv[1])
		return 64;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0) {
		perror("unshare");
		return 125;
	}
	dir = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return 125;
	move(dir, argv[1]);
	/* The old root is mounted over the new one, and goes with all beneath it. */
	if (mount("tmpfs", "/tmp", "tmpfs", 0, NULL) < 0 || chdir("/tmp") < 0 ||
	    syscall(SYS_pivot_root, ".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		(void)printf("held: %s\n", strerror(errno));
	move(dir, argv[1]);
	(void)mkdirat(dir, argv[1], 0755);
	return 0;
}
