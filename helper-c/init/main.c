/*
 * init: runs the part of a sealed plan that belongs inside the container, then becomes the
 * container's program.
 *
 * It is started from a sealed memfd with empty arguments and environment. It opens no file of its
 * own, has no heap and decides nothing: each op is a few system calls whose arguments the verified
 * plan holds.
 */
#include "../sys/start.h"
#include "../sys/str.h"
#include "ops.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static op_function *const table[] = {
    [OP_OPEN_ROOT] = op_open_root,
    [OP_OPEN_CWD] = op_open_cwd,
    [OP_OPEN_DIR] = op_open_dir,
    [OP_OPEN_OBJECT] = op_open_object,
    [OP_CLONE_TREE] = op_clone_tree,
    [OP_MAKE_FS] = op_make_fs,
    [OP_SET_MOUNT] = op_set_mount,
    [OP_MOUNT_POINT] = op_mount_point,
    [OP_ATTACH] = op_attach,
    [OP_ATTACH_ROOT] = op_attach_root,
    [OP_ISOLATE_MOUNTS] = op_isolate_mounts,
    [OP_MAKE_MASKS] = op_make_masks,
    [OP_MASK] = op_mask,
    [OP_READONLY_PATH] = op_readonly_path,
    [OP_EXPECT_MOUNT] = op_expect_mount,
    [OP_PIVOT] = op_pivot,
    [OP_CHROOT] = op_chroot,
    [OP_MAKE_NODE] = op_make_node,
    [OP_MAKE_LINK] = op_make_link,
    [OP_OPEN_PTMX] = op_open_ptmx,
    [OP_OPEN_PEER] = op_open_peer,
    [OP_SET_WINDOW] = op_set_window,
    [OP_NEW_SESSION] = op_new_session,
    [OP_SEND_FD] = op_send_fd,
    [OP_GIVE_SLOT] = op_give_slot,
    [OP_SET_HOSTNAME] = op_set_hostname,
    [OP_SET_DOMAINNAME] = op_set_domainname,
    [OP_LOOPBACK_UP] = op_loopback_up,
    [OP_SYSCTL] = op_sysctl,
    [OP_NEW_KEYRING] = op_new_keyring,
    [OP_JOIN_NAMESPACES] = op_join_namespaces,
    [OP_FORK] = op_fork,
    [OP_UNSHARE] = op_unshare,
    [OP_BECOME] = op_become,
    [OP_SET_DUMPABLE] = op_set_dumpable,
    [OP_DROP_BOUNDING] = op_drop_bounding,
    [OP_SET_IDS] = op_set_ids,
    [OP_SET_CAPS] = op_set_caps,
    [OP_SET_NO_NEW_PRIVS] = op_set_no_new_privs,
    [OP_LOAD_SECCOMP] = op_load_seccomp,
    [OP_SET_UMASK] = op_set_umask,
    [OP_CHANGE_DIR] = op_change_dir,
    [OP_FIND_EXEC] = op_find_exec,
    [OP_SET_DEATH_SIGNAL] = op_set_death_signal,
    [OP_PLACE_FD] = op_place_fd,
    [OP_GATE] = op_gate,
    [OP_EXEC] = op_exec,
    [OP_SYNC] = op_sync_init,
    [OP_CLOSE] = op_close,
    [OP_COPY_UP] = op_copy_up,
    [OP_COPY_MODE] = op_copy_mode,
};

static int slots[PLAN_MAX_SLOTS];

void init_fail(struct run *run)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_FAULT, .fault = run->fault};

	(void)msg_send(run->sock, &msg, NULL, 0, -1);
	sys_exit(1);
}

/* Maps the plan; it must be sealed, so that nobody can change it under us. 0 or -errno. */
static int map_plan(struct run *run)
{
	struct statx st;
	long seals = sys_fcntl(FD_PLAN, F_GET_SEALS, 0);

	if (seals < 0)
		return (int)seals;
	if ((seals & SEALS) != SEALS)
		return -EPERM;
	long err = sys_statx(FD_PLAN, "", AT_EMPTY_PATH, STATX_SIZE, &st);

	if (err < 0)
		return (int)err;
	/* Private: a shared mapping of a write-sealed memfd is refused before Linux 6.7. */
	long base = sys_mmap(st.stx_size, PROT_READ, MAP_PRIVATE, FD_PLAN);

	if (base < 0 && base > -4096)
		return (int)base;
	return plan_view_init(&run->plan, (const void *)base, st.stx_size);
}

/* Waits for `release`: which descriptor each slot is. 0 or -errno. */
static int take_release(struct run *run)
{
	struct msg head;
	size_t size = run->plan.header->slots.length * sizeof(int);
	struct {
		void *base;
		size_t size;
	} parts[2] = {{&head, sizeof(head)}, {slots, size}};
	long n;

	do {
		n = SYS3(readv, run->sock, parts, 2);
	} while (n == -EINTR);
	if (n == 0)
		sys_exit(1); /* the launcher is gone */
	if (n != (long)(sizeof(head) + size) || head.magic != MSG_MAGIC || head.kind != MSG_RELEASE)
		return n < 0 ? (int)n : -EPROTO;
	if (head.value) { /* traced */
		long at = sys_mmap(run->plan.header->ops.length * sizeof(struct record),
				   PROT_READ | PROT_WRITE, MAP_SHARED, FD_RECORDER);

		if (at < 0 && at > -4096)
			return (int)at;
		run->recorder = (struct record *)at;
	}
	return 0;
}

/* Moves our own descriptors out of the way of the numbers that the container's will have. 0 or
 * -errno. */
static int clear_targets(struct run *run)
{
	uint64_t top = 0;

	for (uint32_t i = 0; i < run->plan.header->ops.length; i++) {
		const struct plan_op *op = &run->plan.ops[i];

		if (op->code == OP_PLACE_FD && op->nums[OP_PLACE_FD_NUM_TARGET] > top)
			top = op->nums[OP_PLACE_FD_NUM_TARGET];
	}
	if (top < FD_SOCKET)
		return 0;
	long sock = sys_fcntl(run->sock, F_DUPFD_CLOEXEC, (long)top + 1);

	if (sock < 0)
		return (int)sock;
	(void)sys_close(run->sock);
	(void)sys_close(FD_PLAN);
	run->sock = (int)sock;
	return 0;
}

void start_main(long argc, char **argv, char **envp)
{
	static struct run run = {.fd = slots, .sock = FD_SOCKET, .fault = {.op = OP_NONE}};
	int err;

	(void)argc;
	(void)argv;
	(void)envp;
	run.stack_base = (uintptr_t)__builtin_frame_address(0) + 64;
	err = (int)sys_close_range(FD_SOCKET, ~0U, CLOSE_RANGE_CLOEXEC);
	if (err == 0)
		err = map_plan(&run);
	if (err == 0)
		err = take_release(&run);
	if (err == 0)
		err = clear_targets(&run);
	if (err < 0) {
		(void)op_fault(&run, FAULT_PROTOCOL, -err, 0);
		init_fail(&run);
	}
	(void)SYS1(umask, 0);
	for (uint32_t i = 0; i < run.plan.header->ops.length; i++) {
		if (run.plan.ops[i].phase < PHASE_INSIDE)
			continue;
		if (run.plan.ops[i].phase == PHASE_EXEC && say_exec_now(&run) < 0)
			init_fail(&run);
		if (op_run(&run, table, sizeof(table) / sizeof(*table), i) < 0)
			init_fail(&run);
	}
	sys_exit(1); /* not reached: the verifier wants exec last */
}
