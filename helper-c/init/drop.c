/* Giving up rights. Everything set here is read back; a difference is fatal. */
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "ops.h"
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

/* As the kernel has them: the lower 32 capabilities of the three sets, then the upper ones. */
struct cap_sets {
	struct __user_cap_data_struct half[2];
};

static long caps_get(struct cap_sets *ret)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return SYS2(capget, &head, ret);
}

static long caps_put(const struct cap_sets *sets)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};

	return SYS2(capset, &head, sets);
}

int take_ids(uint64_t uid, uint64_t gid)
{
	struct cap_sets sets;
	long err = sys_prctl(PR_SET_KEEPCAPS, 1, 0, 0);

	if (err == 0)
		err = SYS3(setresgid, gid, gid, gid);
	if (err == 0)
		err = SYS3(setresuid, uid, uid, uid);
	if (err == 0)
		err = caps_get(&sets);

	for (int i = 0; i < 2; i++)
		sets.half[i].effective = sets.half[i].permitted;
	return (int)(err == 0 ? caps_put(&sets) : err);
}

int op_drop_bounding(struct run *run, const struct plan_op *op)
{
	uint64_t keep = op->nums[0];

	for (unsigned cap = 0; cap < 64; cap++) {
		if (keep >> cap & 1)
			continue;
		long err = sys_prctl(PR_CAPBSET_DROP, cap, 0, 0);

		if (err == -EINVAL) /* past the last capability of this kernel */
			break;
		if (err < 0)
			return (int)err;
		if (sys_prctl(PR_CAPBSET_READ, cap, 0, 0) != 0)
			return op_fault(run, FAULT_DIFFERS, EPERM, cap);
	}
	return 0;
}

static long check_ids(struct run *run, uint32_t uid, uint32_t gid)
{
	uint32_t now[6];
	long err = SYS3(getresuid, &now[0], &now[1], &now[2]);

	if (err == 0)
		err = SYS3(getresgid, &now[3], &now[4], &now[5]);
	for (int i = 0; err == 0 && i < 6; i++)
		if (now[i] != (i < 3 ? uid : gid))
			err = op_fault(run, FAULT_DIFFERS, EPERM, now[i]);
	return err;
}

/* The kernel sorts the groups, so they are compared as sets: the same number, and each asked for is
 * there. */
static long check_groups(struct run *run, const uint32_t *groups, uint32_t count)
{
	static uint32_t now[64];
	long n = SYS2(getgroups, 0, 0);

	if (n < 0)
		return n;
	if ((uint64_t)n != count)
		return op_fault(run, FAULT_DIFFERS, EPERM, (uint64_t)n);
	if (count > sizeof(now) / sizeof(*now)) /* the number has to do: no heap here for more */
		return 0;
	n = SYS2(getgroups, count, now);
	for (uint32_t i = 0; n >= 0 && i < count; i++) {
		uint32_t j = 0;

		while (j < count && now[j] != groups[i])
			j++;
		if (j == count)
			return op_fault(run, FAULT_DIFFERS, EPERM, groups[i]);
	}
	return n < 0 ? n : 0;
}

int op_set_ids(struct run *run, const struct plan_op *op)
{
	uint32_t uid = (uint32_t)op->nums[OP_SET_IDS_NUM_UID],
		 gid = (uint32_t)op->nums[OP_SET_IDS_NUM_GID];
	uint32_t size = 0;
	const uint32_t *groups =
	    (const void *)plan_bytes(&run->plan, op, OP_SET_IDS_DATA_GROUPS, &size);
	uint32_t count = size / sizeof(uint32_t);
	long err = 0;

	if (op->nums[OP_SET_IDS_NUM_SET_GROUPS]) {
		err = SYS2(setgroups, count, groups);
		if (err == 0)
			err = check_groups(run, groups, count);
	}
	if (err == 0)
		err = take_ids(uid, gid);
	return (int)(err == 0 ? check_ids(run, uid, gid) : err);
}

