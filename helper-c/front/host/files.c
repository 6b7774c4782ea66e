/* Files: the engine's words become system calls. Each gives what the call gave, or a negative
 * errno. */
#define _GNU_SOURCE
#include "front.h"
#include "host.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define UNUSED(value) ((void)(value))
/* How long a lock that another has is left alone. */
#define LOCK_PAUSE_NS 2000000

/* What `stat` gives, in the order that packages/core/src/system/native/host.ts has. */
struct stat_words {
	uint64_t inode, device, mode, user, group, major, minor, modified_ms, changed_ms, links;
};

/* A flag of open(2) by the number of asm-generic/fcntl.h, which the engine has on every machine. */
struct flag {
	int generic, own;
};

static const struct flag flags[] = {
    {01, O_WRONLY},	   {02, O_RDWR},	{0100, O_CREAT},     {0200, O_EXCL},
    {0400, O_NOCTTY},	   {02000, O_APPEND},	{04000, O_NONBLOCK}, {0200000, O_DIRECTORY},
    {0400000, O_NOFOLLOW}, {010000000, O_PATH},
};

static uint32_t result_of(long result)
{
	return (uint32_t)(result < 0 ? -errno : result);
}

uint32_t w2c_host_open(struct w2c_host *host, uint32_t path, uint32_t wanted, uint32_t mode)
{
	int own = O_CLOEXEC;

	UNUSED(host);
	for (size_t index = 0; index < sizeof(flags) / sizeof(flags[0]); index++)
		if ((wanted & (uint32_t)flags[index].generic) != 0)
			own |= flags[index].own;
	/* Not open(3) of musl, which makes a second call for kernels before 2.6.23. */
	return result_of(syscall(SYS_openat, AT_FDCWD, string_at(path), own, mode));
}

uint32_t w2c_host_close(struct w2c_host *host, uint32_t fd)
{
	UNUSED(host);
	return result_of(close((int)fd));
}

uint32_t w2c_host_read(struct w2c_host *host, uint32_t fd, uint32_t into, uint32_t size)
{
	ssize_t count;

	UNUSED(host);
	do
		count = read((int)fd, span(into, size), size);
	while (count < 0 && errno == EINTR);
	return result_of(count);
}

uint32_t w2c_host_write(struct w2c_host *host, uint32_t fd, uint32_t from, uint32_t size)
{
	ssize_t count;

	UNUSED(host);
	do
		count = write((int)fd, span(from, size), size);
	while (count < 0 && errno == EINTR);
	return result_of(count);
}

static uint64_t milliseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_nsec / 1000000;
}

static uint32_t give_stat(int result, const struct stat *found, uint32_t into)
{
	struct stat_words *words = span(into, sizeof(*words));

	if (result < 0)
		return result_of(result);
	words->inode = found->st_ino;
	words->device = found->st_dev;
	words->mode = found->st_mode;
	words->user = found->st_uid;
	words->group = found->st_gid;
	words->major = major(found->st_rdev);
	words->minor = minor(found->st_rdev);
	words->modified_ms = milliseconds(&found->st_mtim);
	words->changed_ms = milliseconds(&found->st_ctim);
	words->links = found->st_nlink;
	return 0;
}

uint32_t w2c_host_stat(struct w2c_host *host, uint32_t path, uint32_t follow, uint32_t into)
{
	struct stat found;
	int how = follow != 0 ? 0 : AT_SYMLINK_NOFOLLOW;

	UNUSED(host);
	return give_stat(fstatat(AT_FDCWD, string_at(path), &found, how), &found, into);
}

uint32_t w2c_host_fstat(struct w2c_host *host, uint32_t fd, uint32_t into)
{
	struct stat found;

	UNUSED(host);
	return give_stat(fstat((int)fd, &found), &found, into);
}

/* The type of a file system; only its 31 low bits, which tell those apart that anybody asks for. */
uint32_t w2c_host_statfs(struct w2c_host *host, uint32_t path)
{
	struct statfs found;

	UNUSED(host);
	return statfs(string_at(path), &found) < 0 ? (uint32_t)-errno
						   : (uint32_t)found.f_type & 0x7fffffffu;
}

