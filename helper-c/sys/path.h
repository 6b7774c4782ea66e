/* The one path resolver: every lookup is openat2(2) beneath a held descriptor, and never follows a
 * magic link. */
#ifndef COFFER_PATH_H
#define COFFER_PATH_H

#include "sys.h"

/* Opens path beneath at with openat2(2), O_CLOEXEC added. The descriptor, or -errno (EAGAIN only
 * after 128 tries). */
int path_open(int at, const char *path, uint64_t flags, uint64_t resolve);

/* The RESOLVE_* bits of a resolve mode of the plan. */
uint64_t path_resolve_bits(uint64_t mode);

/*
 * Opens the directory that holds the last component of path, beneath at without following links,
 * making missing directories (0755) on the way. *ret_name is the last component. The descriptor, or
 * -errno.
 */
int path_parent(int at, const char *path, const char **ret_name);

/*
 * Opens a mount point in-root; with plain set, without following any link (ELOOP). Missing
 * components are made exclusively: directories, and for kind 1 a regular file at the end; for kind
 * 2 nothing is made. A dangling symbolic link leads to where it points, in-root. An O_PATH
 * descriptor, or -errno: ENOTDIR or EISDIR when what is there is of the other kind.
 */
int path_mount_point(int at, const char *path, unsigned kind, unsigned mode, int plain);

/* What an open file is (statx(2), the basic fields). 0 or -errno. */
long fd_stat(int fd, struct statx *ret);

/* Which mount a path beneath a directory is on, "" for the directory itself. Or -errno. */
long mount_of(int dir, const char *path);

/* The S_IFMT bits of what fd is, or -errno. */
int path_type(int fd);

#endif
