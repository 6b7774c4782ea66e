/* cgroups, by directory descriptor. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "../launch/launch.h"
#include <asm/statfs.h>
#include <linux/bpf.h>

#define CGROUP2_MAGIC 0x63677270
#define CGROUP1_MAGIC 0x27e0eb
#define RESCTRL_MAGIC 0x7655821
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)
#define NAME_BYTES 256 /* of a cgroup that a plan makes: what launch_undo() keeps */

/*
 * Takes the next component of *path into name and moves *path past it. 1, 0 at the end of the path,
 * or -ENAMETOOLONG. Slashes at the beginning mean nothing: all is beneath a descriptor.
 */
static int next_name(const char **path, char name[NAME_BYTES])
{
	size_t n = 0;

	while (**path == '/')
		(*path)++;
	while ((*path)[n] && (*path)[n] != '/')
		n++;
	if (n >= NAME_BYTES)
		return -ENAMETOOLONG;
	(void)memcpy(name, *path, n);
	name[n] = 0;
	*path += n;
	return n > 0;
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
	long err = undo_note(at, name, UNDO_CGROUP);

	if (err < 0)
		return (int)err;
	err = SYS3(mkdirat, at, name, 0755);
	if (err < 0)
		undo_forget();
	return err == 0 ? 1 : err == -EEXIST ? 0 : (int)err;
}

/*
 * Beneath a cgroup that has processes of its own and a controller, a new one is `domain invalid`. A
 * container whose engine has made no cgroup for its processes has such a cgroup. The new cgroup can
 * be threaded: it then takes limits of CPUs and of processes, but none of memory. 0 or -errno.
 */
static int settle_type(int dir)
{
	static const char invalid[] = "domain invalid";
	char type[24];
	long n = file_read(dir, "cgroup.type", type, sizeof(type));
	int found =
	    n >= (long)sizeof(invalid) - 1 && memcmp(type, invalid, sizeof(invalid) - 1) == 0;

	return found ? file_write(dir, "cgroup.type", "threaded") : 0;
}

int op_make_cgroup(struct run *run, const struct plan_op *op)
{
	const char *path = plan_string(&run->plan, op, 0);
	int parent = op_fd(run, op, 0), at = parent, made = -EINVAL, more;
	char name[NAME_BYTES];

	while ((more = next_name(&path, name)) > 0) {
		made = make_one(at, name);
		int dir = made < 0 ? made : path_open(at, name, DIR_FLAGS, PLAIN);
		int err = dir < 0 ? 0 : settle_type(dir);

		if (err < 0) {
			(void)sys_close(dir);
			dir = err;
		}

		if (at != parent)
			(void)sys_close(at);
		at = dir;
		if (dir < 0)
			return dir;
	}
	if (more < 0)
		made = more;
	else if (made == 0 && !op->nums[0])
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