/* inotify(7) of the names that are made in a directory. Nobody waits for the descriptor. */
uint32_t w2c_host_watch(struct w2c_host *host, uint32_t path)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int error;

	UNUSED(host);
	if (fd >= 0 &&
	    inotify_add_watch(fd, string_at(path), IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW) < 0) {
		error = errno;
		(void)close(fd);
		return (uint32_t)-error;
	}
	return result_of(fd);
}

uint32_t w2c_host_readlink(struct w2c_host *host, uint32_t path, uint32_t into, uint32_t size)
{
	UNUSED(host);
	return result_of(readlink(string_at(path), span(into, size), size));
}

/*
 * The next names of a directory: before each its type (DT_DIR and the like) as a character from '0'
 * on, behind each a NUL. They are fewer bytes than the kernel's own records.
 */
uint32_t w2c_host_entries(struct w2c_host *host, uint32_t fd, uint32_t into, uint32_t size)
{
	char *names = span(into, size);
	size_t length = 0;
	long count;

	UNUSED(host);
	/* A page of "." and ".." alone is not the end. */
	do {
		_Alignas(struct dirent) char records[16384];

		if (size < sizeof(records))
			return (uint32_t)-EINVAL;
		count = syscall(SYS_getdents64, (int)fd, records, sizeof(records));
		for (long at = 0; at < count;) {
			const struct dirent *entry =
			    (const struct dirent *)(const void *)(records + at);

			at += entry->d_reclen;
			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			names[length++] = (char)('0' + entry->d_type);
			memcpy(names + length, entry->d_name, strlen(entry->d_name) + 1);
			length += strlen(entry->d_name) + 1;
		}
	} while (count > 0 && length == 0);
	return count < 0 ? (uint32_t)-errno : (uint32_t)length;
}

uint32_t w2c_host_mkdir(struct w2c_host *host, uint32_t path, uint32_t mode)
{
	UNUSED(host);
	return result_of(mkdir(string_at(path), (mode_t)mode));
}

uint32_t w2c_host_unlink(struct w2c_host *host, uint32_t path, uint32_t directory)
{
	UNUSED(host);
	return result_of(unlinkat(AT_FDCWD, string_at(path), directory != 0 ? AT_REMOVEDIR : 0));
}

uint32_t w2c_host_rename(struct w2c_host *host, uint32_t from, uint32_t to)
{
	UNUSED(host);
	return result_of(rename(string_at(from), string_at(to)));
}

uint32_t w2c_host_link(struct w2c_host *host, uint32_t from, uint32_t to)
{
	UNUSED(host);
	return result_of(link(string_at(from), string_at(to)));
}

uint32_t w2c_host_access(struct w2c_host *host, uint32_t path, uint32_t how)
{
	UNUSED(host);
	return result_of(access(string_at(path), (int)how));
}

/* flock(2), exclusive; EAGAIN when another has it until the time is over. */
uint32_t w2c_host_flock(struct w2c_host *host, uint32_t fd, uint32_t timeout_ms)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	int64_t left = (int64_t)timeout_ms * 1000000;

	UNUSED(host);
	while (flock((int)fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK || left <= 0)
			return (uint32_t)-errno;
		(void)nanosleep(&pause, NULL);
		left -= LOCK_PAUSE_NS;
	}
	return 0;
}

/* Connects a stream socket to a path, and closes it. */
uint32_t w2c_host_probe_socket(struct w2c_host *host, uint32_t path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *text = string_at(path);
	uint32_t result;
	int fd;

	UNUSED(host);
	if (strlen(text) >= sizeof(address.sun_path))
		return (uint32_t)-ENAMETOOLONG;
	memcpy(address.sun_path, text, strlen(text));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return (uint32_t)-errno;
	result = result_of(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
	(void)close(fd);
	return result;
}
