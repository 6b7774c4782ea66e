/* A filter that hands calls on, and who sends its listener to the program that answers them. */
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "ops.h"
#include <linux/sched.h>
#include <linux/seccomp.h>

#define STACK (64UL << 10)
#define SEND_FLAGS \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

/* Nothing of the kernel's: neither a descriptor nor an error. */
#define PENDING INT32_MIN

/* What init and its thread share. */
struct sending {
	struct run *run;
	const struct plan_op *op;
	const char *message;
	size_t size;
	volatile int listener; /* what seccomp(2) has answered */
	volatile int result;   /* of sending it */
};

/* Sends the listener and lets go of it and of the socket. 0 or -errno. */
static int send_listener(const struct sending *it)
{
	int err = msg_send(op_fd(it->run, it->op, 0), NULL, it->message, it->size, it->listener);

	(void)sys_close(it->listener);
	op_moved(it->run, it->op, 0);
	return err;
}

/* The thread: it is older than the filter, and so the filter is not its own. */
static void send_beside(void *arg)
{
	struct sending *it = (struct sending *)arg;

	while (it->listener == PENDING)
		(void)SYS0(sched_yield);
	int err = it->listener < 0 ? 0 : send_listener(it);

	/* Init could not tell: the filter may answer sendmsg(2) with an error by now. */
	if (err < 0) {
		(void)op_fault(it->run, FAULT_CALL, -err, 0);
		init_fail(it->run);
	}
	it->result = err;
	for (;;)
		(void)SYS1(exit, 0);
}

/* Starts the thread. Its id or -errno. */
static long start_beside(struct sending *it)
{
	long base = sys_mmap(STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (base < 0)
		return base;
	return sys_clone_by(__NR_clone, SEND_FLAGS, (uint64_t)base + STACK, send_beside, it);
}

int op_load_listener(struct run *run, const struct plan_op *op)
{
	static struct sending it;
	char *message = NULL;

	_Static_assert(OP_LOAD_LISTENER_NUM_STATE_PID_AT == 2, "blob_with_pid");
	long size =
	    blob_with_pid(run, op, OP_LOAD_LISTENER_DATA_MESSAGE, 2, run->outer_pid, &message);

	if (size < 0)
		return (int)size;
	it.run = run;
	it.op = op;
	it.message = message;
	it.size = (size_t)size;
	it.listener = it.result = PENDING;
	int beside = op->flags & OPF_BESIDE;
	long err = beside ? start_beside(&it) : 0;

	if (err < 0)
		return (int)err;
	/* From here on the filter holds: nothing may come but what the planner has asked it about.
	 * The answer is seen by the thread at once, without a call. */
	it.listener = (int)load_filter(run, op, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	if (it.listener < 0)
		return it.listener;
	if (!beside)
		return send_listener(&it);
	while (it.result == PENDING)
		;
	return 0;
}
