/*
 * `inject SIDE OP CALL CLONE FORK FAULT VALUE FD INIT -- COMMAND…` runs a launcher. At a kernel
 * call (1: the first) that the op makes on its side (`l` launcher, `i` init) one thing goes wrong,
 * once:
 *
 *    kill-launcher, kill-init    SIGKILL
 *    stop-launcher, stop-init    SIGSTOP, and SIGCONT after VALUE milliseconds
 *    errno                       the call is not made, and fails with VALUE
 *    none                        nothing: the op must be reached
 *
 * CLONE and FORK are the ops that make init (-1: none). INIT is a process to take for init that is
 * there already. 0: none; -1: what CLONE makes executes a program that is not traced, as CRIU's.
 * The recorder's page, which launcher and init share, shows which op runs. After the fault nothing
 * is traced any more. What happened goes to FD as one line of JSON. The exit is the launcher's own.
 */
#include "tools.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* musl has its own <sys/ptrace.h>, which cannot be read beside the kernel's. */
#define PTRACE(request, pid, at, data) syscall(SYS_ptrace, request, pid, (long)(at), (long)(data))
#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define SYSCALL_STOP (SIGTRAP | 0x80)
#define RECORDER_FD 5
#define MAX_TASKS 64

struct record {
	uint64_t start, end;
};

static struct {
	char side;
	long op, at, clone, fork, value;
	const char *fault;
	int result;
	pid_t launcher, init, waker;
	struct record *records[2]; /* the launcher's, and those of an init that was there already */
	int execs;		   /* of init: its own program, then the container's */
	int fired;
	pid_t failing;	 /* whose call's end is awaited, to say how it failed */
	uint64_t second; /* the argument that its call came with */
	long call, calls;
	uint64_t since;
	pid_t tasks[MAX_TASKS];
	int task_count;
} in;

static uint64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void add_task(pid_t pid)
{
	for (int i = 0; i < in.task_count; i++)
		if (in.tasks[i] == pid)
			return;
	if (in.task_count < MAX_TASKS)
		in.tasks[in.task_count++] = pid;
}

static void forget_task(pid_t pid)
{
	for (int i = 0; i < in.task_count; i++)
		if (in.tasks[i] == pid)
			in.tasks[i] = in.tasks[--in.task_count];
}

/* The recorder of a process, once it has one. */
static struct record *map_records(pid_t pid)
{
	char path[64], target[64];
	ssize_t n;
	void *at;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, RECORDER_FD);
	n = readlink(path, target, sizeof(target) - 1);
	target[n < 0 ? 0 : n] = 0;
	if (strncmp(target, "/memfd:coffer-recorder", 22) != 0)
		return NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	at = fd < 0 ? MAP_FAILED
		    : mmap(NULL, 4096 * sizeof(struct record), PROT_READ, MAP_SHARED, fd, 0);
	if (fd >= 0)
		(void)close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static int runs_op(const struct record *records, long op)
{
	return records && op >= 0 && records[op].start && !records[op].end;
}

/* The registers of a call: its number, its second argument, its result. */
struct call {
	uint64_t number, second, result;
};

#if defined(__x86_64__)
/* Words of user_regs_struct. */
enum { RAX = 10, RSI = 13, ORIG_RAX = 15 };

static int write_call(pid_t pid, const struct call *call)
{
	return PTRACE(PTRACE_POKEUSR, pid, ORIG_RAX * 8, call->number) < 0 ||
		       PTRACE(PTRACE_POKEUSR, pid, RSI * 8, call->second) < 0 ||
		       PTRACE(PTRACE_POKEUSR, pid, RAX * 8, call->result) < 0
		   ? -1
		   : 0;
}
#else
static int write_call(pid_t pid, const struct call *call)
{
	int number = (int)call->number;
	uint64_t regs[34];
	struct iovec whole = {regs, sizeof(regs)}, one = {&number, sizeof(number)};

	if (PTRACE(PTRACE_SETREGSET, pid, 0x404 /* NT_ARM_SYSTEM_CALL */, &one) < 0 ||
	    PTRACE(PTRACE_GETREGSET, pid, NT_PRSTATUS, &whole) < 0)
		return -1;
	regs[0] = call->result;
	regs[1] = call->second;
	return (int)PTRACE(PTRACE_SETREGSET, pid, NT_PRSTATUS, &whole);
}
#endif

