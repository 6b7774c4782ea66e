/* cgroups, by directory descriptor. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "launch.h"
#include <asm/statfs.h>
#include <linux/bpf.h>

#define CGROUP2_MAGIC 0x63677270
#define CGROUP1_MAGIC 0x27e0eb
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)
#define MAX_DEPTH 16

static void sleep_ms(unsigned ms)
{
	struct __kernel_timespec ts = {.tv_nsec = ms * 1000000L};

	(void)SYS2(nanosleep, &ts, 0);
}

int op_open_cgroup(struct run *run, const struct plan_op *op)
{
	uint64_t version = op->nums[0];
	struct statfs fs;
	int fd = path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), DIR_FLAGS,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (fd == -ENOENT && (op->flags & OPF_ABSENT_OK))
		return 0;
	if (fd < 0)
		return fd;
	long err = SYS2(fstatfs, fd, &fs);

	if (err == 0 && (uint64_t)fs.f_type != (version == 2 ? CGROUP2_MAGIC : CGROUP1_MAGIC))
		err = op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_type);
	if (err < 0) {
		(void)sys_close(fd);
		return (int)err;
	}
	return op_define(run, op, fd);
}

/* Calls mkdirat for each prefix of path. How many directories are new, or -errno. */
static int make_path(int parent, const char *path)
{
	char work[4096];
	size_t n = strlen(path);
	int made = 0;

	if (n >= sizeof(work))
		return -ENAMETOOLONG;
	for (size_t i = 1; i <= n; i++) {
		if (path[i] != '/' && path[i])
			continue;
		(void)memcpy(work, path, i);
		work[i] = 0;
		long err = SYS3(mkdirat, parent, work, 0755);

		if (err == 0)
			made++;
		else if (err != -EEXIST)
			return (int)err;
	}
	return made;
}

int op_make_cgroup(struct run *run, const struct plan_op *op)
{
	const char *path = plan_string(&run->plan, op, 0);
	int parent = op_fd(run, op, 0);
	int made = make_path(parent, path);

	if (made < 0)
		return made;
	if (made == 0 && !op->nums[0])
		return -EEXIST;
	if (made > 0 && launch.undo_count < MAX_UNDO) {
		long held = sys_fcntl(parent, F_DUPFD_CLOEXEC, 0);

		if (held < 0)
			return (int)held;
		launch.undo[launch.undo_count++] = (struct undo){(int)held, path, (unsigned)made};
	}
	return op_define(run, op, path_open(parent, path, DIR_FLAGS, PLAIN));
}

int op_write_cgroup(struct run *run, const struct plan_op *op)
{
	int err =
	    file_write(op_fd(run, op, 0), plan_string(&run->plan, op, OP_WRITE_CGROUP_DATA_FILE),
		       plan_string(&run->plan, op, OP_WRITE_CGROUP_DATA_VALUE));

	return err == -ENOENT && (op->flags & OPF_ABSENT_OK) ? 0 : err;
}

int op_join_cgroup(struct run *run, const struct plan_op *op)
{
	char pid[16];
	struct text text = {.data = pid, .size = sizeof(pid)};

	text_add_number(&text, launch.pid);
	return file_write(op_fd(run, op, 0), "cgroup.procs", pid);
}

int op_set_device_filter(struct run *run, const struct plan_op *op)
{
	static const char license[] = "Apache-2.0";
	union bpf_attr attr;
	uint32_t size = 0;
	const uint8_t *program = plan_bytes(&run->plan, op, 0, &size);

	(void)memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)program;
	attr.insn_cnt = size / sizeof(struct bpf_insn);
	attr.license = (uintptr_t)license;
	long fd = SYS3(bpf, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		return (int)fd;
	(void)memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)op_fd(run, op, 0);
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	long err = SYS3(bpf, BPF_PROG_ATTACH, &attr, sizeof(attr));

	(void)sys_close((int)fd);
	return (int)err;
}

struct entry {
	uint64_t ino, off;
	unsigned short size;
	unsigned char type;
	char name[];
};

typedef int each_child(int dir, const char *name, int depth, uint64_t arg);

