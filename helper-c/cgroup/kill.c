/* Signals to all processes of a cgroup. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "walk.h"
#include "../launch/launch.h"

#define BATCH 512
#define KILL_NS 10000000000U
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* cgroup.procs, read piece by piece: a number is never cut. */
struct pid_list {
	int fd, dir;
	long used, at;
	char text[512];
};

static int list_file(struct pid_list *ret, int dir, const char *name)
{
	ret->fd = path_open(dir, name, O_RDONLY, PLAIN);
	ret->dir = dir;
	ret->used = ret->at = 0;
	return ret->fd == -ENOENT || ret->fd == -ENODEV || ret->fd >= 0 ? 0 : ret->fd;
}

/* 0 or -errno; a cgroup that is gone has none. */
static int list_open(struct pid_list *ret, int dir)
{
	return list_file(ret, dir, "cgroup.procs");
}

/* A threaded cgroup lists its processes above it, and only its threads itself: the first thread of
 * a process has the number of the process. 0 or -errno. */
static int list_threads(struct pid_list *list)
{
	(void)sys_close(list->fd);
	return list_file(list, list->dir, "cgroup.threads");
}

/* 1 with the next number, or 0 at the end, or -errno. */
static int list_next(struct pid_list *list, uint64_t *ret)
{
	*ret = 0;
	for (int digits = 0; list->fd >= 0;) {
		if (list->at >= list->used) {
			list->at = 0;
			list->used = sys_read(list->fd, list->text, sizeof(list->text));
			if (list->used == -EOPNOTSUPP) {
				int err = list_threads(list);

				if (err < 0)
					return err;
				continue;
			}
			if (list->used == -ENODEV)
				return 0;
			if (list->used <= 0)
				return (int)list->used;
		}
		char c = list->text[list->at++];

		if (c == '\n' && digits)
			return 1;
		if (c == '\n')
			continue;
		*ret = *ret * 10 + (uint64_t)(c - '0');
		digits++;
	}
	return 0;
}

static void list_close(struct pid_list *list)
{
	(void)sys_close(list->fd);
}

struct batch {
	unsigned count;
	uint64_t pid[BATCH];
	int fd[BATCH];
	unsigned char listed[BATCH];
	uint64_t least, most;
};

static void batch_add(struct batch *batch, uint64_t pid, int fd)
{
	batch->least = batch->count && batch->least < pid ? batch->least : pid;
	batch->most = batch->most > pid ? batch->most : pid;
	batch->pid[batch->count] = pid;
	batch->fd[batch->count++] = fd;
}

static void batch_mark(struct batch *batch, uint64_t pid)
{
	for (unsigned i = 0; pid >= batch->least && pid <= batch->most && i < batch->count; i++)
		batch->listed[i] |= batch->pid[i] == pid;
}

/* Marks those that are in the cgroup now that we hold them: before, a number may have been given to
 * another process. The list was opened before them, as no descriptor may be left, and is read now.
 * 0 or -errno. */
static int batch_confirm(struct batch *batch, struct pid_list *list)
{
	uint64_t pid;
	int more;

	while ((more = list_next(list, &pid)) > 0)
		batch_mark(batch, pid);
	return more;
}

/* Signals the processes of one cgroup. How many it has listed, or -errno: those too that could not
 * be signalled, as they live on. */
static long signal_one(int dir, uint64_t signal)
{
	static struct batch batch;
	struct pid_list list;
	uint64_t pid = 0;
	int again = 0; /* `pid` waits: the limit of descriptors came before the batch was full */
	long listed = 0;
	int more = list_open(&list, dir);

	if (more < 0)
		return more;
	do {
		struct pid_list now;
		int err = list_open(&now, dir);

		batch = (struct batch){0};
		while (batch.count < BATCH && (again || (more = list_next(&list, &pid)) > 0)) {
			/* 0: a process that our pid namespace does not have. */
			int fd = pid ? (int)SYS2(pidfd_open, pid, 0) : -ESRCH;

			again = fd == -EMFILE && batch.count;
			if (again)
				break;
			listed++;
			if (fd >= 0)
				batch_add(&batch, pid, fd);
		}
		err = err == 0 && batch.count ? batch_confirm(&batch, &now) : err;
		list_close(&now);
		more = err < 0 ? err : more;
		for (unsigned i = 0; i < batch.count; i++) {
			if (batch.listed[i])
				(void)SYS4(pidfd_send_signal, batch.fd[i], signal, 0, 0);
			(void)sys_close(batch.fd[i]);
		}
	} while (more > 0);
	list_close(&list);
	return more < 0 ? more : listed;
}

