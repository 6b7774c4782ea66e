/*
 * Init's fork. The process that goes on may be in a pid namespace of others. They may look into it
 * if they have CAP_SYS_PTRACE and no user namespace. So it has no more of the plan than it needs.
 */
#include "../sys/str.h"
#include "ops.h"
#include <linux/sched.h>

#define MAP_FIXED_ 0x10

/* Takes pages out of our memory. 0 or -errno. */
static long unmap(const void *pages, size_t size)
{
	return SYS6(mmap, pages, size, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_, -1, 0) < 0
		   ? -ENOMEM
		   : 0;
}

long plan_forget(const struct plan_view *plan)
{
	return unmap(plan->base, plan->header->size);
}

/*
 * Replaces the plan by a copy with the ops of this phase and of those that come, and with what they
 * name: strings end by the zeroes that are there. The rest says what the launcher does, and what
 * init did outside of the root. It names cgroups and paths of the host. 0 or -errno. Inlined it
 * would make init 288 bytes larger.
 */
__attribute__((noinline)) static long keep_rest(struct run *run)
{
	const struct plan_view *plan = &run->plan;
	const uint8_t *old = plan->base;
	size_t size = plan->header->size;
	long memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	long far = memory - (long)old;

	if (memory < 0)
		return memory;
	(void)memcpy((void *)memory, old, sizeof(*plan->header));
	for (const struct plan_op *op = plan->ops; op < plan->ops + plan->header->ops.length;
	     op++) {
		if (op->phase < run->fault.phase)
			continue;
		(void)memcpy((char *)op + far, op, sizeof(*op));
		for (unsigned data = 0; data < OP_DATA; data++) {
			const char *from = op_bytes(op->code) >> data & 1
					       ? (const char *)plan->blobs
					       : plan->strings;

			from += op->data[data].offset;
			(void)memcpy((char *)from + far, from, op->data[data].length);
		}
	}
	/* What was found is of the plan, but for a home that is of the image. */
	if (run->chosen)
		run->chosen += far;
	if ((uintptr_t)run->home - (uintptr_t)old < size)
		run->home += far;
	(void)plan_view_init(&run->plan, (const void *)memory, size);
	run->plan.size = 0;
	return unmap(old, size);
}

static int fork_pipe[2];

/* Waits until the process that forked has ended: the messages of this one come after. */
__attribute__((noreturn)) static void forked_main(void *arg)
{
	struct run *run = (struct run *)arg;
	char byte;

	(void)sys_close(fork_pipe[1]);
	(void)sys_read(fork_pipe[0], &byte, 1);
	(void)sys_close(fork_pipe[0]);
	if (run->recorder)
		run->recorder[run->fault.op].end = clock_now();
	init_continue(run);
}

/*
 * The process that goes on is the launcher's child (CLONE_PARENT). This one tells its pid and ends.
 * It is still in the pid namespace of the host. So the two share no memory: who writes to that of
 * the process that goes on would have this one do what it likes (advisory 0033).
 */
int op_fork(struct run *run, const struct plan_op *op)
{
	uint64_t namespaces = op->nums[OP_FORK_NUM_NAMESPACES];
	long err = SYS2(pipe2, fork_pipe, O_CLOEXEC);

	if (err == 0)
		err = keep_rest(run);
	if (err < 0)
		return (int)err;
	static struct clone3_args
	    args; /* in .bss: there it is zero without code that makes it so */

	args.flags = namespaces | CLONE_PARENT;
	/* Filters know clone(2), which has no flag for a time namespace; docker's denies clone3(2).
	 */
	long call = __NR_clone3;
	uint64_t first = (uintptr_t)&args, second = sizeof(args);

	if (!(args.flags & CLONE_NEWTIME)) {
		call = __NR_clone;
		first = args.flags;
		second = 0; /* the stack is a copy of this one */
	}
	long pid = sys_clone_by(call, first, second, forked_main, run);

	if (pid > 0)
		sys_exit(tell(run, MSG_FORKED, (uint64_t)pid, -1) != 0);
	return (int)pid;
}
