#include "path.h"

#include "str.h"

#define PATH_BYTES 4096
#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

int path_open(int at, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
	long fd = -EAGAIN;

	/* A rename or mount anywhere on the machine may answer EAGAIN: bounded retries, then fail
	 * (openat2(2)). */
	for (int i = 0; i < 128 && fd == -EAGAIN; i++)
		fd = sys_openat2(at, path, &how);
	return (int)fd;
}

uint64_t path_resolve_bits(uint64_t mode)
{
	if (mode == 0)
		return IN_ROOT;
	return mode == 1 ? RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS : PLAIN;
}

int path_type(int fd)
{
	struct statx st;
	long err = sys_statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st);

	return err < 0 ? (int)err : (int)(st.stx_mode & S_IFMT);
}

/* Opens, or makes and opens, the directory `name` of `at`. */
static int step_plain(int at, const char *name)
{
	int fd = path_open(at, name, O_PATH | O_DIRECTORY, PLAIN);

	if (fd != -ENOENT)
		return fd;
	long err = SYS3(mkdirat, at, name, 0755);

	if (err < 0 && err != -EEXIST)
		return (int)err;
	return path_open(at, name, O_PATH | O_DIRECTORY, PLAIN);
}

int path_parent(int at, const char *path, const char **ret_name)
{
	char name[256];
	int dir = (int)sys_fcntl(at, F_DUPFD_CLOEXEC, 0);

	while (dir >= 0) {
		while (*path == '/')
			path++;
		size_t n = 0;

		while (path[n] && path[n] != '/')
			n++;
		if (!path[n]) {
			*ret_name = path;
			return dir;
		}
		if (n >= sizeof(name)) {
			(void)sys_close(dir);
			return -ENAMETOOLONG;
		}
		(void)memcpy(name, path, n);
		name[n] = 0;
		path += n;

		int next = step_plain(dir, name);

		(void)sys_close(dir);
		dir = next;
	}
	return dir;
}

/* Makes what a mount point of that kind is: a regular file for 1, else a directory. 0 or -errno. */
static long make_object(int dir, const char *name, unsigned kind, unsigned mode)
{
	return kind == 1 ? SYS4(mknodat, dir, name, S_IFREG | mode, 0)
			 : SYS3(mkdirat, dir, name, mode);
}

/*
 * Makes the first missing component of path. 1 when something was made, or when a dangling link was
 * replaced by its target in path (so: try again), or -errno.
 */
static int make_missing(int at, char *path, unsigned kind, unsigned mode)
{
	size_t start = 0, end = 0;

	for (;;) {
		while (path[end] == '/')
			end++;
		start = end;
		while (path[end] && path[end] != '/')
			end++;
		if (start == end)
			return 1; /* all is there by now */
		char saved = path[end];

		path[end] = 0;
		int fd = path_open(at, path, O_PATH, IN_ROOT);

		path[end] = saved;
		if (fd >= 0) {
			(void)sys_close(fd);
			continue;
		}
		if (fd != -ENOENT)
			return fd;
		break;
	}

	char target[PATH_BYTES], name[256];
	size_t size = end - start, tail = strlen(path + end);

	if (size >= sizeof(name))
		return -ENAMETOOLONG;
	(void)memcpy(name, path + start, size);
	name[size] = 0;
	path[start] = 0;
	int dir = path_open(at, start ? path : ".", O_PATH | O_DIRECTORY, IN_ROOT);

	path[start] = name[0];
	if (dir < 0)
		return dir;
	long err = tail ? make_object(dir, name, 0, 0755) : make_object(dir, name, kind, mode);

	if (err == -EEXIST) {
		/* A dangling link: its target takes its place in path. No link: another launch has
		 * made it meanwhile. */
		long len = SYS4(readlinkat, dir, name, target, sizeof(target) - 1);

		err = len < 0 && len != -EINVAL ? len : 0;
		if (len > 0) {
			start = target[0] == '/' ? 0 : start;
			if (start + (size_t)len + tail >= PATH_BYTES) {
				err = -ENAMETOOLONG;
			} else {
				(void)memmove(path + start + len, path + end, tail + 1);
				(void)memcpy(path + start, target, (size_t)len);
			}
		}
	}
	(void)sys_close(dir);
	return err < 0 ? (int)err : 1;
}

/* Opens or makes the last component, following no link anywhere; kind 2 makes nothing. */
static int mount_point_plain(int at, const char *path, unsigned kind, unsigned mode)
{
	const char *name;

	if (kind == 2) {
		while (*path == '/')
			path++;
		return path_open(at, path, O_PATH, PLAIN);
	}
	int dir = path_parent(at, path, &name);
	int fd = dir < 0 ? dir : path_open(dir, name, O_PATH, PLAIN);

	if (dir >= 0 && fd == -ENOENT) {
		long err = make_object(dir, name, kind, mode);

		fd = err < 0 && err != -EEXIST ? (int)err : path_open(dir, name, O_PATH, PLAIN);
	}
	(void)sys_close(dir);
	return fd;
}

static int mount_point_in_root(int at, const char *path, unsigned kind, unsigned mode)
{
	char work[PATH_BYTES];
	size_t size = strlen(path);

	/* Slashes at the end would hide which component is the last. */
	while (size > 1 && path[size - 1] == '/')
		size--;
	if (size >= sizeof(work))
		return -ENAMETOOLONG;
	(void)memcpy(work, path, size);
	work[size] = 0;
	int fd = path_open(at, work, O_PATH, IN_ROOT);

	/* Each round makes one component or follows one dangling link; a path has at most 2048
	 * components. */
	for (int i = 0; fd == -ENOENT && kind != 2 && i < 2100; i++) {
		int err = make_missing(at, work, kind, mode);

		if (err < 0)
			return err;
		fd = path_open(at, work, O_PATH, IN_ROOT);
	}
	return fd;
}

int path_mount_point(int at, const char *path, unsigned kind, unsigned mode, int plain)
{
	int fd = (plain ? mount_point_plain : mount_point_in_root)(at, path, kind, mode);

	if (fd < 0 || kind == 2)
		return fd;
	int type = path_type(fd);
	int err = type < 0 ? type : kind == 0 && type != S_IFDIR ? -ENOTDIR : 0;

	if (err == 0 && kind == 1 && type == S_IFDIR)
		err = -EISDIR;
	if (err < 0) {
		(void)sys_close(fd);
		return err;
	}
	return fd;
}
