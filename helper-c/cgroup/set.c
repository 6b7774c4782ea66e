/* What is changed of a cgroup besides its limits: its owner, whether it runs. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "../launch/launch.h"
#include <linux/xattr.h>

#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* Whether a word of a plan's run of strings is the name of a control file. */
static int is_file_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c == '/')
			return 0;
	return *name && *name != '.';
}

int op_write_first(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, 0);
	const char *end = name + plan_strings_len(&run->plan, op, 0);
	int err = -ENOENT;

	while (err == -ENOENT && name) {
		const char *value = plan_next_string(name, end);

		if (!value || !is_file_name(name))
			return -EINVAL;
		err = file_write(op_fd(run, op, 0), name, value);
		name = plan_next_string(value, end);
	}
	return err;
}

int op_own_cgroup(struct run *run, const struct plan_op *op)
{
	int dir = op_fd(run, op, 0);
	uint64_t uid = op->nums[OP_OWN_CGROUP_NUM_UID];
	const char *name = plan_string(&run->plan, op, 0);
	const char *end = name ? name + plan_strings_len(&run->plan, op, 0) : NULL;
	long err = SYS5(fchownat, dir, "", uid, (uint32_t)-1, AT_EMPTY_PATH);

	for (; err == 0 && name; name = plan_next_string(name, end)) {
		if (!is_file_name(name))
			return -EINVAL;
		int fd = path_open(dir, name, O_PATH, PLAIN);

		if (fd == -ENOENT)
			continue;
		err = fd < 0 ? fd : SYS5(fchownat, fd, "", uid, (uint32_t)-1, AT_EMPTY_PATH);
		(void)sys_close(fd);
	}
	return (int)err;
}

/* Whose a cgroup is: the state directory, which no other container has meanwhile. */
struct mark {
	uint64_t device, inode;
};

/* 0 or -errno. */
static int mark_of(int state, struct mark *ret)
{
	struct statx st;
	long err = sys_statx(state, "", AT_EMPTY_PATH, STATX_INO, &st);

	*ret = (struct mark){(uint64_t)st.stx_dev_major << 32 | st.stx_dev_minor, st.stx_ino};
	return (int)err;
}

int op_mark_cgroup(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, OP_MARK_CGROUP_DATA_ATTRIBUTE);
	int dir = op_fd(run, op, OP_MARK_CGROUP_SLOT_CGROUP);
	struct mark mark;
	long err = mark_of(op_fd(run, op, OP_MARK_CGROUP_SLOT_STATE), &mark);

	if (err == 0)
		err = undo_note(dir, name, UNDO_MARK);
	if (err < 0)
		return (int)err;
	/* Of two that find it without a mark one is the first. */
	err = SYS5(fsetxattr, dir, name, &mark, sizeof(mark), XATTR_CREATE);
	if (err < 0)
		undo_forget();
	return (int)err;
}

int op_expect_mark(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, OP_EXPECT_MARK_DATA_ATTRIBUTE);
	int dir = op_fd(run, op, OP_EXPECT_MARK_SLOT_CGROUP);
	struct mark want, found = {0};
	long n = mark_of(op_fd(run, op, OP_EXPECT_MARK_SLOT_STATE), &want);

	if (n < 0 || dir < 0)
		return (int)n;
	n = SYS4(fgetxattr, dir, name, &found, sizeof(found));
	/* A launcher that was killed may have come as far as to make it. */
	if (n == -ENODATA)
		return 0;
	if (n == sizeof(found) && found.device == want.device && found.inode == want.inode)
		return 0;
	return n < 0 && n != -ERANGE ? (int)n : op_fault(run, FAULT_DIFFERS, EEXIST, found.inode);
}

/* Whether a text has a word in it. */
static int has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (; *text; text++)
		if (memcmp(text, word, n) == 0)
			return 1;
	return 0;
}

/* Asks for a cgroup to be frozen or not. 0 or -errno. */
static int freezer_write(int dir, int v2, int frozen)
{
	if (v2)
		return file_write(dir, "cgroup.freeze", frozen ? "1" : "0");
	return file_write(dir, "freezer.state", frozen ? "FROZEN" : "THAWED");
}

/* Whether the kernel says that it is as asked. 1, 0, or -errno. */
static int freezer_is(int dir, int v2, int frozen)
{
	/* The longest word that is looked for fits behind what was read. */
	char text[512 + 16];
	long n;

	(void)memset(text, 0, sizeof(text));
	n = file_read(dir, v2 ? "cgroup.events" : "freezer.state", text, 512);
	if (n < 0)
		return (int)n;
	if (v2)
		return has_word(text, frozen ? "frozen 1" : "frozen 0");
	return has_word(text, frozen ? "FROZEN" : "THAWED");
}

int op_freeze_cgroup(struct run *run, const struct plan_op *op)
{
	int dir = op_fd(run, op, 0), v2 = op->nums[OP_FREEZE_CGROUP_NUM_VERSION] == 2;
	int frozen = op->nums[OP_FREEZE_CGROUP_NUM_FROZEN] == 1;
	uint64_t end = clock_now() + op->nums[OP_FREEZE_CGROUP_NUM_TIMEOUT_MS] * 1000000U;

	if (dir < 0)
		return op->flags & OPF_ABSENT_OK ? 0 : -ENOENT;
	for (;;) {
		/* v1 gives up on a cgroup that gets new processes meanwhile: ask again. */
		int err = freezer_write(dir, v2, frozen);

		if (err == 0)
			err = freezer_is(dir, v2, frozen);
		if (err < 0)
			return (err == -ENOENT || err == -ENODEV) && (op->flags & OPF_ABSENT_OK)
				   ? 0
				   : err;
		if (err == 1)
			return 0;
		if (clock_now() >= end)
			break;
		sleep_ms(2);
	}
	if (frozen)
		(void)freezer_write(dir, v2, 0);
	return -ETIMEDOUT;
}
