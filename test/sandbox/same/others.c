/* Calls with structures, of 32 bits, of threads, and of processes that change what they are. */
#include "same.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void with_openat2(void)
{
	static const struct {
		const char *path;
		struct open_how how;
	} rows[] = {{"two-a", {O_CREAT | O_WRONLY, 0640, 0}},
		    {"two-a", {O_RDONLY, 0, 0}},
		    {"two-b", {O_CREAT | O_EXCL | O_WRONLY, 0640, RESOLVE_NO_SYMLINKS}},
		    {"to-dir/two-c", {O_CREAT | O_WRONLY, 0640, RESOLVE_NO_SYMLINKS}},
		    {"../two-d", {O_CREAT | O_WRONLY, 0640, RESOLVE_BENEATH}},
		    {"dir/two-e", {O_CREAT | O_WRONLY, 0640, RESOLVE_BENEATH}},
		    {"/two-f", {O_CREAT | O_WRONLY, 0640, RESOLVE_BENEATH}},
		    {"/two-g", {O_CREAT | O_WRONLY, 0640, RESOLVE_IN_ROOT}},
		    {"two-h", {O_RDONLY, 0640, 0}},
		    {"two-i", {O_CREAT | O_WRONLY, 0200640, 0}},
		    {"two-j", {O_CREAT | O_WRONLY, 0640, 0x4000}},
		    {"far", {O_CREAT | O_WRONLY, 0640, 0}}};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct open_how how = rows[i].how;

		printf("%s ", rows[i].path);
		opened("openat2",
		       (int)syscall(SYS_openat2, AT_FDCWD, rows[i].path, &how, sizeof(how)));
		show(rows[i].path);
	}
}

#ifdef __x86_64__
static long call32(long number, const char *path, long second, long third)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long result;

	strcpy(low, path);
	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"((uint32_t)(uintptr_t)low), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	errno = result < 0 ? (int)-result : 0;
	return result < 0 ? -1 : result;
}

static void of_32_bits(void)
{
	say("umask of 32 bits", syscall(SYS_umask, 0) < 0 ? -1 : 0);
	opened("open of 32 bits", (int)call32(5, "b32", O_CREAT | O_WRONLY, 0666));
	opened("creat of 32 bits", (int)call32(8, "b32-c", 0640, 0));
	say("mkdir of 32 bits", call32(39, "b32-d", 0750, 0));
	say("mkdir of 32 bits again", call32(39, "b32-d", 0750, 0));
	say("mknod of 32 bits", call32(14, "b32-n", S_IFIFO | 0600, 0));
	umask(022);
	for (const char *const *path =
		 (const char *const[]){"b32", "b32-c", "b32-d", "b32-n", NULL};
	     *path; path++)
		show(*path);
}
#else
static void of_32_bits(void) {}
#endif

static pthread_barrier_t turn;

static void *of_thread(void *arg)
{
	umask(077);
	close(open("by-thread", O_CREAT | O_WRONLY, 0666));
	pthread_barrier_wait(&turn);
	pthread_barrier_wait(&turn);
	close(open("by-thread-2", O_CREAT | O_WRONLY, 0666));
	return arg;
}

/* Threads have one umask, whoever sets it; a process of its own has its own. */
static void umasks(void)
{
	pthread_t thread;

	pthread_barrier_init(&turn, NULL, 2);
	pthread_create(&thread, NULL, of_thread, NULL);
	pthread_barrier_wait(&turn);
	close(open("by-first", O_CREAT | O_WRONLY, 0666));
	umask(0);
	pthread_barrier_wait(&turn);
	pthread_join(thread, NULL);
	if (fork() == 0) {
		umask(0277);
		close(open("by-child", O_CREAT | O_WRONLY, 0666));
		_exit(0);
	}
	wait(NULL);
	close(open("by-first-2", O_CREAT | O_WRONLY, 0666));
	umask(022);
	for (int i = 0; i < 40; i++)
		if (fork() == 0) {
			char name[16];

			snprintf(name, sizeof(name), "by-%d", i);
			umask((unsigned)i * 9 & 0777);
			mkdir(name, 0777);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < 40; i++) {
		char name[16];

		snprintf(name, sizeof(name), "by-%d", i);
		show(name);
	}
	for (const char *const *path = (const char *const[]){"by-thread", "by-thread-2", "by-first",
							     "by-first-2", "by-child", NULL};
	     *path; path++)
		show(*path);
}

static void *makes(void *arg)
{
	for (int i = 0; i < 200; i++) {
		char name[64];

		snprintf(name, sizeof(name), "tree%d", i);
		if (mkdir(name, 0755) < 0 && errno != EEXIST)
			printf("mkdir: %s\n", strerror(errno));
		snprintf(name, sizeof(name), "tree%d/deep", i);
		/* Another thread may have made the parent by now, or not: nothing else is an
		 * answer. */
		if (mkdir(name, 0755) < 0 && errno != EEXIST && errno != ENOENT)
			printf("mkdir in it: %s\n", strerror(errno));
		snprintf(name, sizeof(name), "tree%d/deep", i + 1);
		if (mkdir(name, 0755) < 0 && errno != EEXIST && errno != ENOENT)
			printf("mkdir in the next: %s\n", strerror(errno));
	}
	return arg;
}

/* Four threads make one tree, as npm does: no call sees what it would not see alone. */
static void at_once(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, makes, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	show("tree199/deep");
}

void others(void)
{
	with_openat2();
	of_32_bits();
	umasks();
	at_once();
}
