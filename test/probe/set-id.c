/* Every call that could give a file the bits 06000, made without the C library. */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#define HERE AT_FDCWD
#define MAKE (O_CREAT | O_EXCL | O_WRONLY)

static long mode;

static const char *named(const char *name)
{
	(void)unlinkat(HERE, name, 0);
	return name;
}

/* The mode that a file of that name has got, or the error. */
static void tell(const char *what, const char *path, long result)
{
	struct stat st;
	int error = result < 0 ? errno : 0;

	if (fstatat(HERE, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		st.st_mode = 0;
	printf("%s: %s %o\n", what, error ? strerror(error) : "ok", st.st_mode & 07000);
}

#define TRY(name, path, ...) tell(name, path, syscall(__VA_ARGS__))

static void change(void)
{
	int fd = openat(HERE, named("file"), MAKE, 0755);

#ifdef SYS_chmod
	TRY("chmod", "file", SYS_chmod, "file", mode);
#endif
	TRY("fchmod", "file", SYS_fchmod, fd, mode);
	TRY("fchmodat", "file", SYS_fchmodat, HERE, "file", mode);
	TRY("fchmodat2", "file", SYS_fchmodat2, HERE, "file", mode, 0);
	(void)close(fd);
}

static void make(void)
{
	struct open_how how = {.flags = MAKE, .mode = (unsigned long)mode};
	long node = S_IFREG | mode;

#ifdef SYS_open
	TRY("creat", "creat", SYS_creat, named("creat"), mode);
	TRY("open", "open", SYS_open, named("open"), MAKE, mode);
	TRY("mknod", "mknod", SYS_mknod, named("mknod"), node, 0);
	TRY("mkdir", "mkdir", SYS_mkdir, "mkdir", mode);
#endif
	TRY("openat", "openat", SYS_openat, HERE, named("openat"), MAKE, mode);
	TRY("openat2", "openat2", SYS_openat2, HERE, named("openat2"), &how, sizeof(how));
	TRY("mknodat", "mknodat", SYS_mknodat, HERE, named("mknodat"), node, 0);
	TRY("mkdirat", "mkdirat", SYS_mkdirat, HERE, "mkdirat", mode);
}

/* A file without a name gets one afterwards. */
static void make_unnamed(void)
{
	long fd = syscall(SYS_openat, HERE, ".", O_TMPFILE | O_RDWR, mode);
	int error = errno;

	(void)named("tmpfile");
	if (fd >= 0)
		fd = linkat(HERE, "/proc/self/fd/3", HERE, "tmpfile", AT_SYMLINK_FOLLOW);
	else
		errno = error;
	tell("tmpfile", "tmpfile", fd);
}

int set_id_run(char **argv)
{
	if (sscanf(argv[0], "%lo", &mode) != 1)
		return 64;
	change();
	make();
	make_unnamed();
	return fflush(stdout) == 0 ? 0 : 1;
}
