/*
 * Functions on paths. Every path is looked up beneath a descriptor by openat2(2) with
 * RESOLVE_BENEATH, whatever links it meets. Calls that take a name get the directory that was found
 * so, and one component.
 */
#include "wasi.h"

#define PATH_SIZE 4096
#define TRIES 128
#define AT_REMOVEDIR_ 0x200
#define ANY_FILE 0666
#define ANY_DIRECTORY 0777

/* lookupflags and oflags of preview 1. */
enum { FOLLOW = 1 };
enum { CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };

/* A path of the module, NUL-terminated. */
struct path {
	char text[PATH_SIZE];
	uint32_t size;
};

static uint32_t take_path(uint32_t at, uint32_t size, struct path *ret)
{
	const char *given = span(at, size);

	if (given == NULL)
		return WASI_FAULT;
	if (size == 0)
		return WASI_NOENT;
	if (size >= PATH_SIZE)
		return WASI_NAMETOOLONG;
	for (uint32_t n = 0; n < size; n++)
		if (given[n] == 0)
			return WASI_INVAL;
	__builtin_memcpy(ret->text, given, size);
	ret->text[size] = 0;
	ret->size = size;
	return WASI_OK;
}

/* A descriptor or -errno. EAGAIN: somebody has moved a directory meanwhile. EXDEV, which leads out,
 * is EPERM for the module. So is everything on a file system of the kernel. */
static long open_beneath(int at, const char *path, uint64_t flags, uint64_t mode)
{
	struct open_how how = {.flags = flags | O_CLOEXEC,
			       .mode = mode,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = -EAGAIN;

	for (int tries = 0; fd == -EAGAIN && tries < TRIES; tries++)
		fd = sys_openat2(at, path, &how);
	if (fd < 0)
		return fd == -EXDEV ? -EPERM : fd;
	return require_no_kernel((int)fd);
}

static uint32_t close_after(long fd, uint32_t err)
{
	(void)sys_close((int)fd);
	return err;
}

/* The directory of the last component, and that component: with a slash behind it, if the path has
 * one. */
struct place {
	struct path path;
	const char *name;
	int base, dir; /* the module's descriptor, and the directory of the name */
	bool has_slash;
};

static uint32_t find_place(uint32_t fd, uint64_t rights, uint32_t at, uint32_t size,
			   struct place *ret)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, rights, &one);
	char *text = ret->path.text;
	uint32_t end, start;
	long dir;

	if (err == WASI_OK)
		err = take_path(at, size, &ret->path);
	if (err != WASI_OK)
		return err;
	for (end = ret->path.size; end > 0 && text[end - 1] == '/'; end--)
		;
	for (start = end; start > 0 && text[start - 1] != '/'; start--)
		;
	/* `/` is absolute, and what `..` names may lie outside. */
	if (end == 0 || (end - start == 2 && text[start] == '.' && text[start + 1] == '.'))
		return WASI_PERM;
	ret->has_slash = end < ret->path.size;
	if (ret->has_slash)
		text[end + 1] = 0;
	ret->name = text + start;
	if (start == 0) {
		dir = open_beneath(one->fd, ".", O_PATH | O_DIRECTORY, 0);
	} else {
		text[start - 1] = 0;
		/* Of an absolute path nothing is left: the kernel refuses it as it refuses `/`. */
		dir = open_beneath(one->fd, start == 1 ? "/" : text, O_PATH | O_DIRECTORY, 0);
	}
	ret->base = one->fd;
	ret->dir = (int)dir;
	return to_errno(dir);
}

enum word { WORD_END, WORD_HERE, WORD_UP, WORD_NAME };

/* What the next component of a path is; goes behind it. */
static enum word next_word(const char **path)
{
	const char *at = *path;
	uint32_t size = 0;

	if (*at == 0)
		return WORD_END;
	while (at[size] != 0 && at[size] != '/')
		size++;
	*path = at + size + (at[size] == '/');
	if (size == 2 && at[0] == '.' && at[1] == '.')
		return WORD_UP;
	return size == 0 || (size == 1 && at[0] == '.') ? WORD_HERE : WORD_NAME;
}

/* How many directories a place is beneath its descriptor. 0 if a link is on the way: words say
 * nothing then. */
static int depth_of(const struct place *place)
{
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	const char *at = place->path.text;
	int depth = 0;
	long fd;

	/* A NUL ends the directory of the name, if it has one. */
	if (place->name == at)
		return 0;
	fd = sys_openat2(place->base, at, &how);
	if (fd < 0)
		return 0;
	(void)sys_close((int)fd);
	for (enum word word = next_word(&at); word != WORD_END; word = next_word(&at))
		depth += (word == WORD_NAME) - (word == WORD_UP);
	return depth;
}

