/* Ops that the launcher and init both run: opening, making and filling detached trees,
 * and sending a descriptor. */
#include "path.h"
#include "run.h"
#include "str.h"
#include <linux/kdev_t.h>
#include <linux/mount.h>

/* The numbers of the bits MS_UNBINDABLE and so on. */
#define UNBINDABLE_BIT 17
#define PRIVATE_BIT 18
#define SLAVE_BIT 19
#define SHARED_BIT 20

/* The root or the working directory. */
int op_open_own(struct run *run, const struct plan_op *op)
{
	const char *path = op->code == OP_OPEN_CWD ? "." : "/";

	return op_define(run, op,
			 (int)sys_openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0));
}

int op_open_dir(struct run *run, const struct plan_op *op)
{
	const char *path = plan_string(&run->plan, op, OP_OPEN_DIR_DATA_PATH);
	uint64_t how = path_resolve_bits(op->nums[OP_OPEN_DIR_NUM_RESOLVE]);

	return op_define(run, op, path_open(op_fd(run, op, 0), path, O_PATH | O_DIRECTORY, how));
}

int op_open_object(struct run *run, const struct plan_op *op)
{
	const char *path = plan_string(&run->plan, op, OP_OPEN_OBJECT_DATA_PATH);
	uint64_t how = path_resolve_bits(op->nums[OP_OPEN_OBJECT_NUM_RESOLVE]);
	uint64_t type = op->nums[OP_OPEN_OBJECT_NUM_TYPE];
	int fd = path_open(op_fd(run, op, 0), path, O_PATH, how);

	if (fd >= 0 && type) {
		struct statx st;
		long err = fd_stat(fd, &st);
		int device = type == S_IFCHR || type == S_IFBLK;

		if (err == 0 &&
		    ((st.stx_mode & S_IFMT) != type ||
		     (device && (st.stx_rdev_major != op->nums[OP_OPEN_OBJECT_NUM_MAJOR] ||
				 st.stx_rdev_minor != op->nums[OP_OPEN_OBJECT_NUM_MINOR]))))
			err = op_fault(run, FAULT_DIFFERS, ENODEV,
				       (uint64_t)st.stx_rdev_major << 32 | st.stx_rdev_minor);
		if (err < 0) {
			(void)sys_close(fd);
			return (int)err;
		}
	}
	return op_define(run, op, fd);
}

static int set_attr(int fd, int recursive, const struct mount_attr *attr)
{
	return (int)SYS5(mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
			 attr, sizeof(*attr));
}

static int set_propagation(int fd, int recursive, uint64_t propagation)
{
	static const uint8_t bits[] = {0,	   PRIVATE_BIT,	   SLAVE_BIT,
				       SHARED_BIT, UNBINDABLE_BIT, PRIVATE_BIT};
	struct mount_attr attr = {.propagation = 1UL << bits[propagation]};

	int err = propagation == PROPAGATION_KEEP ? 0 : set_attr(fd, recursive, &attr);

	if (err == 0 && propagation == PROPAGATION_PRIVATE_SHARED) {
		attr.propagation = 1UL << SHARED_BIT;
		err = set_attr(fd, recursive, &attr);
	}
	return err;
}

/* 1 where a descriptor is on the mount of the working directory, or -errno. */
static long is_beside(int fd)
{
	long mount = mount_of(fd, "");
	long here = mount < 0 ? mount : mount_of(AT_FDCWD, "");

	return here < 0 ? here : here == mount;
}

/* A clone of a shared mount is its peer even while it is detached. */
static long cut_off(int tree, int source, const struct plan_op *op)
{
	long err = set_propagation(tree, op->nums[OP_CLONE_TREE_NUM_RECURSIVE] != 0,
				   op->nums[OP_CLONE_TREE_NUM_PROPAGATION]);

	if (err == 0 && op->flags & OPF_APART)
		err = is_beside(source);
	return err > 0 ? set_propagation(tree, 0, PROPAGATION_PRIVATE) : err;
}

