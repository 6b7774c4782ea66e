/* What is written as text and read back: labels of security modules (AppArmor, SELinux) of what
 * init executes, of its keys, of a mount; kernel parameters. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"
#include <asm/statfs.h>
#include <linux/lsm.h>
#include <linux/magic.h>

#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

/* struct lsm_ctx with room for the longest label that a call can carry: a page in all. */
static struct {
	uint64_t id, flags, size, text_size;
	char text[4096 - sizeof(struct lsm_ctx)];
} context;
_Static_assert(sizeof(struct lsm_ctx) == 4 * sizeof(uint64_t), "the head is that of the kernel");

/* The kernel takes writes only from whoever opened the file, by its memory: so init opens it, after
 * any fork. `self` is a plain link, which leads to the same procfs. */
int op_open_label(struct run *run, const struct plan_op *op)
{
	return op_define(
	    run, op, path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_RDWR, PLAIN));
}

/* Writes a file and, where that is wanted, reads it back into context.text: its size, which leaves
 * room for a NUL, or -errno. */
static long put_file(int file, const char *value, int read)
{
	long size = (long)strlen(value), n = sys_write(file, value, (size_t)size);

	/* What the kernel does not take as a whole is not a value of this file. */
	if (n >= 0 && n != size)
		n = -EINVAL;
	return n < 0 || !read ? n : SYS4(pread64, file, context.text, sizeof(context.text) - 1, 0);
}

/* As put_file(), for an attribute of a security module. */
static long put_label(const struct plan_op *op, const char *value)
{
	uint64_t attribute = op->nums[OP_SET_LABEL_NUM_ATTRIBUTE];
	size_t size = strlen(value);
	uint32_t room = sizeof(context) - 1;

	if (size >= sizeof(context.text))
		return -ENAMETOOLONG;
	context.id = op->nums[OP_SET_LABEL_NUM_LSM];
	context.size = sizeof(context);
	context.text_size = size;
	(void)memcpy(context.text, value, size);
	long n = SYS4(lsm_set_self_attr, attribute, &context, sizeof(context), 0);

	if (n == 0)
		n = SYS4(lsm_get_self_attr, attribute, &context, &room, LSM_FLAG_SINGLE);
	return n == 1 ? (long)context.text_size : n;
}

/* As put_file(), for the root of a file system whose only superblock is there already, and so takes
 * no mount option. */
static long label_root(int tree, const char *value)
{
	int fd = path_open(tree, ".", O_RDONLY | O_DIRECTORY, PLAIN);
	long n = fd < 0 ? fd : SYS5(fsetxattr, fd, "security.selinux", value, strlen(value) + 1, 0);

	if (n == 0)
		n = SYS4(fgetxattr, fd, "security.selinux", context.text, sizeof(context.text) - 1);
	(void)sys_close(fd);
	return n;
}

/*
 * Whether context.text, of which n bytes were read, is what the plan expects. It may be followed by
 * the end of a line or of a column: the kernel may have more of these. It may also be followed by
 * the mode that AppArmor adds: `label (enforce)`. Without an expectation, whether anything is
 * there. 0 or -errno.
 */
static int check_text(struct run *run, long n, const char *expect)
{
	const char *text = context.text;

	if (n < 0)
		return (int)n;
	context.text[n] = 0;
	while (expect && *expect && *text == *expect) {
		expect++;
		text++;
	}
	if (expect ? !*expect && ((unsigned char)*text < ' ' || (text[0] == ' ' && text[1] == '('))
		   : n > 0)
		return 0;
	return op_fault(run, FAULT_DIFFERS, EPERM, (uint64_t)n);
}

int op_set_label(struct run *run, const struct plan_op *op)
{
	int file = op_fd_or_none(run, op, OP_SET_LABEL_SLOT_FILE);
	int tree = op_fd_or_none(run, op, OP_SET_LABEL_SLOT_TREE);
	const char *value = plan_string(&run->plan, op, OP_SET_LABEL_DATA_VALUE);
	const char *expect = plan_string(&run->plan, op, OP_SET_LABEL_DATA_EXPECT);
	long n = tree >= 0   ? label_root(tree, value)
		 : file >= 0 ? put_file(file, value, 1)
			     : put_label(op, value);

	op_moved(run, op, OP_SET_LABEL_SLOT_FILE);
	return check_text(run, n, expect);
}

/* Some parameters cannot be read, and some do not say what was written: for those the plan expects
 * nothing. */
int op_sysctl(struct run *run, const struct plan_op *op)
{
	const char *expect = plan_string(&run->plan, op, OP_SYSCTL_DATA_EXPECT);
	int dir = op_fd(run, op, 0);
	struct statfs fs;
	long n = SYS2(fstatfs, dir, &fs);

	if (n < 0)
		return (int)n;
	if (fs.f_type != PROC_SUPER_MAGIC)
		return op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_type);
	int fd = path_open(dir, plan_string(&run->plan, op, OP_SYSCTL_DATA_KEY),
			   expect ? O_RDWR : O_WRONLY, PLAIN | RESOLVE_NO_SYMLINKS);

	if (fd < 0)
		return fd;
	n = put_file(fd, plan_string(&run->plan, op, OP_SYSCTL_DATA_VALUE), expect != NULL);
	(void)sys_close(fd);
	return n < 0 || expect ? check_text(run, n, expect) : 0;
}
