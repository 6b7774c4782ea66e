/* The calls that make names, carried out for their callers. */
#include "../../sys/path.h"
#include "../../sys/str.h"
#include "supervisor.h"
#include <linux/audit.h>

#define S_IFMT_ 0170000U
#define S_IFREG_ 0100000U
#define S_IFIFO_ 0010000U
#define S_IFCHR_ 0020000U
#define S_IFBLK_ 0060000U
#define MODE_BITS 01777U /* without the bits that make a program another user's */
#define NONE (-1)
#ifdef __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#define OTHER AUDIT_ARCH_I386
#else
#define NATIVE AUDIT_ARCH_AARCH64
#define OTHER AUDIT_ARCH_ARM
#endif
#define X32_BIT 0x40000000 /* calls of a third ABI, which have the numbers of the first */
#define UMASK_OTHER 60
#define AT_EMPTY_PATH_ 0x1000
#define AT_SYMLINK_FOLLOW_ 0x400
#define AT_SYMLINK_NOFOLLOW_ 0x100
#define TMPFILE_BIT 020000000U /* of O_TMPFILE: the rest of it is O_DIRECTORY */
#define RENAME_KNOWN 7U	       /* RENAME_NOREPLACE and those two: */
#define RENAME_EXCHANGE_ 2U
#define RENAME_WHITEOUT_ 4U

/* What a file may be opened with that is made. */
#define OPEN_KEPT                                                                        \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | \
	 O_NOATIME | O_NOFOLLOW)

enum act {
	ACT_OPEN,
	ACT_OPEN2,
	ACT_CREAT,
	ACT_MKDIR,
	ACT_MKNOD,
	ACT_SYMLINK,
	ACT_LINK,
	ACT_RENAME
};

/* Which argument of a call is what. */
static const struct shape {
	uint16_t call;
	uint8_t act, other; /* of the ABI of 32 bits */
	int8_t at, path, old_at, old, flags, mode;
} shapes[] = {
    {NUMBER(openat), ACT_OPEN, 0, 0, 1, NONE, NONE, 2, 3},
    {NUMBER(openat2), ACT_OPEN2, 0, 0, 1, NONE, NONE, NONE, NONE},
    {NUMBER(mkdirat), ACT_MKDIR, 0, 0, 1, NONE, NONE, NONE, 2},
    {NUMBER(mknodat), ACT_MKNOD, 0, 0, 1, NONE, NONE, NONE, 2},
    {NUMBER(symlinkat), ACT_SYMLINK, 0, 1, 2, NONE, 0, NONE, NONE},
    {NUMBER(linkat), ACT_LINK, 0, 2, 3, 0, 1, 4, NONE},
    {NUMBER(renameat), ACT_RENAME, 0, 2, 3, 0, 1, NONE, NONE},
    {NUMBER(renameat2), ACT_RENAME, 0, 2, 3, 0, 1, 4, NONE},
#ifdef __x86_64__
    {NUMBER(open), ACT_OPEN, 0, NONE, 0, NONE, NONE, 1, 2},
    {NUMBER(creat), ACT_CREAT, 0, NONE, 0, NONE, NONE, NONE, 1},
    {NUMBER(mkdir), ACT_MKDIR, 0, NONE, 0, NONE, NONE, NONE, 1},
    {NUMBER(mknod), ACT_MKNOD, 0, NONE, 0, NONE, NONE, NONE, 1},
    {NUMBER(symlink), ACT_SYMLINK, 0, NONE, 1, NONE, 0, NONE, NONE},
    {NUMBER(link), ACT_LINK, 0, NONE, 1, NONE, 0, NONE, NONE},
    {NUMBER(rename), ACT_RENAME, 0, NONE, 1, NONE, 0, NONE, NONE},
    {295, ACT_OPEN, 1, 0, 1, NONE, NONE, 2, 3},
    {296, ACT_MKDIR, 1, 0, 1, NONE, NONE, NONE, 2},
    {297, ACT_MKNOD, 1, 0, 1, NONE, NONE, NONE, 2},
    {302, ACT_RENAME, 1, 2, 3, 0, 1, NONE, NONE},
    {303, ACT_LINK, 1, 2, 3, 0, 1, 4, NONE},
    {304, ACT_SYMLINK, 1, 1, 2, NONE, 0, NONE, NONE},
    {353, ACT_RENAME, 1, 2, 3, 0, 1, 4, NONE},
#else
    {322, ACT_OPEN, 1, 0, 1, NONE, NONE, 2, 3},
    {323, ACT_MKDIR, 1, 0, 1, NONE, NONE, NONE, 2},
    {324, ACT_MKNOD, 1, 0, 1, NONE, NONE, NONE, 2},
    {329, ACT_RENAME, 1, 2, 3, 0, 1, NONE, NONE},
    {330, ACT_LINK, 1, 2, 3, 0, 1, 4, NONE},
    {331, ACT_SYMLINK, 1, 1, 2, NONE, 0, NONE, NONE},
    {382, ACT_RENAME, 1, 2, 3, 0, 1, 4, NONE},
#endif
    {NUMBER(openat2), ACT_OPEN2, 1, 0, 1, NONE, NONE, NONE, NONE},
    {5, ACT_OPEN, 1, NONE, 0, NONE, NONE, 1, 2},
    {8, ACT_CREAT, 1, NONE, 0, NONE, NONE, NONE, 1},
    {9, ACT_LINK, 1, NONE, 1, NONE, 0, NONE, NONE},
    {14, ACT_MKNOD, 1, NONE, 0, NONE, NONE, NONE, 1},
    {38, ACT_RENAME, 1, NONE, 1, NONE, 0, NONE, NONE},
    {39, ACT_MKDIR, 1, NONE, 0, NONE, NONE, NONE, 1},
    {83, ACT_SYMLINK, 1, NONE, 1, NONE, 0, NONE, NONE},
};

