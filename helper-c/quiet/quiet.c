/* A library for programs of a sandbox whose denials are explained (LD_PRELOAD). The filter of such
 * a sandbox hands each call with a path to a supervisor, which costs ten times the call. These
 * functions mark their calls, and the filter lets marked calls pass. What may have been denied is
 * asked again without the mark, so that the supervisor tells of it. Programs without these
 * functions are only slower: the mark allows nothing. */
#include "../sys/sys.h"
#include "places.h"
#include <stdarg.h>

#define EXPORT __attribute__((visibility("default")))
#define SAME_AS(name) EXPORT __attribute__((alias(name)))

/* The functions are declared by the C library, whose headers are not here. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

/* Of the C library that the program has, whichever that is. */
extern int *__errno_location(void);

/* A call with a path. */
struct call {
	long number, args[5];
	const char *path;
	int at;
	int creates; /* The supervisor hears of each new name that could hide one of the host. */
};

static long ask(const struct call *it, long mark)
{
	const long *a = it->args;

	return sys6(it->number, a[0], a[1], a[2], a[3], a[4], mark);
}

/* Whether an answer can come from what the sandbox does not show, or keeps from being written. */
static int is_denial(long answer, int at, const char *path)
{
	switch (answer) {
	case -EACCES:
	case -EPERM:
	case -EROFS:
	case -EXDEV:
	case -EBUSY:
		return 1;
	case -ENOENT:
	case -ENOTDIR:
		return !place_misses(at, path);
	default:
		return 0;
	}
}

static long answer(long result)
{
	if (result >= 0)
		return result;
	*__errno_location() = (int)-result;
	return -1;
}

static long carry_out(const struct call *it)
{
	int sign = place_sign(it->at, it->path);

	if (sign == PLACE_HIDDEN || (it->creates && sign != PLACE_SHOWN))
		return answer(ask(it, 0));
	long result = ask(it, QUIET_MARK);

	if (result < 0 && is_denial(result, it->at, it->path))
		result = ask(it, 0);
	return answer(result);
}

/* Whether what was opened can be what covers a hidden file or directory: another name may have led
 * there. */
static int may_be_cover(long fd)
{
	struct statx it = {0};

	if (sys5(__NR_statx, fd, SYS_CAST(""), AT_EMPTY_PATH, STATX_BASIC_STATS, SYS_CAST(&it)) < 0)
		return 0;
	switch (it.stx_mode & S_IFMT) {
	case S_IFREG:
		return it.stx_size == 0;
	case S_IFDIR:
		return (it.stx_mode & 0777) == 0555;
	default:
		return 0;
	}
}

static long open_at(int at, const char *path, int flags, long mode)
{
	long fd = carry_out(&(struct call){.number = __NR_openat,
					   .args = {at, SYS_CAST(path), flags, mode},
					   .path = path,
					   .at = at,
					   .creates = flags & O_CREAT});

	/* A cover can only be read. To open it again, and to close that, would let go of the
	 * program's locks (fcntl(2)). */
	if (fd >= 0 && (flags & (O_ACCMODE | O_CREAT)) == O_RDONLY && may_be_cover(fd))
		(void)SYS3(faccessat, at, path, 0);
	return fd;
}

static long stat_at(int at, const char *path, void *out, int flags)
{
	return carry_out(&(struct call){.number = __NR_newfstatat,
					.args = {at, SYS_CAST(path), SYS_CAST(out), flags},
					.path = path,
					.at = at});
}

static long remove_at(int at, const char *path, int flags)
{
	return carry_out(&(struct call){
	    .number = __NR_unlinkat, .args = {at, SYS_CAST(path), flags}, .path = path, .at = at});
}

/* The mode is given where a file is made. */
#define MODE_OF(flags)                         \
	long mode = 0;                         \
	va_list list;                          \
                                               \
	va_start(list, flags);                 \
	if ((flags) & (O_CREAT | __O_TMPFILE)) \
		mode = va_arg(list, int);      \
	va_end(list)

EXPORT int open(const char *path, int flags, ...)
{
	MODE_OF(flags);
	return (int)open_at(AT_FDCWD, path, flags, mode);
}

EXPORT int openat(int at, const char *path, int flags, ...)
{
	MODE_OF(flags);
	return (int)open_at(at, path, flags, mode);
}

