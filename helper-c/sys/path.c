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

__attribute__((noinline)) long fd_stat(int fd, struct statx *ret)
{
	return sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, ret);
}

__attribute__((noinline)) long mount_of(int dir, const char *path)
{
	struct statx st;
	long err = sys_statx(dir, path, AT_EMPTY_PATH, STATX_MNT_ID, &st);

	return err < 0 ? err : (long)st.stx_mnt_id;
}

int path_type(int fd)
{
	struct statx st;
	long err = fd_stat(fd, &st);

	return err < 0 ? (int)err : (int)(st.stx_mode & S_IFMT);
}

static const char *skip_slashes(const char *path)
{
	while (*path == '/')
		path++;
	return path;
}

/* Makes an object of a directory, unless it is there: for kind 1 a regular file, else a directory.
 * Then opens what is there. An O_PATH descriptor, or -errno. */
static int make_and_open(int dir, const char *name, uint64_t flags, unsigned kind, unsigned mode)
{
	long err = kind == 1 ? SYS4(mknodat, dir, name, S_IFREG | mode, 0)
			     : SYS3(mkdirat, dir, name, mode);

	/* Another launch may have made it. */
	return err < 0 && err != -EEXIST ? (int)err : path_open(dir, name, O_PATH | flags, PLAIN);
}

/* The same for what is there mostly. */
static int open_or_make(int dir, const char *name, uint64_t flags, unsigned kind, unsigned mode)
{
	int fd = path_open(dir, name, O_PATH | flags, PLAIN);

	return fd == -ENOENT ? make_and_open(dir, name, flags, kind, mode) : fd;
}

int path_parent(int at, const char *path, const char **ret_name)
{
	char name[256];
	int dir = (int)sys_fcntl(at, F_DUPFD_CLOEXEC, 0);

	while (dir >= 0) {
		path = skip_slashes(path);
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

		int next = open_or_make(dir, name, O_DIRECTORY, 0, 0755);

		(void)sys_close(dir);
		dir = next;
	}
	return dir;
}

/* Opens or makes the last component, following no link anywhere; kind 2 makes nothing. */
static int mount_point_plain(int at, const char *path, unsigned kind, unsigned mode)
{
	const char *name;

	if (kind == 2)
		return path_open(at, skip_slashes(path), O_PATH, PLAIN);
	int dir = path_parent(at, path, &name);
	int fd = dir < 0 ? dir : open_or_make(dir, name, 0, kind, mode);

	(void)sys_close(dir);
	return fd;
}

/* As many symbolic links as the kernel follows, and more names than any real mount point has. */
#define MAX_LINKS 40
#define MAX_NAMES 255

/*
 * A walk along a path of which something is missing, name by name. Each name is looked up once.
 * `done` is the way to where the walk is, without links: along it the kernel resolves `..` from the
 * root, so that no rename can lead the walk out.
 */
struct walk {
	int root, fd;	       /* fd: where the walk is; the root itself at first */
	unsigned type;	       /* of what is there */
	unsigned names, links; /* how many were met */
	size_t done_size;
	size_t next; /* where in `left` the names begin that are left; they end where it ends */
	char done[PATH_BYTES];
	char left[PATH_BYTES];
};

/* Goes to a directory or object. */
static void walk_enter(struct walk *w, int fd, unsigned type)
{
	if (w->fd != w->root)
		(void)sys_close(w->fd);
	w->fd = fd;
	w->type = type;
}

/* Moves the next name from `left` to the end of `done`. NULL if it has no room there. */
static const char *walk_take(struct walk *w)
{
	const char *name = skip_slashes(w->left + w->next);
	char *end = w->done + w->done_size;
	size_t n = 0;

	while (name[n] && name[n] != '/')
		n++;
	if (w->done_size + 1 + n >= sizeof(w->done))
		return NULL;
	if (w->done_size)
		*end++ = '/';
	(void)memcpy(end, name, n);
	end[n] = 0;
	w->next = (size_t)(name + n - w->left);
	return end;
}

/* Takes the last name off the end of `done`, and the slash before it. */
static void walk_cut(struct walk *w)
{
	while (w->done_size) {
		w->done_size--;
		if (w->done[w->done_size] == '/')
			return;
	}
}