/* A call with its arguments by their meaning. */
struct wish {
	const struct seccomp_notif *call;
	uint8_t act;
	int at, old_at;
	uint64_t path, old, flags, mode, resolve, device;
};

static uint64_t argument(const struct seccomp_notif *call, int index)
{
	return index == NONE ? 0 : call->data.args[index];
}

static int directory(const struct seccomp_notif *call, int index)
{
	return index == NONE ? AT_FDCWD : (int)call->data.args[index];
}

/* Whether a call is neither the program's usual ABI nor the other. */
static int is_foreign(const struct seccomp_notif *call)
{
	return call->data.arch != NATIVE && call->data.arch != OTHER;
}

/* Reads what openat2(2) has in memory. 0, or GO_ON: without O_CREAT, or with what is newer. */
static long read_how(struct wish *wish)
{
	const struct seccomp_notif *call = wish->call;
	struct open_how how;

	if (call->data.args[3] != sizeof(how) ||
	    caller_bytes(call->pid, call->data.args[2], &how, sizeof(how)) < 0)
		return GO_ON;
	wish->flags = how.flags;
	wish->mode = how.mode;
	wish->resolve = how.resolve;
	/* The kernel refuses what openat(2) ignores. */
	return how.flags & O_CREAT && (how.flags >> 32) == 0 && how.mode <= 07777 ? 0 : GO_ON;
}

/* 0, or GO_ON for a call that is none of these. */
static long read_wish(const struct seccomp_notif *call, struct wish *ret)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];

		if (shape->call != call->data.nr || shape->other != (call->data.arch == OTHER))
			continue;
		*ret = (struct wish){
		    .call = call,
		    .act = shape->act,
		    .at = directory(call, shape->at),
		    .old_at = directory(call, shape->old_at),
		    .path = argument(call, shape->path),
		    .old = argument(call, shape->old),
		    .flags = (uint32_t)argument(call, shape->flags),
		    .mode = (uint32_t)argument(call, shape->mode),
		};
		if (shape->act == ACT_MKNOD)
			ret->device = (uint32_t)argument(call, shape->mode + 1);
		if (shape->act == ACT_CREAT)
			ret->flags = O_CREAT | O_WRONLY | O_TRUNC;
		long err = shape->act == ACT_OPEN2 ? read_how(ret) : 0;
		int opens = shape->act <= ACT_CREAT;

		/* These make no file, or are an error. */
		if (opens &&
		    (!(ret->flags & O_CREAT) || ret->flags & (O_PATH | O_DIRECTORY | TMPFILE_BIT)))
			return GO_ON;
		return err;
	}
	return GO_ON;
}

static int is_there(const struct place *place)
{
	struct statx st;

	return sys_statx(place->parent, place->name, AT_SYMLINK_NOFOLLOW_, STATX_TYPE, &st) == 0;
}