static void resume(int how, pid_t pid, int sig)
{
	(void)PTRACE(how, pid, 0, sig);
}

/* Lets everybody go; those that run are stopped for it first. */
static void release_all(pid_t stopped)
{
	for (int i = 0; i < in.task_count; i++)
		if (in.tasks[i] != stopped)
			(void)PTRACE(PTRACE_INTERRUPT, in.tasks[i], 0, 0);
	resume(PTRACE_DETACH, stopped, 0);
	forget_task(stopped);
}

/* The op makes the call. */
static void fire(pid_t pid, long call, uint64_t second)
{
	/* Not call -1: a filter that the launcher has loaded by then would kill it. */
	const struct call harmless = {SYS_clock_gettime, 0, (uint64_t)-ENOSYS};
	const char *to = strchr(in.fault, '-');
	pid_t target = to && strcmp(to, "-init") == 0 ? in.init : in.launcher;
	int sig = strncmp(in.fault, "kill", 4) == 0   ? SIGKILL
		  : strncmp(in.fault, "stop", 4) == 0 ? SIGSTOP
						      : 0;

	in.call = call;
	in.since = now_ms();
	if (strcmp(in.fault, "errno") == 0) {
		in.failing = pid;
		in.second = second;
		(void)write_call(pid, &harmless);
		resume(PTRACE_SYSCALL, pid, 0);
		return;
	}
	in.fired = 1;
	if (sig && target)
		(void)kill(target, sig);
	release_all(pid);
	if (sig == SIGSTOP && target)
		in.waker = fork();
	if (sig == SIGSTOP && target && in.waker == 0) {
		(void)usleep((useconds_t)in.value * 1000);
		(void)kill(target, SIGCONT);
		_exit(0);
	}
}

