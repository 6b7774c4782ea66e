/* What a container that runs may write. */
#include "../launch/launch.h"
#include "../sys/path.h"
#include <linux/mount.h>

/* The launcher stays in the namespaces. The verifier lets nothing but further changes follow, which
 * look no path up (rule changed-mounts). */
int op_change_mount(struct run *run, const struct plan_op *op)
{
	int readonly = op->nums[OP_CHANGE_MOUNT_NUM_READONLY] != 0;
	int recursive = op->nums[OP_CHANGE_MOUNT_NUM_RECURSIVE] != 0;
	const struct mount_attr attr = {
	    .attr_set = readonly ? MOUNT_ATTR_RDONLY : 0,
	    .attr_clr = readonly ? 0 : MOUNT_ATTR_RDONLY,
	};
	long err = 0;

	if (op == run->plan.ops || op[-1].code != OP_CHANGE_MOUNT)
		err = SYS2(setns, op_fd(run, op, OP_CHANGE_MOUNT_SLOT_PROCESS),
			   op->nums[OP_CHANGE_MOUNT_NUM_NAMESPACES]);
	if (err == 0)
		err = SYS5(mount_setattr, op_fd(run, op, OP_CHANGE_MOUNT_SLOT_MOUNT), "",
			   AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr, sizeof(attr));
	return (int)err;
}
