/*
 * A user-mode network stack: a program of the host (pasta(1)) that makes an interface in the
 * container's network namespace, and sends what comes from there by sockets of the host.
 *
 *   launcher -> guide: enters the user namespace, makes the keeper, sets the rules, and ends
 *   launcher -> keeper: process 1 of a pid namespace, which ends with the launcher
 *   keeper -> the program
 */
#include "user-network.h"
#include "../host/landlock.h"
#include "../launch/launch.h"
#include "../sys/path.h"
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "address-rules.h"
#include <linux/capability.h>
#include <linux/fcntl.h>
#include <linux/landlock.h>
#include <linux/memfd.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#define TOLD_ROOM 512 /* what the program has to say */
#define NEEDED_CAPS (1U << CAP_NET_ADMIN | 1U << CAP_SYS_ADMIN)
#define POLLIN_ 1

/* What the others tell the launcher. */
struct meeting {
	int keeper; /* its pid, or 0 */
	int error;  /* why something was not started, -errno */
};

/* What they start with. */
struct stack {
	const char **args;
	int program, user, net, told, life[2], ready[2];
	uint32_t uid, gid;
	const uint8_t *rules;
	uint32_t rules_size;
	struct meeting *meeting;
};

/* The one that runs. */
static struct {
	int pidfd; /* the keeper's */
	int life;  /* the keeper ends when this is closed */
	int is_there, was_said;
	uint32_t op;
} network __attribute__((section(".bss.hot")));

/* What the program has: the network namespace as 0, where it says that it is ready as 1, and where
 * it says more as 2. */
static long place(const struct stack *stack)
{
	long err = sys_dup3(stack->net, 0, 0);

	if (err >= 0)
		err = sys_dup3(stack->ready[1], 1, 0);
	if (err >= 0)
		err = sys_dup3(stack->told, 2, 0);
	return err;
}

/* Keeps so many capabilities, and as ambient ones, so that they survive execve(2). */
static long keep_caps(uint32_t caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{caps, caps, caps}, {0, 0, 0}};
	long err = SYS2(capset, &head, data);

	for (unsigned cap = 0; err == 0 && cap < 32; cap++)
		if (caps >> cap & 1)
			err = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0);
	return err;
}

/* The program, which parses packets of the container: it never gets a right again, listens at no
 * TCP port of the host, and connects to no abstract socket. */
__attribute__((noreturn)) static void become_program(const struct stack *stack)
{
	const struct landlock_rights rights = {.net = LANDLOCK_ACCESS_NET_BIND_TCP, .scoped = 3};
	const char *const none[] = {NULL};
	long err = place(stack);

	if (err >= 0)
		err = sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (err >= 0)
		err = keep_caps(NEEDED_CAPS);
	if (err >= 0)
		err = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	if (err >= 0)
		err = landlock_give_up(&rights);
	if (err >= 0)
		err = signals_block(0);
	(void)SYS1(umask, 077);
	if (err >= 0)
		err = SYS5(execveat, stack->program, "", stack->args, none, AT_EMPTY_PATH);
	stack->meeting->error = (int)err;
	sys_exit(1);
}

/* Process 1: its end is that of the program, and the launcher's end is its. */
__attribute__((noreturn)) static void become_keeper(const struct stack *stack)
{
	int program = -1;
	long pid = SYS5(clone, CLONE_PIDFD | SIGCHLD, 0, &program, 0, 0);

	if (pid == 0)
		become_program(stack);
	if (pid > 0)
		pid = sys_dup3(program, 0, 0);
	if (pid >= 0)
		pid = sys_dup3(stack->life[0], 1, 0);
	if (pid >= 0)
		pid = sys_close_range(2, ~0U, 0);
	if (pid >= 0)
		pid = keep_caps(0);
	if (pid >= 0)
		pid = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	if (pid >= 0)
		pid = sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	if (pid < 0) {
		stack->meeting->error = (int)pid;
		sys_exit(1);
	}
	struct {
		int fd;
		short events, revents;
	} fds[2] = {{0, POLLIN_, 0}, {1, POLLIN_, 0}};

	while (SYS5(ppoll, fds, 2, NULL, 0, 0) == -EINTR)
		;
	sys_exit(0);
}

/* Enters the user namespace as that user of it. */
static long enter_user(const struct stack *stack)
{
	/* Root leaves the groups of the host; nobody else may. */
	long err = SYS2(setgroups, 0, 0);

	if (err == 0 || err == -EPERM)
		err = SYS2(setns, stack->user, CLONE_NEWUSER);
	if (err == 0)
		err = SYS3(setresgid, stack->gid, stack->gid, stack->gid);
	if (err == 0)
		err = SYS3(setresuid, stack->uid, stack->uid, stack->uid);
	return err == 0 ? sys_prctl(PR_SET_DUMPABLE, 0, 0, 0) : err;
}

