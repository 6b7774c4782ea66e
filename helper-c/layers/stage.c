/* Copies of what was judged, in a place of the caller's own: slots, which are names that are
 * numbers. Only contents, permission bits and plain attributes are copied. */
#include "layers.h"

#define FICLONE 0x40049409
#define SEEK_DATA 3
#define SEEK_HOLE 4
#define MODE_MAX 0777

/* Parts of files, and values of attributes, of which the kernel knows no larger ones. */
static char buffer[65536];

static int write_all(int fd, const char *data, size_t size, uint64_t at)
{
	for (size_t done = 0; done < size;) {
		long n = SYS4(pwrite64, fd, data + done, size - done, at + done);

		if (n < 0 && n != -EINTR)
			return (int)n;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Copies a part that has data. 0 or -errno. */
static int copy_part(int from, int to, uint64_t at, uint64_t end)
{
	while (at < end) {
		size_t most = end - at < sizeof(buffer) ? (size_t)(end - at) : sizeof(buffer);
		long n = SYS4(pread64, from, buffer, most, at);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? (int)n : -ESTALE;
		int err = write_all(to, buffer, (size_t)n, at);

		if (err < 0)
			return err;
		at += (uint64_t)n;
	}
	return 0;
}

/* What is a hole stays one: a file may claim to be larger than every disk. */
static int copy_data(int from, int to, uint64_t size)
{
	if (SYS3(ioctl, to, FICLONE, from) == 0)
		return 0;
	int err = (int)SYS2(ftruncate, to, size);

	for (uint64_t at = 0; err == 0 && at < size;) {
		long data = SYS3(lseek, from, at, SEEK_DATA);

		if (data == -ENXIO)
			return 0;
		long hole = data < 0 ? data : SYS3(lseek, from, data, SEEK_HOLE);

		if (hole < 0)
			return (int)hole;
		at = (uint64_t)hole < size ? (uint64_t)hole : size;
		err = copy_part(from, to, (uint64_t)data, at);
	}
	return err;
}

static int begins_with(const char *text, const char *start)
{
	return memcmp(text, start, strlen(start)) == 0;
}

/* Attributes of users, and none by which a program says what a file would be elsewhere. */
static int is_copied(const char *name)
{
	static const char *const apart[] = {"user.overlay.", "user.containers.",
					    "user.fuseoverlayfs.", "user.rsync.", "user.virtfs."};

	for (unsigned i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (begins_with(name, apart[i]))
			return 0;
	return begins_with(name, "user.");
}

#define ACL "system.posix_acl_access"
#define DEFAULT_ACL "system.posix_acl_default"

static int remove_attribute(int fd, const char *name)
{
	long err = SYS2(fremovexattr, fd, name);

	return err == -ENODATA || err == -EOPNOTSUPP ? 0 : (int)err;
}

/* Who else may use a file is for its tree to say, which has the object that the copy is for. The
 * copy got another list from the place where it was made. 0 or -errno. */
static int copy_access(int kept, int to)
{
	long n = kept < 0 ? -ENODATA : SYS4(fgetxattr, kept, ACL, buffer, sizeof(buffer));
	long err = 0;

	if (n == -ENODATA || n == -EOPNOTSUPP)
		err = remove_attribute(to, ACL);
	else
		err = n < 0 ? n : SYS5(fsetxattr, to, ACL, buffer, n, 0);
	return err < 0 ? (int)err : remove_attribute(to, DEFAULT_ACL);
}

/* 0 or -errno. */
static int copy_attributes(int from, int to)
{
	static char names[65536];
	long size = SYS3(flistxattr, from, names, sizeof(names) - 32);

	if (size == -EOPNOTSUPP)
		return 0;
	for (long at = 0; at < size; at += (long)strlen(names + at) + 1) {
		const char *name = names + at;

		if (!is_copied(name))
			continue;
		long n = SYS4(fgetxattr, from, name, buffer, sizeof(buffer));
		long err = n < 0 ? n : SYS5(fsetxattr, to, name, buffer, n, 0);

		if (err < 0)
			return (int)err;
	}
	return size < 0 ? (int)size : 0;
}

/* A copy that is asked for. `kept`: what the tree has in its place; -1 for nothing. */
struct copy {
	const char *slot, *path, *target;
	struct object object, lower;
	uint64_t group;
	int from, kept;
	struct statx st;
};

/* What is new has no bits that the caller gives to nobody. */
static unsigned mode_of(const struct copy *c)
{
	unsigned mode = c->object.mode & MODE_MAX;

	if (c->lower.kind != '-')
		return mode;
	unsigned mask = (unsigned)SYS1(umask, 077);

	(void)SYS1(umask, mask);
	return mode & ~(mask & 077);
}

/* Group, list of access, bits, attributes and time of a copy. */
static int finish(const struct copy *c, int to)
{
	const struct __kernel_timespec times[] = {
	    {.tv_nsec = 0x3ffffffe /* UTIME_OMIT */},
	    {c->st.stx_mtime.tv_sec, c->st.stx_mtime.tv_nsec}};
	long err = c->group == UINT32_MAX ? 0 : SYS3(fchown, to, -1, c->group);

	if (err == 0)
		err = copy_access(c->kept, to);
	if (err == 0)
		err = SYS2(fchmod, to, mode_of(c));
	if (err == 0)
		err = copy_attributes(c->from, to);
	if (err == 0)
		err = SYS4(utimensat, to, 0, times, 0);
	return (int)err;
}

static int make_file(const struct layers *l, const struct copy *c)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int to = (int)sys_openat(l->slots, c->slot, flags, 0600);

	if (to < 0)
		return to;
	int err = copy_data(c->from, to, c->st.stx_size);

	if (err == 0)
		err = finish(c, to);
	(void)sys_close(to);
	return err;
}

static int make_dir(const struct layers *l, const struct copy *c)
{
	int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
	long err = SYS3(mkdirat, l->slots, c->slot, 0700);
	int to = err < 0 ? (int)err : path_open(l->slots, c->slot, how, LAYER_RESOLVE);

	if (to < 0)
		return to;
	err = finish(c, to);
	(void)sys_close(to);
	return (int)err;
}

static int make_link(const struct layers *l, const struct copy *c)
{
	long err = SYS3(symlinkat, c->target, l->slots, c->slot);

	if (err == 0 && c->group != UINT32_MAX)
		err = SYS5(fchownat, l->slots, c->slot, -1, c->group, AT_SYMLINK_NOFOLLOW);
	return (int)err;
}

/* Opens an object beneath a directory, if that is still what was judged. A descriptor, or -errno.
 */
static int open_judged(int at, const char *path, const struct object *o, struct statx *ret)
{
	const char *name;
	int is_dir = o->kind == 'd' ? O_DIRECTORY : 0;
	int how = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | is_dir;
	int dir = path_above(at, path, &name);

	if (dir < 0)
		return dir;
	int fd = path_open(dir, name, how, LAYER_RESOLVE);
	int err = fd < 0 ? fd : (int)fd_stat(fd, ret);

	(void)sys_close(dir);
	if (err == 0 && object_is_untouched(o, ret))
		return fd;
	(void)sys_close(fd);
	return err < 0 ? err : -ESTALE;
}

/* Makes the copy of one object. A link is made from the words that were judged. A list of access
 * that cannot be read is none that may be lost. */
static int stage(const struct layers *l, struct copy *c)
{
	struct statx st;
	int is_same_kind = c->lower.kind == c->object.kind;

	if (c->object.kind == 'l')
		return make_link(l, c);
	if (c->object.kind != 'f' && c->object.kind != 'd')
		return -EINVAL;
	c->from = open_judged(l->upper, c->path, &c->object, &c->st);
	if (c->from < 0)
		return c->from;
	c->kept = is_same_kind ? open_judged(l->lower, c->path, &c->lower, &st) : -1;
	int err = c->kept < 0 && is_same_kind ? c->kept
		  : c->object.kind == 'f'     ? make_file(l, c)
					      : make_dir(l, c);

	(void)sys_close(c->kept);
	(void)sys_close(c->from);
	return err;
}

/* A line for a copy: its slot, and what it is, or the errno. */
static int tell(const struct layers *l, const char *slot, int error)
{
	struct statx st;

	if (error == 0)
		error = (int)name_stat(l->slots, slot, &st);
	int err = out_text(slot);

	if (err == 0)
		err = out_text(error < 0 ? " ! " : " ");
	if (err == 0)
		err = error < 0 ? out_number((uint64_t)-error) : out_object(&st);
	return err < 0 ? err : out_text("\n");
}

/* What was copied is on the disk before anything refers to it. */
static int to_disk(int dir)
{
	int fd = path_open(dir, ".", O_RDONLY | O_DIRECTORY, LAYER_RESOLVE);
	long err = fd < 0 ? fd : SYS1(syncfs, fd);

	(void)sys_close(fd);
	return (int)err;
}

static int read_copy(struct layers *l, struct copy *ret)
{
	*ret =
	    (struct copy){.slot = layers_field(l), .path = layers_field(l), .from = -1, .kept = -1};
	const char *object = layers_field(l), *lower = layers_field(l), *group = layers_field(l);

	ret->target = layers_field(l);
	if (!ret->target || object_read(object, &ret->object) < 0 ||
	    object_read(lower, &ret->lower) < 0)
		return -EINVAL;
	return str_number(&group, &ret->group) == 0 && !*group ? 0 : -EINVAL;
}

int layers_stage(struct layers *l)
{
	int err = 0;

	while (err == 0 && l->input_size > 0) {
		struct copy c;
		int failed = read_copy(l, &c);

		if (failed < 0)
			return failed;
		failed = stage(l, &c);
		err = tell(l, c.slot, failed);
		if (failed < 0)
			return failed;
		tell_progress(l, "copying");
	}
	return err < 0 ? err : to_disk(l->slots);
}
