/*
 * init: runs the part of a sealed plan that belongs inside the container, then becomes the
 * container's program.
 *
 * It is started from a sealed memfd with empty arguments and environment. It opens no file of its
 * own, has no heap and decides nothing: each op is a few system calls whose arguments the verified
 * plan holds.
 */
#include "../sys/spawn.h"
#include "../sys/start.h"
#include "../sys/str.h"
#include "ops.h"

#define SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

/*
 * The function of each op, in the order of the codes: how far it is from the entry itself, 0 for
 * none. Two bytes instead of a pointer's eight, and init has no bytes to spare; it lies beside the
 * functions, as those bytes do not reach another segment. `.org` refuses rows out of order.
 */
extern const int16_t init_table[OP_LAST + 1] __attribute__((visibility("hidden")));

#define IN_TABLE(text, ...)                                               \
	__asm__ volatile(".pushsection .text.init_table, \"ax\"\n\t" text \
			 "\n\t.popsection" __VA_ARGS__)
#define ROW(code, function) \
	IN_TABLE(".org init_table + 2 * %c0\n\t.2byte " #function " - .", ::"i"(code))

/* NOLINTNEXTLINE(readability-function-size): a table */
__attribute__((used)) static void table_rows(void)
{
	IN_TABLE(".balign 2\n\t.globl init_table\n\t.hidden init_table\ninit_table:", ::);
	ROW(OP_OPEN_ROOT, op_open_own);
	ROW(OP_OPEN_CWD, op_open_own);
	ROW(OP_OPEN_DIR, op_open_dir);
	ROW(OP_OPEN_OBJECT, op_open_object);
	ROW(OP_CLONE_TREE, op_clone_tree);
	ROW(OP_MAKE_FS, op_make_fs);
	ROW(OP_SET_MOUNT, op_set_mount);
	ROW(OP_MOUNT_POINT, op_mount_point);
	ROW(OP_ATTACH, op_attach);
	ROW(OP_ATTACH_ROOT, op_attach_root);
	ROW(OP_ISOLATE_MOUNTS, op_isolate_mounts);
	ROW(OP_MAKE_MASKS, op_make_masks);
	ROW(OP_MASK, op_mask);
	ROW(OP_READONLY_PATH, op_readonly_path);
	ROW(OP_EXPECT_MOUNT, op_expect_mount);
	ROW(OP_PIVOT, op_pivot);
	ROW(OP_CHROOT, op_chroot);
	ROW(OP_MAKE_NODE, op_make_node);
	ROW(OP_MAKE_LINK, op_make_link);
	ROW(OP_OPEN_PTMX, op_open_ptmx);
	ROW(OP_OPEN_PEER, op_open_peer);
	ROW(OP_SET_WINDOW, op_set_window);
	ROW(OP_NEW_SESSION, op_new_session);
	ROW(OP_SEND_FD, op_send_fd);
	ROW(OP_GIVE_SLOT, op_give_slot);
	ROW(OP_SET_HOSTNAME, op_set_name);
	ROW(OP_SET_DOMAINNAME, op_set_name);
	ROW(OP_LOOPBACK_UP, op_loopback_up);
	ROW(OP_SYSCTL, op_sysctl);
	ROW(OP_NEW_KEYRING, op_new_keyring);
	ROW(OP_JOIN_NAMESPACES, op_join_namespaces);
	ROW(OP_FORK, op_fork);
	ROW(OP_UNSHARE, op_unshare);
	ROW(OP_BECOME, op_become);
	ROW(OP_SET_DUMPABLE, op_set_dumpable);
	ROW(OP_DROP_BOUNDING, op_drop_bounding);
	ROW(OP_SET_IDS, op_set_ids);
	ROW(OP_SET_CAPS, op_set_caps);
	ROW(OP_SET_NO_NEW_PRIVS, op_set_no_new_privs);
	ROW(OP_LOAD_SECCOMP, op_load_seccomp);
	ROW(OP_SET_UMASK, op_set_umask);
	ROW(OP_CHANGE_DIR, op_change_dir);
	ROW(OP_FIND_EXEC, op_find_exec);
	ROW(OP_SET_DEATH_SIGNAL, op_set_death_signal);
	ROW(OP_PLACE_FD, op_place_fd);
	ROW(OP_GATE, op_gate);
	ROW(OP_EXEC, op_exec);
	ROW(OP_SYNC, op_sync_init);
	ROW(OP_CLOSE, op_close);
	ROW(OP_COPY_UP, op_copy_up);
	ROW(OP_COPY_MODE, op_copy_mode);
	ROW(OP_SPAWN, op_spawn);
	ROW(OP_SET_PERSONALITY, op_set_personality);
	ROW(OP_SET_MEMORY_POLICY, op_set_memory_policy);
	ROW(OP_LOAD_LISTENER, op_load_listener);
	ROW(OP_OPEN_LABEL, op_open_label);
	ROW(OP_SET_LABEL, op_set_label);
	ROW(OP_ENTER_TREE, op_chroot);
	ROW(OP_LOCK_MOUNTS, op_lock_mounts);
	IN_TABLE(".org init_table + 2 * %c0", ::"i"(OP_LAST + 1));
}

static op_function *find_op(uint16_t code)
{
	const int16_t *entry = &init_table[code];

	return code <= OP_LAST && *entry
		   ? (op_function *)((uintptr_t)entry + (uintptr_t)(intptr_t)*entry)
		   : NULL;
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
	long err = sys_statx(FD_PLAN, "", AT_EMPTY_PATH, STATX_SIZE, &st);

	if (err < 0)
		return (int)err;
	/* Private: a shared mapping of a write-sealed memfd is refused before Linux 6.7. */
	long base = sys_mmap(st.stx_size, PROT_READ, MAP_PRIVATE, FD_PLAN);

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
	(void)sys_close(FD_PLAN);
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
		if (op_run(run, find_op(run->plan.ops[i].code), i) < 0)
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
