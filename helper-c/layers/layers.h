/* The layers of overlays that are kept: what is in them, copies of it, and the exchange of names
 * with the tree beneath. Whatever is there was written by a program that may be hostile: nothing is
 * followed, and only regular files are opened. */
#ifndef COFFER_LAYERS_H
#define COFFER_LAYERS_H

#include "../sys/path.h"
#include "../sys/str.h"

/* Every lookup: beneath what is held, through no link and no mount. */
#define LAYER_RESOLVE \
	(RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

#define S_IFMT_ 0170000
#define S_IFDIR_ 0040000
#define S_IFREG_ 0100000
#define S_IFLNK_ 0120000
#define S_IFCHR_ 0020000

/* What was asked for: descriptors, and the words that standard input has. */
struct layers {
	int upper, lower, slots;
	/* Where somebody looks at how far it is; -1 for nobody. */
	int tell;
	/* Undo instead of apply. */
	int back;
	char *input;
	size_t input_size;
};

/* An object as the caller has judged it: `KIND INO SIZE MTIME MODE CTIME`, or `-` for none. A CTIME
 * of 0 is not known. */
struct object {
	char kind;
	uint64_t ino, size, mtime, mode, ctime;
};

/* The next field of the input; NULL at its end, or if it has no NUL. */
const char *layers_field(struct layers *l);

/* Reads an object. 0 or -EINVAL. */
int object_read(const char *text, struct object *ret);
/* The letter of what a file is, as find(1) has them. */
char object_kind(const struct statx *st);
uint64_t time_of(const struct statx_timestamp *at);
/* Whether this is the object, and as it was: to rename it changes its ctime and nothing else. Of a
 * directory neither size nor times count. */
int object_is(const struct object *o, const struct statx *st);
/* The same before anything is renamed. */
int object_is_untouched(const struct object *o, const struct statx *st);
/* Writes an object down, as `object_read` takes it. 0 or -errno. */
int out_object(const struct statx *st);

/* What a name is, itself. 0 or -errno. */
long name_stat(int dir, const char *name, struct statx *ret);
/* Whether a directory has no name. 1, 0 or -errno. */
int dir_is_empty(int dir, const char *name);
/* Opens the directory of a path beneath one, and gives the last name. A descriptor, or -errno. */
int path_above(int at, const char *path, const char **ret_name);

/* Writes to standard output by way of a buffer. 0 or -errno. */
int out_text(const char *text);
int out_bytes(const char *bytes, size_t size);
int out_number(uint64_t n);
int out_flush(void);
/* Tells now and then how many fields are left, as a share of all. */
void tell_progress(struct layers *l, const char *what);

/* Each: 0, or -errno after a line that says which field. */
int layers_list(const struct layers *l);
int layers_note(struct layers *l);
int layers_stage(struct layers *l);
int layers_swap(struct layers *l);

/* What `coffer-helper layers` does. The exit status. */
int layers_main(char **argv);

#endif
