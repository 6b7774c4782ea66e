/* What layers have: every name of the upper one, and what of the lower one it hides. Without
 * recursion: a program may have nested directories as deep as it liked. */
#include "layers.h"

/* Deeper directories are listed, and not entered: two descriptors of each level are open. */
#define DEPTH_MAX 256
#define PATH_ROOM (DEPTH_MAX * 257)
/* Larger files count as different, whatever is in them. */
#define COMPARED_MAX (256UL << 20)

struct entry {
	uint64_t ino, off;
	unsigned short size;
	unsigned char type;
	char name[];
};

/* A directory that is being read. */
struct level {
	int upper, lower;
	/* The names of the lower one are read, all of which are hidden. */
	int is_lower;
	/* What the upper one has hides all of the lower one. */
	int is_opaque;
	uint64_t off;
	size_t path;
};

static struct level levels[DEPTH_MAX];
static unsigned depth;
static char path[PATH_ROOM];
static struct {
	_Alignas(8) char data[16384];
	long at, used;
} names;
static char contents[2][16384];

/* What is known of a name in both layers. */
struct found {
	const char *name;
	struct statx upper, lower;
	int has_upper, has_lower;
	char flags[8];
	unsigned flag_count;
};

static void flag(struct found *f, char letter)
{
	f->flags[f->flag_count++] = letter;
}

static int is_dir(const struct statx *st)
{
	return (st->stx_mode & S_IFMT_) == S_IFDIR_;
}

static int is_whiteout(const struct statx *st)
{
	return (st->stx_mode & S_IFMT_) == S_IFCHR_ && st->stx_rdev_major == 0 &&
	       st->stx_rdev_minor == 0;
}

static int open_dir(int at, const char *name)
{
	return path_open(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, LAYER_RESOLVE);
}

/* Whether a directory of the upper layer hides all of the lower one; -EINVAL for an attribute of
 * overlays that nobody here knows. */
static int read_opaque(int dir)
{
	char value[2] = {0};
	long n = SYS4(fgetxattr, dir, "user.overlay.opaque", value, sizeof(value));

	if (n == -ENODATA || n == -EOPNOTSUPP)
		n = 0;
	else if (n >= 0 && (n != 1 || value[0] != 'y'))
		n = -EINVAL;
	for (const char *const *name =
		 (const char *const[]){"user.overlay.redirect", "user.overlay.metacopy", NULL};
	     n >= 0 && *name; name++)
		if (SYS4(fgetxattr, dir, *name, 0, 0) >= 0)
			n = -EINVAL;
	return (int)n;
}

static int open_file(int dir, const char *name, uint64_t ino)
{
	struct statx st;
	int fd = path_open(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, LAYER_RESOLVE);

	if (fd < 0)
		return fd;
	if (fd_stat(fd, &st) == 0 && (st.stx_mode & S_IFMT_) == S_IFREG_ && st.stx_ino == ino)
		return fd;
	(void)sys_close(fd);
	return -ESTALE;
}

static int same_bytes(int a, int b)
{
	for (;;) {
		long n = sys_read(a, contents[0], sizeof(contents[0]));

		if (n <= 0)
			return n == 0 && sys_read(b, contents[1], 1) == 0;
		for (long at = 0; at < n;) {
			long m = sys_read(b, contents[1] + at, (size_t)(n - at));

			if (m <= 0)
				return 0;
			at += m;
		}
		if (memcmp(contents[0], contents[1], (size_t)n) != 0)
			return 0;
	}
}

static int same_link(const struct level *at, const char *name)
{
	long n = SYS4(readlinkat, at->upper, name, contents[0], sizeof(contents[0]));
	long m = SYS4(readlinkat, at->lower, name, contents[1], sizeof(contents[1]));

	return n > 0 && n == m && memcmp(contents[0], contents[1], (size_t)n) == 0;
}

