#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A process that lives on in the cgroup that is the working directory, with nothing open. */
static int inhabit(void)
{
	int ready[2];
	char byte;

	if (pipe(ready) < 0)
		return errno;
	if (fork() == 0) {
		int fd = open("cgroup.procs", O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "0", 1) != 1)
			_exit(1);
		(void)setsid();
		(void)write(ready[1], "x", 1);
		for (fd = 0; fd < 64; fd++)
			(void)close(fd);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	return read(ready[0], &byte, 1) == 1 ? 0 : EIO;
}

/* `nest-cgroups DIRECTORY DEPTH WIDTH SIZE`: makes DEPTH cgroups below each other, with names of
 * SIZE bytes, and WIDTH beside each other in the last one. A process of its own stays in the last.
 */
int cgroups_nest(char **argv)
{
	int depth = atoi(argv[1]), width = atoi(argv[2]), size = atoi(argv[3]);
	static char name[4096];

	memset(name, 'n', (size_t)size);
	if (chdir(argv[0]) < 0)
		goto failed;
	for (int i = 0; i < depth; i++)
		if (mkdir(name, 0755) < 0 || chdir(name) < 0)
			goto failed;
	for (int i = 0; i < width; i++) {
		char sibling[32];

		(void)snprintf(sibling, sizeof(sibling), ".%d", i);
		if (mkdir(sibling, 0755) < 0)
			goto failed;
	}
	errno = inhabit();
	if (errno == 0)
		return 0;
failed:
	printf("errno %d\n", errno);
	return 1;
}
