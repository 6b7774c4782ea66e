/* Ops before the clone: what is opened on the host. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "launch.h"
#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/nsfs.h>

#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define PROC_ROOT_INODE 1

int op_enter_dir(struct run *run, const struct plan_op *op)
{
	long err = SYS1(fchdir, op_fd(run, op, 0));

	if (err == 0)
		op_moved(run, op, 0);
	return (int)err;
}

/* The launcher's umask is the caller's. */
int op_make_node_host(struct run *run, const struct plan_op *op)
{
	long mask = SYS1(umask, 0);
	int err = op_make_node(run, op);

	(void)SYS1(umask, mask);
	return err;
}

/* Namespaces of the host are named by magic links (/proc/PID/ns/net) as well as files
 * (/run/netns/x): the caller's word. */
int op_open_namespace(struct run *run, const struct plan_op *op)
{
	int fd =
	    path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_RDONLY | O_NONBLOCK, 0);
	struct statfs fs;

	if (fd < 0)
		return fd;
	long err = SYS2(fstatfs, fd, &fs);

	if (err == 0 && fs.f_type != NSFS_MAGIC)
		err = op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_type);
	if (err == 0) {
		err = sys_ioctl(fd, NS_GET_NSTYPE, NULL);
		if (err >= 0)
			err = (uint64_t)err == op->nums[0]
				  ? 0
				  : op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)err);
	}
	if (err < 0) {
		(void)sys_close(fd);
		return (int)err;
	}
	return op_define(run, op, fd);
}

/* The ambient /proc, for callers who may not make their own: it must be the root of a procfs. */
int ambient_procfs(void)
{
	int fd =
	    (int)sys_openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	struct statfs fs;
	struct statx st;
	char self[32];
	const char *at = self;
	uint64_t pid = 0;

	if (fd < 0)
		return fd;
	long err = SYS2(fstatfs, fd, &fs);

	if (err == 0)
		err = sys_statx(fd, "", AT_EMPTY_PATH, STATX_INO, &st);
	if (err == 0 && (fs.f_type != PROC_SUPER_MAGIC || st.stx_ino != PROC_ROOT_INODE))
		err = -EINVAL;
	/* Its numbers must be those of our pid namespace. */
	if (err == 0)
		err = SYS4(readlinkat, fd, "self", self, sizeof(self) - 1);
	if (err > 0) {
		self[err] = 0;
		err = str_number(&at, &pid) == 0 && pid == (uint64_t)SYS0(getpid) ? 0 : -EINVAL;
	}
	if (err < 0)
		(void)sys_close(fd);
	return err < 0 ? (int)err : fd;
}

int op_open_procfs(struct run *run, const struct plan_op *op)
{
	int fs = (int)SYS2(fsopen, "proc", FSOPEN_CLOEXEC);
	int fd = fs_finish(fs, fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	return op_define(run, op, fd == -EPERM ? ambient_procfs() : fd);
}

int op_open_exec(struct run *run, const struct plan_op *op)
{
	return op_define(run, op,
			 path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_PATH,
				   path_resolve_bits(op->nums[0])));
}

