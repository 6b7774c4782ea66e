/* The layers of overlays that are kept: what is in them, beside the tree beneath. A program that
 * may be hostile has written that: nothing is followed, and only directories and regular files are
 * opened. */
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

/* The layers, by descriptors. */
struct layers {
	int upper, lower;
};

/* The letter of what a file is, as find(1) has them. */
char object_kind(const struct statx *st);
uint64_t time_of(const struct statx_timestamp *at);
/* What a name is, itself. 0 or -errno. */
long name_stat(int dir, const char *name, struct statx *ret);
/* Writes to standard output by way of a buffer. 0 or -errno. */
int out_text(const char *text);
int out_bytes(const char *bytes, size_t size);
int out_number(uint64_t n);
int out_flush(void);

/* Prints what the layers have. 0 or -errno. */
int layers_list(const struct layers *l);

/* What `coffer-helper layers` does. The exit status. */
int layers_main(char **argv);

#endif