/* What a name that is guarded answers with: as if its directory could not be written. */
static long refusal(const struct place *to)
{
	return is_there(to) ? -EEXIST : -EROFS;
}

static long make_file(const struct wish *wish, struct place *to)
{
	int is_plain = wish->flags & (O_EXCL | O_NOFOLLOW) || wish->resolve != 0;

	/* With slashes behind it, it is a directory's. */
	if (to->name[to->length] == '/')
		return GO_ON;
	/* What is there is opened by the kernel, which makes no file in its place. */
	if (is_plain && is_there(to))
		return wish->flags & O_EXCL ? -EEXIST : GO_ON;
	long found = is_plain ? 0 : place_follow(to);

	if (found != 0)
		return found;
	if (is_guarded(to, 0))
		return -EROFS;
	long err = caller_umask(wish->call->pid);
	/* O_EXCL follows no link. */
	int flags = (int)(wish->flags & OPEN_KEPT) | O_CREAT | O_EXCL | O_CLOEXEC;

	if (err == 0)
		err = sys_openat(to->parent, to->name, flags, (int)(wish->mode & MODE_BITS));
	return err == -EEXIST && !(wish->flags & O_EXCL) ? GO_ON : err;
}

static long make_node(const struct wish *wish, const struct place *to)
{
	uint64_t type = wish->mode & S_IFMT_;
	int is_whiteout = type == S_IFCHR_ && wish->device == 0;

	/* A device is nobody's to make here, and the fence would call that another error. */
	if ((type == S_IFCHR_ && !is_whiteout) || type == S_IFBLK_)
		return is_there(to) ? -EEXIST : -EPERM;
	if (type != 0 && type != S_IFREG_ && type != S_IFIFO_ && !is_whiteout)
		return GO_ON;
	if (is_guarded(to, 0))
		return refusal(to);
	long err = caller_umask(wish->call->pid);

	return err < 0 ? err
		       : SYS4(mknodat, to->parent, to->name, type | (wish->mode & MODE_BITS), 0);
}

static long make_dir(const struct wish *wish, const struct place *to)
{
	if (is_guarded(to, 0))
		return refusal(to);
	long err = caller_umask(wish->call->pid);

	return err < 0 ? err : SYS3(mkdirat, to->parent, to->name, wish->mode & MODE_BITS);
}

static long make_symlink(const struct wish *wish, const struct place *to)
{
	static char target[PATH_SIZE];
	long n = caller_text(wish->call->pid, wish->old, target, sizeof(target));

	if (n < 0)
		return n;
	if (is_guarded(to, 1))
		return refusal(to);
	return is_waiting(wish->call) ? SYS3(symlinkat, target, to->parent, to->name) : -EINTR;
}

/* Whether a link is to be made of what is open: the path of that is no name of a directory. */
static int is_of_descriptor(const struct wish *wish, const struct place *from)
{
	const char *rest;

	if (wish->act != ACT_LINK)
		return 0;
	if (from->size == 0)
		return (wish->flags & AT_EMPTY_PATH_) != 0;
	return wish->flags & AT_SYMLINK_FOLLOW_ && place_descriptor(from, &rest) >= 0 && *rest == 0;
}

/* Links what the caller has open, or what a link at the end leads to. */
static long link_file(const struct wish *wish, int file, const struct place *to)
{
	char data[24];
	struct text path = {.data = data, .size = sizeof(data)};

	if (file < 0)
		return file == -ELOOP ? GO_ON : file;
	text_add(&path, "self/fd/");
	text_add_number(&path, (uint32_t)file);
	/* The file was opened by the caller's number. */
	long err = is_waiting(wish->call)
		       ? SYS5(linkat, FD_PROC, data, to->parent, to->name, AT_SYMLINK_FOLLOW_)
		       : -EINTR;

	(void)sys_close(file);
	return err;
}

static long make_link(const struct wish *wish, const struct place *from, const struct place *to)
{
	if (wish->flags & ~(uint64_t)(AT_EMPTY_PATH_ | AT_SYMLINK_FOLLOW_))
		return GO_ON;
	if (is_guarded(to, 0))
		return refusal(to);
	if (is_of_descriptor(wish, from)) {
		const char *rest;
		int fd = from->size == 0 ? wish->old_at : place_descriptor(from, &rest);

		return link_file(wish, caller_file(wish->call->pid, fd), to);
	}
	if (!(wish->flags & AT_SYMLINK_FOLLOW_))
		return SYS5(linkat, from->parent, from->name, to->parent, to->name, 0);
	return link_file(wish, path_open(from->parent, from->name, O_PATH, RESOLVE_NO_MAGICLINKS),
			 to);
}

