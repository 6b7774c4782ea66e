/* Making init: clone3 in the plan's way, and the exec of the sealed program. */
#include "../sys/str.h"
#include "launch.h"
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#define MSG_PEEK_ 2

extern const char init_image[], init_image_end[];

struct child {
	uint32_t slot_count;
	int init_fd, wait, status;
	int netns_fd;		   /* the network namespace that it enters, or -1 */
	int slots[PLAN_MAX_SLOTS]; /* what init gets: -1 for slots that its ops do not use */
};

#define CHILD_STACK 9216

/* The child is behind the begin of its stack, in the same page: a linker keeps the order of two
 * fields, and not of two variables. */
static struct {
	char stack[CHILD_STACK];
	struct child of;
} next __attribute__((aligned(2048)));
_Static_assert(CHILD_STACK % 2048 == 1024, "the stack begins within the page of the child");
#define child next.of

/* Which slots init needs: those that its ops name and that exist now. From here on each side has
 * its own: what the launcher closes is still open in init. */
static void find_slots(struct launch *l)
{
	const struct plan_view *plan = &l->run.plan;

	child.slot_count = plan->header->slots.length;
	for (uint32_t i = 0; i < child.slot_count; i++)
		child.slots[i] = -1;
	for (uint32_t i = 0; i < plan->header->ops.length; i++) {
		const struct plan_op *op = &plan->ops[i];

		for (int n = 0; op->phase >= PHASE_INSIDE && n < OP_SLOTS; n++)
			if (op->slots[n] != SLOT_NONE)
				child.slots[op->slots[n]] = l->run.fd[op->slots[n]];
	}
}

/* In a new user namespace exec would lose the capabilities of an id that is not root there: they go
 * as ambient ones. */
static long keep_caps(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	long err = SYS2(capget, &head, data);

	if (err < 0)
		return err;
	data[0].inheritable = data[0].permitted;
	data[1].inheritable = data[1].permitted;
	err = SYS2(capset, &head, data);
	for (unsigned cap = 0; err == 0 && cap < 64; cap++)
		if (data[cap / 32].permitted >> cap % 32 & 1)
			err = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0);
	return err;
}

static long pass_fd(int fd)
{
	return fd < FD_SOCKET ? 0 : sys_fcntl(fd, F_SETFD, 0);
}

/* Waits until the launcher lets the child go on. `release` comes when the id maps are there; init
 * reads it again. Above zero, or -errno. */
static long await_release(void)
{
	struct msg peek;
	long n;

	do {
		n = SYS6(recvfrom, FD_SOCKET, &peek, sizeof(peek), MSG_PEEK_, 0, 0);
	} while (n == -EINTR);
	if (n == 0) /* the launcher is gone */
		sys_exit(1);
	return n;
}

/* The child: unless it waits it shares the launcher's memory, so it writes nothing but
 * `child.status` and its own stack. All that needs no id maps comes before they are waited for. */
static void child_main(void *arg)
{
	static const char *const args[] = {"coffer-init", NULL};
	long err = 0;

	(void)arg;
	if (child.wait) {
		/* The launcher's end is open in this copy too, and would hide the launcher's end.
		 */
		(void)sys_close(launch.run.sock);
		err = keep_caps();
	}
	if (child.netns_fd >= 0)
		err = SYS2(setns, child.netns_fd, CLONE_NEWNET);
	if (err >= 0)
		err = pass_fd(FD_SOCKET);
	if (err >= 0)
		err = pass_fd(FD_PLAN);
	if (err >= 0 && launch.run.recorder)
		err = pass_fd(FD_RECORDER);
	for (uint32_t i = 0; err >= 0 && i < child.slot_count; i++)
		if (child.slots[i] >= 0)
			err = pass_fd(child.slots[i]);
	if (err >= 0 && child.wait)
		err = await_release();
	if (err >= 0)
		err = SYS5(execveat, child.init_fd, "", args, args + 1, AT_EMPTY_PATH);
	child.status = (int)err;
	if (child.wait) {
		struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_FAULT, .fault = launch.run.fault};

		msg.fault.code = FAULT_CALL;
		msg.fault.error = (int32_t)-err;
		(void)msg_send(FD_SOCKET, &msg, NULL, 0, -1);
	}
	sys_exit(1);
}

/*
 * A child that shares our memory executes init while we go on. CLONE_VFORK would wait for that in
 * the kernel, where no signal ends us: for ever in a cgroup that its container has frozen. It is
 * the clone that has failed then, whichever op has come since.
 */
static int not_executed(struct run *run, int err)
{
	run->fault.op = launch.clone_op;
	__builtin_memcpy(&run->fault.op_word, &run->plan.ops[launch.clone_op],
			 sizeof(run->fault.op_word));
	return op_fault(run, FAULT_CALL, -err, 0);
}

void clone_settled(void)
{
	if (launch.executing_fd >= 0)
		(void)sys_close(launch.executing_fd);
	launch.executing_fd = -1;
}

int clone_settle(struct run *run)
{
	if (launch.executing_fd < 0)
		return 0;
	int err = wait_readable(&launch, launch.executing_fd, -1, launch.patience_ms);

	clone_settled();
	if (err >= 0)
		err = child.status;
	return err < 0 ? not_executed(run, err) : 0;
}

