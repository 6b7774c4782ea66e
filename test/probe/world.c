#include "json.h"
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

const char *read_file(const char *path, long *ret_length)
{
	static char buffer[1 << 18];
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	long length = 0;
	ssize_t n;

	if (fd < 0)
		return NULL;
	while (length < (long)sizeof(buffer) - 1) {
		n = read(fd, buffer + length, sizeof(buffer) - 1 - (size_t)length);
		if (n <= 0)
			break;
		length += n;
	}
	n = n < 0 ? -errno : 0;
	(void)close(fd);
	if (n < 0 && length == 0) {
		errno = (int)-n;
		return NULL;
	}
	buffer[length] = '\0';
	*ret_length = length;
	return buffer;
}

void world_file(const char *name, const char *path)
{
	long length;
	const char *text = read_file(path, &length);

	if (text) {
		json_bytes(name, text, length);
		return;
	}
	json_open(name, '{');
	json_number("errno", errno);
	json_close('}');
}

void world_names(void)
{
	struct utsname names;
	/* The raw call: it tells of a directory that the root does not reach. */
	char cwd[4096];
	long n = syscall(SYS_getcwd, cwd, sizeof(cwd));

	json_string("cwd", n < 0 ? NULL : cwd);
	if (uname(&names) < 0)
		return;
	json_string("hostname", names.nodename);
	json_string("domainname", names.domainname);
}

void world_namespaces(void)
{
	static const char *const kinds[] = {"mnt", "uts",  "ipc",    "pid",
					    "net", "user", "cgroup", "time"};

	json_open("namespaces", '{');
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		char path[64], link[64];
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", kinds[i]);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			json_null(kinds[i]);
		else
			json_bytes(kinds[i], link, n);
	}
	json_close('}');
	world_file("uidMap", "/proc/self/uid_map");
	world_file("gidMap", "/proc/self/gid_map");
	world_file("setgroups", "/proc/self/setgroups");
}

/* Splits one row of mountinfo (proc_pid_mountinfo(5)) and writes it as an object. */
static void mount_row(char *row)
{
	static const char *const before[] = {"id", "parent", "device", "root", "point", "options"};
	static const char *const after[] = {"type", "source", "super"};
	char *save = NULL;
	char *word = strtok_r(row, " ", &save);

	json_open(NULL, '{');
	for (int i = 0; i < 6 && word; i++, word = strtok_r(NULL, " ", &save))
		json_string(before[i], word);
	json_open("optional", '[');
	for (; word && strcmp(word, "-") != 0; word = strtok_r(NULL, " ", &save))
		json_string(NULL, word);
	json_close(']');
	word = strtok_r(NULL, " ", &save);
	for (int i = 0; i < 3 && word; i++, word = strtok_r(NULL, " ", &save))
		json_string(after[i], word);
	json_close('}');
}

void world_mounts(void)
{
	long length;
	const char *text = read_file("/proc/self/mountinfo", &length);
	char *copy = text ? strdup(text) : NULL;
	char *save = NULL;

	if (!copy) {
		json_null("mounts");
		return;
	}
	json_open("mounts", '[');
	for (char *row = strtok_r(copy, "\n", &save); row; row = strtok_r(NULL, "\n", &save))
		mount_row(row);
	json_close(']');
	free(copy);
}

void world_cgroup(void)
{
	world_file("cgroup", "/proc/self/cgroup");
}

void world_stat(const char *name, const char *path)
{
	struct stat st;
	char link[4096];
	ssize_t n;

	json_open(name, '{');
	if (lstat(path, &st) < 0) {
		json_number("errno", errno);
		json_close('}');
		return;
	}
	json_number("type", st.st_mode >> 12);
	json_number("mode", st.st_mode & 07777);
	json_number("uid", st.st_uid);
	json_number("gid", st.st_gid);
	json_number("size", st.st_size);
	json_number("major", major(st.st_rdev));
	json_number("minor", minor(st.st_rdev));
	n = readlink(path, link, sizeof(link));
	if (n >= 0)
		json_bytes("target", link, n);
	json_close('}');
}

/* 0 where it may be opened for writing, else -errno. */
void world_open(const char *name, const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	json_number(name, fd < 0 ? -errno : 0);
	if (fd >= 0)
		(void)close(fd);
}

/* Which file it is: the device and the inode. */
void world_inode(const char *name, const char *path)
{
	struct stat st;
	char text[64];

	if (stat(path, &st) < 0) {
		json_null(name);
		return;
	}
	(void)snprintf(text, sizeof(text), "%u:%u:%llu", major(st.st_dev), minor(st.st_dev),
		       (unsigned long long)st.st_ino);
	json_string(name, text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void world_directory(const char *name, const char *path)
{
	DIR *dir = opendir(path);
	char *names[1024];
	size_t count = 0;

	if (!dir) {
		json_null(name);
		return;
	}
	for (struct dirent *e = readdir(dir); e && count < 1024; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			names[count++] = strdup(e->d_name);
	}
	(void)closedir(dir);
	qsort(names, count, sizeof(*names), by_name);
	json_open(name, '{');
	for (size_t i = 0; i < count; i++) {
		char full[4200];

		(void)snprintf(full, sizeof(full), "%s/%s", path, names[i]);
		world_stat(names[i], full);
		free(names[i]);
	}
	json_close('}');
}

void world_clocks(void)
{
	struct timespec now;

	world_file("timeOffsets", "/proc/self/timens_offsets");
	json_open("clocks", '{');
	if (clock_gettime(CLOCK_MONOTONIC, &now) == 0)
		json_number("monotonic", now.tv_sec);
	if (clock_gettime(CLOCK_BOOTTIME, &now) == 0)
		json_number("boottime", now.tv_sec);
	json_close('}');
}
