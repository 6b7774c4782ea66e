/* Ops after the clone, on the outside: id maps, limits, the record of the process, syncs, reports.
 */
#include "../sys/path.h"
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "launch.h"
#include "../peers/netdev.h"
#include "../wait/wait.h"
#include <asm/statfs.h>
#include <linux/magic.h>
#include <linux/sched.h>

#define MAP_BYTES 16384 /* 340 lines, the most that the kernel takes */
#define HELPER_TIMEOUT_MS 30000
#define NOT_LINK (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* Reads the next line of a map, whatever the blanks. 1, 0 at the end, -1 when it is no such line.
 */
static int next_range(const char **text, uint64_t ret[3])
{
	for (int i = 0; i < 3; i++) {
		while (**text == ' ' || **text == '\n')
			(*text)++;
		if (i == 0 && !**text)
			return 0;
		if (str_number(text, &ret[i]) < 0)
			return -1;
	}
	return 1;
}

/* How many lines a map has and, of those, how many are `range`. */
static int count_ranges(const char *map, const uint64_t range[3], int *ret_same)
{
	uint64_t now[3];
	int count = 0, more;

	*ret_same = 0;
	while ((more = next_range(&map, now)) > 0) {
		count++;
		*ret_same += now[0] == range[0] && now[1] == range[1] && now[2] == range[2];
	}
	return more < 0 ? -1 : count;
}

/* Whether two maps have the same lines: the kernel sorts those of more than five. */
static int same_map(const char *is, const char *want)
{
	const char *at = want;
	uint64_t range[3] = {0, 0, 0};
	int once, twice, lines = count_ranges(want, range, &once);

	if (lines < 0 || lines != count_ranges(is, range, &once))
		return 0;
	while (next_range(&at, range) > 0)
		if (count_ranges(is, range, &once) < 0 || count_ranges(want, range, &twice) < 0 ||
		    once != twice)
			return 0;
	return 1;
}

int init_check(struct run *run, const struct plan_op *op, int slot)
{
	return op_fd(run, op, slot) == launch.pidfd ? 0 : op_fault(run, FAULT_DIFFERS, EINVAL, 0);
}

static void proc_path(struct text *text, uint32_t pid, const char *file)
{
	text_add_number(text, pid);
	text_add(text, "/");
	text_add(text, file);
}

/* Reads a map back and compares it. 0 or -errno. */
static int map_check(struct run *run, int proc, uint32_t pid, const char *file, const char *map)
{
	static char buf[MAP_BYTES];
	char path[48];
	struct text text = {.data = path, .size = sizeof(path)};

	proc_path(&text, pid, file);
	long n = file_read(proc, path, buf, sizeof(buf));

	if (n < 0)
		return (int)n;
	return same_map(buf, map) ? 0 : op_fault(run, FAULT_DIFFERS, EINVAL, 0);
}

static int map_write(struct run *run, int proc, uint32_t pid, const char *file, const char *map)
{
	char path[48];
	struct text text = {.data = path, .size = sizeof(path)};

	if (!map)
		return 0;
	proc_path(&text, pid, file);
	int err = file_write(proc, path, map);

	return err < 0 ? err : map_check(run, proc, pid, file, map);
}

static int maps_write(struct run *run, const struct plan_op *op, int proc, uint32_t pid, int deny)
{
	char path[48];
	struct text text = {.data = path, .size = sizeof(path)};
	int err = 0;

	proc_path(&text, pid, "setgroups");
	if (deny)
		err = file_write(proc, path, "deny");
	if (err == 0)
		err = map_write(run, proc, pid, "uid_map", plan_string(&run->plan, op, 0));
	if (err == 0)
		err = map_write(run, proc, pid, "gid_map", plan_string(&run->plan, op, 1));
	return err;
}

int op_write_idmap(struct run *run, const struct plan_op *op)
{
	int err = init_check(run, op, OP_WRITE_IDMAP_SLOT_PROCESS);

	return err < 0 ? err
		       : maps_write(run, op, op_fd(run, op, OP_WRITE_IDMAP_SLOT_PROC), launch.pid,
				    op->nums[OP_WRITE_IDMAP_NUM_DENY_SETGROUPS] != 0);
}

/* newuidmap(1) PID IN OUT COUNT …: the map's numbers, one argument each, and no environment. 0 or
 * -errno; -EPERM with the exit status. */
