/* Who is signalled: the list of a cgroup is a plain file here. */
#include "../launch/cgroup-kill.c"

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
		wrong += signal_one(dir, 15);
	}
	for (size_t before = 16370; before < 16400; before++) {
		list_with(before, (uint64_t)victim * 10 + 1);
		wrong += signal_one(dir, 15);
	}
	check_is("numbers that begin with a process's", wrong, 0);
	check_is("that process lives", ended_by(victim), 0);
	list_with(30000, (uint64_t)victim);
	check_is("the last of a long list", signal_one(dir, 15), 1);
	check_is("it got the signal", ended_by(victim), 15);
	check_is("a process that is gone", signal_one(dir, 15), 0);
}

/* More than one batch, and what the list no longer has when the process is held. */
static void test_batches(void)
{
	char text[4096];
	struct text list = {.data = text, .size = sizeof(text)};
	long pids[100];
	struct batch batch = {.count = 1};

	for (int i = 0; i < 100; i++) {
		pids[i] = sleeper();
		text_add_number(&list, (uint64_t)pids[i]);
		text_add(&list, "\n");
	}
	write_list(text, list.used);
	check_is("a hundred", signal_one(dir, SIGKILL), 100);
	for (int i = 0; i < 100; i++)
		(void)SYS4(wait4, pids[i], 0, 0, 0);
	batch.pid[0] = 1;
	check_is("confirm", batch_confirm(&batch, dir) >= 0, 1);
	check_is("what is not listed is not marked", batch.listed[0], 0);
	batch.pid[0] = (uint64_t)pids[99];
	check_is("confirm the last", batch_confirm(&batch, dir) >= 0, 1);
	check_is("it is marked", batch.listed[0], 1);
}

void test_kill(void)
{
	long below = sleeper();

	(void)SYS3(mkdirat, scratch, "kill", 0755);
	dir = (int)sys_openat(scratch, "kill", O_RDONLY | O_DIRECTORY, 0);
	check_is("no list", signal_one(dir, 15), 0);
	test_cut();
	test_batches();
	write_list("", 0);
	int top = dir;

	(void)SYS3(mkdirat, top, "child", 0755);
	dir = (int)sys_openat(top, "child", O_RDONLY | O_DIRECTORY, 0);
	list_with(0, (uint64_t)below);
	check_is("processes in a cgroup below", signal_tree(top, 0, SIGKILL), 1);
	check_is("are killed", ended_by(below), SIGKILL);
}