int op_clone_tree(struct run *run, const struct plan_op *op)
{
	int recursive = op->nums[OP_CLONE_TREE_NUM_RECURSIVE] != 0;
	int tree = (int)SYS3(open_tree, op_fd(run, op, 0), "",
			     AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC |
				 (recursive ? AT_RECURSIVE : 0));

	if (tree < 0)
		return tree;
	/* Before anything else happens. */
	int err = (int)cut_off(tree, op_fd(run, op, 0), op);

	if (err < 0) {
		(void)sys_close(tree);
		return err;
	}
	op_moved(run, op, 0);
	return op_define(run, op, tree);
}

long fs_set(int fs, const char *key, const char *value)
{
	return SYS5(fsconfig, fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value, 0);
}

int fs_finish(int fs, long err, uint64_t attrs)
{
	if (err >= 0)
		err = SYS5(fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
	if (err >= 0)
		err = SYS3(fsmount, fs, FSMOUNT_CLOEXEC, attrs);
	(void)sys_close(fs);
	return (int)err;
}

/* An option as `key` or `key=value`. */
static long fs_option(int fs, const char *option)
{
	char key[256];
	size_t n = 0;

	while (option[n] && option[n] != '=')
		n++;
	if (n >= sizeof(key))
		return -ENAMETOOLONG;
	(void)memcpy(key, option, n);
	key[n] = 0;
	return fs_set(fs, key, option[n] ? option + n + 1 : NULL);
}

int op_make_fs(struct run *run, const struct plan_op *op)
{
	const char *source = plan_string(&run->plan, op, OP_MAKE_FS_DATA_SOURCE);
	const char *options = plan_string(&run->plan, op, OP_MAKE_FS_DATA_OPTIONS);
	uint32_t size = op->data[OP_MAKE_FS_DATA_OPTIONS].length;
	int pidns = op_fd_or_none(run, op, OP_MAKE_FS_SLOT_PIDNS);
	int at = op_fd_or_none(run, op, OP_MAKE_FS_SLOT_AT);
	int fs =
	    (int)SYS2(fsopen, plan_string(&run->plan, op, OP_MAKE_FS_DATA_TYPE), FSOPEN_CLOEXEC);
	long err = fs;

	if (err >= 0 && at >= 0)
		err = SYS1(fchdir, at);
	if (err >= 0 && source)
		err = fs_set(fs, "source", source);
	if (err >= 0 && pidns >= 0)
		err = SYS5(fsconfig, fs, FSCONFIG_SET_FD, "pidns", 0, pidns);
	for (uint32_t i = 0; err >= 0 && options && i < size;
	     i += (uint32_t)strlen(options + i) + 1) {
		err = fs_option(fs, options + i);
		if (err < 0)
			(void)op_fault(run, FAULT_CALL, (int)-err,
				       i + 1); /* which option, from 1 */
	}
	return op_define(run, op, fs_finish(fs, err, op->nums[OP_MAKE_FS_NUM_ATTRS]));
}

int op_set_mount(struct run *run, const struct plan_op *op)
{
	int tree = op_fd(run, op, OP_SET_MOUNT_SLOT_TREE);
	int userns = op_fd_or_none(run, op, OP_SET_MOUNT_SLOT_USERNS);
	int recursive = op->nums[OP_SET_MOUNT_NUM_RECURSIVE] != 0;
	struct mount_attr attr = {
	    .attr_set = op->nums[OP_SET_MOUNT_NUM_SET],
	    .attr_clr = op->nums[OP_SET_MOUNT_NUM_CLEAR],
	    .userns_fd = userns < 0 ? 0 : (uint64_t)userns,
	};
	int err = attr.attr_set || attr.attr_clr ? set_attr(tree, recursive, &attr) : 0;

	return err < 0 ? err
		       : set_propagation(tree, recursive, op->nums[OP_SET_MOUNT_NUM_PROPAGATION]);
}

int op_unshare(struct run *run, const struct plan_op *op)
{
	(void)run;
	return (int)SYS1(unshare, op->nums[OP_UNSHARE_NUM_NAMESPACES]);
}

int op_close(struct run *run, const struct plan_op *op)
{
	op_moved(run, op, 0);
	return 0;
}

int rlimit_set(struct run *run, const struct plan_op *op, uint32_t pid, int raise)
{
	_Static_assert(OP_SET_OWN_RLIMIT_NUM_RESOURCE == OP_SET_RLIMIT_NUM_RESOURCE &&
			   OP_SET_OWN_RLIMIT_NUM_SOFT == OP_SET_RLIMIT_NUM_SOFT &&
			   OP_SET_OWN_RLIMIT_NUM_HARD == OP_SET_RLIMIT_NUM_HARD,
		       "both ops have the same numbers");
	uint64_t resource = op->nums[OP_SET_RLIMIT_NUM_RESOURCE], now[2] = {0, 0};
	uint64_t limit[2] = {op->nums[OP_SET_RLIMIT_NUM_SOFT], op->nums[OP_SET_RLIMIT_NUM_HARD]};
	long err = raise ? SYS4(prlimit64, pid, resource, NULL, now) : 0;

	for (int i = 0; i < 2; i++)
		limit[i] = limit[i] < now[i] ? now[i] : limit[i];
	if (err == 0)
		err = SYS4(prlimit64, pid, resource, limit, NULL);
	if (err == 0)
		err = SYS4(prlimit64, pid, resource, NULL, now);
	if (err == 0 && (now[0] != limit[0] || now[1] != limit[1]))
		err = op_fault(run, FAULT_DIFFERS, EINVAL, now[0]);
	return (int)err;
}

/* Whether a stream of that owner may be given to another user. The container could change the mode
 * of a device of the host, and write to a file that it is given to read. 1, 0, or -errno. */
static long may_give(int fd, const struct statx *st)
{
	uint32_t type = st->stx_mode & S_IFMT;
	long flags;

	if (type == S_IFREG) {
		flags = sys_fcntl(fd, F_GETFL, 0);
		if (flags < 0 || !(flags & O_ACCMODE))
			return flags < 0 ? flags : 0;
	} else if (type != S_IFIFO && type != S_IFSOCK) {
		return 0;
	}
	/* Root could give anybody's file away. */
	return st->stx_uid == (uint32_t)SYS0(geteuid);
}

int op_own_stream(struct run *run, const struct plan_op *op)
{
	uint64_t uid = op->nums[OP_OWN_STREAM_NUM_UID];
	int fd = op_fd(run, op, OP_OWN_STREAM_SLOT_STREAM);
	struct statx st;
	long err = fd_stat(fd, &st);

	if (err < 0 || st.stx_uid == uid)
		return (int)err;
	err = may_give(fd, &st);
	if (err > 0)
		err = SYS3(fchown, fd, uid, -1);
	/* EINVAL: the user namespace does not map the user or the group of the file. */
	return err == -EPERM || err == -EROFS || err == -EINVAL ? 0 : (int)err;
}

int op_make_node(struct run *run, const struct plan_op *op)
{
	const uint64_t *num = op->nums;
	uint32_t mode = (uint32_t)num[OP_MAKE_NODE_NUM_MODE];
	uint32_t major = (uint32_t)num[OP_MAKE_NODE_NUM_MAJOR],
		 minor = (uint32_t)num[OP_MAKE_NODE_NUM_MINOR];
	const char *name;
	int dir = path_parent(op_fd(run, op, 0), plan_string(&run->plan, op, 0), &name);
	/* The kernel's new_encode_dev(). */
	uint32_t dev = (minor & 0xff) | (major << 8) | ((minor & ~0xffU) << 12);

	if (dir < 0)
		return dir;
	long err = (mode & S_IFMT) == S_IFDIR ? SYS3(mkdirat, dir, name, mode & 07777)
					      : SYS4(mknodat, dir, name, mode, dev);

	if (err == 0)
		err = SYS5(fchownat, dir, name, num[OP_MAKE_NODE_NUM_UID],
			   num[OP_MAKE_NODE_NUM_GID], AT_SYMLINK_NOFOLLOW);
	(void)sys_close(dir);
	return (int)err;
}

int op_send_fd(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, 0);
	int err = msg_send(op_fd(run, op, OP_SEND_FD_SLOT_SOCKET), NULL, name, strlen(name),
			   op_fd(run, op, OP_SEND_FD_SLOT_FD));

	if (err == 0)
		op_moved(run, op, OP_SEND_FD_SLOT_FD);
	return err;
}