int op_spawn_idmap(struct run *run, const struct plan_op *op)
{
	static char words[MAP_BYTES];
	/* Without a path, as it is executed by descriptor. */
	static const char *args[1024], *env[] = {NULL};
	struct program program = {.fd = op_fd(run, op, OP_SPAWN_IDMAP_SLOT_HELPER),
				  .cwd = -1,
				  .args = args,
				  .env = env,
				  .timeout_ms = HELPER_TIMEOUT_MS,
				  .is_early = 1};
	struct text text = {.data = words, .size = sizeof(words)};
	const char *map = plan_string(&run->plan, op, 0);
	int gid = op->nums[0] != 0;
	size_t argc = 2;
	int err = init_check(run, op, OP_SPAWN_IDMAP_SLOT_PROCESS);

	if (err < 0)
		return err;
	args[0] = "";
	args[1] = gid ? "newgidmap" : "newuidmap";
	text_add_number(&text, launch.pid);
	text_add(&text, " ");
	text_add(&text, map);
	if (text.full)
		return -E2BIG;
	for (size_t i = 0; i < text.used; i++) {
		int blank = words[i] == ' ' || words[i] == '\n';

		if (!blank && (i == 0 || words[i - 1] == 0) && argc < 1023)
			args[argc++] = words + i;
		if (blank)
			words[i] = 0;
	}
	args[argc] = NULL;
	long status = program_run(&program, "");

	if (status < 0)
		return (int)status;
	if (status != 0)
		return op_fault(run, FAULT_CALL, EPERM, (uint64_t)status);
	return map_check(run, op_fd(run, op, OP_SPAWN_IDMAP_SLOT_PROC), launch.pid,
			 gid ? "gid_map" : "uid_map", map);
}

/* Waits for the end of the pipe, which comes when the launcher is killed as well. */
static void hold_userns(void *arg)
{
	const int *pipe = arg;
	char byte;

	(void)sys_close(pipe[1]);
	(void)sys_read(pipe[0], &byte, 1);
	sys_exit(0);
}

/* A process that waits in a new user namespace while its maps are written; the namespace outlives
 * it in the slot. */
int op_make_userns(struct run *run, const struct plan_op *op)
{
	int proc = op_fd(run, op, 0), pipe[2], pidfd = -1;
	struct clone3_args args = {.flags = CLONE_NEWUSER | CLONE_PIDFD,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)&pidfd};
	long err = SYS2(pipe2, pipe, O_CLOEXEC);

	if (err < 0)
		return (int)err;
	long pid = sys_clone3_call(&args, hold_userns, pipe);
	int ns = (int)pid;

	if (pid > 0) {
		char path[48];
		struct text text = {.data = path, .size = sizeof(path)};

		proc_path(&text, (uint32_t)pid, "ns/user");
		ns = maps_write(run, op, proc, (uint32_t)pid, 0);
		if (ns == 0)
			ns = path_open(proc, path, O_RDONLY, 0);
		process_kill(pidfd);
		(void)sys_close(pidfd);
	}
	(void)sys_close(pipe[0]);
	(void)sys_close(pipe[1]);
	return op_define(run, op, ns);
}

int op_open_userns(struct run *run, const struct plan_op *op)
{
	char path[48];
	struct text text = {.data = path, .size = sizeof(path)};
	int err = init_check(run, op, OP_OPEN_USERNS_SLOT_PROCESS);

	if (err < 0)
		return err;
	proc_path(&text, launch.pid, "ns/user");
	return op_define(run, op,
			 path_open(op_fd(run, op, OP_OPEN_USERNS_SLOT_PROC), path, O_RDONLY, 0));
}

int op_set_oom_score(struct run *run, const struct plan_op *op)
{
	int64_t score = (int64_t)op->nums[0];
	int proc = op_fd(run, op, OP_SET_OOM_SCORE_SLOT_PROC);
	char path[48], value[8], now[16];
	struct text where = {.data = path, .size = sizeof(path)};
	struct text text = {.data = value, .size = sizeof(value)};

	proc_path(&where, launch.pid, "oom_score_adj");
	if (score < 0)
		text_add(&text, "-");
	text_add_number(&text, (uint64_t)(score < 0 ? -score : score));
	int err = init_check(run, op, OP_SET_OOM_SCORE_SLOT_PROCESS);

	if (err == 0)
		err = file_write(proc, path, value);
	text_add(&text, "\n");
	long n = err < 0 ? err : file_read(proc, path, now, sizeof(now));

	if (n < 0)
		return (int)n;
	return str_equal(now, value) ? 0 : op_fault(run, FAULT_DIFFERS, EINVAL, 0);
}

int op_set_rlimit(struct run *run, const struct plan_op *op)
{
	int err = init_check(run, op, OP_SET_RLIMIT_SLOT_PROCESS);

	return err < 0 ? err
		       : rlimit_set(run, op, launch.pid, op->nums[OP_SET_RLIMIT_NUM_RAISE] != 0);
}

