/* How the kernel shares its CPUs and disks: by the launcher, which still has the rights for it. */
#include "../sys/str.h"
#include "launch.h"
#include <linux/ioprio.h>
#include <linux/sched.h>

#define MASK_BYTES 1024

struct schedule {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t clamp_min, clamp_max;
};
_Static_assert(sizeof(struct schedule) == 56, "struct sched_attr, second version");

#define SHOWN (SCHED_FLAG_RESET_ON_FORK | SCHED_FLAG_RECLAIM | SCHED_FLAG_DL_OVERRUN)

/* Whether the kernel has what was asked for, of what the policy uses. */
static int same_schedule(const struct schedule *is, const struct schedule *want)
{
	if (want->flags & SCHED_FLAG_KEEP_POLICY)
		return 1;
	if (is->policy != want->policy || (is->flags & SHOWN) != (want->flags & SHOWN))
		return 0;
	switch (want->policy) {
	case SCHED_NORMAL:
	case SCHED_BATCH:
		return is->nice == want->nice;
	case SCHED_FIFO:
	case SCHED_RR:
		return is->priority == want->priority;
	case SCHED_DEADLINE:
		return is->runtime == want->runtime && is->deadline == want->deadline;
	default:
		return 1;
	}
}

int op_set_scheduler(struct run *run, const struct plan_op *op)
{
	uint32_t size = 0;
	const void *bytes = plan_bytes(&run->plan, op, 0, &size);
	struct schedule want, now;
	long err = init_check(run, op, 0);

	if (size != sizeof(want))
		return -EINVAL;
	(void)memcpy(&want, bytes, size);
	if (err == 0)
		err = SYS3(sched_setattr, launch.pid, &want, 0);
	if (err == 0)
		err = SYS4(sched_getattr, launch.pid, &now, sizeof(now), 0);
	if (err == 0 && !same_schedule(&now, &want))
		err = op_fault(run, FAULT_DIFFERS, EINVAL, now.policy);
	return (int)err;
}

int op_set_io_priority(struct run *run, const struct plan_op *op)
{
	long err = init_check(run, op, 0);

	if (err == 0)
		err = SYS3(ioprio_set, IOPRIO_WHO_PROCESS, launch.pid, op->nums[0]);
	if (err == 0)
		err = SYS2(ioprio_get, IOPRIO_WHO_PROCESS, launch.pid);
	if (err < 0)
		return (int)err;
	return (uint64_t)err == op->nums[0] ? 0
					    : op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)err);
}

int op_set_affinity(struct run *run, const struct plan_op *op)
{
	uint32_t size = 0;
	const uint8_t *want = plan_bytes(&run->plan, op, 0, &size);
	uint8_t now[MASK_BYTES];
	int self = op->slots[0] == SLOT_NONE;
	long err = self ? 0 : init_check(run, op, 0);
	uint32_t pid = self ? 0 : launch.pid;

	if (err == 0)
		err = SYS3(sched_setaffinity, pid, size, want);
	if (err == 0)
		err = SYS3(sched_getaffinity, pid, sizeof(now), now);
	for (uint32_t i = 0; err > 0 && i < (uint32_t)err; i++)
		if (now[i] & ~(i < size ? want[i] : 0))
			return op_fault(run, FAULT_DIFFERS, EINVAL, i);
	return err < 0 ? (int)err : 0;
}
