#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int tell(long result)
{
	if (result >= 0)
		puts("ok");
	else
		printf("errno %d %s\n", errno, strerror(errno));
	return result < 0;
}

/* The mount points whose row of mountinfo has a text in it. */
static void look_mounts(const char *text)
{
	long length;
	const char *file = read_file("/proc/self/mountinfo", &length);
	char *copy = file ? strdup(file) : NULL, *save = NULL;

	printf("@%s", text);
	for (char *row = copy ? strtok_r(copy, "\n", &save) : NULL; row;
	     row = strtok_r(NULL, "\n", &save)) {
		char point[1024];

		if (strstr(row, text) && sscanf(row, "%*s %*s %*s %*s %1023s", point) == 1)
			printf(" %s", point);
	}
	putchar('\n');
	free(copy);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void look_directory(const char *path)
{
	struct dirent **names;
	int count = scandir(path, &names, NULL, by_name);

	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			printf(" %s", names[i]->d_name);
	}
	putchar('\n');
}

/* What is at a path: the names in a directory, the first line of a file, a device's number. */
static void look_path(const char *path)
{
	struct stat st;
	long length;

	printf("%s:", path);
	if (stat(path, &st) < 0)
		printf(" errno %d\n", errno);
	else if (S_ISDIR(st.st_mode))
		look_directory(path);
	else if (S_ISCHR(st.st_mode))
		printf(" device %d:%d\n", (int)(st.st_rdev >> 8 & 0xfff), (int)(st.st_rdev & 0xff));
	else {
		const char *text = read_file(path, &length);

		printf(" \"%.*s\"\n", text ? (int)strcspn(text, "\n") : 0, text ? text : "");
	}
}

/* `look [PATH | @TEXT | .]…`: each on a line; `.` is the working directory as the kernel names it.
 */
static int do_look(char **argv)
{
	for (; *argv; argv++) {
		char cwd[4096];

		if (argv[0][0] == '@')
			look_mounts(*argv + 1);
		else if (strcmp(*argv, ".") == 0)
			printf("cwd %s\n",
			       syscall(SYS_getcwd, cwd, sizeof(cwd)) < 0 ? "unknown" : cwd);
		else
			look_path(*argv);
	}
	return 0;
}

/* Tells what can be seen of a process that another program is to become. */
static void watch_process(const char *pid, const char *own)
{
	char path[300], link[512];

	(void)snprintf(path, sizeof(path), "/proc/%s/exe", pid);
	ssize_t n = readlink(path, link, sizeof(link) - 1);

	if (n < 0)
		return;
	link[n] = '\0';
	if (strcmp(link, own) == 0)
		return;
	printf("exe %s\n", link);
	(void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	if (open(path, O_RDWR | O_CLOEXEC) >= 0)
		puts("mem");
	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *fds = opendir(path);

	for (struct dirent *e = fds ? readdir(fds) : NULL; e; e = readdir(fds)) {
		(void)snprintf(path, sizeof(path), "/proc/%s/fd/%.20s", pid, e->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		if (n > 0)
			printf("fd %.*s\n", (int)n, link);
	}
	if (fds)
		(void)closedir(fds);
}

/* `watch STOP PROGRAM`: polls for processes that run another program than that, and tells what is
 * open of them; until there is a file STOP, for a minute at most. */
static int do_watch(char **argv)
{
	time_t end = time(NULL) + 60;

	puts("watching");
	(void)fflush(stdout);
	while (time(NULL) < end && access(argv[0], F_OK) < 0) {
		DIR *proc = opendir("/proc");

		for (struct dirent *e = proc ? readdir(proc) : NULL; e; e = readdir(proc)) {
			if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
			    strcmp(e->d_name, "1") != 0)
				watch_process(e->d_name, argv[1]);
		}
		if (proc)
			(void)closedir(proc);
		(void)fflush(stdout);
	}
	puts("end");
	return 0;
}

/* Looks for a key of that name in every keyring that can be reached. */
static int do_find_key(char **argv)
{
	return tell(syscall(SYS_request_key, "user", argv[0], NULL, 0));
}

/* `mount TYPE PATH [DATA [FILE]]`: makes a file system and mounts it; with FILE it tells whether
 * that can be written to. */
static int do_mount(char **argv)
{
	const char *data = argv[2], *file = data ? argv[3] : NULL;
	long result = mount(argv[0], argv[1], argv[0], 0, data);

	return tell(result < 0 || !file ? result : open(file, O_WRONLY | O_CLOEXEC));
}

/* `open-handle PATH`: opens a file by what the kernel calls it, not by its path. */
static int do_open_handle(char **argv)
{
	_Alignas(struct file_handle) char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)room;
	int mount_id, at = open(argv[0], O_RDONLY | O_CLOEXEC);

	handle->handle_bytes = MAX_HANDLE_SZ;
	if (at < 0 || name_to_handle_at(AT_FDCWD, argv[0], handle, &mount_id, 0) < 0) {
		perror(argv[0]);
		return 1;
	}
	return tell(open_by_handle_at(at, handle, O_RDONLY | O_CLOEXEC));
}

int attempt_run(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(char **argv);
	} attempts[] = {
	    {"look", 1, do_look},
	    {"watch", 2, do_watch},
	    {"find-key", 1, do_find_key},
	    {"mount", 2, do_mount},
	    {"open-handle", 1, do_open_handle},
	    {"weaken", 2, weaken_run},
	};

	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		if (strcmp(attempts[i].name, argv[1]) != 0)
			continue;
		if (argc - 2 < attempts[i].args)
			return 64;
		int status = attempts[i].run(argv + 2);

		return fflush(stdout) == 0 ? status : 1;
	}
	return -1;
}