/* What a pass over a tree has seen. */
struct pass {
	long processes;
	uint32_t cgroups;
};

/* Signals the processes of a cgroup and of those below, until a time. 0 or -errno. */
static int signal_tree(int dir, uint64_t signal, uint64_t end, struct pass *ret)
{
	struct walk walk = {.at = {.first = dir, .dir = dir}};
	int more;

	ret->processes = 0;
	while ((more = walk_next(&walk)) > 0) {
		long n = signal_one(walk.at.dir, signal);

		ret->processes += n;
		/* One that v1's freezer stops sees the signal when it goes on. */
		if (signal == SIGKILL && walk.at.depth)
			(void)file_write(walk.at.dir, "freezer.state", "THAWED");
		more = n < 0 ? (int)n : clock_now() >= end ? -ETIMEDOUT : 0;
		if (more < 0)
			break;
	}
	ret->cgroups = walk.visited;
	walk_end(&walk);
	return more;
}

/*
 * Stops all processes of a v1 cgroup and below, so that none moves or is made behind a pass.
 * Whether they stand still: one that hangs in the kernel does not. A hierarchy without the freezer
 * cannot stop them, and is believed.
 */
static int stop_tree(int dir)
{
	char state[16];

	if (file_write(dir, "freezer.state", "FROZEN") == -ENOENT)
		return 1;
	for (unsigned tries = 0; tries < 20; tries++) {
		if (file_read(dir, "freezer.state", state, sizeof(state)) >= 6 &&
		    memcmp(state, "FROZEN", 6) == 0)
			return 1;
		sleep_ms(1);
	}
	return 0;
}

/* Whether v1's freezer stops a cgroup by one above it: only whoever did that lets it go on. */
static int is_frozen_above(int dir)
{
	char text[8] = {0};

	return file_read(dir, "freezer.parent_freezing", text, sizeof(text)) > 0 && text[0] == '1';
}

/* Whether a cgroup has neither processes nor cgroups below it, as one that systemd has removed. 1,
 * 0, or -errno. */
static int is_empty(int dir)
{
	static struct listing list;
	const char *name;
	struct pid_list pids;
	uint64_t pid;
	int more = (int)SYS3(lseek, dir, 0, 0);

	listing_begin(&list, dir);
	if (more == 0)
		more = listing_next(&list, &name);
	if (more == 0 && (more = list_open(&pids, dir)) == 0) {
		more = list_next(&pids, &pid);
		list_close(&pids);
	}
	if (more == -ENOENT)
		return 1;
	return more < 0 ? more : !more;
}

/* Kills what is in a v1 cgroup and below until nothing is left, and nothing can have been missed: a
 * pass has found none while all stood still. 0 or -errno. */
static int kill_tree(int dir, uint64_t end)
{
	/* The usual case, a cgroup that has emptied itself, is cheap. */
	int empty = is_empty(dir);

	for (unsigned pause_ms = 1; empty == 0; pause_ms += pause_ms < 32 ? pause_ms : 0) {
		struct pass pass;
		int still = stop_tree(dir);
		int err = signal_tree(dir, SIGKILL, end, &pass);

		(void)file_write(dir, "freezer.state", "THAWED");
		if (err < 0 || (still && pass.processes == 0) || is_frozen_above(dir))
			return err;
		sleep_ms(pause_ms);
	}
	return empty < 0 ? empty : 0;
}

int op_kill_cgroup(struct run *run, const struct plan_op *op)
{
	uint64_t signal = op->nums[OP_KILL_CGROUP_NUM_SIGNAL];
	uint64_t end = clock_now() + KILL_NS;
	int dir = op_fd(run, op, 0);
	struct pass pass;

	if (dir < 0)
		return 0;
	if (signal != SIGKILL)
		return signal_tree(dir, signal, end, &pass);
	if (op->nums[OP_KILL_CGROUP_NUM_VERSION] == 2) {
		int err = file_write(dir, "cgroup.kill", "1");

		/* Removed meanwhile, as systemd does with a scope that is empty: nobody is left. */
		if (err == -ENODEV)
			return 0;
		if (err != -ENOENT && err != -EOPNOTSUPP)
			return err;
	}
	/* v1 has no cgroup.kill, and a threaded cgroup takes no order by it. */
	return kill_tree(dir, end);
}