/* The keeper is the launcher's child, and the only one that stays. */
__attribute__((noreturn)) static void become_guide(const struct stack *stack)
{
	long err = sys_close(stack->life[1]);

	if (err == 0)
		err = enter_user(stack);
	if (err == 0)
		err = SYS1(unshare, CLONE_NEWPID);
	if (err == 0) {
		err = SYS5(clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
		if (err == 0)
			become_keeper(stack);
	}
	if (err > 0) {
		stack->meeting->keeper = (int)err;
		err = SYS2(setns, stack->net, CLONE_NEWNET);
	}
	if (err == 0)
		err = address_rules_set(stack->rules, stack->rules_size);
	if (err < 0)
		stack->meeting->error = (int)err;
	sys_exit(err < 0);
}

/* Has the guide do its part. 0 or -errno. */
static long guide(const struct stack *stack, int timeout_ms)
{
	int pidfd = -1;
	long pid = SYS5(clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);

	if (pid == 0)
		become_guide(stack);
	if (pid < 0)
		return pid;
	long status = process_reap(pidfd, timeout_ms);

	if (status < 0)
		process_kill(pidfd);
	(void)sys_close(pidfd);
	if (stack->meeting->keeper > 0)
		network.pidfd = child_open((uint64_t)stack->meeting->keeper);
	network.life = stack->life[1];
	network.is_there = 1;
	if (status != 0)
		return status > 0 && stack->meeting->error ? stack->meeting->error
		       : status < 0			   ? status
							   : -ECHILD;
	return network.pidfd < 0 ? network.pidfd : 0;
}

/* What the program has said, for the report. */
static int say_why(struct run *run, const struct stack *stack)
{
	char text[TOLD_ROOM] = {0};
	long n = SYS4(pread64, stack->told, text, sizeof(text) - 1, 0);

	for (long i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = text[i] ? ' ' : 0;
	if (n > 0)
		launch_told(text);
	return op_fault(run, FAULT_CALL, ECHILD, 0);
}

/* Waits until the program has written its pid. 0 or -errno. */
static int await_ready(struct run *run, const struct stack *stack, int timeout_ms)
{
	char pid;
	long n = wait_readable(&launch, stack->ready[0], -1, timeout_ms);

	if (n >= 0)
		n = sys_read(stack->ready[0], &pid, 1);
	if (n == 0)
		return stack->meeting->error < 0 ? stack->meeting->error : say_why(run, stack);
	return n < 0 ? (int)n : 0;
}

/* A file in memory that does not grow: nobody fills the memory with messages. */
static int limited_file(void)
{
	int fd = (int)SYS2(memfd_create, "messages", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	long err = fd < 0 ? fd : SYS2(ftruncate, fd, TOLD_ROOM);

	if (err == 0)
		err = sys_fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
	return err < 0 ? (int)err : fd;
}

static int open_namespace(int proc, const char *file)
{
	char path[48];
	struct text text = {.data = path, .size = sizeof(path)};

	text_add_number(&text, launch.pid);
	text_add(&text, file);
	return path_open(proc, path, O_RDONLY, 0);
}

/* Opens what all of them need. 0 or -errno. */
static long prepare(struct stack *stack, int proc)
{
	long memory = sys_mmap(sizeof(struct meeting), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1);

	if (memory < 0)
		return memory;
	stack->meeting = (struct meeting *)memory;
	stack->told = limited_file();
	stack->user = stack->told < 0 ? stack->told : open_namespace(proc, "/ns/user");
	stack->net = stack->user < 0 ? stack->user : open_namespace(proc, "/ns/net");
	if (stack->net < 0)
		return stack->net;
	long err = SYS2(pipe2, stack->life, O_CLOEXEC);

	if (err == 0)
		err = SYS2(pipe2, stack->ready, O_CLOEXEC);
	/* The program opens it again, by its name in procfs. */
	return err < 0 ? err : SYS2(fchmod, stack->ready[1], 0666);
}

int op_start_network(struct run *run, const struct plan_op *op)
{
	int timeout_ms = (int)op->nums[OP_START_NETWORK_NUM_TIMEOUT_MS];
	long args = string_array(run, op, OP_START_NETWORK_DATA_ARGS);
	struct stack stack = {.args = (const char **)args,
			      .program = op_fd(run, op, OP_START_NETWORK_SLOT_PROGRAM),
			      .uid = (uint32_t)op->nums[OP_START_NETWORK_NUM_UID],
			      .gid = (uint32_t)op->nums[OP_START_NETWORK_NUM_GID]};
	long err = args < 0 ? args : init_check(run, op, OP_START_NETWORK_SLOT_PROCESS);

	stack.rules = plan_bytes(&run->plan, op, OP_START_NETWORK_DATA_RULES, &stack.rules_size);
	if (err == 0)
		err = prepare(&stack, op_fd(run, op, OP_START_NETWORK_SLOT_PROC));
	if (err == 0)
		err = guide(&stack, timeout_ms);
	(void)sys_close(stack.ready[1]);
	if (err == 0)
		err = await_ready(run, &stack, timeout_ms);
	(void)sys_close(stack.ready[0]);
	(void)sys_close(stack.life[0]);
	(void)sys_close(stack.user);
	(void)sys_close(stack.net);
	(void)sys_close(stack.told);
	op_moved(run, op, OP_START_NETWORK_SLOT_PROGRAM);
	network.op = run->fault.op;
	return (int)err;
}

void user_network_look(void)
{
	if (!network.is_there || network.was_said || !process_ends(network.pidfd, -1, 0))
		return;
	network.was_said = 1;
	struct run *run = &launch.run;
	struct fault fault = run->fault;

	run->fault.op = network.op;
	__builtin_memcpy(&run->fault.op_word, &run->plan.ops[network.op],
			 sizeof(run->fault.op_word));
	(void)op_fault(run, FAULT_CALL, ENETDOWN, 0);
	report_write(&launch, STATE_WARNED);
	run->fault = fault;
}

void user_network_end(void)
{
	if (!network.is_there)
		return;
	network.is_there = 0;
	(void)sys_close(network.life);
	process_kill(network.pidfd);
	(void)sys_close(network.pidfd);
}
