/*
 * The terminal injector: types into every terminal that it finds (TIOCSTI), after it has tried to
 * make that its own, and pastes (TIOCLINUX). A hit is one that is not of the container's own
 * devpts.
 */
#include "adversary.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int is_callers(int fd)
{
	struct stat terminal, own;

	return isatty(fd) && fstat(fd, &terminal) == 0 &&
	       (stat("/dev/pts", &own) < 0 || own.st_dev != terminal.st_dev);
}

static void type(int fd)
{
	char letter = 'x', paste = 3, select[12] = {2};
	int discipline = 0, callers;

	if (fd < 0)
		return;
	callers = is_callers(fd);
	/* The terminal of our session: that of the caller's shell, which reads it next. */
	if (callers && tcgetsid(fd) >= 0)
		hit(HIT_TYPED);
	(void)tried(ioctl(fd, TIOCSCTTY, 0));
	(void)tried(ioctl(fd, TIOCSCTTY, 1));
	if (tried(ioctl(fd, TIOCSTI, &letter)) && callers)
		hit(HIT_TYPED);
	(void)tried(ioctl(fd, TIOCLINUX, select));
	if (tried(ioctl(fd, TIOCLINUX, &paste)) && callers)
		hit(HIT_TYPED);
	(void)tried(ioctl(fd, TIOCSETD, &discipline));
	(void)tried(ioctl(fd, TIOCCONS, 0));
}

/* Every file of a directory. */
static void type_into(const char *directory)
{
	DIR *dir = opendir(directory);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		int fd =
		    openat(dirfd(dir), entry->d_name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		type(fd);
		if (fd >= 0)
			(void)close(fd);
	}
	if (dir)
		(void)closedir(dir);
}

static void type_of(pid_t pid, const char *canary)
{
	char path[32];

	(void)canary;
	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	type_into(path);
}

static void type_once(const struct aim *aim)
{
	for (int fd = 0; fd < 3; fd++)
		type(fd);
	type_into("/dev/pts");
	type_into("/dev");
	try_canary("", aim->canary);
}

void type_all(const struct aim *aim)
{
	type_once(aim);
	if (fork() == 0)
		each_new(type_of, aim);
	while (!ended) {
		type_once(aim);
		breathe(5000);
	}
}
