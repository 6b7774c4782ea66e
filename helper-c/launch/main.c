/*
 * coffer-helper: the launcher. It seals and verifies a plan, opens what the host has to give, makes
 * init, does what has to be done from outside, and reports. It decides nothing: every step is an op
 * of the plan.
 */
#include "../plan/verify.h"
#define START_RELOCATES
#include "../sys/start.h"
#include "../sys/str.h"
#include "../layers/layers.h"
#include "launch.h"
#include "../peers/netdev.h"
#include "../peers/satellite.h"
#include "../network/user-network.h"
#include <asm/socket.h>
#include <linux/memfd.h>
#include <linux/prctl.h>

#define AF_UNIX_ 1
#define SOCK_SEQPACKET_ 5
#define LOCK_EX_NB (2 | 4)

static op_function *const table[] = {
    [OP_OPEN_ROOT] = op_open_own,
    [OP_ENTER_DIR] = op_enter_dir,
    [OP_OPEN_DIR] = op_open_dir,
    [OP_OPEN_OBJECT] = op_open_object,
    [OP_OPEN_NAMESPACE] = op_open_namespace,
    [OP_OPEN_PROCESS] = op_open_process,
    [OP_OPEN_PROCFS] = op_open_procfs,
    [OP_OPEN_EXEC] = op_open_exec,
    [OP_CLONE_TREE] = op_clone_tree,
    [OP_MAKE_FS] = op_make_fs,
    [OP_MAKE_NODE] = op_make_node_host,
    [OP_SET_MOUNT] = op_set_mount,
    [OP_MAKE_USERNS] = op_make_userns,
    [OP_TAKE_SLOT] = op_take_slot,
    [OP_CONNECT_SOCKET] = op_connect_socket,
    [OP_WRITE_IDMAP] = op_write_idmap,
    [OP_SPAWN_IDMAP] = op_spawn_idmap,
    [OP_SET_OOM_SCORE] = op_set_oom_score,
    [OP_SET_RLIMIT] = op_set_rlimit,
    [OP_RECORD_PROCESS] = op_record_process,
    [OP_RELEASE] = op_release,
    [OP_ADOPT] = op_adopt,
    [OP_REPORT] = op_report,
    [OP_AWAIT_EXEC] = op_await_exec,
    [OP_CONFINE] = op_confine,
    [OP_WAIT] = op_wait,
    [OP_OPEN_CGROUP] = op_open_cgroup,
    [OP_MAKE_CGROUP] = op_make_cgroup,
    [OP_WRITE_CGROUP] = op_write_cgroup,
    [OP_JOIN_CGROUP] = op_join_cgroup,
    [OP_SET_DEVICE_FILTER] = op_set_device_filter,
    [OP_KILL_CGROUP] = op_kill_cgroup,
    [OP_REMOVE_CGROUP] = op_remove_cgroup,
    [OP_CLONE] = op_clone,
    [OP_UNSHARE] = op_unshare,
    [OP_SET_TIME_OFFSETS] = op_set_time_offsets,
    [OP_SIGNAL] = op_signal,
    [OP_DIAL] = op_dial,
    [OP_CHANGE_MOUNT] = op_change_mount,
    [OP_AWAIT_END] = op_await_end,
    [OP_MAKE_GATE] = op_make_gate,
    [OP_START_CONTAINER] = op_start_container,
    [OP_SYNC] = op_sync_launch,
    [OP_CLOSE] = op_close_launch,
    [OP_SPAWN] = op_spawn_launch,
    [OP_SET_SCHEDULER] = op_set_scheduler,
    [OP_SET_IO_PRIORITY] = op_set_io_priority,
    [OP_SET_AFFINITY] = op_set_affinity,
    [OP_WRITE_FIRST] = op_write_first,
    [OP_OWN_CGROUP] = op_own_cgroup,
    [OP_FREEZE_CGROUP] = op_freeze_cgroup,
    [OP_MOVE_NETDEV] = op_move_netdev,
    [OP_SEND_FD] = op_send_fd,
    [OP_BIND_NOTIFY] = op_bind_notify,
    [OP_RELAY_NOTIFY] = op_relay_notify,
    [OP_CONNECT_BUS] = op_connect_bus,
    [OP_CALL_BUS] = op_call_bus,
    [OP_EXPECT_CGROUP] = op_expect_cgroup,
    [OP_MOUNT_POINT] = op_mount_point_host,
    [OP_START_CRIU] = op_start_criu,
    [OP_ASK_CRIU] = op_ask_criu,
    [OP_START_SUPERVISOR] = op_start_supervisor,
    [OP_WATCH] = op_watch,
    [OP_SUPERVISE] = op_supervise,
    [OP_PASS_FD] = op_pass_fd,
    [OP_EXPECT_INITRAMFS] = op_expect_initramfs,
    [OP_MARK_CGROUP] = op_mark_cgroup,
    [OP_EXPECT_MARK] = op_expect_mark,
    [OP_EXPECT_ROOT] = op_expect_root,
    [OP_OWN_STREAM] = op_own_stream,
    [OP_REOPEN_STREAM] = op_reopen_stream,
    [OP_HOLD] = op_hold,
    [OP_OPEN_USERNS] = op_open_userns,
    [OP_START_NETWORK] = op_start_network,
};

