/* Giving up what a launcher that waits does not need: Landlock for what it could reach, seccomp for
 * what it could ask. Both are the plan's; here they are loaded, as far as the kernel has them. */
#include "../host/landlock.h"
#include "../launch/launch.h"
#include "../peers/satellite.h"
#include <linux/prctl.h>
#include <linux/seccomp.h>

/* Whether an op of the launcher that is still to come names a slot. */
static int is_needed(const struct run *run, uint32_t slot)
{
	const struct plan_header *header = run->plan.header;

	for (uint32_t i = run->fault.op; i < header->ops.length; i++) {
		const struct plan_op *op = &run->plan.ops[i];

		for (int n = 0; op->phase == PHASE_PARENT && n < OP_SLOTS; n++)
			if (op->slots[n] == slot)
				return 1;
	}
	return 0;
}

/* Lets go of clones of the host's mounts. They are init's by now, and who waits for the launcher's
 * end would wait until the kernel has closed them. */
static void let_mounts_go(struct run *run)
{
	for (uint32_t slot = 0; slot < run->plan.header->slots.length; slot++)
		if (run->plan.slots[slot].type == SLOT_TREE && run->fd[slot] >= 0 &&
		    !is_needed(run, slot)) {
			(void)sys_close(run->fd[slot]);
			run->fd[slot] = -1;
		}
}

int op_confine(struct run *run, const struct plan_op *op)
{
	struct landlock_rights rights = {op->nums[OP_CONFINE_NUM_FS], op->nums[OP_CONFINE_NUM_NET],
					 op->nums[OP_CONFINE_NUM_SCOPED]};
	struct {
		unsigned short length;
		const void *filter;
	} program;
	uint32_t size = 0;

	let_mounts_go(run);
	if (process_ends(op_fd(run, op, OP_CONFINE_SLOT_PROCESS),
			 op_fd_or_none(run, op, OP_CONFINE_SLOT_PTY),
			 (int)op->nums[OP_CONFINE_NUM_AFTER_MS]))
		return 0;
	/* None can be started afterwards. */
	long err = satellites_prepare(run, op);

	if (err == 0)
		err = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	program.filter = plan_bytes(&run->plan, op, OP_CONFINE_DATA_PROGRAM, &size);
	program.length = (unsigned short)(size / 8);
	if (err == 0)
		err = landlock_give_up(&rights);
	if (err < 0)
		return (int)err;
	err = SYS3(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	return is_absent(err) ? 0 : (int)err;
}
