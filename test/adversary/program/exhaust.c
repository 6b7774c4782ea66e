/* The fork bomb, beneath a limit of processes, and the memory hog, beneath a limit of memory. */
#include "adversary.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 200, MIB = 1 << 20, HOG = 96 * MIB, SLACK = 8 * MIB };

/* One more process, which makes more itself. */
static pid_t multiply(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)fork();
	for (;;)
		(void)pause();
}

static unsigned count(const pid_t *pids)
{
	unsigned alive = 1;

	for (unsigned i = 0; i < MOST; i++)
		alive += pids[i] > 0 && kill(pids[i], 0) == 0;
	return alive;
}

void fork_all(const struct aim *aim)
{
	pid_t pids[MOST] = {0};

	for (unsigned turn = 0; !ended; turn++) {
		for (unsigned i = 0; i < MOST; i++) {
			if (pids[i] > 0 && kill(pids[i], 0) < 0)
				pids[i] = 0;
			if (pids[i] <= 0 && !tried(pids[i] = multiply()))
				break;
		}
		/* Nobody is being killed now: who is there counts. */
		if (turn % 8 == 4 && aim->pids && count(pids) > aim->pids)
			hit(HIT_BEYOND);
		breathe(10000);
		for (unsigned i = 0; i < MOST && turn % 8 == 7; i++)
			if (pids[i] > 0)
				(void)kill(pids[i], SIGKILL);
		try_canary("", aim->canary);
	}
}

/* Takes memory until it is killed. No swap: what was written to is there. */
static void take(unsigned long limit)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* This process is the one to be killed, not the container's first. */
	if (fd >= 0) {
		(void)write(fd, "1000", 4);
		(void)close(fd);
	}
	char *memory = mmap(NULL, HOG, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!tried(memory == MAP_FAILED ? -1 : 0))
		return;
	for (unsigned long at = 0; at < HOG && !ended; at += 4096) {
		memory[at] = 1;
		if (limit && at > limit + SLACK) {
			hit(HIT_BEYOND);
			return;
		}
	}
}

void hog(const struct aim *aim)
{
	(void)signal(SIGCHLD, SIG_DFL);
	while (!ended) {
		pid_t pid = fork();

		if (pid == 0) {
			take(aim->bytes);
			_exit(0);
		}
		if (pid > 0)
			(void)waitpid(pid, NULL, 0);
		try_canary("", aim->canary);
		breathe(20000);
	}
}