#define MAX_UNDO 256

struct undo {
	int dir;
	enum undo_kind kind;
	char name[256];
};

/* What a launch uses of both tables lies side by side, in one page: notes are written from the last
 * entry down. */
static struct {
	char apart[1024];
	struct undo notes[MAX_UNDO];
	unsigned note_count;
	int slots[PLAN_MAX_SLOTS];
} kept __attribute__((aligned(2048)));
_Static_assert(__builtin_offsetof(__typeof__(kept), note_count) % 2048 == 1024,
	       "both tables meet within a page");
/* Behind the guard of the stack, in its page: what is used of both takes 4 KiB, and not 12. */
__attribute__((section(".bss.hot"))) struct launch launch;

static void launch_init(struct launch *l)
{
	l->run.fd = kept.slots;
	l->run.sock = -1;
	l->run.fault.op = OP_NONE;
	l->pidfd = -1;
	l->executing_fd = -1;
	l->netns_fd = -1;
	l->log_fd = -1;
	l->former_pidfd = -1;
	l->signal_fd = -1;
	l->late_op = OP_NONE;
	l->args.lock_ms = LOCK_SILENT;
	l->args.init_ms = INIT_MS;
	l->args.caller_fds = -1;
	for (unsigned i = 0; i < NAMED_FDS; i++)
		l->args.fds[i] = -1;
}

int undo_note(int dir, const char *name, enum undo_kind kind)
{
	size_t size = strlen(name) + 1;

	if (kept.note_count == MAX_UNDO)
		return -ENOSPC;
	struct undo *undo = &kept.notes[MAX_UNDO - 1 - kept.note_count];

	if (size > sizeof(undo->name))
		return -ENAMETOOLONG;
	long held = sys_fcntl(dir, F_DUPFD_CLOEXEC, 0);

	if (held < 0)
		return (int)held;
	undo->dir = (int)held;
	undo->kind = kind;
	(void)memcpy(undo->name, name, size);
	kept.note_count++;
	return 0;
}

void undo_forget(void)
{
	(void)sys_close(kept.notes[MAX_UNDO - kept.note_count--].dir);
}

/* Who hung up has ended, or is about to. How it ended says what the kill would hide. */
static void note_end(struct launch *l)
{
	long status = l->run.fault.code == FAULT_INIT_ENDED && l->pidfd >= 0
			  ? process_reap(l->pidfd, HANG_UP_MS)
			  : 0;

	if (status > 0)
		l->run.fault.detail = (uint64_t)status;
}

