/*
 * init: runs the part of a sealed plan that belongs inside the container, then becomes the
 * container's program.
 *
 * It is started from a sealed memfd with empty arguments and environment. It opens no file of its
 * own, has no heap and decides nothing: each op is a few system calls whose arguments the verified
 * plan holds.
 */
#include "../sys/path.h"
#include "../sys/spawn.h"
#include "../sys/start.h"
#include "../sys/str.h"
#include "ops.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/* A switch: a table of pointers would need relocations, and nobody relocates init. */
/* NOLINTNEXTLINE(readability-function-size): a table */
static int run_op(struct run *run, const struct plan_op *op)
{
	switch (op->code) {
	case OP_OPEN_ROOT:
	case OP_OPEN_CWD:
		return op_open_own(run, op);
	case OP_OPEN_DIR:
		return op_open_dir(run, op);
	case OP_OPEN_OBJECT:
		return op_open_object(run, op);
	case OP_CLONE_TREE:
		return op_clone_tree(run, op);
	case OP_MAKE_FS:
		return op_make_fs(run, op);
	case OP_SET_MOUNT:
		return op_set_mount(run, op);
	case OP_MOUNT_POINT:
		return op_mount_point(run, op);
	case OP_ATTACH:
		return op_attach(run, op);
	case OP_ATTACH_ROOT:
		return op_attach_root(run, op);
	case OP_ISOLATE_MOUNTS:
		return op_isolate_mounts(run, op);
	case OP_MAKE_MASKS:
		return op_make_masks(run, op);
	case OP_MASK:
		return op_mask(run, op);
	case OP_READONLY_PATH:
		return op_readonly_path(run, op);
	case OP_GUARD_PATH:
		return op_guard_path(run, op);
	case OP_EXPECT_MOUNT:
		return op_expect_mount(run, op);
	case OP_PIVOT:
		return op_pivot(run, op);
	case OP_CHROOT:
	case OP_ENTER_TREE:
		return op_chroot(run, op);
	case OP_MAKE_NODE:
		return op_make_node(run, op);
	case OP_MAKE_LINK:
		return op_make_link(run, op);
	case OP_MAKE_FILE:
		return op_make_file(run, op);
	case OP_OPEN_PTMX:
		return op_open_ptmx(run, op);
	case OP_OPEN_PEER:
		return op_open_peer(run, op);
	case OP_PLAIN_OUTPUT:
		return op_plain_output(run, op);
	case OP_SET_WINDOW:
		return op_set_window(run, op);
	case OP_NEW_SESSION:
		return op_new_session(run, op);
	case OP_SEND_FD:
		return op_send_fd(run, op);
	case OP_GIVE_SLOT:
		return op_give_slot(run, op);
	case OP_SET_HOSTNAME:
	case OP_SET_DOMAINNAME:
		return op_set_name(run, op);
	case OP_LOOPBACK_UP:
		return op_loopback_up(run, op);
	case OP_LISTEN:
		return op_listen(run, op);
	case OP_SYSCTL:
		return op_sysctl(run, op);
	case OP_NEW_KEYRING:
		return op_new_keyring(run, op);
	case OP_JOIN_NAMESPACES:
		return op_join_namespaces(run, op);
	case OP_FORK:
		return op_fork(run, op);
	case OP_UNSHARE:
		return op_unshare(run, op);
	case OP_BECOME:
		return op_become(run, op);
	case OP_SET_DUMPABLE:
		return op_set_dumpable(run, op);
	case OP_DROP_BOUNDING:
		return op_drop_bounding(run, op);
	case OP_SET_IDS:
		return op_set_ids(run, op);
	case OP_SET_CAPS:
		return op_set_caps(run, op);
	case OP_SET_NO_NEW_PRIVS:
		return op_set_no_new_privs(run, op);
	case OP_LOAD_SECCOMP:
		return op_load_seccomp(run, op);
	case OP_FIND_HOME:
		return op_find_home(run, op);
	case OP_SET_OWN_RLIMIT:
		return op_set_own_rlimit(run, op);
	case OP_OWN_STREAM:
		return op_own_stream(run, op);
	case OP_SET_UMASK:
		return op_set_umask(run, op);
	case OP_CHANGE_DIR:
		return op_change_dir(run, op);
	case OP_FIND_EXEC:
		return op_find_exec(run, op);
	case OP_SET_DEATH_SIGNAL:
		return op_set_death_signal(run, op);
	case OP_PLACE_FD:
		return op_place_fd(run, op);
	case OP_GATE:
		return op_gate(run, op);
	case OP_EXEC:
		return op_exec(run, op);
	case OP_SYNC:
		return op_sync_init(run, op);
	case OP_CLOSE:
		return op_close(run, op);
	case OP_COPY_UP:
		return op_copy_up(run, op);
	case OP_COPY_MODE:
		return op_copy_mode(run, op);
	case OP_SPAWN:
		return op_spawn(run, op);
	case OP_SET_PERSONALITY:
		return op_set_personality(run, op);
	case OP_SET_MEMORY_POLICY:
		return op_set_memory_policy(run, op);
	case OP_LOAD_LISTENER:
		return op_load_listener(run, op);
	case OP_OPEN_LABEL:
		return op_open_label(run, op);
	case OP_SET_LABEL:
		return op_set_label(run, op);
	case OP_LOCK_MOUNTS:
		return op_lock_mounts(run, op);
	case OP_MAKE_RULESET:
		return op_make_ruleset(run, op);
	case OP_ALLOW_PATH:
		return op_allow_path(run, op);
	case OP_ALLOW_PORT:
		return op_allow_port(run, op);
	case OP_ENFORCE_RULESET:
		return op_enforce_ruleset(run, op);
	default:
		return -ENOSYS;
	}
}

