/* Signals to all processes of a cgroup. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "cgroup.h"
#include "launch.h"

#define MAX_DEPTH 128
#define BATCH 64
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* cgroup.procs, read piece by piece: a number is never cut. */
struct pid_list {
	int fd;
	long used, at;
	char text[512];
};

/* 0 or -errno; a cgroup that is gone or threaded (its processes are listed above it) has none. */
static int list_open(struct pid_list *ret, int dir)
{
	ret->fd = path_open(dir, "cgroup.procs", O_RDONLY, PLAIN);
	ret->used = ret->at = 0;
	return ret->fd == -ENOENT || ret->fd == -ENODEV || ret->fd >= 0 ? 0 : ret->fd;
}

/* 1 with the next number, or 0 at the end, or -errno. */
static int list_next(struct pid_list *list, uint64_t *ret)
{
	*ret = 0;
	for (int digits = 0; list->fd >= 0;) {
		if (list->at >= list->used) {
			list->at = 0;
			list->used = sys_read(list->fd, list->text, sizeof(list->text));
			if (list->used == -ENODEV || list->used == -EOPNOTSUPP)
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
};

/* Marks those that are in the cgroup now that we hold them: before, a number may have been given to
 * another process. 0 or -errno. */
static int batch_confirm(struct batch *batch, int dir)
{
	struct pid_list list;
	uint64_t pid;
	int more = list_open(&list, dir);

	while (more >= 0 && (more = list_next(&list, &pid)) > 0)
		for (unsigned i = 0; i < batch->count; i++)
			batch->listed[i] |= batch->pid[i] == pid;
	list_close(&list);
	return more;
}

/* Signals the processes of one cgroup. How many there were, or -errno. */
static long signal_one(int dir, uint64_t signal)
{
	static struct batch batch;
	struct pid_list list;
	long found = 0;
	int more = list_open(&list, dir);

	if (more < 0)
		return more;
	do {
		uint64_t pid;

		batch = (struct batch){0};
		while (batch.count < BATCH && (more = list_next(&list, &pid)) > 0) {
			/* 0: a process that our pid namespace does not have. */
			int fd = pid ? (int)SYS2(pidfd_open, pid, 0) : -ESRCH;

			if (fd < 0)
				continue;
			batch.pid[batch.count] = pid;
			batch.fd[batch.count++] = fd;
		}
		int err = batch_confirm(&batch, dir);

		more = err < 0 ? err : more;
		for (unsigned i = 0; i < batch.count; i++) {
			if (batch.listed[i])
				(void)SYS4(pidfd_send_signal, batch.fd[i], signal, 0, 0);
			found += batch.listed[i];
			(void)sys_close(batch.fd[i]);
		}
	} while (more > 0);
	list_close(&list);
	return more < 0 ? more : found;
}

/* Signals the processes of a cgroup and of those below. How many there were, or -errno. */
static long signal_tree(int dir, int depth, uint64_t signal)
{
	struct listing list = {.dir = dir};
	const char *child;
	long found = signal_one(dir, signal);

	if (depth > MAX_DEPTH)
		return -ELOOP;
	/* One that v1's freezer stops sees the signal when it goes on. */
	if (signal == SIGKILL)
		(void)file_write(dir, "freezer.state", "THAWED");
	(void)SYS3(lseek, dir, 0, 0);
	while (found >= 0 && (child = next_child(&list)) != NULL) {
		int fd = path_open(dir, child, O_RDONLY | O_DIRECTORY, PLAIN);

		if (fd == -ENOENT || fd == -ENODEV)
			continue;
		long n = fd < 0 ? fd : signal_tree(fd, depth + 1, signal);

		(void)sys_close(fd);
		found = n < 0 ? n : found + n;
	}
	return found;
}

/* Whether v1's freezer stops a cgroup by one above it: only whoever did that lets it go on. */
static int is_frozen_above(int dir)
{
	char text[8] = {0};

	return file_read(dir, "freezer.parent_freezing", text, sizeof(text)) > 0 && text[0] == '1';
}

int op_kill_cgroup(struct run *run, const struct plan_op *op)
{
	uint64_t signal = op->nums[OP_KILL_CGROUP_NUM_SIGNAL];
	int dir = op_fd(run, op, 0);

	if (dir < 0)
		return 0;
	if (signal == SIGKILL && op->nums[OP_KILL_CGROUP_NUM_VERSION] == 2) {
		int err = file_write(dir, "cgroup.kill", "1");

		/* Removed meanwhile, as systemd does with a scope that is empty: nobody is left. */
		if (err == -ENODEV)
			return 0;
		if (err != -ENOENT)
			return err;
	}
	/* v1 has no cgroup.kill: processes may be made while we signal, so until none is left, for
	 * ten seconds. */
	for (int i = 0; i < 5000; i++) {
		long found = signal_tree(dir, 0, signal);

		if (found < 0)
			return (int)found;
		if (found == 0 || signal != SIGKILL || is_frozen_above(dir))
			return 0;
		sleep_ms(2);
	}
	return -ETIMEDOUT;
}
