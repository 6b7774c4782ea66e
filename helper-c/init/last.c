/* The last steps: working directory, program, descriptors, gate, exec. */
#include "../sys/path.h"
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "ops.h"

#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
#define AT_EACCESS_ 0x200
#define X_OK_ 1

/* Not inlined, nor is make_missing(): their buffers would be on the stack while init waits. */
__attribute__((noinline)) int op_change_dir(struct run *run, const struct plan_op *op)
{
	char name[4096];
	int fd = path_open(op_fd(run, op, 0), plan_string(&run->plan, op, 0), O_PATH | O_DIRECTORY,
			   IN_ROOT);

	if (fd < 0)
		return fd;
	long err = SYS1(fchdir, fd);

	(void)sys_close(fd);
	if (err < 0)
		return (int)err;
	err = SYS2(getcwd, name, sizeof(name));
	if (err < 0)
		return (int)err;
	/* "(unreachable)/…" means a directory outside of the root. */
	return name[0] == '/' ? 0 : op_fault(run, FAULT_DIFFERS, ENOENT, 0);
}

/* 0 when path may be executed, else -errno. */
static long may_execute(const char *path)
{
	struct statx st;
	long err = sys_statx(AT_FDCWD, path, 0, STATX_TYPE, &st);

	if (err < 0)
		return err;
	if ((st.stx_mode & S_IFMT) == S_IFDIR)
		return -EISDIR;
	if ((st.stx_mode & S_IFMT) != S_IFREG)
		return -EACCES;
	return SYS4(faccessat2, AT_FDCWD, path, X_OK_, AT_EACCESS_);
}

/* Takes the first candidate that may be executed; EACCES weighs more than ENOENT, as in execvp(3).
 */
int op_find_exec(struct run *run, const struct plan_op *op)
{
	const char *candidates = plan_string(&run->plan, op, 0);
	uint32_t size = op->data[0].length;
	long worst = -ENOENT;

	for (uint32_t at = 0; at < size; at += (uint32_t)strlen(candidates + at) + 1) {
		long err = may_execute(candidates + at);

		if (err == 0) {
			run->chosen = candidates + at;
			return 0;
		}
		if (err != -ENOENT && err != -ENOTDIR)
			worst = err;
	}
	return op_fault(run, FAULT_NO_EXEC, (int)-worst, 0);
}

/* Moves whatever else lives at that number away: another slot, or one of our own. */
static int evict(struct run *run, int target)
{
	for (uint32_t i = 0; i < run->plan.header->slots.length; i++) {
		if (run->fd[i] != target)
			continue;
		long fd = sys_fcntl(target, F_DUPFD_CLOEXEC, target + 1);

		if (fd < 0)
			return (int)fd;
		run->fd[i] = (int)fd;
	}
	return 0;
}

int op_place_fd(struct run *run, const struct plan_op *op)
{
	int target = (int)op->nums[0];
	int fd = op_fd(run, op, 0);
	int kept = op->flags & OPF_KEEP;

	if (fd == target && !kept) {
		run->fd[op->slots[0]] = -1;
		return (int)sys_fcntl(fd, F_SETFD, 0);
	}
	int err = evict(run, target);

	if (err == 0)
		err = (int)sys_dup3(op_fd(run, op, 0), target, 0);
	if (err < 0)
		return err;
	op_moved(run, op, 0);
	return 0;
}

/* Of image.ld; hidden, so that no table of addresses is needed, which nobody would relocate. */
#define HIDDEN __attribute__((visibility("hidden")))
extern const char image_start[] HIDDEN, text_start[] HIDDEN, text_end[] HIDDEN;

/* What wait_lightly() counts in. With larger pages the kernel refuses, and nothing is won. */
#define PAGE 4096UL
#define PAGE_OF(address) ((uintptr_t)(address) & ~(PAGE - 1))

/*
 * Waits for a connection, and gives memory back meanwhile: 16 kB stay resident, without this
 * function 48 kB (x86_64). The pages of the plan and of the program come back from the sealed
 * memfds (what `fork` has copied stays). Those of the stack come back as zeroes: nothing there is
 * needed.
 *
 * The stack and the arguments are 12 kB of it. 16 kB are pages of the program that a fault brings
 * along (fault-around): the kernel does so inside of one mapping only. So the page of this function
 * is a mapping of its own meanwhile, and the function calls no other. The linker script puts the
 * function first; the compiler outlines nothing of a function whose section is named.
 */