/*
 * Whether a link with this text leads above the descriptor of its place. `..` may only come first:
 * behind a name, which may be a link, nobody knows what it names.
 */
static bool leads_out(const struct place *place, const char *text)
{
	bool is_named = false;
	int climbs = 0;

	if (text[0] == '/')
		return true;
	for (enum word word = next_word(&text); word != WORD_END; word = next_word(&text)) {
		if (word == WORD_UP && is_named)
			return true;
		climbs += word == WORD_UP;
		is_named |= word == WORD_NAME;
	}
	return climbs > 0 && climbs > depth_of(place);
}

/* Whether what is moved is a link that leads out from its new place. */
static bool moves_out(const struct place *from, const struct place *to)
{
	char text[PATH_SIZE];
	long size = SYS4(readlinkat, from->dir, from->name, text, sizeof(text) - 1);

	if (size < 0)
		return false;
	text[size] = 0;
	return leads_out(to, text);
}

/* The object of a path, to look at. */
static uint32_t find_object(uint32_t fd, uint64_t rights, uint32_t lookup, uint32_t at,
			    uint32_t size, long *ret)
{
	struct descriptor *one;
	struct path path;
	uint32_t err = descriptor_get(fd, rights, &one);

	if (err == WASI_OK)
		err = take_path(at, size, &path);
	if (err != WASI_OK)
		return err;
	*ret = open_beneath(one->fd, path.text, O_PATH | (lookup & FOLLOW ? 0 : O_NOFOLLOW), 0);
	return to_errno(*ret);
}

uint32_t WASI(path_create_directory)(SELF, uint32_t fd, uint32_t at, uint32_t size)
{
	struct place place;
	uint32_t err = find_place(fd, RIGHT(CREATE_DIRECTORY), at, size, &place);

	if (err != WASI_OK)
		return err;
	return close_after(place.dir,
			   to_errno(SYS3(mkdirat, place.dir, place.name, ANY_DIRECTORY)));
}

uint32_t WASI(path_filestat_get)(SELF, uint32_t fd, uint32_t lookup, uint32_t at, uint32_t size,
				 uint32_t stat_at)
{
	long found;
	uint32_t err = find_object(fd, RIGHT(PATH_STAT), lookup, at, size, &found);

	return err != WASI_OK ? err : close_after(found, put_filestat(stat_at, (int)found));
}

uint32_t WASI(path_filestat_set_times)(SELF, uint32_t fd, uint32_t lookup, uint32_t at,
				       uint32_t size, uint64_t access, uint64_t change,
				       uint32_t flags)
{
	struct __kernel_timespec times[2];
	long found;
	uint32_t err = take_times(access, change, flags, times);

	if (err == WASI_OK)
		err = find_object(fd, RIGHT(PATH_SET_TIMES), lookup, at, size, &found);
	if (err != WASI_OK)
		return err;
	return close_after(found, to_errno(SYS4(utimensat, found, "", times, AT_EMPTY_PATH)));
}

uint32_t WASI(path_link)(SELF, uint32_t from, uint32_t lookup, uint32_t from_at, uint32_t from_size,
			 uint32_t to, uint32_t to_at, uint32_t to_size)
{
	struct place source, target;
	uint32_t err;

	/* linkat(2) would follow the link out of the directory. */
	if (lookup & FOLLOW)
		return WASI_INVAL;
	err = find_place(from, RIGHT(LINK_SOURCE), from_at, from_size, &source);
	if (err != WASI_OK)
		return err;
	/* With a slash behind its name a link is followed even so. */
	if (source.has_slash)
		return close_after(source.dir, WASI_NOTDIR);
	err = find_place(to, RIGHT(LINK_TARGET), to_at, to_size, &target);
	if (err != WASI_OK)
		return close_after(source.dir, err);
	err = moves_out(&source, &target)
		  ? WASI_PERM
		  : to_errno(SYS5(linkat, source.dir, source.name, target.dir, target.name, 0));
	return close_after(target.dir, close_after(source.dir, err));
}

static uint64_t open_flags(uint32_t oflags, uint64_t rights, uint32_t fdflags)
{
	bool reads = rights & (RIGHT(READ) | RIGHT(READDIR));
	bool resizes = rights & (RIGHT(ALLOCATE) | RIGHT(SET_SIZE));
	/* A directory that shall be written is the kernel's to refuse: ISDIR. */
	bool writes = (rights & RIGHT(WRITE)) || (resizes && !(oflags & DIRECTORY));
	/* fdflags: append, dsync, nonblock, rsync, sync */
	const uint64_t more[] = {O_APPEND, O_DSYNC, O_NONBLOCK, O_SYNC, O_SYNC};
	uint64_t flags = O_NOCTTY;

	if (writes)
		flags |= reads ? O_RDWR : O_WRONLY;
	flags |= (oflags & CREATE ? O_CREAT : 0) | (oflags & DIRECTORY ? O_DIRECTORY : 0);
	flags |= (oflags & EXCLUSIVE ? O_EXCL : 0) | (oflags & TRUNCATE ? O_TRUNC : 0);
	for (unsigned bit = 0; bit < 5; bit++)
		flags |= fdflags >> bit & 1 ? more[bit] : 0;
	return flags;
}