/* Puts the target of a symbolic link before the names that are left. 0 or -errno. */
static int walk_follow(struct walk *w, int link)
{
	long size = SYS4(readlinkat, link, "", w->left, w->next);

	if (size < 0)
		return (int)size;
	if ((size_t)size == w->next) /* there may be more of it */
		return -ENAMETOOLONG;
	if (++w->links > MAX_LINKS)
		return -ELOOP;
	w->next -= (size_t)size;
	(void)memmove(w->left + w->next, w->left, (size_t)size);
	if (w->left[w->next] == '/') {
		w->done_size = 0;
		walk_enter(w, w->root, S_IFDIR);
	}
	return 0;
}

/* Walks by one name, and makes what is missing. 0 or -errno. */
static int walk_step(struct walk *w, unsigned kind, unsigned mode)
{
	const char *name = walk_take(w);
	int last = !*skip_slashes(w->left + w->next), fd;

	if (!name || ++w->names > MAX_NAMES)
		return -ENAMETOOLONG;
	if (str_equal(name, ".."))
		fd = path_open(w->root, w->done, O_PATH | O_DIRECTORY,
			       IN_ROOT | RESOLVE_NO_SYMLINKS);
	else if (last) /* what is missing, mostly */
		fd = make_and_open(w->fd, name, O_NOFOLLOW, kind, mode);
	else /* On the way there are directories, with a usual mode. */
		fd = open_or_make(w->fd, name, O_NOFOLLOW, 0, 0755);

	int type = fd < 0 ? fd : path_type(fd);

	if (type == S_IFLNK) {
		int err = walk_follow(w, fd);

		(void)sys_close(fd);
		return err;
	}
	if (type < 0) {
		(void)sys_close(fd);
		return type;
	}
	if (str_equal(name, ".."))
		walk_cut(w);
	else if (!str_equal(name, "."))
		w->done_size = strlen(w->done);
	walk_enter(w, fd, (unsigned)type);
	return 0;
}

/* Walks to the end of the path, and makes what is missing. An O_PATH descriptor and its type, or
 * -errno. */
__attribute__((noinline)) static int make_missing(int root, const char *path, unsigned kind,
						  unsigned mode, unsigned *ret_type)
{
	struct walk w = {.root = root, .fd = root, .type = S_IFDIR};
	size_t size = strlen(path) + 1;

	if (size > sizeof(w.left))
		return -ENAMETOOLONG;
	w.next = sizeof(w.left) - size;
	(void)memcpy(w.left + w.next, path, size);
	int err = 0;

	while (err == 0 && *skip_slashes(w.left + w.next))
		err = walk_step(&w, kind, mode);
	*ret_type = w.type;
	if (w.fd == root) /* the caller's, which stays */
		return err < 0 ? err : path_open(root, ".", O_PATH | O_DIRECTORY, PLAIN);
	if (err < 0)
		(void)sys_close(w.fd);
	return err < 0 ? err : w.fd;
}

/* As make_missing; no type where nothing was missing. */
static int mount_point_in_root(int at, const char *path, unsigned kind, unsigned mode,
			       unsigned *ret_type)
{
	int fd = path_open(at, path, O_PATH, IN_ROOT);

	/* ENOTDIR: a slash behind the name of a file, which the walk ignores. */
	return kind != 2 && (fd == -ENOENT || fd == -ENOTDIR)
		   ? make_missing(at, path, kind, mode, ret_type)
		   : fd;
}

int path_mount_point(int at, const char *path, unsigned kind, unsigned mode, int plain)
{
	unsigned seen = 0;
	int fd = plain ? mount_point_plain(at, path, kind, mode)
		       : mount_point_in_root(at, path, kind, mode, &seen);

	if (fd < 0 || kind == 2)
		return fd;
	int type = seen ? (int)seen : path_type(fd);
	int err = type < 0 ? type : kind == 0 && type != S_IFDIR ? -ENOTDIR : 0;

	if (err == 0 && kind == 1 && type == S_IFDIR)
		err = -EISDIR;
	if (err < 0) {
		(void)sys_close(fd);
		return err;
	}
	return fd;
}
