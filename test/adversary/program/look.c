/*
 * The tracer. Of each process that appears it tries to read the program's name, and to open root,
 * memory and descriptors. It tries to take a descriptor, to read and write memory, to compare
 * kernel objects, to trace the process, and to reach CANARY. A success is a hit if the process runs
 * neither this program nor the probe, and has a capability more than this program. It is a process
 * of the runtime, or the container's before the runtime has let go of it.
 *
 * It searches each process that it traces, whatever the rights are. It looks for what the runtime
 * alone should have: the descriptor of a plan, and the name of a cgroup of the host.
 *
 * adversary look CANARY: the same by itself, until SIGTERM. Prints one line of counts at its end.
 */
#include "adversary.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const kinds[HIT_KINDS] = {
    "looked",	"traced", "root",  "memory", "descriptor", "canary",
    "compared", "secret", "typed", "beyond", "socket",	   "cgroup",
};

/* Counts what succeeded, where the process is one of the runtime's and has more than this one. */
static void judge(pid_t pid, int succeeded, enum hit kind)
{
	if (succeeded && has_more(pid))
		hit(kind);
}

static void try_open(pid_t pid, const char *what, int flags, enum hit kind)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	judge(pid, tried(fd), kind);
	if (fd >= 0)
		(void)close(fd);
}

static void try_memory(pid_t pid)
{
	char byte = 0;
	struct iovec own = {&byte, 1}, other = {NULL, 1};
	ssize_t got = process_vm_readv(pid, &own, 1, &other, 1, 0);

	/* Nothing is at address 0: EFAULT says that the rights were enough. */
	judge(pid, tried(got) || errno == EFAULT, HIT_MEMORY);
	got = process_vm_writev(pid, &own, 1, &other, 1, 0);
	judge(pid, tried(got) || errno == EFAULT, HIT_MEMORY);
}

static void try_descriptors(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	char name[16];

	for (int fd = 0; fd < 8; fd++) {
		int copy = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

		judge(pid, tried(copy), HIT_DESCRIPTOR);
		if (copy >= 0)
			(void)close(copy);
		if (fd < 3)
			continue;
		(void)snprintf(name, sizeof(name), "fd/%d", fd);
		try_open(pid, name, O_PATH, HIT_DESCRIPTOR);
	}
	if (pidfd >= 0)
		(void)close(pidfd);
	judge(pid, tried(syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0, 0)), HIT_COMPARED);
}

/* Whether a descriptor of our own is a memfd, as a sealed plan is. */
static int is_memfd(int fd)
{
	char path[64], name[8] = {0};

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof(name) - 1) > 0 && strncmp(name, "/memfd:", 7) == 0;
}

static void search_descriptors(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	for (int fd = 0; pidfd >= 0 && fd < 64; fd++) {
		int copy = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);

		if (copy < 0)
			continue;
		if (is_memfd(copy))
			hit(HIT_DESCRIPTOR);
		(void)close(copy);
	}
	if (pidfd >= 0)
		(void)close(pidfd);
}

/* Only the runtime's plan names the host's cgroups so. The word is put together here: this memory
 * is searched as well, if a child of this program is looked at. */
static void search_memory(pid_t pid)
{
	static char buf[1 << 18];
	char path[64], row[512], word[] = "?sys/fs/cgroup";
	unsigned long from, to;

	word[0] = '/';
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	int mem = open(path, O_RDONLY | O_CLOEXEC);

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	FILE *maps = fopen(path, "re");

	while (mem >= 0 && maps && fgets(row, sizeof(row), maps)) {
		if (sscanf(row, "%lx-%lx", &from, &to) != 2)
			continue;
		ssize_t n =
		    pread(mem, buf, to - from < sizeof(buf) ? to - from : sizeof(buf), (off_t)from);

		if (n > 0 && memmem(buf, (size_t)n, word, strlen(word)))
			hit(HIT_MEMORY);
	}
	if (mem >= 0)
		(void)close(mem);
	if (maps)
		(void)fclose(maps);
}

static void try_trace(pid_t pid)
{
	int status;

	if (!tried(ptrace(PTRACE_SEIZE, pid, 0, 0)))
		return;
	(void)ptrace(PTRACE_INTERRUPT, pid, 0, 0);
	/* It stands still now: it is what it was when it was caught. */
	if (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status)) {
		judge(pid, 1, HIT_TRACED);
		if (is_foreign(pid) == 1) {
			search_descriptors(pid);
			search_memory(pid);
		}
		(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	}
}

static void look(pid_t pid, const char *canary)
{
	char root[64];

	judge(pid, 1, HIT_LOOKED);
	(void)snprintf(root, sizeof(root), "/proc/%d/root", pid);
	try_canary(root, canary);
	(void)snprintf(root, sizeof(root), "/proc/%d/cwd", pid);
	try_canary(root, canary);
	try_open(pid, "root", O_PATH, HIT_ROOT);
	try_open(pid, "mem", O_RDWR, HIT_MEMORY);
	try_memory(pid);
	try_descriptors(pid);
	try_trace(pid);
}

void trace_all(const struct aim *aim)
{
	(void)signal(SIGCHLD, SIG_DFL);
	each_new(look, aim);
}

static void on_term(int signal)
{
	(void)signal;
	ended = 1;
}

int attack_look(char **argv)
{
	struct sigaction term = {.sa_handler = on_term};
	struct aim aim = {.canary = argv[0]};

	if (!argv[0])
		return 64;
	(void)sigaction(SIGTERM, &term, NULL);
	say_ready();
	/* Process 1, where it is one of the runtime's and stays. */
	if (is_foreign(1) == 1)
		try_trace(1);
	trace_all(&aim);
	printf("seen %lu refused %lu", tally->seen, tally->refused);
	for (int kind = 0; kind < HIT_KINDS; kind++)
		printf(" %s %lu", kinds[kind], tally->hits[kind]);
	putchar('\n');
	return fflush(stdout) == 0 ? 0 : 1;
}