/* Whether both layers have the same there, besides its attributes. */
static int is_same(const struct level *at, const struct found *f)
{
	if (object_kind(&f->upper) != object_kind(&f->lower))
		return 0;
	if (object_kind(&f->upper) == 'l')
		return same_link(at, f->name);
	if (object_kind(&f->upper) != 'f' || f->upper.stx_size != f->lower.stx_size ||
	    f->upper.stx_size > COMPARED_MAX)
		return 0;
	int a = open_file(at->upper, f->name, f->upper.stx_ino);
	int b = open_file(at->lower, f->name, f->lower.stx_ino);
	int same = a >= 0 && b >= 0 && same_bytes(a, b);

	(void)sys_close(a);
	(void)sys_close(b);
	return same;
}

static int tell_stat(const struct statx *st)
{
	const uint64_t numbers[] = {st->stx_ino,
				    st->stx_mode & 07777,
				    st->stx_uid,
				    st->stx_gid,
				    st->stx_size,
				    st->stx_blocks,
				    st->stx_nlink,
				    time_of(&st->stx_mtime),
				    time_of(&st->stx_ctime)};
	char kind[2] = {object_kind(st)};
	int err = out_text(kind);

	for (unsigned i = 0; err == 0 && i < sizeof(numbers) / sizeof(*numbers); i++) {
		err = out_text(",");
		if (err == 0)
			err = out_number(numbers[i]);
	}
	return err;
}

/* A record: the path, what both layers have there, and where a link of the upper one leads. */
static int tell(const struct level *at, const struct found *f)
{
	int err = out_text(path);

	if (err == 0)
		err = out_bytes("", 1);
	if (err == 0)
		err = out_text(f->flag_count ? f->flags : ".");
	if (err == 0)
		err = out_text(" ");
	if (err == 0)
		err = f->has_upper ? tell_stat(&f->upper) : out_text("-");
	if (err == 0)
		err = out_text(" ");
	if (err == 0)
		err = f->has_lower ? tell_stat(&f->lower) : out_text("-");
	if (err == 0)
		err = out_bytes("", 1);
	if (err == 0 && f->has_upper && object_kind(&f->upper) == 'l') {
		long n = SYS4(readlinkat, at->upper, f->name, contents[0], sizeof(contents[0]));

		err = n < 0 ? (int)n : out_bytes(contents[0], (size_t)n);
	}
	return err < 0 ? err : out_bytes("", 1);
}

static int add_name(size_t at, const char *name)
{
	size_t size = strlen(name) + 1;

	if (at + 1 + size > sizeof(path))
		return -ENAMETOOLONG;
	if (at > 0)
		path[at++] = '/';
	(void)memcpy(path + at, name, size);
	return 0;
}

/* Enters what is a directory in a layer that counts. 0, or -errno for what cannot be told. */
static int enter(struct level *at, struct found *f)
{
	int in_upper = f->has_upper && is_dir(&f->upper);
	int in_lower =
	    f->has_lower && is_dir(&f->lower) && !(f->lower.stx_attributes & STATX_ATTR_MOUNT_ROOT);

	if (!in_upper && !in_lower)
		return 0;
	if (depth == DEPTH_MAX) {
		flag(f, 'D');
		return 0;
	}
	struct level *next = &levels[depth];

	*next =
	    (struct level){.upper = -1, .lower = -1, .is_lower = !in_upper, .path = strlen(path)};
	if (in_upper) {
		next->upper = open_dir(at->upper, f->name);
		next->is_opaque = next->upper < 0 ? 0 : read_opaque(next->upper);
	}
	if (in_lower)
		next->lower = open_dir(at->lower, f->name);
	if (next->is_opaque < 0)
		flag(f, 'x');
	else if (next->is_opaque)
		flag(f, 'o');
	if ((in_upper && next->upper < 0) || (in_lower && next->lower < 0) || next->is_opaque < 0) {
		flag(f, '!');
		(void)sys_close(next->upper);
		(void)sys_close(next->lower);
		return 0;
	}
	depth++;
	return 0;
}

