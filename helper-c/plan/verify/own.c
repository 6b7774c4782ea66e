/* What is set for a whole namespace is set in one of the container's own, and what is changed of a
 * container that runs. */
#include "../verify-internal.h"

#define NS_UTS 0x04000000u /* CLONE_NEWUTS */
#define NS_IPC 0x08000000u /* CLONE_NEWIPC */

/* Parameters of the kernel by the namespace that they are of; those that end in '/' begin so. */
static const struct {
	const char *key;
	uint32_t kind;
} parameters[] = {
    {"net/", NS_NET},	       {"user/", NS_USER},
    {"fs/mqueue/", NS_IPC},    {"kernel/msgmax", NS_IPC},
    {"kernel/msgmnb", NS_IPC}, {"kernel/msgmni", NS_IPC},
    {"kernel/sem", NS_IPC},    {"kernel/shmall", NS_IPC},
    {"kernel/shmmax", NS_IPC}, {"kernel/shm_rmid_forced", NS_IPC},
    {"kernel/shmmni", NS_IPC}, {"kernel/domainname", NS_UTS},
};

static int is_key(const char *key, const char *name)
{
	size_t n = 0;

	for (; name[n]; n++)
		if (key[n] != name[n])
			return 0;
	return name[n - 1] == '/' || key[n] == 0;
}

/* The namespaces of which the plan needs one of the container's own for an op: none, one, or for a
 * parameter of no namespace all of them. */
static uint32_t needed(const struct verifier *v, const struct plan_op *op)
{
	const char *key = v->view.strings + op->data[OP_SYSCTL_DATA_KEY].offset;

	if (op->code == OP_SET_HOSTNAME || op->code == OP_SET_DOMAINNAME)
		return NS_UTS;
	if (op->code == OP_LOOPBACK_UP)
		return NS_NET;
	if (op->code != OP_SYSCTL)
		return 0;
	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++)
		if (is_key(key, parameters[i].key))
			return parameters[i].kind;
	return UINT32_MAX;
}

static int enters(const struct plan_op *op)
{
	_Static_assert(OP_UNSHARE_NUM_NAMESPACES == 0 && OP_FORK_NUM_NAMESPACES == 0, "nums[0]");
	_Static_assert(OP_JOIN_NAMESPACES_NUM_TYPES == 0, "nums[0]");
	return op->code == OP_FORK || op->code == OP_JOIN_NAMESPACES || op->code == OP_UNSHARE;
}

int makes_procfs(const struct verifier *v, const struct plan_op *op)
{
	const char *type = v->view.strings + op->data[OP_MAKE_FS_DATA_TYPE].offset;

	return op->code == OP_MAKE_FS && is_key(type, "proc");
}

/*
 * A procfs shows the processes of the container. If init forks last, it is not in the pid namespace
 * that it has joined, so its procfs names that namespace. No other procfs names one.
 */
static int check_procfs(struct verifier *v)
{
	uint32_t fork = op_first(v, OP_FORK);
	int is_last = fork != OP_NONE && op_at(v, fork)->phase > PHASE_INSIDE;
	uint16_t joined = SLOT_NONE;

	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);
		int needs = is_last && op->phase > PHASE_PARENT && makes_procfs(v, op);

		if (op->code == OP_MAKE_FS &&
		    op->slots[OP_MAKE_FS_SLOT_PIDNS] != (needs ? joined : SLOT_NONE))
			return fail(v, RULE_OWN_NAMESPACE, i, NS_PID);
		if (op->code == OP_JOIN_NAMESPACES && op->nums[0] & NS_PID)
			joined = op->slots[OP_JOIN_NAMESPACES_SLOT_NS];
	}
	return 0;
}

/* Whether an op may be in a plan that changes mounts of a container. Past the first change the
 * launcher is in the container, where its paths lead elsewhere. */
static int may_change(const struct verifier *v, uint32_t i, uint32_t first)
{
	const struct plan_op *op = op_at(v, i), *leader = op_at(v, first);
	const struct plan_op *opener;

	if (i < first)
		return op->code == OP_OPEN_PROCFS || op->code == OP_OPEN_PROCESS;
	opener = op_defining(v, op->slots[OP_CHANGE_MOUNT_SLOT_PROCESS]);
	return op->code == OP_CHANGE_MOUNT && opener && opener->code == OP_OPEN_PROCESS &&
	       op->slots[OP_CHANGE_MOUNT_SLOT_PROCESS] ==
		   leader->slots[OP_CHANGE_MOUNT_SLOT_PROCESS] &&
	       op->nums[OP_CHANGE_MOUNT_NUM_NAMESPACES] ==
		   leader->nums[OP_CHANGE_MOUNT_NUM_NAMESPACES] &&
	       (op->nums[OP_CHANGE_MOUNT_NUM_NAMESPACES] | NS_USER) == (NS_MOUNT | NS_USER) &&
	       op->nums[OP_CHANGE_MOUNT_NUM_RECURSIVE] <= op->nums[OP_CHANGE_MOUNT_NUM_READONLY];
}

static int check_changes(struct verifier *v)
{
	uint32_t first = op_first(v, OP_CHANGE_MOUNT);

	for (uint32_t i = 0; first != OP_NONE && i < v->n_ops; i++)
		if (!may_change(v, i, first))
			return fail(v, RULE_CHANGED_MOUNTS, i, op_at(v, i)->code);
	return 0;
}

int verify_own(struct verifier *v)
{
	uint32_t own;
	int r = check_procfs(v);

	if (r == 0)
		r = check_changes(v);
	if (r < 0 || !makes_process(v))
		return r;
	own = (uint32_t)op_at(v, op_first(v, OP_CLONE))->nums[OP_CLONE_NUM_NAMESPACES];
	for (uint32_t i = 0; i < v->n_ops; i++) {
		const struct plan_op *op = op_at(v, i);

		if (op->phase <= PHASE_PARENT)
			continue;
		if (needed(v, op) & ~own)
			return fail(v, RULE_OWN_NAMESPACE, i, needed(v, op) & ~own);
		if (enters(op))
			own |= (uint32_t)op->nums[0];
	}
	return 0;
}