__attribute__((noinline, section(".text.wait_lightly"))) static long
wait_lightly(const struct run *run, int gate)
{
	uintptr_t rest = PAGE_OF(text_start) + PAGE, end = PAGE_OF((uintptr_t)text_end - 1) + PAGE;
	uintptr_t stack = PAGE_OF((uintptr_t)__builtin_frame_address(0) - 1024);
	uintptr_t above = PAGE_OF(run->stack_base) + PAGE;
	int pages = SYS3(mprotect, rest, end - rest, PROT_READ) == 0;
	long conn, err = 0;

	(void)SYS3(madvise, run->plan.base, run->plan.size, MADV_DONTNEED);
	if (pages) {
		(void)SYS3(madvise, stack - 65536, 65536, MADV_DONTNEED);
		/* The arguments that exec left; ENOMEM past the end is fine. */
		(void)SYS3(madvise, above, 16384, MADV_DONTNEED);
		(void)SYS3(madvise, image_start, end - (uintptr_t)image_start, MADV_DONTNEED);
	}
	do {
		conn = SYS4(accept4, gate, 0, 0, O_CLOEXEC | O_NONBLOCK);
	} while (conn == -EINTR);
	if (pages)
		err = SYS3(mprotect, rest, end - rest, PROT_READ | PROT_EXEC);

	return err < 0 ? err : conn;
}

/*
 * Created: waits for `start`, whose socket replaces the launcher's. A client that connects and
 * sends nothing keeps nobody out: init does not wait for it. After the word to go the container
 * goes on, whether or not anybody still listens.
 */
int op_gate(struct run *run, const struct plan_op *op)
{
	int gate = op_fd(run, op, 0);
	struct msg msg;

	/* A created container can be ended by a signal, where it is not the first process of a pid
	 * namespace. */
	(void)signals_block(0);
	(void)sys_close(run->sock);
	run->sock = -1;
	for (;;) {
		long conn = wait_lightly(run, gate);

		if (conn < 0)
			return (int)conn;
		long n = msg_receive((int)conn, &msg, NULL);

		if (n > 0 && msg.kind == MSG_GO) {
			run->sock = (int)conn;
			op_moved(run, op, 0);
			(void)say_exec_now(run);
			return 0;
		}
		(void)sys_close((int)conn);
	}
}

int tell(const struct run *run, uint32_t kind, uint64_t value, int fd)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = kind, .value = value, .fault = run->fault};

	return msg_send(run->sock, &msg, NULL, 0, fd);
}

int say_exec_now(struct run *run)
{
	if (run->told)
		return 0;
	run->told = 1;
	return tell(run, MSG_EXEC_NOW, 0, -1);
}

int op_sync_init(struct run *run, const struct plan_op *op)
{
	struct msg msg;
	int err = tell(run, MSG_SYNC, op->nums[0], -1);
	long n = err < 0 ? err : msg_receive(run->sock, &msg, NULL);

	if (n == 0 || n == -ECONNRESET || n == -EPIPE)
		sys_exit(1); /* the launcher is gone: so is this container */
	if (n < 0)
		return (int)n;
	run->outer_pid = (uint32_t)msg.fault.detail;
	return msg.kind == MSG_SYNC && msg.value == op->nums[0] ? 0 : -EPROTO;
}

int op_exec(struct run *run, const struct plan_op *op)
{
	long args = string_array(run, op, OP_EXEC_DATA_ARGS);
	long env = args < 0 ? args : string_array(run, op, OP_EXEC_DATA_ENV);

	if (env < 0)
		return (int)env;
	add_home(run, env);
	if (op->flags & OPF_INIT) {
		int first = stay_first(run);

		if (first < 0)
			return first;
	}
	long err = signals_block(0);
	/* The point of no return: what comes after a successful execve is the container's. */
	return (int)(err < 0 ? err : SYS3(execve, run->chosen, args, env));
}