int clone_failed(struct run *run, int err)
{
	if (launch.executing_fd < 0)
		return err;
	int ended = wait_readable(&launch, launch.executing_fd, -1, 0) == 1;

	clone_settled();
	if (ended)
		return child.status < 0 ? not_executed(run, child.status) : err;
	return err < 0 ? not_executed(run, err) : err;
}

/* Only new namespaces, a cgroup, and shared memory with a stack need clone3(2), which docker's
 * filter denies. The pid or -errno. */
static long clone_plainly(int *ret_pidfd)
{
	long pid = SYS5(clone, CLONE_PIDFD | SIGCHLD, 0, ret_pidfd, 0, 0);

	if (pid == 0)
		child_main(NULL);
	return pid;
}

/* The namespaces that the clone has to make. A network namespace that was made ahead belongs to the
 * launcher's user namespace, as one of the clone's would if that makes no user namespace. */
static uint64_t new_namespaces(uint64_t wanted)
{
	int fits = wanted & CLONE_NEWNET && !(wanted & CLONE_NEWUSER);

	child.netns_fd = fits ? launch.netns_fd : -1;
	return child.netns_fd < 0 ? wanted : wanted & ~(uint64_t)CLONE_NEWNET;
}

int op_clone(struct run *run, const struct plan_op *op)
{
	int cgroup = op_fd_or_none(run, op, 0);
	int is_plain = cgroup < 0 && !op->nums[OP_CLONE_NUM_NAMESPACES];
	int vfork = op->nums[OP_CLONE_NUM_VFORK] != 0;
	int pidfd = -1, pipe[2];
	struct clone3_args args = {
	    .flags = new_namespaces(op->nums[OP_CLONE_NUM_NAMESPACES]) | CLONE_PIDFD |
		     CLONE_CLEAR_SIGHAND,
	    .pidfd = (uintptr_t)&pidfd,
	    .exit_signal = SIGCHLD,
	};

	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	if (vfork) {
		args.flags |= CLONE_VM;
		args.stack = (uintptr_t)next.stack;
		args.stack_size = sizeof(next.stack);
	}
	long err = SYS2(pipe2, pipe, O_CLOEXEC);

	if (err < 0)
		return (int)err;
	/*
	 * Who has the euid that owns a user namespace, and is in the one above, has every right
	 * over what is executed inside: root without a capability too. For another owner there is
	 * nothing to gain: that user may trace the launcher itself.
	 */
	child.init_fd =
	    program_file("coffer-init", init_image, init_image_end,
			 launch.is_root && op->nums[OP_CLONE_NUM_NAMESPACES] & CLONE_NEWUSER);
	if (child.init_fd < 0)
		return child.init_fd;
	child.wait = !vfork;
	find_slots(&launch);
	long pid =
	    is_plain && !vfork ? clone_plainly(&pidfd) : sys_clone3_call(&args, child_main, NULL);

	(void)sys_close(child.init_fd);
	(void)sys_close(launch.netns_fd);
	(void)sys_close(FD_SOCKET);
	(void)sys_close(pipe[1]);
	if (pid < 0)
		return (int)pid;
	launch.pid = (uint32_t)pid;
	launch.pidfd = pidfd;
	launch.clone_op = run->fault.op;
	if (vfork)
		launch.executing_fd = pipe[0];
	else
		(void)sys_close(pipe[0]);
	return op_define(run, op, pidfd);
}

/* Tells init which descriptor each slot is. */
int op_release(struct run *run, const struct plan_op *op)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_RELEASE, .value = run->recorder != NULL};

	(void)op;
	int err = msg_send(run->sock, &msg, child.slots, child.slot_count * sizeof(int), -1);

	if (err != -EPIPE)
		return err;
	/* Who has ended already has said why: that says more. */
	long n = init_receive(&launch, &msg, NULL);

	return n < 0 ? (int)n : op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
}

void former_reap(void)
{
	if (launch.former_pidfd < 0)
		return;
	(void)process_reap(launch.former_pidfd, END_MS);
	(void)sys_close(launch.former_pidfd);
	launch.former_pidfd = -1;
}

/* The process that init made with `fork` takes the place of the one that made it. */
int op_adopt(struct run *run, const struct plan_op *op)
{
	struct msg msg;

	if (run->plan.header->kind == KIND_RESTORE)
		return criu_adopt(run, op);
	long n = init_receive(&launch, &msg, NULL);

	if (n < 0)
		return (int)n;
	if (n == 0)
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	if (msg.kind != MSG_FORKED)
		return op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
	/* Made with CLONE_PARENT. */
	int pidfd = child_open(msg.value);

	if (pidfd < 0)
		return pidfd;
	/* The process that made it ends without being asked. Who was made need not wait for that,
	 * unless there is no descriptor to wait with later. */
	(void)SYS4(pidfd_send_signal, launch.pidfd, SIGKILL, 0, 0);
	launch.former_pidfd = (int)sys_fcntl(launch.pidfd, F_DUPFD_CLOEXEC, 0);
	if (launch.former_pidfd < 0)
		process_kill(launch.pidfd);
	op_moved(run, op, 0);
	launch.pidfd = pidfd;
	launch.pid = (uint32_t)msg.value;
	return op_define(run, op, pidfd);
}
