/* Walks through cgroups without recursion: one descriptor, however deep a container has nested
 * them. */
#include "walk.h"

#include "../sys/path.h"
#include "../sys/str.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY)
#define SAME_FS (RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)
#define MREMAP_MAYMOVE 1

/* The memory for names grows up to a bound. The kernel's own records of a tree with so many names
 * take more memory than the names. */
#define NAMES_FIRST (64UL << 10)
#define NAMES_MAX (1UL << 30)

struct entry {
	uint64_t ino, off;
	unsigned short size;
	unsigned char type;
	char name[];
};

int listing_next(struct listing *list, const char **ret_name)
{
	for (;;) {
		if (list->at >= list->used) {
			list->at = 0;
			list->used = SYS3(getdents64, list->dir, list->buf, sizeof(list->buf));
			if (list->used <= 0)
				return (int)list->used;
		}
		const struct entry *entry = (const void *)(list->buf + list->at);

		list->at += entry->size;
		/* A container may have given its cgroups any name, such as `.hidden`. */
		if (entry->type == 4 /* DT_DIR */ && !str_equal(entry->name, ".") &&
		    !str_equal(entry->name, "..")) {
			*ret_name = entry->name;
			return 1;
		}
	}
}

/* Puts an open directory in the place of the current one. */
static int position_set(struct position *at, int dir, uint32_t depth)
{
	if (dir < 0)
		return dir;
	if (at->dir != at->first)
		(void)sys_close(at->dir);
	at->dir = dir;
	at->depth = depth;
	return 0;
}

int position_down(struct position *at, const char *name)
{
	int dir = path_open(at->dir, name, DIR_FLAGS, SAME_FS | RESOLVE_BENEATH);

	return position_set(at, dir, at->depth + 1);
}

int position_up(struct position *at)
{
	int dir = at->depth == 1 ? at->first : path_open(at->dir, "..", DIR_FLAGS, SAME_FS);

	return position_set(at, dir, at->depth - 1);
}

void position_reset(struct position *at)
{
	(void)position_set(at, at->first, 0);
}

/* The names that a walk has seen and not yet visited: text, NUL, and how deep the directory lies
 * that has the name. The last one is the next. */
static struct {
	char *base;
	size_t room, used;
} names;

struct name_end {
	uint32_t depth, size;
};

static int names_grow(void)
{
	size_t room = names.room ? names.room * 2 : NAMES_FIRST;
	long at;

	if (room > NAMES_MAX)
		return -ENOMEM;
	if (names.room)
		at = SYS4(mremap, names.base, names.room, room, MREMAP_MAYMOVE);
	else
		at = sys_mmap(room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	if (at < 0)
		return (int)at;
	names.base = (char *)at;
	names.room = room;
	return 0;
}

static int names_push(const char *name, uint32_t depth)
{
	struct name_end end = {depth, (uint32_t)strlen(name) + 1};

	while (names.room - names.used < end.size + sizeof(end)) {
		int err = names_grow();

		if (err < 0)
			return err;
	}
	(void)memcpy(names.base + names.used, name, end.size);
	(void)memcpy(names.base + names.used + end.size, &end, sizeof(end));
	names.used += end.size + sizeof(end);
	return 0;
}

/* The last name and how deep its directory lies. It holds until the next push. */
static const char *names_pop(uint32_t *ret_depth)
{
	struct name_end end;

	names.used -= sizeof(end);
	(void)memcpy(&end, names.base + names.used, sizeof(end));
	names.used -= end.size;
	*ret_depth = end.depth;
	return names.base + names.used;
}

/* Notes what is right below the current directory. 0 or -errno. */
static int walk_list(const struct position *at)
{
	static struct listing list;
	const char *name;
	int more = (int)SYS3(lseek, at->dir, 0, 0);

	listing_begin(&list, at->dir);
	while (more >= 0 && (more = listing_next(&list, &name)) > 0)
		more = names_push(name, at->depth);
	/* Removed since it was entered: it had none. */
	return more == -ENOENT ? 0 : more;
}

int walk_next(struct walk *walk)
{
	struct position *at = &walk->at;

	if (walk->visited == 0) {
		names.used = 0;
		walk->visited = 1;
		return 1;
	}
	int err = walk_list(at);

	while (err >= 0 && names.used) {
		uint32_t depth;
		const char *name = names_pop(&depth);

		while (err >= 0 && at->depth > depth)
			err = position_up(at);
		if (err >= 0)
			err = position_down(at, name);
		if (err >= 0) {
			walk->visited++;
			return 1;
		}
		if (err == -ENOENT || err == -ENODEV)
			err = 0;
	}
	return err;
}

void walk_end(struct walk *walk)
{
	position_reset(&walk->at);
}
