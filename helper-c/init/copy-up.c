/* tmpcopyup: a tmpfs begins with what the image has at its mount point. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"

#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define MAX_DEPTH 32

struct entry {
	uint64_t ino, off;
	unsigned short size;
	unsigned char type;
	char name[];
};

static int copy_directory(int from, int to, int depth);

/* The image is not trusted: what is opened is checked to be the regular file that it was. */
static int copy_file(int from, int to, const char *name, unsigned mode)
{
	int in = path_open(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, PLAIN);

	if (in < 0)
		return in;
	int out = (int)sys_openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				  (int)mode);
	long n = out < 0 ? out : path_type(in) == S_IFREG ? 1 : -EPERM;

	while (n > 0)
		n = SYS4(sendfile, out, in, 0, 1 << 20);
	if (out >= 0)
		(void)sys_close(out);
	(void)sys_close(in);
	return (int)n;
}

static int copy_link(int from, int to, const char *name)
{
	char target[4096];
	long n = SYS4(readlinkat, from, name, target, sizeof(target) - 1);

	if (n < 0)
		return (int)n;
	target[n] = 0;
	return (int)SYS3(symlinkat, target, to, name);
}

static int copy_below(int from, int to, const char *name, unsigned mode, int depth)
{
	int err = (int)SYS3(mkdirat, to, name, mode);
	int source = err < 0 ? err : path_open(from, name, O_RDONLY | O_DIRECTORY, PLAIN);
	int target = source < 0 ? source : path_open(to, name, O_PATH | O_DIRECTORY, PLAIN);

	err = target < 0 ? target : copy_directory(source, target, depth + 1);
	if (source >= 0)
		(void)sys_close(source);
	if (target >= 0)
		(void)sys_close(target);
	return err;
}

static int copy_entry(int from, int to, const char *name, int depth)
{
	struct statx st;
	long err = sys_statx(from, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
	unsigned type = st.stx_mode & S_IFMT, mode = st.stx_mode & 07777;

	if (err < 0)
		return (int)err;
	if (type == S_IFDIR)
		err = copy_below(from, to, name, mode, depth);
	else if (type == S_IFREG)
		err = copy_file(from, to, name, mode);
	else if (type == S_IFLNK)
		err = copy_link(from, to, name);
	else
		return 0;
	if (err == 0)
		err = SYS5(fchownat, to, name, st.stx_uid, st.stx_gid, AT_SYMLINK_NOFOLLOW);
	if (err == 0 && type != S_IFLNK) /* chown takes the set-id bits away */
		err = SYS3(fchmodat, to, name, mode);
	return (int)err;
}

static int copy_directory(int from, int to, int depth)
{
	char buf[512] __attribute__((aligned(8)));

	if (depth > MAX_DEPTH)
		return -ELOOP;
	for (;;) {
		long n = SYS3(getdents64, from, buf, sizeof(buf));

		if (n <= 0)
			return (int)n;
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(buf + at);
			const char *name = entry->name;
			int dots = name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
			int err = dots ? 0 : copy_entry(from, to, name, depth);

			if (err < 0)
				return err;
			at += entry->size;
		}
	}
}

int op_copy_up(struct run *run, const struct plan_op *op)
{
	int from =
	    path_open(op_fd(run, op, OP_COPY_UP_SLOT_SOURCE), ".", O_RDONLY | O_DIRECTORY, PLAIN);

	if (from < 0)
		return from;
	int err = copy_directory(from, op_fd(run, op, OP_COPY_UP_SLOT_TREE), 0);

	(void)sys_close(from);
	return err;
}
