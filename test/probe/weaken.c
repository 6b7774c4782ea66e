/* The ways in which a container could take masks and read-only flags off the mounts it was given.
 */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The same on every architecture; the libc is older. */
#define OPEN_TREE_ATTR 467

static void tell(const char *where, const char *what, long result)
{
	printf("%s, %s: %s\n", where, what, result < 0 ? strerror(errno) : "ok");
}

static long clear_readonly(int at, const char *path, int flags)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

	return syscall(SYS_mount_setattr, at, path, flags, &attr, sizeof(attr));
}

static long copy_writable(const char *path)
{
	struct mount_attr attr = {.attr_clr = MOUNT_ATTR_RDONLY};

	return syscall(OPEN_TREE_ATTR, AT_FDCWD, path, OPEN_TREE_CLONE | O_CLOEXEC, &attr,
		       sizeof(attr));
}

static long new_proc(void)
{
	long fs = syscall(SYS_fsopen, "proc", FSOPEN_CLOEXEC);

	if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
}

/* Past what is mounted on it: of file systems with handles, since Linux 6.11. */
static long open_by_handle(const char *path)
{
	_Alignas(
	    struct file_handle) unsigned char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)bytes;
	int mount_id;

	handle->handle_bytes = MAX_HANDLE_SZ;
	if (name_to_handle_at(AT_FDCWD, path, handle, &mount_id, 0) < 0)
		return -1;
	return open_by_handle_at(open(path, O_RDONLY | O_CLOEXEC), handle,
				 O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* By a child whose tracer lets go on what the filter leaves to a tracer. */
static long unmount_traced(const char *mask)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		_exit(umount2(mask, MNT_DETACH) < 0 ? errno : 0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	(void)ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	while (WIFSTOPPED(status))
		if (ptrace(PTRACE_CONT, child, NULL, NULL) < 0 || waitpid(child, &status, 0) < 0)
			return -1;
	errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
	return errno == 0 ? 0 : -1;
}

/* A mount becomes the root, and what it covered is open in the old one. */
static long pivot_away(const char *path)
{
	return chdir(path) < 0 ? -1 : syscall(SYS_pivot_root, ".", ".");
}

/* Each leaves the mount as it is where it fails, so that the next is tried on the same. */
static void weaken(const char *where, const char *mask, const char *readonly)
{
	long tree;

	tell(where, "the mask moved away",
	     syscall(SYS_move_mount, AT_FDCWD, mask, AT_FDCWD, "/etc/motd", 0));
	tell(where, "the mask unmounted", umount2(mask, MNT_DETACH | UMOUNT_NOFOLLOW));
	tell(where, "the mask unmounted as a tracer lets it", unmount_traced(mask));
	tell(where, "/proc without its masks",
	     syscall(SYS_open_tree, AT_FDCWD, "/proc", OPEN_TREE_CLONE | O_CLOEXEC));
	tell(where, "a new /proc", mount("proc", "/tmp", "proc", 0, NULL));
	tell(where, "a bind of /proc without its masks",
	     mount("/proc", "/tmp", NULL, MS_BIND, NULL));
	tell(where, "a new /proc by fsopen", new_proc());
	tell(where, "the mask moved away by mount", mount(mask, "/etc/motd", NULL, MS_MOVE, NULL));
	tell(where, "a directory by its handle, past masks", open_by_handle("/"));
	tell(where, "ro taken off by mount",
	     mount(NULL, readonly, NULL, MS_REMOUNT | MS_BIND, NULL));
	tell(where, "ro taken off by mount_setattr", clear_readonly(AT_FDCWD, readonly, 0));
	tree = syscall(SYS_open_tree, AT_FDCWD, readonly, OPEN_TREE_CLONE | O_CLOEXEC);
	tell(where, "ro taken off a copy", clear_readonly((int)tree, "", AT_EMPTY_PATH));
	tell(where, "ro taken off by open_tree_attr", copy_writable(readonly));
	tell(where, "the ro mount pivoted away", pivot_away(readonly));
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
