/* The file tree, by descriptor only. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"
#include <asm/statfs.h>
#include <linux/mount.h>

#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define MNT_DETACH_ 2
#define MS_PRIVATE_ (1UL << 18)
#define MS_SLAVE_ (1UL << 19)

int op_mount_point(struct run *run, const struct plan_op *op)
{
	return op_define(run, op,
			 path_mount_point(op_fd(run, op, 0), plan_string(&run->plan, op, 0),
					  (unsigned)op->nums[OP_MOUNT_POINT_NUM_KIND],
					  (unsigned)op->nums[OP_MOUNT_POINT_NUM_MODE],
					  op->nums[OP_MOUNT_POINT_NUM_RESOLVE] != 0));
}

static int attach(int tree, int target)
{
	return (int)SYS5(move_mount, tree, "", target, "",
			 MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int op_attach(struct run *run, const struct plan_op *op)
{
	int err =
	    attach(op_fd(run, op, OP_ATTACH_SLOT_TREE), op_fd(run, op, OP_ATTACH_SLOT_TARGET));

	if (err < 0)
		return err;
	op_moved(run, op, OP_ATTACH_SLOT_TREE);
	op_moved(run, op, OP_ATTACH_SLOT_TARGET);
	return 0;
}

int op_attach_root(struct run *run, const struct plan_op *op)
{
	int err = attach(op_fd(run, op, OP_ATTACH_ROOT_SLOT_TREE),
			 op_fd(run, op, OP_ATTACH_ROOT_SLOT_TARGET));

	if (err == 0)
		op_moved(run, op, OP_ATTACH_ROOT_SLOT_TARGET);
	return err;
}

int op_isolate_mounts(struct run *run, const struct plan_op *op)
{
	struct mount_attr attr = {.propagation =
				      op->nums[0] == PROPAGATION_PRIVATE ? MS_PRIVATE_ : MS_SLAVE_};

	(void)run;
	return (int)SYS5(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr));
}

/* A tmpfs with an empty file `file` and an empty directory `dir`, labelled and made read-only. */
int op_make_masks(struct run *run, const struct plan_op *op)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	const char *label = plan_string(&run->plan, op, OP_MAKE_MASKS_DATA_LABEL);
	int fs = (int)SYS2(fsopen, "tmpfs", FSOPEN_CLOEXEC);

	long err = fs < 0 ? fs : fs_set(fs, "mode", "0555");

	if (err >= 0 && label)
		err = fs_set(fs, "context", label);
	int tree = fs_finish(fs, err, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (tree < 0)
		return tree;
	err = SYS4(mknodat, tree, "file", S_IFREG | 0444, 0);
	if (err == 0)
		err = SYS3(mkdirat, tree, "dir", 0555);
	if (err == 0)
		err = SYS5(mount_setattr, tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
	/* Init ends where anything fails, and what it holds ends with it. */
	return err < 0 ? (int)err : op_define(run, op, tree);
}

/* Opens the path of an op beneath its first slot. *ret_absent is set where the plan lets it be
 * missing. */
static int open_subject(struct run *run, const struct plan_op *op, int *ret_absent)
{
	int fd = path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_PATH, IN_ROOT);

	*ret_absent = (fd == -ENOENT || fd == -ENOTDIR) && (op->flags & OPF_ABSENT_OK);
	return fd;
}

/*
 * Closing a mount that was never attached waits for an RCU grace period (about 50 us); so the mask
 * file system itself is attached once, under the first directory's mask.
 */
static int attach_masks(struct run *run, const struct plan_op *op, int *target)
{
	static int done;

	if (done)
		return 0;
	int err = attach(op_fd(run, op, OP_MASK_SLOT_MASKS), *target);

	if (err < 0)
		return err;
	done = 1;
	(void)sys_close(*target);
	*target = path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_PATH, IN_ROOT);
	return *target < 0 ? *target : 0;
}