static long rename_place(const struct wish *wish, const struct place *from, const struct place *to)
{
	if (wish->flags & ~RENAME_KNOWN)
		return GO_ON;
	int makes_both = (wish->flags & (RENAME_EXCHANGE_ | RENAME_WHITEOUT_)) != 0;

	if (is_guarded(to, 1) || (makes_both && is_guarded(from, 1)))
		return -EROFS;
	return SYS5(renameat2, from->parent, from->name, to->parent, to->name, wish->flags);
}

static long make(const struct wish *wish, const struct place *from, struct place *to)
{
	switch ((enum act)wish->act) {
	case ACT_OPEN:
	case ACT_OPEN2:
	case ACT_CREAT:
		return make_file(wish, to);
	case ACT_MKDIR:
		return make_dir(wish, to);
	case ACT_MKNOD:
		return make_node(wish, to);
	case ACT_SYMLINK:
		return make_symlink(wish, to);
	case ACT_LINK:
		return make_link(wish, from, to);
	case ACT_RENAME:
		return rename_place(wish, from, to);
	}
	return GO_ON;
}

/*
 * Finds the places of a call. An error of a path is the answer: if the kernel looked again, there
 * might be what the caller may not see yet. GO_ON where rules allow all of it, or where nothing can
 * be told.
 */
static long find_places(const struct wish *wish, struct place *from, struct place *to)
{
	int has_old = wish->act == ACT_LINK || wish->act == ACT_RENAME;
	uint32_t pid = wish->call->pid;
	long err = place_read(to, pid, wish->path);

	if (err < 0)
		return GO_ON;
	err = has_old ? place_read(from, pid, wish->old) : 0;
	if (err < 0 && !(err == -ENOENT && is_of_descriptor(wish, from)))
		return GO_ON;
	long new = place_open(to, pid, wish->at, wish->resolve), old = new;

	if (has_old && new >= 0)
		old = is_of_descriptor(wish, from) ? 0 : place_open(from, pid, wish->old_at, 0);
	err = new < 0 ? new : old;
	/* A path of procfs leads elsewhere here. */
	if (place_is_of_proc(new < 0 ? to : from) && err < 0)
		return GO_ON;
	if (err == -ENOENT || err == -ENOTDIR || err == -EBADF)
		return err;
	return err < 0 || (new == GO_ON &&old == GO_ON) ? GO_ON : 0;
}

/* What the program does to itself. Whether the call is such a one; *ret is then the answer. */
static int is_of_itself(const struct seccomp_notif *call, long *ret)
{
	int nr = call->data.nr & ~X32_BIT;

	*ret = GO_ON;
	if (nr == NUMBER(landlock_restrict_self)) {
		if (!is_waiting(call) || caller_confines_itself(call->pid) < 0)
			*ret = -EPERM;
		return 1;
	}
	if (nr != (call->data.arch == OTHER ? UMASK_OTHER : NUMBER(umask)))
		return 0;
	caller_sets_umask(call->pid, call->data.args[0]);
	return 1;
}

long carry_out_call(const struct seccomp_notif *call, int *ret_flags)
{
	static struct place from, to;
	struct wish wish = {0};
	long err = GO_ON;

	from.parent = to.parent = -1;
	if (!guards_any() || is_foreign(call) || is_of_itself(call, &err) ||
	    caller_is_confined(call->pid))
		return err;
	err = read_wish(call, &wish);
	if (err == 0 && caller_has_own_root(call->pid))
		err = GO_ON;
	if (err == 0)
		err = find_places(&wish, &from, &to);
	/* All that was read and opened by the caller's number was its own if it waits still. */
	if (err != GO_ON && !is_waiting(call))
		err = -EINTR;
	else if (err == 0)
		err = make(&wish, &from, &to);
	place_close(&from);
	place_close(&to);
	if (err != GO_ON && err >= 0 && wish.act <= ACT_CREAT)
		*ret_flags = (int)wish.flags & O_CLOEXEC;
	return err;
}
