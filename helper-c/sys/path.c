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

/* As many symbolic links as the kernel follows, and more names than any real mount point has. */
#define MAX_LINKS 40
#define MAX_NAMES 255

/*
 * A walk to a path of which something is missing. What has been walked is kept as text without
 * links, so that `..` can be resolved from the root by the kernel. Each name is looked up once.
 */
struct making {
	int root, dir;	       /* dir: where the walk is; the last object at the end */
	size_t walked;	       /* bytes of path that lead to dir */
	unsigned names, links; /* how many were met */
	char path[PATH_BYTES]; /* first what was walked, then what is left */
};

/* Goes to a directory or object: dir is now fd. 0, or fd where that is an error. */
static int making_enter(struct making *m, int fd, size_t walked)
{
	if (fd < 0)
		return fd;
	(void)sys_close(m->dir);
	m->dir = fd;
	m->walked = walked;
	return 0;
}

/* Goes back to a part of what was walked, and takes away what lies between it and `rest`. */
static int making_back(struct making *m, size_t walked, size_t rest)
{
	(void)memmove(m->path + walked, m->path + rest, strlen(m->path + rest) + 1);
	char next = m->path[walked];

	m->path[walked] = 0;
	int fd = path_open(m->root, walked ? m->path : ".", O_PATH | O_DIRECTORY,
			   IN_ROOT | RESOLVE_NO_SYMLINKS);

	m->path[walked] = next;
	return making_enter(m, fd, walked);
}

/* Where what was walked ends without its last name. The root is its own parent. */
static size_t making_parent(const struct making *m)
{
	size_t at = m->walked;

	while (at && m->path[at - 1] != '/')
		at--;
	while (at && m->path[at - 1] == '/')
		at--;
	return at;
}

/* Puts the target of a symbolic link in the place of its name, which ends at `rest`. 0 or -errno.
 */
static int making_follow(struct making *m, int link, size_t rest)
{
	char target[PATH_BYTES];
	long size = SYS4(readlinkat, link, "", target, sizeof(target));
	size_t tail = strlen(m->path + rest) + 1;

	if (size < 0)
		return (int)size;
	if (++m->links > MAX_LINKS)
		return -ELOOP;
	size_t start = size && target[0] == '/' ? 0 : m->walked;

	if (start + 1 + (size_t)size + tail > PATH_BYTES)
		return -ENAMETOOLONG;
	(void)memmove(m->path + start + 1 + size, m->path + rest, tail);
	m->path[start] = '/';
	(void)memcpy(m->path + start + 1, target, (size_t)size);
	return start == m->walked ? 0 : making_back(m, 0, 0);
}

/* Opens an object of the current directory, a link itself too, or makes it when it is missing. */
static int making_object(const struct making *m, const char *name, unsigned kind, unsigned mode)
{
	int fd = path_open(m->dir, name, O_PATH | O_NOFOLLOW, PLAIN);

	if (fd != -ENOENT)
		return fd;
	long err = make_object(m->dir, name, kind, mode);

	/* Another launch may have made it meanwhile. */
	return err < 0 && err != -EEXIST ? (int)err
					 : path_open(m->dir, name, O_PATH | O_NOFOLLOW, PLAIN);
}

/* Walks by one name. 1 to go on, 0 at the end, or -errno. */
static int making_step(struct making *m, unsigned kind, unsigned mode)
{
	char name[256];
	size_t start = m->walked, end, rest;

	while (m->path[start] == '/')
		start++;
	for (end = start; m->path[end] && m->path[end] != '/'; end++)
		;
	for (rest = end; m->path[rest] == '/'; rest++)
		;
	if (start == end)
		return 0;
	if (++m->names > MAX_NAMES || end - start >= sizeof(name))
		return -ENAMETOOLONG;
	(void)memcpy(name, m->path + start, end - start);
	name[end - start] = 0;

	int err;

	if (str_equal(name, ".") || str_equal(name, "..")) {
		err = making_back(m, name[1] ? making_parent(m) : m->walked, end);
		return err < 0 ? err : 1;
	}
	/* On the way there are directories, with a usual mode. */
	int last = !m->path[rest];
	int fd = making_object(m, name, last ? kind : 0, last ? mode : 0755);
	int type = fd < 0 ? fd : path_type(fd);

	if (type == S_IFLNK) {
		err = making_follow(m, fd, end);
	} else if (type >= 0) {
		err = making_enter(m, fd, end);
		fd = -1;
	} else {
		err = type;
	}
	(void)sys_close(fd);
	return err < 0 ? err : 1;
}

/* Walks to the end, and makes what is missing. An O_PATH descriptor, or -errno. */
static int make_missing(struct making *m, unsigned kind, unsigned mode)
{
	int more = m->dir = (int)sys_fcntl(m->root, F_DUPFD_CLOEXEC, 0);

	do {
		more = more < 0 ? more : making_step(m, kind, mode);
	} while (more > 0);
	if (more == 0)
		return m->dir;
	(void)sys_close(m->dir);
	return more;
}

static int mount_point_in_root(int at, const char *path, unsigned kind, unsigned mode)
{
	struct making m = {.root = at};
	size_t size = strlen(path);

	/* Slashes at the end would ask for a directory. */
	while (size > 1 && path[size - 1] == '/')
		size--;
	if (size >= sizeof(m.path))
		return -ENAMETOOLONG;
	(void)memcpy(m.path, path, size);
	m.path[size] = 0;
	int fd = path_open(at, m.path, O_PATH, IN_ROOT);

	return fd == -ENOENT && kind != 2 ? make_missing(&m, kind, mode) : fd;
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