static int clone_mask(int masks, const char *name, int flags)
{
	return (int)SYS3(open_tree, masks, name, flags | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
}

/*
 * Before Linux 6.15 nothing is cloned that is not attached: there the masks lie on the root for a
 * moment, and a detached copy takes their place in the slot. The clone, or -errno.
 */
static int clone_on_root(int masks, const char *name)
{
	int root = (int)sys_openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	int err = attach(masks, root);

	(void)sys_close(root);
	if (err < 0)
		return err;
	int tree = clone_mask(masks, name, 0);
	int copy = clone_mask(masks, "", AT_EMPTY_PATH);

	err = (int)SYS2(umount2, "/", MNT_DETACH_);
	if (err == 0)
		err = (int)sys_dup3(copy, masks, O_CLOEXEC);
	(void)sys_close(copy);
	return err < 0 ? err : tree;
}

int op_mask(struct run *run, const struct plan_op *op)
{
	int masks = op_fd(run, op, OP_MASK_SLOT_MASKS);
	int absent;
	int target = open_subject(run, op, &absent);

	if (target < 0)
		return absent ? 0 : target;
	int type = path_type(target);
	int err = type == S_IFDIR ? attach_masks(run, op, &target) : type < 0 ? type : 0;

	if (err == 0)
		err = clone_mask(masks, type == S_IFDIR ? "dir" : "file", 0);
	if (err == -EINVAL)
		err = clone_on_root(masks, "file");
	if (err >= 0) {
		int tree = err;

		err = attach(tree, target);
		(void)sys_close(tree);
	}
	(void)sys_close(target);
	return err;
}

/* Covers what is open with a clone of itself that has those attributes too, and closes it. 0 or
 * -errno. */
static int cover_with_itself(int target, uint64_t attributes)
{
	struct mount_attr attr = {.attr_set = attributes, .propagation = MS_SLAVE_};
	int tree = (int)SYS3(open_tree, target, "",
			     AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int err = tree;

	if (err >= 0)
		err = (int)SYS5(mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
				sizeof(attr));
	if (err >= 0)
		err = attach(tree, target);
	(void)sys_close(tree);
	(void)sys_close(target);
	return err;
}

int op_readonly_path(struct run *run, const struct plan_op *op)
{
	int absent;
	int target = open_subject(run, op, &absent);

	if (target < 0)
		return absent ? 0 : target;
	return cover_with_itself(target, MOUNT_ATTR_RDONLY);
}

int op_guard_path(struct run *run, const struct plan_op *op)
{
	uint64_t kind = op->nums[OP_GUARD_PATH_NUM_READONLY];
	/* With O_PATH and O_NOFOLLOW a link is opened itself, and still none is followed. */
	int target = path_open(op_fd(run, op, OP_GUARD_PATH_SLOT_ROOT),
			       plan_string(&run->plan, op, OP_GUARD_PATH_DATA_PATH),
			       O_PATH | (kind == 2 ? O_NOFOLLOW : 0), path_resolve_bits(2));

	if (target < 0)
		return target;
	return cover_with_itself(target, kind ? MOUNT_ATTR_RDONLY : 0);
}

int op_expect_mount(struct run *run, const struct plan_op *op)
{
	uint64_t magic = op->nums[OP_EXPECT_MOUNT_NUM_MAGIC];
	uint64_t require = op->nums[OP_EXPECT_MOUNT_NUM_REQUIRE];
	int fd = path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_PATH, IN_ROOT);
	struct statx st;
	struct statfs fs;

	if (fd < 0)
		return fd;
	long err = fd_stat(fd, &st);

	if (err == 0)
		err = SYS2(fstatfs, fd, &fs);
	(void)sys_close(fd);
	if (err < 0)
		return (int)err;
	if (!(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		return op_fault(run, FAULT_DIFFERS, EINVAL, 0);
	if (magic && (uint64_t)(uint32_t)fs.f_type != magic)
		return op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_type);
	if (((uint64_t)fs.f_flags & require) != require)
		return op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_flags);
	return 0;
}

int op_pivot(struct run *run, const struct plan_op *op)
{
	int root = op_fd(run, op, 0);
	long err = SYS1(fchdir, root);

	/* pivot_root(2): with "." twice the old root is stacked on the new one, and the working
	 * directory reaches it. */
	if (err == 0)
		err = SYS2(pivot_root, ".", ".");
	if (err == 0)
		err = SYS2(umount2, ".", MNT_DETACH_);
	return (int)(err == 0 ? SYS1(fchdir, root) : err);
}

/* The working directory is the new root afterwards, as after a pivot. */
int op_chroot(struct run *run, const struct plan_op *op)
{
	long err = SYS1(fchdir, op_fd(run, op, 0));

	return (int)(err == 0 ? SYS1(chroot, ".") : err);
}

/* A tmpfs whose config says no mode has that of the directory which it covers, as in runc and crun.
 * If the path is missing, the kernel's own mode: 1777. */
int op_copy_mode(struct run *run, const struct plan_op *op)
{
	int source = op_fd(run, op, OP_COPY_MODE_SLOT_SOURCE), fd = -1;
	const char *path = plan_string(&run->plan, op, OP_COPY_MODE_DATA_PATH);
	struct statx st;

	if (path) {
		fd = path_open(source, path, O_PATH,
			       path_resolve_bits(op->nums[OP_COPY_MODE_NUM_RESOLVE]));
		if (fd < 0)
			return fd == -ENOENT && op->flags & OPF_ABSENT_OK ? 0 : fd;
		source = fd;
	}
	long err = fd_stat(source, &st);

	if (fd >= 0)
		(void)sys_close(fd);
	return (int)(err == 0 ? SYS3(fchmodat, op_fd(run, op, OP_COPY_MODE_SLOT_TREE), ".",
				     st.stx_mode & 07777)
			      : err);
}

int op_make_link(struct run *run, const struct plan_op *op)
{
	const char *name;
	int dir = path_parent(op_fd(run, op, 0),
			      plan_string(&run->plan, op, OP_MAKE_LINK_DATA_PATH), &name);

	if (dir < 0)
		return dir;
	long err =
	    SYS3(symlinkat, plan_string(&run->plan, op, OP_MAKE_LINK_DATA_TARGET), dir, name);

	(void)sys_close(dir);
	return err == -EEXIST && (op->flags & OPF_ABSENT_OK) ? 0 : (int)err;
}

int op_make_file(struct run *run, const struct plan_op *op)
{
	const char *name;
	uint32_t length;
	const uint8_t *content = plan_bytes(&run->plan, op, OP_MAKE_FILE_DATA_CONTENT, &length);
	int dir = path_parent(op_fd(run, op, 0),
			      plan_string(&run->plan, op, OP_MAKE_FILE_DATA_PATH), &name);

	if (dir < 0)
		return dir;
	long fd = sys_openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
			     (int)op->nums[OP_MAKE_FILE_NUM_MODE]);

	(void)sys_close(dir);
	if (fd < 0)
		return (int)fd;
	long did = SYS3(write, fd, content, length);

	(void)sys_close((int)fd);
	if (did == length)
		return 0;
	return did < 0 ? (int)did : -ENOSPC; /* a part */
}