static long set_ambient(struct run *run, uint64_t ambient)
{
	long err = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0);

	for (unsigned cap = 0; err == 0 && cap < 64; cap++) {
		if (!(ambient >> cap & 1))
			continue;
		err = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0);
		if (err == 0 && sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0) != 1)
			err = op_fault(run, FAULT_DIFFERS, EPERM, cap);
	}
	return err;
}

int op_set_caps(struct run *run, const struct plan_op *op)
{
	struct cap_sets now, sets;

	for (int i = 0; i < 2; i++)
		sets.half[i] = (struct __user_cap_data_struct){
		    .effective = (uint32_t)(op->nums[OP_SET_CAPS_NUM_EFFECTIVE] >> 32 * i),
		    .permitted = (uint32_t)(op->nums[OP_SET_CAPS_NUM_PERMITTED] >> 32 * i),
		    .inheritable = (uint32_t)(op->nums[OP_SET_CAPS_NUM_INHERITABLE] >> 32 * i),
		};
	long err = caps_put(&sets);

	if (err == 0)
		err = set_ambient(run, op->nums[OP_SET_CAPS_NUM_AMBIENT]);
	if (err == 0)
		err = caps_get(&now);
	if (err == 0 && memcmp(&now, &sets, sizeof(sets)) != 0)
		err = op_fault(run, FAULT_DIFFERS, EPERM,
			       (uint64_t)now.half[1].permitted << 32 | now.half[0].permitted);
	return (int)err;
}

int op_set_no_new_privs(struct run *run, const struct plan_op *op)
{
	long err = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0);

	(void)op;
	if (err == 0 && sys_prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0) != 1)
		err = op_fault(run, FAULT_DIFFERS, EPERM, 0);
	return (int)err;
}

long load_filter(const struct run *run, const struct plan_op *op, uint64_t listener)
{
	struct {
		unsigned short length;
		const void *filter;
	} program;
	uint32_t size = 0;

	program.filter = plan_bytes(&run->plan, op, 0, &size);
	program.length = (unsigned short)(size / 8);
	return SYS3(seccomp, SECCOMP_SET_MODE_FILTER,
		    (op->nums[0] & ~SECCOMP_FILTER_FLAG_NEW_LISTENER) | listener, &program);
}

int op_load_seccomp(struct run *run, const struct plan_op *op)
{
	long err = load_filter(run, op, 0);

	/* With TSYNC a positive answer names a thread that could not follow. */
	return err > 0 ? -ESRCH : (int)err;
}

int op_set_umask(struct run *run, const struct plan_op *op)
{
	(void)run;
	(void)SYS1(umask, op->nums[0]); /* it cannot fail */
	return 0;
}

int op_set_own_rlimit(struct run *run, const struct plan_op *op)
{
	return rlimit_set(run, op, 0, 0);
}

int op_set_personality(struct run *run, const struct plan_op *op)
{
	long now;

	(void)SYS1(personality, op->nums[0]);
	now = SYS1(personality, 0xffffffff);
	return now == (long)op->nums[0] ? 0 : op_fault(run, FAULT_DIFFERS, EPERM, (uint64_t)now);
}

int op_set_memory_policy(struct run *run, const struct plan_op *op)
{
	uint32_t size = 0, now = 0;
	const void *nodes = plan_bytes(&run->plan, op, 0, &size);
	/* The kernel uses one bit less than the number that it gets. */
	long err = SYS3(set_mempolicy, op->nums[0], nodes, size ? size * 8 + 1 : 0);

	if (err == 0)
		err = SYS5(get_mempolicy, &now, 0, 0, 0, 0);
	return (int)(err == 0 && now != op->nums[0] ? op_fault(run, FAULT_DIFFERS, EPERM, now)
						    : err);
}

int op_set_death_signal(struct run *run, const struct plan_op *op)
{
	long err = sys_prctl(PR_SET_PDEATHSIG, op->nums[0], 0, 0);

	(void)run;
	return (int)err;
}
