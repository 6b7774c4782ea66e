/* What the supervisor takes of the caller of a call: its memory, its descriptors, its umask, and
 * whether it has confined itself. */
#include "../../sys/path.h"
#include "../../sys/str.h"
#include "supervisor.h"

#define PAGE 4096U /* no kernel has smaller ones */
#define STATUS_SIZE 256
#define KNOWN 8		 /* of each table */
#define LINKS 40	 /* as many as the kernel follows */
#define RLIMIT_LOCKS_ 10 /* Linux has no such limit any more, but the number is inherited */

/* Threads that called lately. A directory of procfs is of its thread alone: it has no names in it
 * once the thread has ended, whoever has the number then. */
static struct thread {
	uint32_t pid; /* 0: none */
	int dir, has_umask;
	uint64_t umask;
} known[KNOWN];

/* Calls of umask(2) that went on, and were perhaps not made yet. */
static struct {
	uint32_t pid; /* 0: none */
	uint64_t umask;
} pending[KNOWN];
static int too_many; /* were pending: nothing is remembered any more */

int caller_is_confined(uint32_t pid)
{
	uint64_t limit[2];

	/* What cannot be told counts as yes. */
	return SYS4(prlimit64, pid, RLIMIT_LOCKS_, NULL, limit) < 0 || limit[1] == 0;
}

long caller_confines_itself(uint32_t pid)
{
	const uint64_t none[2] = {0, 0};

	return SYS4(prlimit64, pid, RLIMIT_LOCKS_, none, NULL);
}

long caller_bytes(uint32_t pid, uint64_t at, void *ret, size_t size)
{
	struct io_vector to = {ret, size}, from = {(const void *)(uintptr_t)at, size};
	long n = SYS6(process_vm_readv, pid, &to, 1, &from, 1, 0);

	return n < 0 ? n : (size_t)n == size ? 0 : -EFAULT;
}

long caller_text(uint32_t pid, uint64_t at, char *ret, size_t size)
{
	for (size_t used = 0; used < size;) {
		/* What follows the text may not be there. */
		size_t chunk = PAGE - ((at + used) & (PAGE - 1));
		struct io_vector to = {ret + used, chunk < size - used ? chunk : size - used};
		struct io_vector from = {(const void *)(uintptr_t)(at + used), to.size};
		long n = SYS6(process_vm_readv, pid, &to, 1, &from, 1, 0);

		if (n <= 0 || (size_t)n > to.size)
			return n < 0 ? n : -EFAULT;
		for (size_t end = used + (size_t)n; used < end; used++)
			if (ret[used] == 0)
				return (long)used;
	}
	return -ENAMETOOLONG;
}

/* Finds a thread by its number, which is that of a call that waits. NULL or what is known of it. */
static struct thread *find_thread(uint32_t pid)
{
	struct thread *thread = &known[pid % KNOWN];
	struct statx st;
	char data[12];
	struct text path = {.data = data, .size = sizeof(data)};

