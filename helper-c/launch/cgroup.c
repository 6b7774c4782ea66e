/* cgroups, by directory descriptor. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "cgroup.h"
#include "launch.h"
#include <asm/statfs.h>
#include <linux/bpf.h>

#define CGROUP2_MAGIC 0x63677270
#define CGROUP1_MAGIC 0x27e0eb
#define RESCTRL_MAGIC 0x7655821
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)

void sleep_ms(unsigned ms)
{
	struct __kernel_timespec ts = {.tv_nsec = ms * 1000000L};

	(void)SYS2(nanosleep, &ts, 0);
}

/*
 * Takes the next component of path into name[256], empty where it is too long. What follows it, or
 * NULL when there is none left. Slashes at the beginning mean nothing: all is beneath a descriptor.
 */
static const char *next_name(const char *path, char *name)
{
	size_t n = 0;

	while (*path == '/')
		path++;
	while (path[n] && path[n] != '/')
		n++;
	if (n == 0)
		return NULL;
	name[0] = 0;
	if (n < 256) {
		(void)memcpy(name, path, n);
		name[n] = 0;
	}
	return path + n;
}

int op_open_cgroup(struct run *run, const struct plan_op *op)
{
	static const uint64_t magic[] = {CGROUP1_MAGIC, CGROUP1_MAGIC, CGROUP2_MAGIC,
					 RESCTRL_MAGIC};
	struct statfs fs;
	int fd = path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), DIR_FLAGS,
			   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);

	if (fd == -ENOENT && (op->flags & OPF_ABSENT_OK))
		return 0;
	if (fd < 0)
		return fd;
	long err = SYS2(fstatfs, fd, &fs);

	if (err == 0 && (uint64_t)fs.f_type != magic[op->nums[0] & 3])
		err = op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_type);
	if (err < 0) {
		(void)sys_close(fd);
		return (int)err;
	}
	return op_define(run, op, fd);
}

/* Makes one cgroup, to be removed again when the launch fails. 1 when it is new, or 0, or -errno.
 */
static int make_one(int at, const char *name)
{
	long err = *name ? undo_note(at, name, UNDO_CGROUP) : -ENAMETOOLONG;

	if (err < 0)
		return (int)err;
	err = SYS3(mkdirat, at, name, 0755);
	if (err < 0)
		undo_forget();
	return err == 0 ? 1 : err == -EEXIST ? 0 : (int)err;
}

int op_make_cgroup(struct run *run, const struct plan_op *op)
{
	const char *path = plan_string(&run->plan, op, 0);
	int parent = op_fd(run, op, 0), at = parent, made = -EINVAL;
	char name[256];

	while ((path = next_name(path, name)) != NULL) {
		made = make_one(at, name);
		int dir = made < 0 ? made : path_open(at, name, DIR_FLAGS, PLAIN);

		if (at != parent)
			(void)sys_close(at);
		at = dir;
		if (dir < 0)
			return dir;
	}
	if (made == 0 && !op->nums[0])
		made = -EEXIST;
	if (made < 0 && at != parent)
		(void)sys_close(at);
	return made < 0 ? made : op_define(run, op, at);
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

	int err = init_check(run, op, OP_JOIN_CGROUP_SLOT_PROCESS);

	if (err < 0)
		return err;
	const char *file = plan_string(&run->plan, op, OP_JOIN_CGROUP_DATA_FILE);

	text_add_number(&text, launch.pid);
	return file_write(op_fd(run, op, 0), file ? file : "cgroup.procs", pid);
}

/* The kernel's verifier gives up, with EAGAIN, when a signal is on its way: SIGSTOP, or a freezer.
 */
static long load_program(const union bpf_attr *attr)
{
	long fd = -EAGAIN;

	for (int tries = 0; fd == -EAGAIN && tries < 8; tries++)
		fd = SYS3(bpf, BPF_PROG_LOAD, attr, sizeof(*attr));
	return fd;
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
	long fd = load_program(&attr);

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

const char *next_child(struct listing *list)
{
	for (;;) {
		if (list->at >= list->used) {
			list->at = 0;
			list->used = SYS3(getdents64, list->dir, list->buf, sizeof(list->buf));
			if (list->used <= 0)
				return NULL;
		}
		const struct entry *entry = (const void *)(list->buf + list->at);

		list->at += entry->size;
		/* A container may have given its cgroups any name, such as `.hidden`. */
		if (entry->type == 4 /* DT_DIR */ && !str_equal(entry->name, ".") &&
		    !str_equal(entry->name, ".."))
			return entry->name;
	}
}

/*
 * Removes a cgroup, or if it has some below it one of the deepest of those (*ret_below is set): one
 * descriptor at a time, however deep a container has made them. 0, or -errno: EBUSY when that one
 * has a process.
 */
static int remove_leaf(int parent, const char *name, int *ret_below)
{
	char mine[256];
	int at = parent;
	long err;

	(void)memcpy(mine, name, strlen(name) + 1);
	*ret_below = 0;
	for (;;) {
		err = SYS3(unlinkat, at, mine, AT_REMOVEDIR);
		if (err != -EBUSY && err != -ENOTEMPTY)
			break;
		int fd = path_open(at, mine, DIR_FLAGS, PLAIN);
		struct listing list = {.dir = fd};
		const char *child = fd < 0 ? NULL : next_child(&list);

		if (at != parent)
			(void)sys_close(at);
		at = fd < 0 ? parent : fd;
		err = fd < 0 ? fd : -EBUSY;
		if (!child)
			break;
		(void)memcpy(mine, child, strlen(child) + 1);
		*ret_below = 1;
	}
	if (at != parent)
		(void)sys_close(at);
	return (int)err;
}

static int remove_within(int parent, const char *name, uint64_t timeout_ms)
{
	uint64_t end = clock_now() + timeout_ms * 1000000U;
	unsigned ms = 1;

	for (;;) {
		int below;
		int err = remove_leaf(parent, name, &below);

		if (err != -EBUSY && (!below || (err < 0 && err != -ENOENT)))
			return err;
		if (err == 0)
			continue;
		if (clock_now() >= end)
			return -EBUSY;
		/* A cgroup stays busy for a moment after its last process was reaped. */
		sleep_ms(ms);
		ms += ms < 16;
	}
}

int cgroup_remove(int dir, const char *path, uint64_t timeout_ms)
{
	char name[256], next[256];
	int at = dir, err = -EINVAL;

	path = next_name(path, name);
	while (path) {
		path = next_name(path, next);
		if (!path) {
			err = remove_within(at, name, timeout_ms);
			break;
		}
		int fd = path_open(at, name, O_PATH | O_DIRECTORY, PLAIN);

		if (at != dir)
			(void)sys_close(at);
		at = fd;
		if (fd < 0)
			return fd;
		(void)memcpy(name, next, sizeof(name));
	}
	if (at != dir)
		(void)sys_close(at);
	return err;
}

int op_remove_cgroup(struct run *run, const struct plan_op *op)
{
	int parent = op_fd(run, op, 0);
	int err = parent < 0 ? -ENOENT
			     : cgroup_remove(parent, plan_string(&run->plan, op, 0), op->nums[0]);

	return err == -ENOENT && (op->flags & OPF_ABSENT_OK) ? 0 : err;
}