void launch_undo(struct launch *l)
{
	/* Before init is ended: with its namespace interfaces that only exist in software would end
	 * too. */
	netdev_undo(&l->run);
	/* A process that init forked, and that was not adopted yet, ends when it reads end-of-file.
	 */
	(void)sys_close(l->run.sock);
	l->run.sock = -1;
	note_end(l);
	process_kill(l->pidfd);
	l->pidfd = -1;
	former_reap();
	bus_undo(l);
	satellites_end();
	user_network_end();
	criu_undo();
	while (kept.note_count > 0) {
		const struct undo *undo = &kept.notes[MAX_UNDO - kept.note_count--];

		if (undo->kind == UNDO_MARK)
			(void)SYS2(fremovexattr, undo->dir, undo->name);
		else if (undo->kind == UNDO_CGROUP)
			(void)cgroup_remove(undo->dir, undo->name, 1000);
		else
			(void)SYS3(unlinkat, undo->dir, undo->name, 0);
	}
}

/* One line for a person who runs the helper by hand; engines read the report. */
static void say(const char *what, const struct fault *fault)
{
	char line[256];
	struct text text = {.data = line, .size = sizeof(line)};

	text_add(&text, "coffer-helper: ");
	text_add(&text, what);
	if (fault) {
		text_add(&text, " (code ");
		text_add_number(&text, fault->code);
		text_add(&text, ", op ");
		text_add_number(&text, fault->op);
		text_add(&text, ", errno ");
		text_add_number(&text, (uint64_t)fault->error);
		text_add(&text, ", detail ");
		text_add_number(&text, fault->detail);
		text_add(&text, "; docs/formats/protocol.md)");
	}
	text_add(&text, "\n");
	launch_write(2, line, text.used);
}

/* What the caller ignores would stay ignored in init, hooks and CRIU; and whose SIGCHLD is ignored
 * has no child to wait for. */
static void default_signals(void)
{
	static const uint64_t action[4]; /* struct sigaction of the kernel: SIG_DFL, nothing else */

	for (int signal = 1; signal <= 64; signal++)
		(void)SYS4(rt_sigaction, signal, action, 0, sizeof(uint64_t));
}

/* Whether init forks a process into a pid namespace of others: then the sender of a message counts.
 */
