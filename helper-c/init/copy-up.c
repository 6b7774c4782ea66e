/* tmpcopyup: a tmpfs begins with what the image has at its mount point. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"
#include <linux/mount.h>

#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define MAX_DEPTH 32
#define MS_PRIVATE_ (1UL << 18)

struct entry {
	uint64_t ino, off;
	unsigned short size;
	unsigned char type;
	char name[];
};

static long copy_directory(int from, int to, int depth);

/* The image is not trusted: the name may lead to another object by now. What is opened is checked
 * to be the kind of file that it was, and `st` gets its owner and mode. Only the owner of what is
 * made may touch it until it has its own mode. */
static long copy_content(int from, int to, const char *name, struct statx *st, int depth)
{
	unsigned type = st->stx_mode & S_IFMT;
	int is_directory = type == S_IFDIR;
	int in = path_open(from, name, O_RDONLY | O_NONBLOCK, PLAIN);
	long n = in < 0 ? in : fd_stat(in, st);

	if (n == 0 && (st->stx_mode & S_IFMT) != type)
		n = -EPERM;
	if (n == 0 && is_directory)
		n = SYS3(mkdirat, to, name, 0700);
	int out = n < 0 ? (int)n
		  : is_directory
		      ? path_open(to, name, O_PATH, PLAIN)
		      : (int)sys_openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (out < 0)
		n = out;
	else if (is_directory)
		n = copy_directory(in, out, depth + 1);
	else
		do {
			n = SYS4(sendfile, out, in, 0, 1 << 20);
		} while (n > 0);
	(void)sys_close(out);
	(void)sys_close(in);
	return n;
}

static long copy_link(int from, int to, const char *name)
{
	static char target[4096]; /* not on the stack, of which each directory takes some */
	long n = SYS4(readlinkat, from, name, target, sizeof(target) - 1);

	if (n < 0)
		return n;
	target[n] = 0;
	return SYS3(symlinkat, target, to, name);
}

static long copy_entry(int from, int to, const char *name, int depth)
{
	struct statx st;
	long err = sys_statx(from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
	unsigned type = st.stx_mode & S_IFMT;

	if (err < 0)
		return err;
	if (type == S_IFLNK)
		err = copy_link(from, to, name);
	else if (type == S_IFDIR || type == S_IFREG)
		err = copy_content(from, to, name, &st, depth);
	else
		return 0;
	if (err == 0)
		err = SYS5(fchownat, to, name, st.stx_uid, st.stx_gid, AT_SYMLINK_NOFOLLOW);
	if (err == 0 && type != S_IFLNK) /* chown takes the set-id bits away */
		err = SYS3(fchmodat, to, name, st.stx_mode & 07777);
	return err;
}

static long copy_directory(int from, int to, int depth)
{
	char buf[512] __attribute__((aligned(8)));

	if (depth > MAX_DEPTH)
		return -ELOOP;
	for (;;) {
		long n = SYS3(getdents64, from, buf, sizeof(buf));

		if (n <= 0)
			return n;
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(buf + at);
			const char *name = entry->name;
			int dots = name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
			long err = dots ? 0 : copy_entry(from, to, name, depth);

			if (err < 0)
				return err;
			at += entry->size;
		}
	}
}

/*
 * A view of the source, in which nothing can be written and no device can be opened. A name that
 * was a file may be a device when it is opened. A directory, or -errno.
 */
static int open_source(int source)
{
	struct mount_attr attr = {
	    .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV,
	    .propagation = MS_PRIVATE_,
	};
	int tree =
	    (int)SYS3(open_tree, source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	long err =
	    tree < 0 ? tree : SYS5(mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	int fd = err < 0 ? (int)err : path_open(tree, ".", O_RDONLY | O_DIRECTORY, PLAIN);

	(void)sys_close(tree);
	return fd;
}

int op_copy_up(struct run *run, const struct plan_op *op)
{
	int from = open_source(op_fd(run, op, OP_COPY_UP_SLOT_SOURCE));

	if (from < 0)
		return from;
	long err = copy_directory(from, op_fd(run, op, OP_COPY_UP_SLOT_TREE), 0);

	(void)sys_close(from);
	return (int)err;
}
