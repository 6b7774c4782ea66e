/* What the supervisor takes of the caller of a call: its memory, its directories, its umask. */
#include "../../sys/path.h"
#include "../../sys/str.h"
#include "supervisor.h"

#define PAGE 4096U /* no kernel has smaller ones */
#define STATUS_SIZE 256

/* "PID/NAME", beneath FD_PROC. */
static void proc_path(struct text *ret, uint32_t pid, const char *name)
{
	text_add_number(ret, pid);
	text_add(ret, "/");
	text_add(ret, name);
}

long caller_text(uint32_t pid, uint64_t at, char *ret, size_t size)
{
	for (size_t used = 0; used < size;) {
		/* What follows the text may not be there. */
		size_t chunk = PAGE - ((at + used) & (PAGE - 1));
		struct io_vector to = {ret + used, chunk < size - used ? chunk : size - used};
		struct io_vector from = {(const void *)(uintptr_t)(at + used), to.size};
		long n = SYS6(process_vm_readv, pid, &to, 1, &from, 1, 0);

		if (n <= 0)
			return n < 0 ? n : -EFAULT;
		for (size_t end = used + (size_t)n; used < end; used++)
			if (ret[used] == 0)
				return (long)used;
	}
	return -ENAMETOOLONG;
}

/* The directory that a call's paths count from. A descriptor or -errno. */
static int caller_dir(uint32_t pid, int at)
{
	char data[40];
	struct text path = {.data = data, .size = sizeof(data)};

	proc_path(&path, pid, at == AT_FDCWD ? "cwd" : "fd/");
	if (at != AT_FDCWD)
		text_add_number(&path, (uint32_t)at);
	return (int)sys_openat(FD_PROC, data, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

long caller_umask(uint32_t pid)
{
	static uint64_t last; /* and one more; 0: none yet */
	char data[STATUS_SIZE];
	struct text path = {.data = data, .size = sizeof(data)};

	proc_path(&path, pid, "status");
	int fd = (int)sys_openat(FD_PROC, data, O_RDONLY | O_CLOEXEC, 0);
	long n = fd < 0 ? fd : sys_read(fd, data, sizeof(data));
	uint64_t found = 0;
	long at = 0;

	(void)sys_close(fd);
	/* The second line, and no name has a newline in it: the kernel writes it as two letters. */
	while (at < n && data[at] != '\n')
		at++;
	if (n < 0 || at + 8 >= n || memcmp(data + at, "\nUmask:\t", 8) != 0)
		return n < 0 ? n : -EPROTO;
	for (at += 8; at < n && data[at] >= '0' && data[at] <= '7'; at++)
		found = found << 3 | (uint64_t)(data[at] - '0');
	if (found + 1 != last)
		(void)SYS1(umask, found);
	last = found + 1;
	return 0;
}

/* Where a directory is, by its descriptor; empty where that cannot be told. */
static void name_of(int dir, char *ret, size_t size)
{
	char data[32];
	struct text path = {.data = data, .size = sizeof(data)};

	text_add(&path, "self/fd/");
	text_add_number(&path, (uint32_t)dir);
	long n = SYS4(readlinkat, FD_PROC, data, ret, size - 1);

	ret[n > 0 ? n : 0] = 0;
}

/* Cuts a path before its last name. Where the parent's path is, or NULL: where paths count from. */
static const char *cut_name(struct place *place, size_t end)
{
	while (end > 0 && place->path[end - 1] == '/')
		end--;
	size_t at = end;

	while (at > 0 && place->path[at - 1] != '/')
		at--;
	place->name = place->path + at;
	place->length = end - at;
	if (at == 0)
		return NULL;
	place->path[at - 1] = 0;
	return at == 1 ? "/" : place->path;
}

long place_read(struct place *ret, uint32_t pid, uint64_t path)
{
	long n = caller_text(pid, path, ret->path, sizeof(ret->path));

	ret->size = n > 0 ? (size_t)n : 0;
	return n == 0 ? -ENOENT : n;
}

long place_open(struct place *place, uint32_t pid, int at)
{
	static char name[PATH_SIZE];
	const char *above = cut_name(place, place->size);
	int base = above && above[0] == '/' ? AT_FDCWD : caller_dir(pid, at);

	if (base < 0 && base != AT_FDCWD)
		return base;
	place->parent = base;
	if (above) {
		place->parent = path_open(base, above, O_PATH | O_DIRECTORY, 0);
		(void)sys_close(base);
	}
	if (place->parent < 0)
		return place->parent;
	name_of(place->parent, name, sizeof(name));
	return is_free(name) ? GO_ON : 0;
}

void place_close(struct place *place)
{
	if (place->parent >= 0)
		(void)sys_close(place->parent);
	place->parent = -1;
}
