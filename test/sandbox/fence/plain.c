/* By the calls that make names. */
#include "fence.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXCHANGE 2
#define WHITEOUT 4

static char path[8192];

static const char *by(const char *format)
{
	snprintf(path, sizeof(path), format, name);
	return path;
}

static int at(void)
{
	return open(directory, O_PATH | O_DIRECTORY);
}

static int rename2(const char *from, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void with_open(void)
{
	open(name, O_CREAT | O_WRONLY, 0600);
}
static void with_read(void)
{
	open(name, O_CREAT | O_RDONLY, 0600);
}
static void with_exclusive(void)
{
	open(name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
}
static void with_openat(void)
{
	openat(at(), last, O_CREAT | O_WRONLY, 0600);
}
static void with_creat(void)
{
	creat(name, 0600);
}
static void with_mkdir(void)
{
	mkdir(name, 0700);
}
static void with_slashes(void)
{
	mkdir(by("%s///"), 0700);
}
static void with_mkdirat(void)
{
	mkdirat(at(), last, 0700);
}
static void with_file_node(void)
{
	mknod(name, S_IFREG | 0600, 0);
}
static void with_no_type(void)
{
	mknodat(at(), last, 0600, 0);
}
static void with_fifo(void)
{
	mkfifo(name, 0600);
}
static void with_whiteout(void)
{
	mknod(name, S_IFCHR | 0600, makedev(0, 0));
}
static void with_symlink(void)
{
	(void)symlink("thing", name);
}
static void with_symlinkat(void)
{
	(void)symlinkat("folder", at(), last);
}
static void with_link(void)
{
	(void)link("thing", name);
}
static void with_linkat(void)
{
	(void)linkat(AT_FDCWD, "thing", at(), last, 0);
}
static void with_link_of_link(void)
{
	(void)linkat(AT_FDCWD, "here", AT_FDCWD, name, 0);
}
static void with_rename(void)
{
	rename("thing", name);
}
static void with_renameat(void)
{
	renameat(AT_FDCWD, "thing", at(), last);
}
static void with_rename_of_folder(void)
{
	rename("folder", name);
}
static void with_rename_from_tmp(void)
{
	rename("/tmp/thing", name);
}
static void with_no_replace(void)
{
	rename2("thing", name, 1);
}
static void with_exchange(void)
{
	rename2("thing", name, EXCHANGE);
}
static void with_exchange_back(void)
{
	rename2(name, "thing", EXCHANGE);
}
static void with_rename_whiteout(void)
{
	rename2("thing", name, WHITEOUT);
}
static void with_absolute(void)
{
	char here[4096];

	if (getcwd(here, sizeof(here)))
		snprintf(path, sizeof(path), "%s/./%s/../%s", here, directory, name);
	open(path, O_CREAT | O_WRONLY, 0600);
}
static void with_linked_parent(void)
{
	open(by("here/%s"), O_CREAT | O_WRONLY, 0600);
}
static void with_proc_cwd(void)
{
	open(by("/proc/self/cwd/%s"), O_CREAT | O_WRONLY, 0600);
}
static void with_proc_root(void)
{
	char here[4096];

	if (getcwd(here, sizeof(here)))
		snprintf(path, sizeof(path), "/proc/self/root%s/%s", here, name);
	mkdir(path, 0700);
}
static void with_proc_fd(void)
{
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", at(), last);
	mkdir(path, 0700);
}
static void with_dangling(void)
{
	open("dangling", O_CREAT | O_WRONLY, 0600);
}
static void with_up_from_tmp(void)
{
	char here[4096];

	if (getcwd(here, sizeof(here)))
		snprintf(path, sizeof(path), "/tmp/..%s/%s", here, name);
	mkdir(path, 0700);
}

static void with_tmpfile(void)
{
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)linkat(AT_FDCWD, path, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
	(void)linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH);
}

static void without_dump(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	with_open();
	with_openat();
	with_mkdir();
	with_rename();
}

static void with_chroot(void)
{
	(void)syscall(SYS_unshare, 0x10000000); /* CLONE_NEWUSER */
	if (chroot("/tmp") == 0 || chroot(".") == 0)
		with_open();
	with_mkdir();
}

static void with_vfork(void)
{
	if (vfork() == 0) {
		(void)openat(at(), last, O_CREAT | O_WRONLY, 0600);
		_exit(0);
	}
}

/* The caller is killed while its call is carried out: nothing may be left of it. */
static void while_killed(void)
{
	for (int i = 0; i < 200; i++) {
		pid_t pid = fork();

		if (pid == 0)
			for (;;) {
				with_mkdir();
				with_rename();
			}
		usleep(100);
		kill(pid, 9);
		waitpid(pid, NULL, 0);
	}
}

/* Whatever leads to the place of the name: another directory in the place of the one that is
 * guarded. */
static void with_other_parent(void)
{
	mkdir("other", 0700);
	snprintf(path, sizeof(path), "other/%s", last);
	mkdir(path, 0700);
	if (strcmp(directory, ".") == 0)
		return;
	rename(directory, "away");
	rename("other", directory);
	(void)symlink("other", directory);
	rename2("other", directory, EXCHANGE);
	if (access(directory, F_OK) != 0)
		rename("away", directory);
}

const struct way plain_ways[] = {
    {"open", with_open},
    {"open for reading", with_read},
    {"open, exclusively", with_exclusive},
    {"openat", with_openat},
    {"creat", with_creat},
    {"mkdir", with_mkdir},
    {"mkdir with slashes", with_slashes},
    {"mkdirat", with_mkdirat},
    {"mknod", with_file_node},
    {"mknodat without a type", with_no_type},
    {"mkfifo", with_fifo},
    {"mknod of a whiteout", with_whiteout},
    {"symlink", with_symlink},
    {"symlinkat", with_symlinkat},
    {"link", with_link},
    {"linkat", with_linkat},
    {"linkat of a link", with_link_of_link},
    {"rename", with_rename},
    {"renameat", with_renameat},
    {"rename of a directory", with_rename_of_folder},
    {"rename from /tmp", with_rename_from_tmp},
    {"renameat2 without replacing", with_no_replace},
    {"renameat2 exchanging", with_exchange},
    {"renameat2 exchanging back", with_exchange_back},
    {"renameat2 with a whiteout", with_rename_whiteout},
    {"an absolute path", with_absolute},
    {"a link above", with_linked_parent},
    {"/proc/self/cwd", with_proc_cwd},
    {"/proc/self/root", with_proc_root},
    {"/proc/self/fd", with_proc_fd},
    {"a link at the end", with_dangling},
    {"up from /tmp", with_up_from_tmp},
    {"linkat of an unnamed file", with_tmpfile},
    {"a process that is not dumpable", without_dump},
    {"another root", with_chroot},
    {"vfork", with_vfork},
    {"a process that is killed", while_killed},
    {"another parent", with_other_parent},
    {NULL, NULL},
};
