/* Landlock: what of files, TCP and other processes stays open to the program. */
#include "ops.h"
#include <linux/landlock.h>

/* struct landlock_ruleset_attr as of ABI 6. */
#define RULESET_SIZE (3 * sizeof(uint64_t))

int op_make_ruleset(struct run *run, const struct plan_op *op)
{
	_Static_assert(OP_MAKE_RULESET_NUM_FS == 0 && OP_MAKE_RULESET_NUM_NET == 1 &&
			   OP_MAKE_RULESET_NUM_SCOPED == 2,
		       "the numbers are the kernel's structure");
	/* A kernel that lacks a right answers EINVAL, or E2BIG if its structure has no such field:
	 * no ruleset handles less than the plan says. */
	return op_define(run, op, (int)SYS3(landlock_create_ruleset, op->nums, RULESET_SIZE, 0));
}

int op_allow_path(struct run *run, const struct plan_op *op)
{
	struct landlock_path_beneath_attr rule = {
	    .allowed_access = op->nums[OP_ALLOW_PATH_NUM_ACCESS],
	    .parent_fd = op_fd(run, op, OP_ALLOW_PATH_SLOT_OBJECT),
	};

	return (int)SYS4(landlock_add_rule, op_fd(run, op, OP_ALLOW_PATH_SLOT_RULESET),
			 LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

int op_allow_port(struct run *run, const struct plan_op *op)
{
	struct landlock_net_port_attr rule = {
	    .allowed_access = op->nums[OP_ALLOW_PORT_NUM_ACCESS],
	    .port = op->nums[OP_ALLOW_PORT_NUM_PORT],
	};

	return (int)SYS4(landlock_add_rule, op_fd(run, op, OP_ALLOW_PORT_SLOT_RULESET),
			 LANDLOCK_RULE_NET_PORT, &rule, 0);
}

/* Nothing tells a process what its domain is, so that nothing can be read back. */
int op_enforce_ruleset(struct run *run, const struct plan_op *op)
{
	int err = (int)SYS2(landlock_restrict_self, op_fd(run, op, 0), 0);

	op_moved(run, op, 0);
	return err;
}
