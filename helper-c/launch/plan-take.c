/* From the caller's descriptor to a sealed and verified plan; and the sealed init program. */
#include "../plan/verify.h"
#include "../sys/path.h"
#include "../sys/str.h"
#include "launch.h"
#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/memfd.h>

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define F_SEAL_EXEC_ 0x20
#define CGROUP2_MAGIC 0x63677270
#define CGROUP1_MAGIC 0x27e0eb

/* memfd_create(2) with flags that older kernels (before 6.3) do not know. */
static int memfd_make(const char *name, unsigned extra)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	long fd = SYS2(memfd_create, name, flags | extra);

	return (int)(fd == -EINVAL ? SYS2(memfd_create, name, flags) : fd);
}

static int seal(int fd, long extra)
{
	long err = extra ? sys_fcntl(fd, F_ADD_SEALS, SEALS | extra) : -EINVAL;

	return (int)(err == -EINVAL ? sys_fcntl(fd, F_ADD_SEALS, SEALS) : err);
}

int program_file(const char *name, const char *image, const char *end, int hidden)
{
	int fd = memfd_make(name, MFD_EXEC);
	size_t size = (size_t)(end - image);

	if (fd < 0)
		return fd;
	long n = sys_write(fd, image, size);
	int err = n < 0 ? (int)n : (size_t)n != size ? -EIO : 0;

	if (err == 0 && hidden)
		err = (int)SYS2(fchmod, fd, 0111);
	if (err == 0)
		err = seal(fd, F_SEAL_EXEC_);

	if (err < 0)
		(void)sys_close(fd);
	return err < 0 ? err : fd;
}

/* Moves what comes next of a plan through our memory. As plan_move. */
__attribute__((noinline)) static long plan_carry(int from, int to)
{
	char buf[4096];
	long n = sys_read(from, buf, sizeof(buf));
	long wrote = n > 0 ? sys_write(to, buf, (size_t)n) : n;

	return wrote >= 0 && wrote != n ? -EIO : wrote;
}

/* Moves what comes next of a plan: how many bytes, 0 at its end, or -errno. Pipes and files are
 * moved by the kernel; sockets, and where a filter knows better, by us. */
static long plan_move(int from, int to)
{
	long n = SYS6(splice, from, NULL, to, NULL, PLAN_MAX_SIZE, 0);

	if (n == -EINVAL)
		n = SYS4(sendfile, to, from, NULL, PLAN_MAX_SIZE);
	return n < 0 && n != -EINTR && n != -EAGAIN ? plan_carry(from, to) : n;
}

/* Copies a pipe or file into a new memfd. The descriptor or -errno; -EFBIG past the largest plan.
 */
static int plan_copy(int from)
{
	uint64_t total = 0;
	int fd = memfd_make("coffer-plan", MFD_NOEXEC_SEAL);
	long n = fd < 0 ? fd : 1;

	while (n > 0) {
		n = plan_move(from, fd);
		if (n > 0)
			total += (uint64_t)n;
		if (n == -EAGAIN) /* a pipe that does not block: wait for it */
			n = wait_input(from) < 0 ? -EAGAIN : -EINTR;
		if (n == -EINTR)
			n = 1;
		if (total > PLAN_MAX_SIZE)
			n = -EFBIG;
	}
	if (n == 0)
		n = seal(fd, 0);
	if (n < 0)
		(void)sys_close(fd);
	return n < 0 ? (int)n : fd;
}

int plan_keep(const char *bytes, size_t size)
{
	int fd = memfd_make("coffer-plan", MFD_NOEXEC_SEAL);

	if (fd < 0)
		return fd;
	long n = sys_write(fd, bytes, size);
	int err = n < 0 ? (int)n : (size_t)n != size ? -EIO : seal(fd, 0);

	if (err < 0)
		(void)sys_close(fd);
	return err < 0 ? err : fd;
}

/* The sealed memfd of the plan. A memfd without seals could still be changed by its maker: refused.
 */
static int plan_seal(struct launch *l)
{
	int fd = l->args.plan_fd;
	long seals = sys_fcntl(fd, F_GET_SEALS, 0);

	if (seals >= 0 && (seals & SEALS) == SEALS)
		return fd;

	/* Files on tmpfs answer F_GET_SEALS too, with F_SEAL_SEAL alone: they are files, and
	 * copied. */
	if (seals >= 0 && !(seals & F_SEAL_SEAL))
		return op_fault(&l->run, FAULT_PLAN, EPERM, 0);
	return plan_copy(fd);
}

