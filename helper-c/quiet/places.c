/* Which places a sandbox shows as the host has them: the variable COFFER_SHOWN says so. */
#include "places.h"
#include "../sys/sys.h"

#define TEXT_MAX 16384
#define PLACES_MAX 256
#define PATH_MAX_ 4096

/* A path, and the sign of all beneath it, until another place says otherwise. */
struct place {
	const char *path;
	size_t size;
	char sign;
};

extern char **environ __attribute__((weak));

static const char variable[] = "COFFER_SHOWN=";
static char text[TEXT_MAX];
static struct place places[PLACES_MAX];
/* -1: nobody has looked. Threads that look at once write the same. */
static int place_count = -1;

static size_t length(const char *word)
{
	size_t n = 0;

	while (word[n])
		n++;
	return n;
}

static int begins(const char *word, const char *with, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (word[i] != with[i])
			return 0;
	return 1;
}

/* `+/a:!/a/b`: /a is shown, and /a/b is hidden. Programs write over their variables, so it is a
 * copy. */
static int read_places(const char *value)
{
	size_t size = length(value);
	int count = 0;

	if (size >= TEXT_MAX)
		return 0;
	for (size_t i = 0; i <= size; i++)
		text[i] = value[i] == ':' ? 0 : value[i];
	for (size_t at = 0; at < size; at += length(text + at) + 1) {
		if (count == PLACES_MAX)
			return 0;
		places[count++] = (struct place){
		    .path = text + at + 1, .size = length(text + at + 1), .sign = text[at]};
	}
	return count;
}

static int count_places(void)
{
	int count = __atomic_load_n(&place_count, __ATOMIC_ACQUIRE);

	if (count >= 0)
		return count;
	/* The C library has not begun. */
	if (!&environ || !environ)
		return 0;
	count = 0;
	for (char **word = environ; *word; word++)
		if (begins(*word, variable, sizeof(variable) - 1))
			count = read_places(*word + sizeof(variable) - 1);
	__atomic_store_n(&place_count, count, __ATOMIC_RELEASE);
	return count;
}

/* Whether the words of an absolute path are its names: no name is empty, `.` or `..`. */
static int is_plain(const char *path)
{
	for (const char *at = path; *at; at++) {
		if (*at != '/')
			continue;
		const char *name = at + 1;

		if (*name == '.' && name[1] == '.')
			name++;
		if (*name == '.')
			name++;
		if (*name == '/' || (!*name && at != path))
			return 0;
	}
	return 1;
}

static const struct place *nearest_place(const char *path)
{
	const struct place *nearest = NULL;
	int count = count_places();
	size_t size = length(path);

	for (int i = 0; i < count; i++) {
		const struct place *it = &places[i];

		if (it->size <= size && begins(path, it->path, it->size) &&
		    (path[it->size] == '/' || !path[it->size]) &&
		    (!nearest || nearest->size < it->size))
			nearest = it;
	}
	return nearest;
}

/* The absolute path, in `whole`. 0 if that cannot be told. */
static int make_whole(char *whole, int at, const char *path)
{
	long n = 0;

	if (!path)
		return 0;
	if (*path != '/') {
		if (at != AT_FDCWD)
			return 0;
		while (*path == '.' && path[1] == '/')
			path += 2;
		n = SYS2(getcwd, whole, PATH_MAX_);
		/* A directory that is not beneath the root has no path. */
		if (n <= 0 || whole[0] != '/')
			return 0;
		if (n > 2)
			whole[n - 1] = '/';
		else
			n = 1;
	}
	size_t size = length(path);

	if ((size_t)n + size >= PATH_MAX_)
		return 0;
	for (size_t i = 0; i <= size; i++)
		whole[(size_t)n + i] = path[i];
	return is_plain(whole);
}

int place_sign(int at, const char *path)
{
	char whole[PATH_MAX_];
	const struct place *place = make_whole(whole, at, path) ? nearest_place(whole) : NULL;

	return place ? place->sign : 0;
}

/* Whether that name is a link. */
static int is_link(const char *path)
{
	char target;

	return SYS4(readlinkat, AT_FDCWD, path, &target, 1) >= 0;
}

int place_misses(int at, const char *path)
{
	char whole[PATH_MAX_];
	const struct place *place = make_whole(whole, at, path) ? nearest_place(whole) : NULL;

	if (!place || place->sign != PLACE_SHOWN)
		return 0;
	for (size_t i = place->size + 1; i <= length(whole); i++) {
		if (whole[i] && whole[i] != '/')
			continue;
		char end = whole[i];

		whole[i] = 0;
		if (is_link(whole))
			return 0;
		whole[i] = end;
	}
	return 1;
}
