/*
 * The staller: what it can make wait. A FUSE file system that answers nothing, a write lease on a
 * program, and memory that is never there (userfaultfd(2)).
 */
#include "adversary.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int take_lease(const char *path)
{
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	(void)signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
		return 0;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

int attack_lease(char **argv)
{
	if (take_lease(argv[0]) < 0) {
		perror("lease");
		return 1;
	}
	say_ready();
	for (;;)
		(void)pause();
}

int attack_fifo(char **argv)
{
	if (!argv[0] || mount("tmpfs", argv[0], "tmpfs", 0, NULL) < 0 || chdir(argv[0]) < 0 ||
	    mkfifo("ptmx", 0666) < 0) {
		perror("fifo");
		return 1;
	}
	say_ready();
	for (;;)
		(void)pause();
}

int mount_fuse(const char *directory)
{
	char options[96];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("fuse", directory, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		return -1;
	}
	return fd;
}

void serve_fuse(int fd, void (*ready)(void))
{
	static char request[1 << 17];
	struct {
		struct fuse_out_header head;
		struct fuse_init_out init;
	} answer = {.head = {.len = sizeof(answer)},
		    .init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096}};

	while (read(fd, request, sizeof(request)) > 0) {
		const struct fuse_in_header *head = (const void *)request;

		if (head->opcode != FUSE_INIT)
			continue;
		answer.head.unique = head->unique;
		(void)write(fd, &answer, sizeof(answer));
		ready();
	}
}

int attack_stall(char **argv)
{
	int fd = argv[0] ? mount_fuse(argv[0]) : -1;

	if (fd < 0)
		return 1;
	serve_fuse(fd, say_ready);
	return 1;
}

int attack_stall_self(char **argv)
{
	int fd = argv[0] ? mount_fuse(argv[0]) : -1;
	struct stat st;
	char path[64];

	if (fd < 0)
		return 1;
	if (fork() == 0) {
		serve_fuse(fd, say_ready);
		_exit(1);
	}
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/none", argv[0]);
	(void)stat(path, &st);
	return 1;
}

static void say_nothing(void) {}

/* A child that hangs in the kernel: it writes from a page that nobody ever fills. */
static void hang_in_memory(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register range = {.range = {.start = (uintptr_t)page, .len = 4096},
					.mode = UFFDIO_REGISTER_MODE_MISSING};

	if (!tried(fd) || ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		return;
	for (int i = 0; i < 4; i++)
		if (fork() == 0) {
			(void)write(1, page, 4096);
			_exit(0);
		}
}

/* The places where a verb may come by: the directory and the program of an exec, the terminals. */
void stall(const struct aim *aim)
{
	static const char *const places[] = {"/stall", "/dev/pts"};

	(void)tried(take_lease("/program"));
	hang_in_memory();
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int fd = mount_fuse(places[i]);

		if (tried(fd) && fork() == 0) {
			serve_fuse(fd, say_nothing);
			_exit(0);
		}
	}
	while (!ended) {
		try_canary("", aim->canary);
		breathe(10000);
	}
}