EXPORT int creat(const char *path, unsigned mode)
{
	return (int)open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* What glibc's headers make of open(2) without a mode (_FORTIFY_SOURCE). */
EXPORT int __open_2(const char *path, int flags)
{
	return (int)open_at(AT_FDCWD, path, flags, 0);
}

EXPORT int __openat_2(int at, const char *path, int flags)
{
	return (int)open_at(at, path, flags, 0);
}

/* On machines of 64 bits these are the same. */
SAME_AS("open") int open64(const char *path, int flags, ...);
SAME_AS("openat") int openat64(int at, const char *path, int flags, ...);
SAME_AS("creat") int creat64(const char *path, unsigned mode);
SAME_AS("__open_2") int __open64_2(const char *path, int flags);
SAME_AS("__openat_2") int __openat64_2(int at, const char *path, int flags);

EXPORT int fstatat(int at, const char *path, void *out, int flags)
{
	return (int)stat_at(at, path, out, flags);
}

EXPORT int stat(const char *path, void *out)
{
	return (int)stat_at(AT_FDCWD, path, out, 0);
}

EXPORT int lstat(const char *path, void *out)
{
	return (int)stat_at(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

SAME_AS("fstatat") int fstatat64(int at, const char *path, void *out, int flags);
SAME_AS("stat") int stat64(const char *path, void *out);
SAME_AS("lstat") int lstat64(const char *path, void *out);

/* Programs that were linked with glibc before 2.33 have these. */
EXPORT int __xstat(int version, const char *path, void *out)
{
	(void)version;
	return (int)stat_at(AT_FDCWD, path, out, 0);
}

EXPORT int __lxstat(int version, const char *path, void *out)
{
	(void)version;
	return (int)stat_at(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

EXPORT int __fxstatat(int version, int at, const char *path, void *out, int flags)
{
	(void)version;
	return (int)stat_at(at, path, out, flags);
}

SAME_AS("__xstat") int __xstat64(int version, const char *path, void *out);
SAME_AS("__lxstat") int __lxstat64(int version, const char *path, void *out);
SAME_AS("__fxstatat")
int __fxstatat64(int version, int at, const char *path, void *out, int flags);

EXPORT int statx(int at, const char *path, int flags, unsigned mask, void *out)
{
	return (int)carry_out(
	    &(struct call){.number = __NR_statx,
			   .args = {at, SYS_CAST(path), flags, mask, SYS_CAST(out)},
			   .path = path,
			   .at = at});
}

EXPORT int access(const char *path, int mode)
{
	return (int)carry_out(&(struct call){.number = __NR_faccessat,
					     .args = {AT_FDCWD, SYS_CAST(path), mode},
					     .path = path,
					     .at = AT_FDCWD});
}

EXPORT int mkdirat(int at, const char *path, unsigned mode)
{
	return (int)carry_out(&(struct call){.number = __NR_mkdirat,
					     .args = {at, SYS_CAST(path), mode},
					     .path = path,
					     .at = at,
					     .creates = 1});
}

EXPORT int mkdir(const char *path, unsigned mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

/* The supervisor does not know a link that could be made from a denied way through it. */
EXPORT int symlinkat(const char *target, int at, const char *path)
{
	return (int)carry_out(&(struct call){.number = __NR_symlinkat,
					     .args = {SYS_CAST(target), at, SYS_CAST(path)},
					     .path = path,
					     .at = at,
					     .creates = 1});
}

EXPORT int symlink(const char *target, const char *path)
{
	return symlinkat(target, AT_FDCWD, path);
}

EXPORT int unlinkat(int at, const char *path, int flags)
{
	return (int)remove_at(at, path, flags);
}

EXPORT int unlink(const char *path)
{
	return (int)remove_at(AT_FDCWD, path, 0);
}

EXPORT int rmdir(const char *path)
{
	return (int)remove_at(AT_FDCWD, path, AT_REMOVEDIR);
}

/* Node has no function for statx(2), and calls it so. */
EXPORT long syscall(long number, ...)
{
	long a[6];
	va_list list;

	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == __NR_statx)
		return statx((int)a[0], (const char *)a[1], (int)a[2], (unsigned)a[3],
			     (void *)a[4]);
	return answer(sys6(number, a[0], a[1], a[2], a[3], a[4], a[5]));
}
