/* Who is signalled: the list of a cgroup is a plain file here. */
#include "../cgroup/kill.c"

#include "test.h"

static int dir;

static long sleeper(void)
{
	struct clone3_args args = {.exit_signal = SIGCHLD};
	long pid = SYS2(clone3, &args, sizeof(args));
	struct __kernel_timespec ts = {.tv_sec = 60};

	if (pid)
		return pid;
	(void)SYS2(nanosleep, &ts, 0);
	sys_exit(0);
}

/* The signal that ended a child, or 0 when it still runs. */
static long ended_by(long pid)
{
	struct __kernel_timespec ts = {.tv_nsec = 20000000};
	int status = 0;

	(void)SYS2(nanosleep, &ts, 0);
	return SYS4(wait4, pid, &status, 1 /* WNOHANG */, 0) == pid ? status & 127 : 0;
}

static void write_list(const char *text, size_t size)
{
	int fd = (int)sys_openat(dir, "cgroup.procs", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	(void)sys_write(fd, text, size);
	(void)sys_close(fd);
}

/* Lines that fill `before` bytes with no process, then a number. */
static void list_with(size_t before, uint64_t pid)
{
	static char text[40000];
	struct text list = {.data = text, .size = sizeof(text)};

	while (list.used + 2 <= before)
		text_add(&list, "0\n");
	if (list.used < before)
		text_add(&list, "\n");
	text_add_number(&list, pid);
	text_add(&list, "\n");
	write_list(text, list.used);
}

/* A number that lies across the end of any buffer is not cut: its beginning is another process. */
static void test_cut(void)
{
	long victim = sleeper(), wrong = 0;

	for (size_t before = 500; before < 530; before++) {
		list_with(before, (uint64_t)victim * 10 + 1);
		wrong += signal_one(dir, 15) < 0;
	}
	for (size_t before = 16370; before < 16400; before++) {
		list_with(before, (uint64_t)victim * 10 + 1);
		wrong += signal_one(dir, 15) < 0;
	}
	check_is("numbers that begin with a process's", wrong, 0);
	check_is("that process lives", ended_by(victim), 0);
	list_with(30000, (uint64_t)victim);
	check_is("all of a long list are counted", signal_one(dir, 15), 15001);
	check_is("the last of a long list got the signal", ended_by(victim), 15);
	write_list("0\n", 2);
	check_is("what cannot be signalled is counted: it lives on", signal_one(dir, 15), 1);
}

#define MANY (BATCH + 88)
#define RLIMIT_NOFILE_ 7

/* Kills many processes. How many it has listed. */
static long kill_many(void)
{
	static char text[MANY * 21];
	struct text list = {.data = text, .size = sizeof(text)};
	static long pids[MANY];

	for (int i = 0; i < MANY; i++) {
		pids[i] = sleeper();
		text_add_number(&list, (uint64_t)pids[i]);
		text_add(&list, "\n");
	}
	write_list(text, list.used);
	long listed = signal_one(dir, SIGKILL);

	for (int i = 0; i < MANY; i++)
		(void)SYS4(wait4, pids[i], 0, 0, 0);
	return listed;
}

/* More than one batch, also where few files may be open. */
static void test_batches(void)
{
	uint64_t few[2] = {64, 64}, old[2];

	check_is("more than a batch", kill_many(), MANY);
	check_is("few files", SYS4(prlimit64, 0, RLIMIT_NOFILE_, NULL, old), 0);
	few[1] = old[1];
	check_is("from now on", SYS4(prlimit64, 0, RLIMIT_NOFILE_, few, NULL), 0);
	check_is("each is listed once", kill_many(), MANY);
	check_is("as before", SYS4(prlimit64, 0, RLIMIT_NOFILE_, old, NULL), 0);
}

/* What the list no longer has when the process is held. */
static void test_confirm(void)
{
	static struct batch batch;
	struct pid_list now;
	const char text[] = "7\n12\n";

	write_list(text, sizeof(text) - 1);
	batch_add(&batch, 11, -1);
	batch_add(&batch, 12, -1);
	check_is("open", list_open(&now, dir), 0);
	check_is("confirm", batch_confirm(&batch, &now), 0);
	list_close(&now);
	check_is("what is not listed is not marked", batch.listed[0], 0);
	check_is("what is listed is marked", batch.listed[1], 1);
}

/* Makes a cgroup with a process in it. The process. */
static long inhabited(int top, const char *path)
{
	long pid = sleeper();

	(void)SYS3(mkdirat, top, path, 0755);
	dir = (int)sys_openat(top, path, O_RDONLY | O_DIRECTORY, 0);
	list_with(0, (uint64_t)pid);
	(void)sys_close(dir);
	return pid;
}

/* A tree with long names and many siblings, where each cgroup is visited once. */
static void test_tree(int top)
{
	char name[256];
	uint64_t end = clock_now() + 10000000000U;
	struct pass pass;
	long first = inhabited(top, "child"), last;
	int file = (int)sys_openat(top, "cgroup.procs", O_RDONLY, 0);

	(void)memset(name, 'n', 255);
	name[255] = 0;
	for (char c = 'a'; c <= 'z'; c++) {
		name[0] = c;
		(void)SYS3(mkdirat, top, name, 0755);
	}
	(void)SYS3(mkdirat, top, "child/below", 0755);
	(void)SYS3(mkdirat, top, "child/brother", 0755);
	last = inhabited(top, "child/below/..deep");
	check_is("signal a tree", signal_tree(top, SIGKILL, end, &pass), 0);
	check_is("every cgroup is visited once", pass.cgroups, 31);
	check_is("every process is counted", pass.processes, 2);
	check_is("one in a cgroup below is killed", ended_by(first), SIGKILL);
	check_is("one in the deepest is killed", ended_by(last), SIGKILL);
	check_is("a time that is over", signal_tree(top, SIGKILL, 1, &pass), -ETIMEDOUT);
	check_is("no directory", signal_tree(file, SIGKILL, end, &pass), -ENOTDIR);
}

/* systemd removes the cgroup of a scope as soon as that is empty. */
static void test_removed(int top)
{
	uint64_t end = clock_now() + 10000000000U;

	(void)SYS3(mkdirat, top, "removed", 0755);
	int gone = (int)sys_openat(top, "removed", O_RDONLY | O_DIRECTORY, 0);

	(void)SYS3(unlinkat, top, "removed", 0x200 /* AT_REMOVEDIR */);
	check_is("nothing is left of a cgroup that was removed", kill_tree(gone, end), 0);
	(void)sys_close(gone);
}

/* A tree that is too deep for recursion, a path, or one descriptor for each level. */
static void test_nested(int top)
{
	uint64_t end = clock_now() + 60000000000U;
	struct position at = {.first = top, .dir = top};
	struct pass pass;
	int err = 0;

	for (int i = 0; err == 0 && i < 5000; i++) {
		err = (int)SYS3(mkdirat, at.dir, "d", 0755);
		err = err < 0 ? err : position_down(&at, "d");
	}
	check_is("make 5,000 levels", err, 0);
	(void)SYS3(mkdirat, at.dir, "e", 0755);
	(void)SYS3(mkdirat, at.dir, "f", 0755);
	while (err == 0 && at.depth > 3)
		err = position_up(&at);
	check_is("climb out of them", err, 0);
	(void)SYS3(mkdirat, at.dir, "e", 0755);
	position_reset(&at);
	check_is("signal through them", signal_tree(top, 15, end, &pass), 0);
	check_is("all are visited", pass.cgroups, 5004);
	check_is("remove them", cgroup_remove(top, "d", 60000), 0);
}

void test_kill(void)
{
	(void)SYS3(mkdirat, scratch, "kill", 0755);
	int top = dir = (int)sys_openat(scratch, "kill", O_RDONLY | O_DIRECTORY, 0);

	check_is("no list", signal_one(dir, 15), 0);
	test_cut();
	test_batches();
	test_confirm();
	write_list("", 0);
	test_tree(top);
	(void)SYS3(mkdirat, scratch, "nested", 0755);
	test_removed(top);
	test_nested((int)sys_openat(scratch, "nested", O_RDONLY | O_DIRECTORY, 0));
}
