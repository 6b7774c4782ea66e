#include "adversary.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int attack_lease(char **argv)
{
	int fd = argv[0] ? open(argv[0], O_RDONLY | O_CLOEXEC) : -1;

	(void)signal(SIGIO, SIG_IGN);
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
		perror("lease");
		return 1;
	}
	say_ready();
	for (;;)
		(void)pause();
}

/* Mounts FUSE at a directory. The descriptor of its device, or -1. */
static int mount_fuse(const char *directory)
{
	char options[96];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	(void)snprintf(options, sizeof(options),
		       "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (fd < 0 || mount("fuse", directory, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		perror("fuse");
		return -1;
	}
	return fd;
}

/* Answers the first message, and reads all others: they are on their way for ever. */
static void serve(int fd)
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
		say_ready();
	}
}

int attack_stall(char **argv)
{
	int fd = argv[0] ? mount_fuse(argv[0]) : -1;

	if (fd < 0)
		return 1;
	serve(fd);
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
		serve(fd);
		_exit(1);
	}
	(void)close(fd);
	(void)snprintf(path, sizeof(path), "%s/none", argv[0]);
	(void)stat(path, &st);
	return 1;
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
