/* The op `spawn`: runs a program to its end. */
#include "spawn.h"

#include "str.h"
#include <linux/memfd.h>
#include <linux/sched.h>

#define NOT_RUN 127
#define WNOHANG_ 1

/* How long the status of a program that has ended, or was killed, is waited for: a tracer may hold
 * it, or the program hang in the kernel. */
#define STATUS_TURNS 1000
#define STATUS_PAUSE_MS 10

long string_array(const struct run *run, const struct plan_op *op, unsigned data)
{
	const char *strings = plan_string(&run->plan, op, data);
	uint32_t size = op->data[data].length;
	/* A string takes at least its NUL, and pages that nobody touches take nothing. One more has
	 * room. */
	long memory = sys_mmap((size + 2UL) * sizeof(char *), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (memory < 0)
		return memory;
	const char **array = (const char **)memory;

	for (uint32_t at = 0; at < size; at += (uint32_t)strlen(strings + at) + 1)
		*array++ = strings + at;
	return memory;
}

void add_home(const struct run *run, long env)
{
	const char **last = (const char **)env;

	while (*last)
		last++;
	*last = run->home;
}

/* Writes a pid, blanks after it. */
static void write_pid(char *to, uint32_t pid)
{
	int at = PID_WIDTH;

	for (; pid; pid /= 10)
		to[--at] = (char)('0' + pid % 10);
	for (int i = 0; i < PID_WIDTH; i++, at++)
		to[i] = at < PID_WIDTH ? to[at] : ' ';
}

long blob_with_pid(const struct run *run, const struct plan_op *op, int data, int last,
		   uint32_t pid, char **ret)
{
	uint32_t size = 0;
	const void *bytes = plan_bytes(&run->plan, op, (unsigned)data, &size);
	long memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (memory < 0)
		return memory;
	*ret = memcpy((char *)memory, bytes, size);
	for (int i = 1; i <= last; i++)
		if (op->nums[i] != PID_NOWHERE)
			write_pid(*ret + op->nums[i], pid);
	return size;
}

/*
 * What the program reads: a memfd, which holds any size and which nobody has to write to while the
 * program runs or does not read. The descriptor, at offset 0, or -errno.
 */
static long input_file(const char *bytes, long size)
{
	long fd = SYS2(memfd_create, "state", MFD_CLOEXEC);
	long n = fd < 0 ? fd : SYS4(pwrite64, fd, bytes, size, 0);

	if (n == size)
		return fd;
	(void)sys_close((int)fd);
	return n < 0 ? n : -ENOSPC;
}

/* The new process: a copy of this one until it executes the program. */
__attribute__((noreturn)) static void become(const struct program *program)
{
	const char *path = program->args[0];
	const char **args = program->args + 1;
	long err = sys_dup3(program->input, 0, 0);

	if (err >= 0)
		err = sys_dup3(2, 1, 0);
	if (err >= 0)
		err = sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (err >= 0 && program->cwd >= 0)
		err = SYS1(fchdir, program->cwd);
	else if (err >= 0 && program->is_early)
		err = SYS1(chdir, "/");
	if (err >= 0)
		err = signals_block(0);
	/* What it starts ends with it when it takes too long. A startContainer hook ends with the
	 * container, and the filter that it runs under need not know setpgid(2). */
	if (program->is_early) {
		(void)SYS1(umask, 022);
		(void)SYS2(setpgid, 0, 0);
	}
	if (err >= 0 && program->fd >= 0)
		err = SYS5(execveat, program->fd, "", args, program->env, AT_EMPTY_PATH);
	/* The kernel cannot name the descriptor of a script to its interpreter, as it is closed by
	 * then. */
	if (err >= 0 || (err == -ENOENT && program->fd >= 0))
		err = SYS3(execve, path, args, program->env);
	(void)SYS4(pwrite64, program->input, &err, sizeof(err), program->input_size);
	sys_exit(NOT_RUN);
}

/* Waits for the process. Its end as a report has it, or -errno. */
static long await_end(const struct program *program, long pid, int pidfd)
{
	int status = 0,
	    err = spawn_wait(pidfd, program->timeout_ms ? (int)program->timeout_ms : -1);
	long reason = 0, n;

	/* It is our child and not reaped, so the number is still its, of its group too: ESRCH where
	 * it has none. */
	if (err < 0) {
		(void)SYS2(kill, -pid, SIGKILL);
		(void)SYS2(kill, pid, SIGKILL);
	}
	n = SYS4(wait4, pid, &status, WNOHANG_, 0);
	for (int i = 0; n == 0 && i < STATUS_TURNS; i++) {
		(void)spawn_wait(-1, STATUS_PAUSE_MS);
		n = SYS4(wait4, pid, &status, WNOHANG_, 0);
	}
	if (err < 0 || n <= 0)
		return err < 0 ? err : n < 0 ? n : -ETIMEDOUT;
	if (status & 0x7f)
		return (long)(REPORT_SIGNALED | (128 + ((uint32_t)status & 0x7f)));
	status = status >> 8 & 0xff;
	if (status == NOT_RUN)
		(void)SYS4(pread64, program->input, &reason, sizeof(reason), program->input_size);
	/* The program itself may have written there: only an error number counts. */
	return reason < 0 && reason > -4096 ? reason : status;
}

long program_run(struct program *program, const char *bytes)
{
	int pidfd = -1;
	long input = input_file(bytes, program->input_size);

	if (input < 0)
		return input;
	program->input = (int)input;
	/* Not clone3(2): filters that answer ENOSYS for it are common. */
	long pid = SYS5(clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);

	if (pid == 0)
		become(program);
	long status = pid < 0 ? pid : await_end(program, pid, pidfd);

	(void)sys_close(pidfd);
	(void)sys_close((int)input);
	return status;
}

int op_spawn(struct run *run, const struct plan_op *op)
{
	long args = string_array(run, op, OP_SPAWN_DATA_ARGS);
	long env = args < 0 ? args : string_array(run, op, OP_SPAWN_DATA_ENV);
	char *input = NULL;
	struct program program = {.fd = op_fd_or_none(run, op, OP_SPAWN_SLOT_PROGRAM),
				  .cwd = op_fd_or_none(run, op, OP_SPAWN_SLOT_CWD),
				  .args = (const char **)args,
				  .env = (const char **)env,
				  .timeout_ms = op->nums[OP_SPAWN_NUM_TIMEOUT_MS],
				  .is_early = op->phase < PHASE_ROOTED};

	_Static_assert(OP_SPAWN_NUM_PID_AT == 1, "blob_with_pid");
	if (env < 0)
		return (int)env;
	if (op->nums[OP_SPAWN_NUM_HOME])
		add_home(run, env);
	long size = blob_with_pid(run, op, OP_SPAWN_DATA_INPUT, 1,
				  run->pid ? run->pid : (uint32_t)SYS0(getpid), &input);

	program.input_size = size;
	long status = size < 0 ? size : program_run(&program, input);

	op_moved(run, op, OP_SPAWN_SLOT_PROGRAM);
	return (int)(status > 0 ? op_fault(run, FAULT_PROGRAM, 0, (uint64_t)status) : status);
}
