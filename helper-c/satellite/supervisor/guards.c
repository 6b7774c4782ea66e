/* Which names are guarded, and where the kernel lets the program make names. */
#include "../../sys/path.h"
#include "../../sys/str.h"
#include "supervisor.h"

/* A run of paths, each with its NUL. */
struct paths {
	const char *at, *end;
};
static struct paths guarded;

/* The mounts whose root has a rule. A rule about another directory saves nothing: names beneath it
 * are made here. */
static uint64_t free_mounts[64];
static uint32_t free_count;

void guards_set(const char *names, uint32_t names_size, const char *free, uint32_t free_size)
{
	guarded = (struct paths){names, names + names_size};
	for (const char *dir = free; dir < free + free_size; dir += strlen(dir) + 1) {
		struct statx st;

		if (free_count == sizeof(free_mounts) / sizeof(*free_mounts) ||
		    sys_statx(AT_FDCWD, dir, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &st) < 0 ||
		    !(st.stx_attributes & STATX_ATTR_MOUNT_ROOT))
			continue;
		free_mounts[free_count++] = st.stx_mnt_id;
	}
}

int guards_any(void)
{
	return guarded.at < guarded.end;
}

int is_free(int dir)
{
	struct statx st;

	/* Whatever is in the mount is beneath its root, which has the rule. */
	if (sys_statx(dir, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0)
		for (uint32_t i = 0; i < free_count; i++)
			if (free_mounts[i] == st.stx_mnt_id)
				return 1;
	return 0;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Letters that file systems may take for ASCII: full case folding, like in Linux. */
static const struct {
	char utf8[4], ascii[4];
} letters[] = {
    {"\xc5\xbf", "s"},	    {"\xe2\x84\xaa", "k"},   {"\xc3\x9f", "ss"},
    {"\xe1\xba\x9e", "ss"}, {"\xef\xac\x80", "ff"},  {"\xef\xac\x81", "fi"},
    {"\xef\xac\x82", "fl"}, {"\xef\xac\x83", "ffi"}, {"\xef\xac\x84", "ffl"},
    {"\xef\xac\x85", "st"}, {"\xef\xac\x86", "st"},
};

/*
 * A name as file systems may compare it that do not regard the case, or drop what cannot be seen or
 * is a dot or a blank at the end. What is not ASCII counts as nothing, but for these letters.
 * Its length.
 */
static size_t fold(const char *name, size_t length, char *ret)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used < NAME_SIZE; i++) {
		if ((uint8_t)name[i] < 0x80)
			ret[used++] = lower(name[i]);
		for (size_t letter = 0; letter < sizeof(letters) / sizeof(letters[0]); letter++) {
			size_t size = strlen(letters[letter].utf8);
			const char *c = letters[letter].ascii;

			if (size <= length - i && memcmp(name + i, letters[letter].utf8, size) == 0)
				for (; *c && used < NAME_SIZE; c++)
					ret[used++] = *c;
		}
	}
	while (used > 0 && (ret[used - 1] == '.' || ret[used - 1] == ' '))
		used--;
	return used;
}

/* Whether the component that begins there is a name: as it is, or folded. Its length is *ret. */
static int is_component(const char *at, const struct place *place, const char *folded,
			size_t folded_length, size_t *ret)
{
	size_t length = 0, same = 0, alike = 0;

	for (; at[length] && at[length] != '/'; length++) {
		same += length < place->length && at[length] == place->name[length];
		alike += length < folded_length && lower(at[length]) == folded[length];
	}
	*ret = length;
	return length > 0 && ((same == length && length == place->length) ||
			      (alike == length && length == folded_length));
}

/* Whether a directory is what a path of that length leads to. What cannot be told counts as yes. */
static int is_at(int dir, const char *path, size_t length)
{
	static char above[PATH_SIZE];
	struct statx a, b;

	if (length >= sizeof(above))
		return 1;
	(void)memcpy(above, length ? path : "/", length ? length : 1);
	above[length ? length : 1] = 0;
	int fd = path_open(AT_FDCWD, above, O_PATH | O_DIRECTORY, 0);

	if (fd < 0)
		return fd != -ENOENT && fd != -ENOTDIR;
	long err = fd_stat(fd, &a);

	if (err == 0)
		err = fd_stat(dir, &b);
	(void)sys_close(fd);
	return err < 0 || (a.stx_ino == b.stx_ino && a.stx_dev_major == b.stx_dev_major &&
			   a.stx_dev_minor == b.stx_dev_minor);
}

int is_guarded(const struct place *place, int moves)
{
	char folded[NAME_SIZE];
	size_t folded_length = fold(place->name, place->length, folded);

	for (const char *path = guarded.at; path < guarded.end; path += strlen(path) + 1)
		for (const char *slash = path; *slash == '/';) {
			size_t length;
			int is = is_component(slash + 1, place, folded, folded_length, &length);
			const char *end = slash + 1 + length;

			if (is && (moves || *end == 0) &&
			    is_at(place->parent, path, (size_t)(slash - path)))
				return 1;
			slash = end;
		}
	return 0;
}