long file_read(int dir, const char *path, char *buf, size_t size)
{
	int fd = path_open(dir, path, O_RDONLY, PLAIN);

	if (fd < 0)
		return fd;
	size_t used = 0;
	long n = 0;

	while (used < size - 1) {
		n = sys_read(fd, buf + used, size - 1 - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	(void)sys_close(fd);
	buf[used] = 0;
	return n < 0 ? n : (long)used;
}

int file_write(int dir, const char *path, const char *value)
{
	int fd = path_open(dir, path, O_WRONLY, PLAIN);

	if (fd < 0)
		return fd;
	size_t size = strlen(value);
	long n = sys_write(fd, value, size);

	(void)sys_close(fd);
	return n < 0 ? (int)n : (size_t)n == size ? 0 : -EINVAL;
}

/*
 * Whether a mount is its own parent: a line of mountinfo begins with both numbers
 * (proc_pid_mountinfo(5)), and no other column can hold the end of a line. 1, 0 or -errno.
 */
static int is_own_parent(int mountinfo, uint64_t mount)
{
	char want[48], buf[4096];
	struct text text = {.data = want, .size = sizeof(want)};
	size_t at = 0;
	long n;

	for (int column = 0; column < 2; column++) {
		text_add_number(&text, mount);
		text_add(&text, " ");
	}
	while ((n = sys_read(mountinfo, buf, sizeof(buf))) > 0) {
		for (long i = 0; i < n; i++) {
			if (buf[i] == '\n')
				at = 0;
			else if (at < text.used)
				at = buf[i] == want[at] ? at + 1 : sizeof(want);
			if (at == text.used)
				return 1;
		}
	}
	return (int)n;
}

int op_expect_initramfs(struct run *run, const struct plan_op *op)
{
	char path[32];
	struct text text = {.data = path, .size = sizeof(path)};
	struct statx st;

	text_add_number(&text, (uint64_t)SYS0(getpid));
	text_add(&text, "/mountinfo");
	int fd = path_open(op_fd(run, op, OP_EXPECT_INITRAMFS_SLOT_PROC), path, O_RDONLY, PLAIN);

	if (fd < 0)
		return fd;
	int err = (int)sys_statx(AT_FDCWD, "/", 0, STATX_MNT_ID, &st);

	if (err == 0)
		err = is_own_parent(fd, st.stx_mnt_id);
	(void)sys_close(fd);
	if (err < 0)
		return err;
	return err == 1 ? 0 : op_fault(run, FAULT_DIFFERS, EINVAL, st.stx_mnt_id);
}

int process_start_time(int proc, uint32_t pid, uint64_t *ret)
{
	char buf[1024], path[32];
	struct text text = {.data = path, .size = sizeof(path)};

	text_add_number(&text, pid);
	text_add(&text, "/stat");
	long n = file_read(proc, path, buf, sizeof(buf));

	if (n < 0)
		return n == -ENOENT ? -ESRCH : (int)n;
	/* proc_pid_stat(5): the name may hold anything, so fields are counted from the last ')';
	 * start time is number 22. */
	const char *at = buf + n;

	while (at > buf && *at != ')')
		at--;
	for (int field = 2; *at && field < 22; at++)
		field += *at == ' ';
	return str_number(&at, ret) < 0 ? -EPROTO : 0;
}

/*
 * The number may have been given to another process. Since 6.9 the inode of a pidfd is never used
 * again before the next boot, so it is enough. Before, the start time identifies the process, and
 * the pidfd keeps it from changing.
 */
static int check_identity(struct run *run, const struct plan_op *op, int pidfd)
{
	uint32_t pid = (uint32_t)op->nums[OP_OPEN_PROCESS_NUM_PID];
	uint64_t inode = op->nums[OP_OPEN_PROCESS_NUM_INODE], start = 0;
	int proc = op_fd_or_none(run, op, OP_OPEN_PROCESS_SLOT_PROC);
	struct statfs fs;
	struct statx st;
	int err = inode ? (int)SYS2(fstatfs, pidfd, &fs) : 0;

	if (err < 0)
		return err;
	int known = inode && fs.f_type == PID_FS_MAGIC;

	if (!known && proc < 0)
		return -EOPNOTSUPP;
	err = known ? (int)sys_statx(pidfd, "", AT_EMPTY_PATH, STATX_INO, &st) : 0;

	if (err == 0 && known && st.stx_ino != inode)
		err = op_fault(run, FAULT_DIFFERS, ESRCH, st.stx_ino);
	if (err == 0 && proc >= 0)
		err = process_start_time(proc, pid, &start);
	if (err == 0 && proc >= 0 && start != op->nums[OP_OPEN_PROCESS_NUM_START_TIME])
		err = op_fault(run, FAULT_DIFFERS, ESRCH, start);
	if (err < 0)
		return err;
	/* Whoever may not signal it, as a security policy may have it, learns that it is there. */
	return SYS4(pidfd_send_signal, pidfd, 0, 0, 0) == -ESRCH ? -ESRCH : 0;
}

int op_open_process(struct run *run, const struct plan_op *op)
{
	int fd = (int)SYS2(pidfd_open, op->nums[OP_OPEN_PROCESS_NUM_PID], 0);
	int err = fd < 0 ? fd : check_identity(run, op, fd);

	if (err < 0) {
		(void)sys_close(fd);
		return err;
	}
	launch.pid = (uint32_t)op->nums[OP_OPEN_PROCESS_NUM_PID];
	return op_define(run, op, fd);
}

int op_signal(struct run *run, const struct plan_op *op)
{
	return (int)SYS4(pidfd_send_signal, op_fd(run, op, 0), op->nums[0], 0, 0);
}

/* Leaves one blank of several. */
static void squeeze(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++)
		if (from[0] != ' ' || from[1] != ' ')
			*to++ = *from;
	*to = 0;
}

/* What follows a line, which must end in a newline; NULL where none does. */
static const char *next_line(const char *text)
{
	while (*text && *text != '\n')
		text++;
	return *text ? text + 1 : NULL;
}

/* Whether each line of `want` is a line of `text`. */
static int has_lines(const char *text, const char *want)
{
	const char *next;

	for (; *want && (next = next_line(want)) != NULL; want = next) {
		const char *at = text, *end = next_line(at);
		size_t size = (size_t)(next - want);

		while (end && ((size_t)(end - at) != size || memcmp(at, want, size) != 0)) {
			at = end;
			end = next_line(at);
		}
		if (!end)
			return 0;
	}
	return !*want;
}

int op_set_time_offsets(struct run *run, const struct plan_op *op)
{
	char path[32], now[256];
	struct text text = {.data = path, .size = sizeof(path)};
	const char *want = plan_string(&run->plan, op, 0);

	text_add_number(&text, (uint64_t)SYS0(getpid));
	text_add(&text, "/timens_offsets");
	long n = file_write(op_fd(run, op, 0), path, want);

	if (n == 0)
		n = file_read(op_fd(run, op, 0), path, now, sizeof(now));
	if (n < 0)
		return (int)n;
	squeeze(now);
	return has_lines(now, want) ? 0 : op_fault(run, FAULT_DIFFERS, EINVAL, 0);
}

void sleep_ms(unsigned ms)
{
	struct __kernel_timespec ts = {.tv_nsec = ms * 1000000L};

	(void)SYS2(nanosleep, &ts, 0);
}