int plan_take(struct launch *l)
{
	static struct verify_state scratch;
	struct verify_result result;
	struct statx st;
	int fd;

	fd = plan_seal(l);
	if (fd < 0)
		return op_fault(&l->run, fd == -EFBIG ? FAULT_PLAN : FAULT_CALL, -fd, 0);
	long err = sys_dup3(fd, FD_PLAN, O_CLOEXEC);

	(void)sys_close(fd);
	if (err >= 0)
		err = sys_statx(FD_PLAN, "", AT_EMPTY_PATH, STATX_SIZE, &st);
	if (err < 0)
		return op_fault(&l->run, FAULT_CALL, (int)-err, 0);
	/* Private: a shared mapping of a write-sealed memfd is refused before Linux 6.7. */
	err = st.stx_size ? sys_mmap(st.stx_size, PROT_READ, MAP_PRIVATE, FD_PLAN) : -EINVAL;
	if (err < 0)
		return op_fault(&l->run, FAULT_PLAN, (int)-err, 0);
	const void *base = (const void *)err;

	if (plan_verify(base, st.stx_size, &scratch, &result) != 0) {
		l->run.fault.op = result.op;
		return op_fault(&l->run, FAULT_PLAN, EINVAL, result.rule);
	}
	return plan_view_init(&l->run.plan, base, st.stx_size);
}

/* What the type of a slot asks of an input. 0 or -errno. */
static int input_check(int fd, unsigned type)
{
	struct statfs fs;
	char settings[64]; /* more than a struct termios of the kernel */
	int mode = path_type(fd);

	if (mode < 0)
		return mode;
	switch ((enum slot_type)type) {
	case SLOT_DIR:
		return mode == S_IFDIR ? 0 : -ENOTDIR;
	case SLOT_CGROUP:
		if (mode != S_IFDIR || SYS2(fstatfs, fd, &fs) < 0)
			return -ENOTDIR;
		return fs.f_type == CGROUP2_MAGIC || fs.f_type == CGROUP1_MAGIC ? 0 : -EINVAL;
	case SLOT_SOCKET:
		return mode == 0140000 /* S_IFSOCK */ ? 0 : -ENOTSOCK;
	case SLOT_NS:
		return SYS2(fstatfs, fd, &fs) == 0 && fs.f_type == NSFS_MAGIC ? 0 : -EINVAL;
	case SLOT_PROC:
		return SYS2(fstatfs, fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC ? 0 : -EINVAL;
	case SLOT_PIDFD: /* signal 0 only looks; EPERM is for the op that wants more to find */
		return SYS4(pidfd_send_signal, fd, 0, 0, 0) == -EBADF ? -EINVAL : 0;
	case SLOT_PTY:
		return (int)sys_ioctl(fd, TCGETS, settings);
	case SLOT_EXEC:
		return mode == S_IFREG ? 0 : -EACCES;
	case SLOT_FILE:
		/* It may cross into the container, where `..` of a directory leads on, and what was
		 * opened with O_PATH was not checked for a right to read or write. */
		if (mode == S_IFDIR)
			return -EISDIR;
		return sys_fcntl(fd, F_GETFL, 0) & O_PATH ? -EBADF : 0;
	case SLOT_OBJECT:
		return 0;
	case SLOT_TREE: /* the verifier lets no input be one */
	case SLOT_LABEL:
	case SLOT_LISTENER: /* init makes it */
	case SLOT_RULESET:
	case SLOT_BUS: /* a satellite has the connection, which it has made itself */
		return -EINVAL;
	}
	return -EINVAL;
}

static int input_open(struct launch *l, uint16_t slot, unsigned type)
{
	const char *name = plan_slot_name(&l->run.plan, slot);
	const struct input *input = NULL;
	int flags = O_PATH | O_CLOEXEC;

	for (unsigned i = 0; i < l->args.input_count; i++)
		if (str_equal(l->args.inputs[i].name, name))
			input = &l->args.inputs[i];
	if (!input)
		return -ENOKEY;
	if (type == SLOT_CGROUP)
		flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	else if (type == SLOT_NS || type == SLOT_FILE)
		flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	int fd = input->path ? (int)sys_openat(AT_FDCWD, input->path, flags, 0) : input->fd;
	int err = fd < 0 ? fd : input_check(fd, type);

	if (err == 0)
		l->run.fd[slot] = fd;
	return err;
}

int inputs_bind(struct launch *l)
{
	for (uint32_t i = 0; i < l->run.plan.header->slots.length; i++) {
		const struct plan_slot *slot = &l->run.plan.slots[i];

		l->run.fd[i] = -1;
		int err = slot->origin ? input_open(l, (uint16_t)i, slot->type) : 0;

		if (err < 0)
			return op_fault(&l->run, FAULT_INPUT, -err, i);
	}
	return 0;
}