	if (thread->pid == pid &&
	    sys_statx(thread->dir, "status", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st) == 0)
		return thread;
	if (thread->pid)
		(void)sys_close(thread->dir);
	*thread = (struct thread){0};
	text_add_number(&path, pid);
	thread->dir = (int)sys_openat(FD_PROC, data, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	thread->pid = thread->dir < 0 ? 0 : pid;
	return thread->pid ? thread : NULL;
}

int caller_has_own_root(uint32_t pid)
{
	struct thread *thread = find_thread(pid);
	struct statx own, its;

	return !thread || sys_statx(AT_FDCWD, "/", 0, STATX_INO | STATX_MNT_ID, &own) < 0 ||
	       sys_statx(thread->dir, "root", 0, STATX_INO | STATX_MNT_ID, &its) < 0 ||
	       own.stx_mnt_id != its.stx_mnt_id || own.stx_ino != its.stx_ino;
}

#define LINK_SIZE 16 /* "fd/" and a number */

/* What leads to a descriptor in the directory of its thread, or to the thread's own directory. */
static void name_link(int at, char ret[LINK_SIZE])
{
	struct text path = {.data = ret, .size = LINK_SIZE};

	text_add(&path, at == AT_FDCWD ? "cwd" : "fd/");
	if (at != AT_FDCWD)
		text_add_number(&path, (uint32_t)at);
}

/* A descriptor of the caller's, or its directory (AT_FDCWD): an O_PATH descriptor or -errno. */
static int caller_descriptor(uint32_t pid, int at, int flags)
{
	struct thread *thread = find_thread(pid);
	char link[LINK_SIZE];

	if (!thread)
		return -ESRCH;
	name_link(at, link);
	int fd = (int)sys_openat(thread->dir, link, O_PATH | O_CLOEXEC | flags, 0);

	return fd == -ENOENT && at != AT_FDCWD ? -EBADF : fd;
}

long caller_directory(uint32_t pid, int at, char *ret, size_t size)
{
	struct thread *thread = find_thread(pid);
	char link[LINK_SIZE];

	if (!thread)
		return -ESRCH;
	name_link(at, link);
	long n = SYS4(readlinkat, thread->dir, link, ret, size - 1);

	ret[n > 0 ? n : 0] = 0;
	return n;
}

/* Reads a thread's umask. 0 or -errno. */
static long read_umask(int dir, const char *name, uint64_t *ret)
{
	char data[STATUS_SIZE];
	int fd = (int)sys_openat(dir, name, O_RDONLY | O_CLOEXEC, 0);
	long n = fd < 0 ? fd : sys_read(fd, data, sizeof(data));
	long at = 0;

	(void)sys_close(fd);
	/* The second line, and no name has a newline in it: the kernel writes it as two letters. */
	while (at < n && data[at] != '\n')
		at++;
	if (n < 0 || at + 8 >= n || memcmp(data + at, "\nUmask:\t", 8) != 0)
		return n < 0 ? n : -EPROTO;
	*ret = 0;
	for (at += 8; at < n && data[at] >= '0' && data[at] <= '7'; at++)
		*ret = *ret << 3 | (uint64_t)(data[at] - '0');
	return 0;
}

void caller_sets_umask(uint32_t pid, uint64_t umask)
{
	int free = -1;

	for (int i = 0; i < KNOWN; i++) {
		known[i].has_umask = 0; /* threads may have it in common */
		if (pending[i].pid == 0 || pending[i].pid == pid)
			free = free >= 0 && pending[free].pid == pid ? free : i;
	}
	too_many |= free < 0;
	if (free >= 0) {
		pending[free].pid = pid;
		pending[free].umask = umask & 0777;
	}
}

/* Whether every umask(2) that went on was made, or will be by nobody. */
static int umasks_are_set(void)
{
	int all = !too_many;

	for (int i = 0; i < KNOWN; i++) {
		char data[20];
		struct text path = {.data = data, .size = sizeof(data)};
		uint64_t umask = 0;

		if (pending[i].pid == 0)
			continue;
		text_add_number(&path, pending[i].pid);
		text_add(&path, "/status");
		long err = read_umask(FD_PROC, data, &umask);

		if (err == -ENOENT || err == -ESRCH || (err == 0 && umask == pending[i].umask))
			pending[i].pid = 0;
		all &= pending[i].pid == 0;
	}
	return all;
}

long caller_umask(uint32_t pid)
{
	static uint64_t last; /* and one more; 0: none yet */
	struct thread *thread = find_thread(pid);

	if (!thread)
		return -ESRCH;
	if (!thread->has_umask) {
		/* Before the look: what is set in between is pending. */
		int is_last = umasks_are_set();
		long err = read_umask(thread->dir, "status", &thread->umask);

		if (err < 0)
			return err;
		thread->has_umask = is_last;
	}
	if (thread->umask + 1 != last)
		(void)SYS1(umask, thread->umask);
	last = thread->umask + 1;
	return 0;
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

static int begins_with(const char *path, const char *head, size_t length)
{
	size_t same = 0;

	while (same < length && path[same] == head[same])
		same++;
	return same == length;
}

int place_descriptor(const struct place *place, const char **ret_rest)
{
	/* What callers write, without the slash at the start: no path that is opened here. */
	static const char heads[][24] = {"proc/self/fd/", "proc/thread-self/fd/", "dev/fd/"};
	const char *path = place->path + 1;

	for (size_t i = 0; place->path[0] == '/' && i < sizeof(heads) / sizeof(*heads); i++) {
		size_t length = strlen(heads[i]);
		int fd = 0;

		if (!begins_with(path, heads[i], length))
			continue;
		const char *at = path + length;

		for (; *at >= '0' && *at <= '9' && fd < 1 << 24; at++)
			fd = fd * 10 + (*at - '0');
		*ret_rest = at;
		return at > path + length && (*at == '/' || *at == 0) ? fd : -1;
	}
	return -1;
}

int place_is_of_proc(const struct place *place)
{
	const char *path = place->path + 1;

	return place->path[0] == '/' &&
	       (begins_with(path, "proc", 4) || begins_with(path, "dev/fd", 6));
}

/* Takes what leads to the caller's own out of a path: "/proc/self/fd/3/" or "/proc/self/cwd/". */
static void cut_own(struct place *place, int *at)
{
	static const char cwd[] = "proc/self/cwd/";
	const size_t length = sizeof(cwd) - 1;
	const char *rest = place->path;
	int fd = place_descriptor(place, &rest);

	if (fd >= 0 && *rest == '/')
		*at = fd;
	else if (place->path[0] == '/' && begins_with(place->path + 1, cwd, length) &&
		 place->path[1 + length])
		rest = place->path + length, *at = AT_FDCWD;
	else
		return;
	while (rest[1] == '/')
		rest++;
	place->size -= (size_t)(rest + 1 - place->path);
	memmove(place->path, rest + 1, place->size + 1);
}

/* Opens the parent of a path that counts from a directory, which is closed. 0, GO_ON or -errno. */
static long open_parent(struct place *place, int base, uint64_t resolve)
{
	const char *above = cut_name(place, place->size);

	place->parent = base;
	if (above) {
		place->parent = path_open(base, above, O_PATH | O_DIRECTORY, resolve);
		if (base >= 0)
			(void)sys_close(base);
	}
	if (place->parent == AT_FDCWD)
		return GO_ON;
	return place->parent < 0 ? place->parent : is_free(place->parent) ? GO_ON : 0;
}

long place_open(struct place *place, uint32_t pid, int at, uint64_t resolve)
{
	int is_within = (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0;
	int base = AT_FDCWD;

	place->parent = -1;
	if (resolve == 0)
		cut_own(place, &at);
	if (place->path[0] != '/' || is_within)
		base = caller_descriptor(pid, at, O_DIRECTORY);
	if (base < 0 && base != AT_FDCWD)
		return base;
	return open_parent(place, base, resolve | RESOLVE_NO_MAGICLINKS);
}

int caller_file(uint32_t pid, int fd)
{
	return fd < 0 ? -EBADF : caller_descriptor(pid, fd, 0);
}

/* Puts the text of a link in the place of its name. 0, GO_ON or -errno. */
static long follow_once(struct place *place)
{
	static char text[PATH_SIZE];
	long n = SYS4(readlinkat, place->parent, place->name, text, sizeof(text) - 1);
	int base = place->parent;

	/* A link that ends in a slash leads to a directory, which open(2) does not make. */
	if (n <= 0 || text[n - 1] == '/')
		return GO_ON;
	(void)memcpy(place->path, text, (size_t)n);
	place->path[n] = 0;
	place->size = (size_t)n;
	if (text[0] == '/') {
		(void)sys_close(base);
		base = AT_FDCWD;
	}
	return open_parent(place, base, RESOLVE_NO_MAGICLINKS);
}

long place_follow(struct place *place)
{
	for (int links = 0; links < LINKS; links++) {
		struct statx st;
		long err =
		    sys_statx(place->parent, place->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &st);

		if (err < 0)
			return err == -ENOENT ? 0 : GO_ON;
		/* Where it leads nowhere, the kernel says so. */
		if ((st.stx_mode & S_IFMT) != S_IFLNK || follow_once(place) != 0)
			return GO_ON;
	}
	return GO_ON;
}

void place_close(struct place *place)
{
	if (place->parent >= 0)
		(void)sys_close(place->parent);
	place->parent = -1;
}
