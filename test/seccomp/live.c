/*
 * Loads a filter into the kernel and makes system calls under it.
 *
 *   live FILTER probe NR [ARG]...   prints "return R errno E", or "signal S" if the call killed the
 * process live FILTER time N              prints the median time of loading, in nanoseconds, of N
 * fresh processes
 *
 * The filter must let exit_group through.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct sock_filter program[4096];
static struct {
	long result;
	int error;
	int64_t nanoseconds;
} *shared;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int run(const struct sock_fprog *filter, long number, const unsigned long *args)
{
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			die("no_new_privs");
		int64_t start = now();
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, filter) < 0)
			die("seccomp");
		/* now() may be refused from here on, but the vdso makes no system call */
		shared->nanoseconds = now() - start;
		if (number >= 0) {
			shared->result =
			    syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
			shared->error = shared->result < 0 ? errno : 0;
		}
		_exit(0);
	}
	int status = 0;
	if (waitpid(child, &status, 0) < 0)
		die("waitpid");
	return status;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, program, sizeof program);
	if (size <= 0)
		die(argv[1]);
	struct sock_fprog filter = {.len = (unsigned short)((size_t)size / sizeof program[0]),
				    .filter = program};
	shared =
	    mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("mmap");
	if (strcmp(argv[2], "time") == 0) {
		static int64_t times[1000];
		int count = atoi(argv[3]) < 1000 ? atoi(argv[3]) : 1000;
		for (int i = 0; i < count; i++) {
			if (run(&filter, -1, NULL) != 0)
				return 2;
			times[i] = shared->nanoseconds;
		}
		qsort(times, (size_t)count, sizeof times[0], by_size);
		printf("%lld\n", (long long)times[count / 2]);
		return 0;
	}
	unsigned long args[6] = {0};
	for (int i = 4; i < argc && i < 10; i++)
		args[i - 4] = strtoul(argv[i], NULL, 0);
	int status = run(&filter, strtol(argv[3], NULL, 0), args);
	if (WIFSIGNALED(status))
		printf("signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		return 2;
	else
		printf("return %ld errno %d\n", shared->result, shared->error);
	return 0;
}