static int visit(struct level *at, const char *name)
{
	static struct found f;

	f = (struct found){.name = name};
	int err = add_name(at->path, name);

	if (err < 0)
		return err;
	long upper = at->is_lower ? -ENOENT : name_stat(at->upper, name, &f.upper);
	long lower = at->lower < 0 ? -ENOENT : name_stat(at->lower, name, &f.lower);

	/* A directory may give its names, and nothing about them. */
	if ((upper < 0 && upper != -ENOENT) || (lower < 0 && lower != -ENOENT)) {
		flag(&f, '!');
		return tell(at, &f);
	}
	if (!at->is_lower && upper < 0)
		return 0;
	f.has_lower = lower == 0;
	f.has_upper = !at->is_lower && !is_whiteout(&f.upper);
	if (!f.has_upper && !f.has_lower)
		return 0;
	/* Told already, with what the upper layer has in its place. */
	if (at->is_lower && at->upper >= 0) {
		struct statx st;

		if (name_stat(at->upper, name, &st) == 0)
			return 0;
	}
	if (!f.has_upper)
		flag(&f, 'g');
	if (f.has_lower && (f.lower.stx_attributes & STATX_ATTR_MOUNT_ROOT))
		flag(&f, 'm');
	if (f.has_upper && f.has_lower && is_same(at, &f))
		flag(&f, '=');
	err = enter(at, &f);
	return err < 0 ? err : tell(at, &f);
}

/* The next name of the level, with where to go on after it; NULL at its end, -errno in *ret_err. */
static const char *next_name(struct level *at, int *ret_err)
{
	int dir = at->is_lower ? at->lower : at->upper;

	for (;;) {
		if (names.at >= names.used) {
			names.at = 0;
			names.used = SYS3(getdents64, dir, names.data, sizeof(names.data));
			if (names.used <= 0) {
				*ret_err = (int)names.used;
				names.used = 0;
				return NULL;
			}
		}
		const struct entry *entry = (const void *)(names.data + names.at);

		names.at += entry->size;
		at->off = entry->off;
		if (!str_equal(entry->name, ".") && !str_equal(entry->name, ".."))
			return entry->name;
	}
}

/* Goes on in the directory that is deepest now, where it was left. 0 or -errno. */
static int resume(void)
{
	struct level *at = &levels[depth - 1];

	names.at = names.used = 0;
	long err = at->off ? SYS3(lseek, at->is_lower ? at->lower : at->upper, at->off, 0) : 0;

	return err < 0 ? (int)err : 0;
}

/* After the names of the upper directory those of the lower one, if they are hidden. */
static int leave(void)
{
	struct level *at = &levels[depth - 1];

	if (!at->is_lower && at->is_opaque && at->lower >= 0) {
		at->is_lower = 1;
		at->off = 0;
		names.at = names.used = 0;
		return 0;
	}
	(void)sys_close(at->upper);
	(void)sys_close(at->lower);
	return --depth == 0 ? 0 : resume();
}

int layers_list(const struct layers *l)
{
	int err = 0;

	levels[0] =
	    (struct level){.upper = open_dir(l->upper, "."), .lower = open_dir(l->lower, ".")};
	if (levels[0].upper < 0 || levels[0].lower < 0)
		return levels[0].upper < 0 ? levels[0].upper : levels[0].lower;
	depth = 1;
	while (err == 0 && depth > 0) {
		unsigned before = depth;
		static char name[256];
		const char *found = next_name(&levels[depth - 1], &err);

		if (err < 0)
			break;
		if (!found) {
			err = leave();
			continue;
		}
		/* Some file systems have longer names than most: FUSE, kernfs. */
		if (strlen(found) >= sizeof(name)) {
			err = -ENAMETOOLONG;
			break;
		}
		(void)memcpy(name, found, strlen(found) + 1);
		err = visit(&levels[depth - 1], name);
		if (err == 0 && depth > before)
			names.at = names.used = 0;
	}
	return err < 0 ? err : out_bytes("\0end\0", 6);
}
