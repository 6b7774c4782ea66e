/* Labels of security modules (AppArmor, SELinux): of what init executes, of its keys, of a mount.
 */
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"
#include <linux/lsm.h>

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

/* Sets an attribute and reads it back into context.text: its size, which leaves room for a NUL, or
 * -errno. */
static long put_label(int file, const struct plan_op *op, const char *value)
{
	uint64_t attribute = op->nums[OP_SET_LABEL_NUM_ATTRIBUTE];
	size_t size = strlen(value);
	uint32_t room = sizeof(context) - 1;

	if (size >= sizeof(context.text))
		return -ENAMETOOLONG;
	if (file >= 0) {
		long n = sys_write(file, value, size);

		return n < 0 ? n : SYS4(pread64, file, context.text, sizeof(context.text) - 1, 0);
	}
	context.id = op->nums[OP_SET_LABEL_NUM_LSM];
	context.size = sizeof(context);
	context.text_size = size;
	(void)memcpy(context.text, value, size);
	long n = SYS4(lsm_set_self_attr, attribute, &context, sizeof(context), 0);

	if (n == 0)
		n = SYS4(lsm_get_self_attr, attribute, &context, &room, LSM_FLAG_SINGLE);
	return n == 1 ? (long)context.text_size : n;
}

/* Whether context.text is that label: followed by nothing, a newline, or the mode that AppArmor
 * adds, `label (enforce)`. */
static int is_label(const char *label)
{
	const char *text = context.text;

	while (*label && *text == *label) {
		label++;
		text++;
	}
	return !*label && (!*text || *text == '\n' || (text[0] == ' ' && text[1] == '('));
}

/* For a file system whose only superblock is there already, and so takes no mount option. */
static long label_root(int tree, const char *value)
{
	int fd = path_open(tree, ".", O_RDONLY | O_DIRECTORY, PLAIN);

	if (fd < 0)
		return fd;
	long err = SYS5(fsetxattr, fd, "security.selinux", value, strlen(value) + 1, 0);

	(void)sys_close(fd);
	return err;
}

int op_set_label(struct run *run, const struct plan_op *op)
{
	int tree = op_fd_or_none(run, op, OP_SET_LABEL_SLOT_TREE);
	const char *value = plan_string(&run->plan, op, OP_SET_LABEL_DATA_VALUE);
	const char *expect = plan_string(&run->plan, op, OP_SET_LABEL_DATA_EXPECT);

	if (tree >= 0)
		return (int)label_root(tree, value);
	long n = put_label(op_fd_or_none(run, op, OP_SET_LABEL_SLOT_FILE), op, value);

	if (n < 0)
		return (int)n;
	context.text[n] = 0;
	if (expect ? !is_label(expect) : n == 0)
		return op_fault(run, FAULT_DIFFERS, EPERM, (uint64_t)n);
	op_moved(run, op, OP_SET_LABEL_SLOT_FILE);
	return 0;
}