uint32_t WASI(path_open)(SELF, uint32_t fd, uint32_t lookup, uint32_t at, uint32_t size,
			 uint32_t oflags, uint64_t rights, uint64_t inheriting, uint32_t fdflags,
			 uint32_t fd_at)
{
	uint64_t needed = RIGHT(OPEN) | (oflags & CREATE ? RIGHT(CREATE_FILE) : 0) |
			  (oflags & TRUNCATE ? RIGHT(PATH_SET_SIZE) : 0);
	struct descriptor *one;
	struct path path;
	uint32_t err = descriptor_get(fd, needed, &one);
	uint64_t flags = open_flags(oflags, rights, fdflags);
	long found;

	if (err == WASI_OK)
		err = take_path(at, size, &path);
	if (err != WASI_OK)
		return err;
	if (oflags > 15 || fdflags > 31 || ((oflags & DIRECTORY) && (oflags & CREATE)))
		return WASI_INVAL;
	flags |= lookup & FOLLOW ? 0 : O_NOFOLLOW;
	found = open_beneath(one->fd, path.text, flags, oflags & CREATE ? ANY_FILE : 0);
	if (found < 0)
		return to_errno(found);
	return descriptor_add((struct descriptor){.fd = (int)found,
						  .type = type_of((int)found),
						  .flags = (uint16_t)fdflags,
						  .rights = rights & one->inheriting,
						  .inheriting = inheriting & one->inheriting},
			      fd_at);
}

uint32_t WASI(path_readlink)(SELF, uint32_t fd, uint32_t at, uint32_t size, uint32_t to_at,
			     uint32_t to_size, uint32_t used_at)
{
	char *to = span(to_at, to_size);
	long found, got;
	uint32_t err = find_object(fd, RIGHT(READLINK), 0, at, size, &found);

	if (err != WASI_OK)
		return err;
	if (to == NULL)
		return close_after(found, WASI_FAULT);
	if (to_size == 0)
		return close_after(found, put32(used_at, 0));
	got = SYS4(readlinkat, found, "", to, to_size);
	/* What is no link: readlinkat(2) of a descriptor says ENOENT. */
	return close_after(found, moved(got == -ENOENT ? -EINVAL : got, used_at));
}

static uint32_t unlink_at(uint32_t fd, uint64_t right, uint32_t at, uint32_t size, int flags)
{
	struct place place;
	uint32_t err = find_place(fd, right, at, size, &place);

	if (err != WASI_OK)
		return err;
	return close_after(place.dir, to_errno(SYS3(unlinkat, place.dir, place.name, flags)));
}

uint32_t WASI(path_remove_directory)(SELF, uint32_t fd, uint32_t at, uint32_t size)
{
	return unlink_at(fd, RIGHT(REMOVE_DIRECTORY), at, size, AT_REMOVEDIR_);
}

uint32_t WASI(path_unlink_file)(SELF, uint32_t fd, uint32_t at, uint32_t size)
{
	return unlink_at(fd, RIGHT(UNLINK_FILE), at, size, 0);
}

uint32_t WASI(path_rename)(SELF, uint32_t from, uint32_t from_at, uint32_t from_size, uint32_t to,
			   uint32_t to_at, uint32_t to_size)
{
	struct place source, target;
	uint32_t err = find_place(from, RIGHT(RENAME_SOURCE), from_at, from_size, &source);

	if (err != WASI_OK)
		return err;
	err = find_place(to, RIGHT(RENAME_TARGET), to_at, to_size, &target);
	if (err != WASI_OK)
		return close_after(source.dir, err);
	err = moves_out(&source, &target)
		  ? WASI_PERM
		  : to_errno(SYS5(renameat2, source.dir, source.name, target.dir, target.name, 0));
	return close_after(target.dir, close_after(source.dir, err));
}

uint32_t WASI(path_symlink)(SELF, uint32_t text_at, uint32_t text_size, uint32_t fd, uint32_t at,
			    uint32_t size)
{
	struct path text;
	struct place place;
	uint32_t err = take_path(text_at, text_size, &text);

	if (err != WASI_OK)
		return err;
	err = find_place(fd, RIGHT(SYMLINK), at, size, &place);
	if (err != WASI_OK)
		return err;
	if (leads_out(&place, text.text))
		return close_after(place.dir, WASI_PERM);
	return close_after(place.dir, to_errno(SYS3(symlinkat, text.text, place.dir, place.name)));
}
