/* Giving up what a launcher that waits does not need: Landlock for what it could reach, seccomp for
 * what it could ask. Both are the plan's; here they are loaded, as far as the kernel has them. */
#include "launch.h"
#include <linux/landlock.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

/* struct landlock_ruleset_attr as of ABI 6; an older kernel takes it while what it does not know is
 * zero. */
struct ruleset {
	uint64_t fs, net, scoped;
};

/* What each ABI can handle (Documentation/userspace-api/landlock.rst); later ones all of it. */
static const struct ruleset abis[] = {
    {0x1fff, 0, 0}, {0x3fff, 0, 0}, {0x7fff, 0, 0}, {0x7fff, 3, 0}, {0xffff, 3, 0}, {0xffff, 3, 3},
};
#define ABIS (long)(sizeof(abis) / sizeof(*abis))

/* A kernel without Landlock, or that was booted without it: this is the second line of defence. */
static int is_absent(long err)
{
	return err == -ENOSYS || err == -EOPNOTSUPP;
}

static long restrict_reach(struct ruleset rules)
{
	long abi = SYS3(landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi <= 0)
		return is_absent(abi) ? 0 : abi;
	const struct ruleset *known = &abis[(abi < ABIS ? abi : ABIS) - 1];

	rules.fs &= known->fs;
	rules.net &= known->net;
	rules.scoped &= known->scoped;
	if (!(rules.fs | rules.net | rules.scoped)) /* ENOMSG: a ruleset of nothing is none */
		return 0;
	long fd = SYS3(landlock_create_ruleset, &rules, sizeof(rules), 0);

	if (fd < 0)
		return fd;
	long err = SYS2(landlock_restrict_self, fd, 0);

	(void)sys_close((int)fd);
	return err;
}

int op_confine(struct run *run, const struct plan_op *op)
{
	struct ruleset rules = {op->nums[OP_CONFINE_NUM_FS], op->nums[OP_CONFINE_NUM_NET],
				op->nums[OP_CONFINE_NUM_SCOPED]};
	struct {
		unsigned short length;
		const void *filter;
	} program;
	uint32_t size = 0;

	if (process_ends(op_fd(run, op, OP_CONFINE_SLOT_PROCESS),
			 op_fd_or_none(run, op, OP_CONFINE_SLOT_PTY),
			 (int)op->nums[OP_CONFINE_NUM_AFTER_MS]))
		return 0;
	long err = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0);

	program.filter = plan_bytes(&run->plan, op, OP_CONFINE_DATA_PROGRAM, &size);
	program.length = (unsigned short)(size / 8);
	if (err == 0)
		err = restrict_reach(rules);
	if (err < 0)
		return (int)err;
	err = SYS3(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
	return is_absent(err) ? 0 : (int)err;
}