/* The identity of init that outlives its number: start time and, where pidfs has one, its inode (0:
 * none). */
static int identify(int proc, int pidfd)
{
	struct statfs fs;
	struct statx st;

	launch.inode = 0;
	if (SYS2(fstatfs, pidfd, &fs) == 0 && fs.f_type == PID_FS_MAGIC &&
	    sys_statx(pidfd, "", AT_EMPTY_PATH, STATX_INO, &st) == 0)
		launch.inode = st.stx_ino;
	return process_start_time(proc, launch.pid, &launch.start_time);
}

/* Makes a file of a state directory. 0 or -errno; EEXIST when there is one, which stays. */
static int write_new(int dir, const char *name, const char *text, size_t size)
{
	struct open_how how = {
	    .flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, .mode = 0600, .resolve = NOT_LINK};
	int file = (int)sys_openat2(dir, name, &how);

	if (file < 0)
		return file;
	long n = sys_write(file, text, size);

	(void)sys_close(file);
	if (n == (long)size)
		return 0;
	(void)SYS3(unlinkat, dir, name, 0);
	return n < 0 ? (int)n : -EIO;
}

int op_record_process(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, OP_RECORD_PROCESS_SLOT_STATE);
	int proc = op_fd(run, op, OP_RECORD_PROCESS_SLOT_PROC);
	char line[160], boot[64];
	struct text text = {.data = line, .size = sizeof(line)};
	int err = init_check(run, op, OP_RECORD_PROCESS_SLOT_PROCESS);

	if (err == 0)
		err = identify(proc, launch.pidfd);
	if (err < 0)
		return err;
	long n = file_read(proc, "sys/kernel/random/boot_id", boot, sizeof(boot));

	if (n < 0)
		return (int)n;
	text_add_number(&text, launch.pid);
	text_add(&text, " ");
	text_add_number(&text, launch.start_time);
	text_add(&text, " ");
	text_add_number(&text, launch.inode);
	text_add(&text, " ");
	text_add(&text, boot);
	err = write_new(state, "process.new", line, text.used);
	if (err < 0)
		return err;
	err = undo_note(state, "process", UNDO_FILE);
	if (err == 0) {
		err = (int)SYS5(renameat2, state, "process.new", state, "process", 0);
		if (err < 0)
			undo_forget();
	}
	if (err < 0)
		(void)SYS3(unlinkat, state, "process.new", 0);
	return err;
}

int op_sync_launch(struct run *run, const struct plan_op *op)
{
	struct msg msg = {.magic = MSG_MAGIC,
			  .kind = MSG_SYNC,
			  .value = op->nums[0],
			  .fault = {.detail = launch.pid}};
	int err = msg_send(run->sock, &msg, NULL, 0, -1);
	/* When init has failed its report is in the queue: it says more than our EPIPE. */
	long n = init_receive(&launch, &msg, NULL);

	/* It may have failed after it had come to the meeting. Where it is not gone, it waits for
	 * us. */
	if (err == -EPIPE && n > 0)
		n = init_receive(&launch, &msg, NULL);
	if (n == 0)
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	if (n < 0)
		return (int)n;
	if (err < 0)
		return err;
	return msg.kind == MSG_SYNC && msg.value == op->nums[0]
		   ? 0
		   : op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
}

int op_take_slot(struct run *run, const struct plan_op *op)
{
	struct msg msg;
	int fd = -1;

	if (run->plan.header->kind == KIND_RESTORE)
		return criu_take(run, op);
	long n = init_receive(&launch, &msg, &fd);

	if (n == 0)
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	if (n < 0)
		return (int)n;
	if (msg.kind != MSG_FD || fd < 0)
		return op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
	terminal_size(fd);
	return op_define(run, op, fd);
}

int op_report(struct run *run, const struct plan_op *op)
{
	int err = log_hand_over(run);

	if (err < 0)
		return err;
	netdev_forget();
	former_reap();
	/* What comes after may take as long as the container, and locks nobody out. */
	if (launch.args.lock_fd >= 0)
		(void)sys_close(launch.args.lock_fd);
	launch.args.lock_fd = -1;
	report_write(&launch, (uint32_t)op->nums[0]);
	return 0;
}

int op_await_exec(struct run *run, const struct plan_op *op)
{
	struct msg msg;
	int said = 0;

	(void)op;
	former_reap();
	for (;;) {
		long n = init_receive(&launch, &msg, NULL);

		if (n < 0)
			return (int)n;
		if (n == 0)
			return said ? 0 : op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
		/* Init says it once: whoever else says it keeps nobody waiting. */
		if (msg.kind != MSG_EXEC_NOW || said)
			return op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
		said = 1;
	}
}