/* Calls visit for every cgroup right below dir. 0, or the first error. */
static int for_children(int dir, int depth, each_child *visit, uint64_t arg)
{
	char buf[1024] __attribute__((aligned(8)));
	int err = 0;

	if (depth > MAX_DEPTH)
		return -ELOOP;
	/* Removing while reading: begin again until a pass finds none (each visit removes, or only
	 * signals). */
	(void)SYS3(lseek, dir, 0, 0);
	for (;;) {
		long n = SYS3(getdents64, dir, buf, sizeof(buf));

		if (n <= 0)
			return err ? err : (int)n;
		for (long at = 0; at < n;) {
			const struct entry *entry = (const void *)(buf + at);

			at += entry->size;
			if (entry->type != 4 /* DT_DIR */ || entry->name[0] == '.')
				continue;
			int e = visit(dir, entry->name, depth, arg);

			err = err ? err : e;
		}
	}
}

static int remove_tree(int dir, const char *path, int depth, uint64_t arg)
{
	long err = SYS3(unlinkat, dir, path, AT_REMOVEDIR);

	if (err != -EBUSY && err != -ENOTEMPTY)
		return (int)err;
	int fd = path_open(dir, path, DIR_FLAGS, PLAIN);

	if (fd < 0)
		return fd;
	(void)for_children(fd, depth + 1, remove_tree, arg);
	(void)sys_close(fd);
	return (int)SYS3(unlinkat, dir, path, AT_REMOVEDIR);
}

int cgroup_remove(int dir, const char *path, uint64_t timeout_ms)
{
	uint64_t end = clock_now() + timeout_ms * 1000000U;
	int err;

	/* A cgroup stays busy for a moment after its last process was reaped. */
	for (unsigned ms = 1; (err = remove_tree(dir, path, 0, 0)) == -EBUSY && clock_now() < end;
	     ms += ms < 16)
		sleep_ms(ms);
	return err;
}

int op_remove_cgroup(struct run *run, const struct plan_op *op)
{
	int parent = op_fd(run, op, 0);
	int err = parent < 0 ? -ENOENT
			     : cgroup_remove(parent, plan_string(&run->plan, op, 0), op->nums[0]);

	return err == -ENOENT && (op->flags & OPF_ABSENT_OK) ? 0 : err;
}

static int signal_tree(int dir, int depth, uint64_t signal);

static int signal_child(int dir, const char *name, int depth, uint64_t signal)
{
	int fd = path_open(dir, name, DIR_FLAGS, PLAIN);

	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	int err = signal_tree(fd, depth + 1, signal);

	(void)sys_close(fd);
	return err;
}

/* Signals every process listed in a cgroup and below. How many were found does not matter: callers
 * repeat. */
static int signal_tree(int dir, int depth, uint64_t signal)
{
	static char list[16384];
	long n = file_read(dir, "cgroup.procs", list, sizeof(list));
	const char *at = list;
	uint64_t pid;

	if (n < 0)
		return (int)n;
	while (str_number(&at, &pid) == 0) {
		int pidfd = pid ? (int)SYS2(pidfd_open, pid, 0) : -ESRCH;

		if (pidfd >= 0) {
			(void)SYS4(pidfd_send_signal, pidfd, signal, 0, 0);
			(void)sys_close(pidfd);
		}
		while (*at == '\n')
			at++;
	}
	return for_children(dir, depth, signal_child, signal);
}

static int is_empty(int dir)
{
	char list[64];

	return file_read(dir, "cgroup.procs", list, sizeof(list)) == 0;
}

int op_kill_cgroup(struct run *run, const struct plan_op *op)
{
	uint64_t signal = op->nums[OP_KILL_CGROUP_NUM_SIGNAL];
	int dir = op_fd(run, op, 0);

	if (dir < 0)
		return 0;
	if (signal == SIGKILL && op->nums[OP_KILL_CGROUP_NUM_VERSION] == 2) {
		int err = file_write(dir, "cgroup.kill", "1");

		if (err != -ENOENT)
			return err;
	}
	int err = signal_tree(dir, 0, signal);

	/* v1 has no cgroup.kill: processes may be made while we signal, so until none is left, for
	 * at most a second. */
	for (int i = 0; signal == SIGKILL && err == 0 && !is_empty(dir) && i < 500; i++) {
		sleep_ms(2);
		err = signal_tree(dir, 0, signal);
	}
	return err;
}