static long watch(struct launch *l)
{
	const struct plan_view *plan = &l->run.plan;
	const int on = 1;

	for (uint32_t i = 0; i < plan->header->ops.length; i++)
		l->is_watchful |= plan->ops[i].code == OP_ADOPT;
	if (!l->is_watchful)
		return 0;
	return SYS5(setsockopt, l->run.sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

/* The socket to init, and the page where both note their times. */
static int prepare_init(struct launch *l)
{
	int pair[2];
	uint64_t all = ~0ULL;
	long err = SYS4(rt_sigprocmask, 0 /* SIG_BLOCK */, &all, 0, sizeof(all));

	if (err == 0)
		err = SYS4(signalfd4, -1, &all, sizeof(all), O_CLOEXEC | O_NONBLOCK);
	if (err < 0)
		return (int)err;
	l->signal_fd = (int)err;
	default_signals();
	if (l->run.plan.header->kind == KIND_HOST || l->run.plan.header->kind == KIND_RESTORE)
		return 0;
	err = SYS4(socketpair, AF_UNIX_, SOCK_SEQPACKET_ | O_CLOEXEC, 0, pair);
	if (err < 0)
		return (int)err;
	l->run.sock = pair[0];
	err = watch(l);
	if (err == 0)
		err = sys_dup3(pair[1], FD_SOCKET, O_CLOEXEC);
	(void)sys_close(pair[1]);
	return err < 0 ? (int)err : 0;
}

static int prepare_recorder(struct launch *l)
{
	if (l->args.trace_fd < 0)
		return 0;
	uint64_t size = l->run.plan.header->ops.length * sizeof(struct record);
	long fd = SYS2(memfd_create, "coffer-recorder", MFD_CLOEXEC);
	long err = fd < 0 ? fd : SYS2(ftruncate, fd, size);

	if (err >= 0)
		err = sys_dup3((int)fd, FD_RECORDER, O_CLOEXEC);
	(void)sys_close((int)fd);
	if (err >= 0)
		err = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_SHARED, FD_RECORDER);
	if (err < 0)
		return (int)err;
	l->run.recorder = (struct record *)err;
	return 0;
}

/* What is done to init needs memory of its own, and its program. It can be written down before, and
 * be told something. */
static int needs_program(unsigned code)
{
	return code != OP_RECORD_PROCESS && code != OP_RELEASE && code != OP_SYNC &&
	       code != OP_ADOPT;
}

static op_function *function_of(const struct plan_op *op)
{
	return op->code < sizeof(table) / sizeof(*table) ? table[op->code] : NULL;
}

/* The first op that others can notice, behind the caller's word. */
static int op_after_word(struct run *run, const struct plan_op *op)
{
	op_function *function = function_of(op);
	int err = word_await(&launch);

	if (err == 0 && needs_program(op->code))
		err = clone_settle(run);
	return err < 0 ? err : function ? function(run, op) : -ENOSYS;
}

static int run_ops(struct launch *l)
{
	int err = 0;

	/* An answer above zero is no failure, and must not end the launch as if all were done. */
	for (uint32_t i = 0; err >= 0 && i < l->run.plan.header->ops.length; i++) {
		const struct plan_op *op = &l->run.plan.ops[i];
		int waits = l->args.word_fd >= 0 && !word_is_early(op);

		if (op->phase > PHASE_PARENT)
			continue;
		err = !waits && needs_program(op->code) ? clone_settle(&l->run) : 0;
		if (err == 0)
			err = op_run(&l->run, waits ? op_after_word : function_of(op), i);
	}
	return err < 0 ? err : wait_again(l);
}

/* Takes the lock of an open file, waiting so long for it. 0, -EAGAIN when another still has it, or
 * -errno. */
static int lock_take(int fd, uint64_t timeout_ms)
{
	uint64_t end = clock_now() + timeout_ms * 1000000U;
	long err;

	while ((err = SYS2(flock, fd, LOCK_EX_NB)) == -EAGAIN && clock_now() < end) {
		struct __kernel_timespec ts = {.tv_nsec = 5000000};

		(void)SYS2(nanosleep, &ts, 0);
	}
	return (int)err;
}

/* Takes the lock and says so: who sends the plan may look at what the lock protects before. Who has
 * the lock already need not be told. */
static int lock_first(struct launch *l)
{
	int is_silent = l->args.lock_ms == LOCK_SILENT;

	if (l->args.lock_fd < 0)
		return 0;
	int err = lock_take(l->args.lock_fd, is_silent ? 0 : l->args.lock_ms);

	if (err == 0 && !is_silent)
		report_write(l, STATE_LOCKED);
	l->began = clock_now();
	return err;
}

static int launch_plan(struct launch *l)
{
	int err = args_settle(&l->args);

	if (err == 0)
		err = lock_first(l);
	if (err == 0)
		err = netns_ahead(l);
	if (err < 0)
		return op_fault(&l->run, FAULT_CALL, -err, 0);
	/* From here on the caller may close what it has named. */
	if (l->args.is_served) {
		l->pid = (uint32_t)SYS0(getpid);
		report_write(l, STATE_TAKEN);
		l->pid = 0;
	}
	err = plan_take(l);
	if (err < 0)
		return err;
	wait_prepare(l);
	err = prepare_init(l);
	if (err == 0)
		err = prepare_recorder(l);
	if (err < 0)
		return op_fault(&l->run, FAULT_CALL, -err, 0);
	err = inputs_bind(l);
	if (err < 0)
		return err;
	/* The caller may be in a directory that is not open to it: nobody can come back to that. */
	err = (int)SYS1(chdir, "/");
	if (err == 0)
		err = log_begin(l);
	return err < 0 ? op_fault(&l->run, FAULT_CALL, -err, 0) : run_ops(l);
}

void launch_run(struct launch *l)
{
	/* The signal ends us as it is; from the moment on when there is something to undo it is
	 * blocked and waited for. */
	if (l->args.die_with && (sys_prctl(PR_SET_PDEATHSIG, SIGNAL_PARENT_ENDED, 0, 0) < 0 ||
				 (uint64_t)SYS0(getppid) != l->args.die_with))
		sys_exit(125);
	int err = launch_plan(l);

	if (err < 0) {
		launch_undo(l);
		report_write(l, STATE_FAILED);
		if (l->args.report_fd < 0)
			say("the launch failed", &l->run.fault);
	} else {
		satellites_leave();
		user_network_end();
		if (l->run.plan.header->kind == KIND_HOST)
			report_write(l, STATE_DONE);
	}
	if (l->run.recorder)
		launch_write(l->args.trace_fd, l->run.recorder,
			     l->run.plan.header->ops.length * sizeof(struct record));
	sys_exit(err < 0 ? 125 : l->waited ? (int)(l->exit_status & 0xff) : 0);
}

/* Its children begin in user namespaces as copies of it: nobody may look into them there. */
static void hide(struct launch *l)
{
	l->is_root = SYS0(geteuid) == 0;
	if (l->is_root && sys_prctl(PR_SET_DUMPABLE, 0, 0, 0) < 0)
		sys_exit(125);
}

__attribute__((noreturn)) static void do_launch(char **argv)
{
	struct launch *l = &launch;
	const char *word = NULL;

	l->began = clock_now();
	hide(l);
	if (args_read(&l->args, argv, &word) < 0) {
		say("usage: launch --plan-fd N [OPTION VALUE]... (docs/formats/protocol.md)", NULL);
		sys_exit(125);
	}
	launch_run(l);
}

__attribute__((noreturn)) static void do_verify(char **argv)
{
	const char *word = NULL;

	if (args_read(&launch.args, argv, &word) < 0 || args_settle(&launch.args) < 0) {
		say("usage: verify --plan-fd N", NULL);
		sys_exit(125);
	}
	if (plan_take(&launch) == 0)
		sys_exit(0);
	say("the plan was refused: detail is the rule", &launch.run.fault);
	sys_exit(1);
}

/* flock(2) for callers without it: the lock belongs to the open file, and stays when this process
 * ends. */
__attribute__((noreturn)) static void do_lock(char **argv)
{
	uint64_t fd = 0, timeout_ms = 0;
	int bad = !argv[0] || !str_equal(argv[0], "--fd") || args_number(argv[1], 1 << 20, &fd) < 0;

	if (!bad && argv[2])
		bad = !str_equal(argv[2], "--timeout-ms") ||
		      args_number(argv[3], LOCK_MS_MAX, &timeout_ms) < 0 || argv[4];
	if (bad) {
		say("usage: lock --fd N [--timeout-ms N]", NULL);
		sys_exit(125);
	}
	int err = lock_take((int)fd, timeout_ms);

	sys_exit(err == 0 ? 0 : err == -EAGAIN ? 1 : 125);
}

/* A launcher that stays (serve.c). */
__attribute__((noreturn)) static void do_serve(char **argv)
{
	static const char *const names[] = {"--request-fd", "--send-fd", "--die-with"};
	uint64_t values[3] = {0};

	hide(&launch);
	for (int i = 0; i < 3; i++, argv += 2)
		if (!argv[0] || !str_equal(argv[0], names[i]) ||
		    args_number(argv[1], i < 2 ? 1 << 20 : INT32_MAX, &values[i]) < 0) {
			say("usage: serve --request-fd N --send-fd N --die-with PID", NULL);
			sys_exit(125);
		}
	serve((int)values[0], (int)values[1], values[2]);
}

void start_main(long argc, char **argv, char **envp)
{
	(void)envp;
	const char *verb = argc > 1 ? argv[1] : "";

	launch_init(&launch);
	if (str_equal(verb, "launch"))
		do_launch(argv + 2);
	if (str_equal(verb, "serve"))
		do_serve(argv + 2);
	if (str_equal(verb, "verify"))
		do_verify(argv + 2);
	if (str_equal(verb, "lock"))
		do_lock(argv + 2);
	if (str_equal(verb, "layers"))
		sys_exit(layers_main(argv + 2));
	if (str_equal(verb, "version")) {
		static const char text[] = "coffer-helper 0.1.0 plan-format 1.0\n";

		(void)sys_write(1, text, sizeof(text) - 1);
		sys_exit(0);
	}
	say("usage: coffer-helper launch|serve|verify|lock|layers|version "
	    "(docs/formats/protocol.md)",
	    NULL);
	sys_exit(125);
}