static int slots[PLAN_MAX_SLOTS];

void init_fail(struct run *run)
{
	(void)tell(run, MSG_FAULT, 0, -1);
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
	long err = fd_stat(FD_PLAN, &st);

	if (err < 0)
		return (int)err;
	/* Private: a shared mapping of a write-sealed memfd is refused before Linux 6.7. */
	long base = sys_mmap(st.stx_size, PROT_READ, MAP_PRIVATE, FD_PLAN);

	/* The mapping is enough, and no process of the container is to take the descriptor. */
	(void)sys_close(FD_PLAN);
	if (base < 0)
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
	long n = SYS3(readv, run->sock, parts, 2);

	if (n == 0)
		sys_exit(1); /* the launcher is gone */
	if (n != (long)(sizeof(head) + size) || head.magic != MSG_MAGIC || head.kind != MSG_RELEASE)
		return n < 0 ? (int)n : -EPROTO;
	if (head.value) { /* traced */
		long at = sys_mmap(run->plan.header->ops.length * sizeof(struct record),
				   PROT_READ | PROT_WRITE, MAP_SHARED, FD_RECORDER);

		(void)sys_close(FD_RECORDER);
		if (at < 0)
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
	run->sock = (int)sock;
	return 0;
}

void init_continue(void *arg)
{
	struct run *run = (struct run *)arg;

	for (uint32_t i = run->fault.op + 1; i < run->plan.header->ops.length; i++) {
		if (run->plan.ops[i].phase < PHASE_INSIDE)
			continue;
		if (run->plan.ops[i].phase == PHASE_EXEC && say_exec_now(run) < 0)
			init_fail(run);
		if (op_run(run, run_op, i) < 0)
			init_fail(run);
	}
	sys_exit(1); /* not reached: the verifier wants exec last */
}

void start_main(long argc, char **argv, char **envp)
{
	static struct run run;
	int err;

	(void)argc;
	(void)argv;
	(void)envp;
	run.fd = slots;
	run.sock = FD_SOCKET;
	run.fault.op = OP_NONE;
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
	init_continue(&run);
}
