/* Copies of what was judged, in a place of the caller's own: slots, which are names that are
 * numbers. Only contents, permission bits and plain attributes are copied. */
#include "layers.h"

#define FICLONE 0x40049409
#define SEEK_DATA 3
#define SEEK_HOLE 4
#define MODE_MAX 0777

static char buffer[65536];

/* A field that is a number: of a group, or all ones for the caller's own, or permission bits. */
static int read_number(const char *text, uint64_t *ret)
{
	return text && str_number(&text, ret) == 0 && !*text ? 0 : -EINVAL;
}

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

/* Attributes of users, and none by which a program says what a file would be elsewhere. Without its
 * list of access the bits of a file's group mean something else. */
static int is_copied(const char *name)
{
	static const char *const apart[] = {"user.overlay.", "user.containers.",
					    "user.fuseoverlayfs.", "user.rsync.", "user.virtfs."};

	for (unsigned i = 0; i < sizeof(apart) / sizeof(*apart); i++)
		if (begins_with(name, apart[i]))
			return 0;
	return begins_with(name, "user.") || str_equal(name, "system.posix_acl_access");
}

/* 0 or -errno. */
static int copy_attributes(int from, int to)
{
	static char names[65536], value[65536];
	long size = SYS3(flistxattr, from, names, sizeof(names) - 32);

	if (size == -EOPNOTSUPP)
		return 0;
	for (long at = 0; at < size; at += (long)strlen(names + at) + 1) {
		const char *name = names + at;

		if (!is_copied(name))
			continue;
		long n = SYS4(fgetxattr, from, name, value, sizeof(value));
		long err = n < 0 ? n : SYS5(fsetxattr, to, name, value, n, 0);

		if (err < 0)
			return (int)err;
	}
	return size < 0 ? (int)size : 0;
}

/* Group, bits, attributes and time of a copy. */
static int finish(int from, int to, const struct statx *st, uint64_t group, uint64_t mode)
{
	const struct __kernel_timespec times[] = {{.tv_nsec = 0x3ffffffe /* UTIME_OMIT */},
						  {st->stx_mtime.tv_sec, st->stx_mtime.tv_nsec}};
	long err = group == UINT32_MAX ? 0 : SYS3(fchown, to, -1, group);

	if (err == 0)
		err = SYS2(fchmod, to, mode & MODE_MAX);
	if (err == 0)
		err = copy_attributes(from, to);
	if (err == 0)
		err = SYS4(utimensat, to, 0, times, 0);
	return (int)err;
}

static int make_file(int from, int slots, const char *slot, const struct statx *st, uint64_t group,
		     uint64_t mode)
{
	int to = (int)sys_openat(slots, slot, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				 0600);

	if (to < 0)
		return to;
	int err = copy_data(from, to, st->stx_size);

	if (err == 0)
		err = finish(from, to, st, group, mode);
	(void)sys_close(to);
	return err;
}

static int make_dir(int from, int slots, const char *slot, const struct statx *st, uint64_t group,
		    uint64_t mode)
{
	long err = SYS3(mkdirat, slots, slot, 0700);
	int to = err < 0
		     ? (int)err
		     : path_open(slots, slot, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, LAYER_RESOLVE);

	if (to < 0)
		return to;
	err = finish(from, to, st, group, mode);
	(void)sys_close(to);
	return (int)err;
}

static int make_link(const char *target, int slots, const char *slot, uint64_t group)
{
	long err = SYS3(symlinkat, target, slots, slot);

	if (err == 0 && group != UINT32_MAX)
		err = SYS5(fchownat, slots, slot, -1, group, AT_SYMLINK_NOFOLLOW);
	return (int)err;
}

/* A copy that is asked for. */
struct copy {
	const char *slot, *path, *target;
	struct object object;
	uint64_t group, mode;
};

/* Opens what is to be copied, if that is still what was judged. A descriptor, or -errno. */
static int open_judged(const struct layers *l, const struct copy *c, struct statx *ret)
{
	const char *name;
	int is_dir = c->object.kind == 'd' ? O_DIRECTORY : 0;
	int dir = path_above(l->upper, c->path, &name);

	if (dir < 0)
		return dir;
	int fd = path_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | is_dir,
			   LAYER_RESOLVE);
	int err = fd < 0 ? fd : (int)fd_stat(fd, ret);

	(void)sys_close(dir);
	if (err == 0 && object_is(&c->object, ret))
		return fd;
	(void)sys_close(fd);
	return err < 0 ? err : -ESTALE;
}

/* Makes the copy of one object. A link is made from the words that were judged. */
static int stage(const struct layers *l, const struct copy *c)
{
	struct statx st;

	if (c->object.kind == 'l')
		return make_link(c->target, l->slots, c->slot, c->group);
	if (c->object.kind != 'f' && c->object.kind != 'd')
		return -EINVAL;
	int from = open_judged(l, c, &st);

	if (from < 0)
		return from;
	int err = c->object.kind == 'f' ? make_file(from, l->slots, c->slot, &st, c->group, c->mode)
					: make_dir(from, l->slots, c->slot, &st, c->group, c->mode);

	(void)sys_close(from);
	return err;
}

/* A line for a copy: its slot, and what it is, or the errno. */
static int tell(const struct layers *l, const char *slot, int error)
{
	struct statx st;
	char kind[2] = {0};

	if (error == 0)
		error = (int)name_stat(l->slots, slot, &st);
	int err = out_text(slot);

	if (err == 0)
		err = out_text(error < 0 ? " ! " : " ");
	if (err == 0 && error < 0)
		err = out_number((uint64_t)-error);
	if (err == 0 && error == 0) {
		const uint64_t numbers[] = {st.stx_ino, st.stx_size, time_of(&st.stx_mtime)};

		kind[0] = object_kind(&st);
		err = out_text(kind);
		for (unsigned i = 0; err == 0 && i < 3; i++) {
			err = out_text(" ");
			if (err == 0)
				err = out_number(numbers[i]);
		}
	}
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
	*ret = (struct copy){.slot = layers_field(l), .path = layers_field(l)};
	const char *object = layers_field(l);

	if (!object || object_read(object, &ret->object) < 0)
		return -EINVAL;
	if (read_number(layers_field(l), &ret->group) < 0 ||
	    read_number(layers_field(l), &ret->mode) < 0)
		return -EINVAL;
	ret->target = layers_field(l);
	return ret->target ? 0 : -EINVAL;
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
	}
	return err < 0 ? err : to_disk(l->slots);
}