static void on_call(pid_t pid)
{
	struct ptrace_syscall_info info = {0};
	int side = in.side == 'l' || !in.records[1] ? 0 : 1;

	if (in.failing == pid) {
		const struct call failed = {SYS_clock_gettime, in.second, (uint64_t)-in.value};

		in.fired = 1;
		(void)write_call(pid, &failed);
		release_all(pid);
		return;
	}
	if (!in.records[0] && pid == in.launcher)
		in.records[0] = map_records(pid);
	if (!in.failing && pid == (in.side == 'l' ? in.launcher : in.init) &&
	    runs_op(in.records[side], in.op) &&
	    PTRACE(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0 &&
	    info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr != SYS_clock_gettime &&
	    info.entry.nr != SYS_getpid && /* which cannot fail */
	    ++in.calls == in.at)
		fire(pid, (long)info.entry.nr, info.entry.args[1]);
	else
		resume(PTRACE_SYSCALL, pid, 0);
}

/* A new process: init when the op that makes it runs, else a program that is none of our business.
 */
static void on_child(pid_t parent)
{
	unsigned long child = 0;

	(void)PTRACE(PTRACE_GETEVENTMSG, parent, 0, &child);
	add_task((pid_t)child);
	if (parent == in.launcher && runs_op(in.records[0], in.clone))
		in.init = (pid_t)child;
	else if (parent == in.init && runs_op(in.records[0], in.fork))
		in.init = (pid_t)child;
	resume(PTRACE_SYSCALL, parent, 0);
}

static void on_stop(pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	int ours = pid == in.launcher || pid == in.init;

	add_task(pid);
	if (in.fired) {
		resume(PTRACE_DETACH, pid, event || sig == SYSCALL_STOP ? 0 : sig);
		forget_task(pid);
	} else if (sig == SYSCALL_STOP) {
		on_call(pid);
	} else if (event == PTRACE_EVENT_CLONE || event == PTRACE_EVENT_FORK ||
		   event == PTRACE_EVENT_VFORK) {
		on_child(pid);
	} else if (!ours || (event == PTRACE_EVENT_EXEC && pid == in.init && ++in.execs == 2)) {
		/* Before its parent's event has told that it is init, init has not begun. */
		if (!ours && event == PTRACE_EVENT_STOP &&
		    (runs_op(in.records[0], in.clone) || runs_op(in.records[0], in.fork)))
			in.init = pid;
		resume(pid == in.init && in.execs < 2 ? PTRACE_SYSCALL : PTRACE_DETACH, pid, 0);
	} else {
		resume(PTRACE_SYSCALL, pid, event ? 0 : sig);
	}
}

/* What is still a child of ours: what the launcher has left. */
static void print_left(FILE *to)
{
	char path[64], text[4096] = "";
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		n = read(fd, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = 0;
	(void)fprintf(to, "\"left\":[");
	const char *mark = "";

	for (char *word = strtok(text, " \n"); word; word = strtok(NULL, " \n")) {
		(void)fprintf(to, "%s%s", mark, word);
		mark = ",";
	}
	(void)fprintf(to, "]");
}

/* As the launcher ended. */
static int end_as(int status)
{
	FILE *to = fdopen(in.result, "w");

	if (to) {
		(void)fprintf(to, "{\"hit\":%s,\"call\":%ld,\"ms\":%llu,",
			      in.fired ? "true" : "false", in.call,
			      (unsigned long long)(in.fired ? now_ms() - in.since : 0));
		print_left(to);
		(void)fprintf(to, "}\n");
		(void)fclose(to);
	}
	if (WIFSIGNALED(status)) {
		const struct rlimit none = {0, 0};

		(void)setrlimit(RLIMIT_CORE, &none);
		(void)signal(WTERMSIG(status), SIG_DFL);
		(void)kill(getpid(), WTERMSIG(status));
	}
	return WEXITSTATUS(status);
}

/* The launcher has ended. Init, which goes on by itself, may still have to reach the op; who was
 * stopped has to go on. */
static int after_launcher(int end)
{
	int status;
	pid_t pid;

	for (int turn = 0; turn < 1000 && in.side == 'i' && in.init && !in.fired; turn++) {
		pid = waitpid(in.init, &status, __WALL | WNOHANG);
		if (pid < 0 || (pid > 0 && !WIFSTOPPED(status)))
			break;
		if (pid > 0)
			on_stop(pid, status);
		else
			(void)usleep(1000);
	}
	if (in.waker)
		(void)waitpid(in.waker, NULL, 0);
	return end_as(end);
}

static int follow(void)
{
	int status;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return 125;
		if (WIFSTOPPED(status)) {
			on_stop(pid, status);
			continue;
		}
		forget_task(pid);
		if (pid == in.waker)
			in.waker = 0;
		if (pid == in.launcher)
			return after_launcher(status);
	}
}

int tool_inject(char **argv)
{
	for (int i = 0; i < 11; i++)
		if (!argv[i])
			return 64;
	in.side = argv[0][0];
	in.op = atol(argv[1]);
	in.at = atol(argv[2]);
	in.clone = atol(argv[3]);
	in.fork = atol(argv[4]);
	in.fault = argv[5];
	in.value = atol(argv[6]);
	in.result = atoi(argv[7]);
	in.init = atoi(argv[8]);
	if (in.init != 0)
		in.execs = 1;
	if (in.init < 0)
		in.init = 0;
	(void)fcntl(in.result, F_SETFD, FD_CLOEXEC);
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (in.init) {
		in.records[1] = map_records(in.init);
		if (PTRACE(PTRACE_SEIZE, in.init, 0, OPTIONS & ~PTRACE_O_EXITKILL) < 0 ||
		    !in.records[1])
			return 125;
		add_task(in.init);
		(void)PTRACE(PTRACE_INTERRUPT, in.init, 0, 0);
	}
	in.launcher = start_traced(argv + 10, OPTIONS);
	return in.launcher < 0 ? 125 : follow();
}
