/* The calls that make names, carried out for their callers. */
#include "supervisor.h"
#include <linux/audit.h>

#define S_IFMT_ 0170000U
#define S_IFREG_ 0100000U
#define S_IFIFO_ 0010000U
#define MODE_BITS 01777U /* without the bits that make a program another user's */
#define NONE (-1)
#ifdef __x86_64__
#define NATIVE AUDIT_ARCH_X86_64
#else
#define NATIVE AUDIT_ARCH_AARCH64
#endif
#define AT_SYMLINK_NOFOLLOW_ 0x100
#define TMPFILE_BIT 020000000U /* of O_TMPFILE: the rest of it is O_DIRECTORY */
#define RENAME_KNOWN 3U	       /* RENAME_NOREPLACE, RENAME_EXCHANGE */
#define RENAME_EXCHANGE_ 2U

/* What a file may be opened with that is made. */
#define OPEN_KEPT \
	(O_ACCMODE | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC | O_DIRECT | O_LARGEFILE | O_NOATIME)

enum act { ACT_OPEN, ACT_CREAT, ACT_MKDIR, ACT_MKNOD, ACT_SYMLINK, ACT_LINK, ACT_RENAME };

/* Which argument of a call is what. */
static const struct shape {
	uint16_t call;
	uint8_t act;
	int8_t at, path, old_at, old, flags, mode;
} shapes[] = {
    {NUMBER(openat), ACT_OPEN, 0, 1, NONE, NONE, 2, 3},
    {NUMBER(mkdirat), ACT_MKDIR, 0, 1, NONE, NONE, NONE, 2},
    {NUMBER(mknodat), ACT_MKNOD, 0, 1, NONE, NONE, NONE, 2},
    {NUMBER(symlinkat), ACT_SYMLINK, 1, 2, NONE, 0, NONE, NONE},
    {NUMBER(linkat), ACT_LINK, 2, 3, 0, 1, 4, NONE},
    {NUMBER(renameat), ACT_RENAME, 2, 3, 0, 1, NONE, NONE},
    {NUMBER(renameat2), ACT_RENAME, 2, 3, 0, 1, 4, NONE},
#ifdef __x86_64__
    {NUMBER(open), ACT_OPEN, NONE, 0, NONE, NONE, 1, 2},
    {NUMBER(creat), ACT_CREAT, NONE, 0, NONE, NONE, NONE, 1},
    {NUMBER(mkdir), ACT_MKDIR, NONE, 0, NONE, NONE, NONE, 1},
    {NUMBER(mknod), ACT_MKNOD, NONE, 0, NONE, NONE, NONE, 1},
    {NUMBER(symlink), ACT_SYMLINK, NONE, 1, NONE, 0, NONE, NONE},
    {NUMBER(link), ACT_LINK, NONE, 1, NONE, 0, NONE, NONE},
    {NUMBER(rename), ACT_RENAME, NONE, 1, NONE, 0, NONE, NONE},
#endif
};

/* A call with its arguments by their meaning. */
struct wish {
	const struct seccomp_notif *call;
	uint8_t act;
	int at, old_at;
	uint64_t path, old, flags, mode;
};

static uint64_t argument(const struct seccomp_notif *call, int index)
{
	return index == NONE ? 0 : call->data.args[index];
}

static int directory(const struct seccomp_notif *call, int index)
{
	return index == NONE ? AT_FDCWD : (int)call->data.args[index];
}

/* 0, or GO_ON for a call that is none of these. */
static long read_wish(const struct seccomp_notif *call, struct wish *ret)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];

		if (shape->call != call->data.nr)
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
		if (shape->act == ACT_CREAT)
			ret->flags = O_CREAT | O_WRONLY | O_TRUNC;
		return 0;
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

static long make_file(const struct wish *wish, const struct place *to)
{
	/* What is there is opened by the kernel, which makes no file in its place. */
	if (wish->flags & (O_PATH | O_DIRECTORY | TMPFILE_BIT))
		return GO_ON;
	if (is_there(to))
		return wish->flags & O_EXCL ? -EEXIST : GO_ON;
	if (is_guarded(to, 0))
		return -EROFS;
	long err = caller_umask(wish->call->pid);
	int flags = (int)(wish->flags & OPEN_KEPT) | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (err == 0)
		err = sys_openat(to->parent, to->name, flags, (int)(wish->mode & MODE_BITS));
	return err == -EEXIST && !(wish->flags & O_EXCL) ? GO_ON : err;
}

static long make_node(const struct wish *wish, const struct place *to)
{
	uint64_t type = wish->mode & S_IFMT_;

	if (type != 0 && type != S_IFREG_ && type != S_IFIFO_)
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

static long make_link(const struct wish *wish, const struct place *from, const struct place *to)
{
	/* What lies behind a link of procfs is the caller's to name, and not ours. */
	if (wish->flags != 0)
		return GO_ON;
	if (is_guarded(to, 0))
		return refusal(to);
	return SYS5(linkat, from->parent, from->name, to->parent, to->name, 0);
}

static long rename_place(const struct wish *wish, const struct place *from, const struct place *to)
{
	if (wish->flags & ~RENAME_KNOWN)
		return GO_ON;
	if (is_guarded(to, 1) || (wish->flags & RENAME_EXCHANGE_ && is_guarded(from, 1)))
		return -EROFS;
	return SYS5(renameat2, from->parent, from->name, to->parent, to->name, wish->flags);
}

static long make(const struct wish *wish, const struct place *from, const struct place *to)
{
	switch ((enum act)wish->act) {
	case ACT_OPEN:
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

/* Finds the places of a call. It goes on where its paths lead nowhere, so that the kernel says so
 * in its own words, and where rules allow all of it. */
static long find_places(const struct wish *wish, struct place *from, struct place *to)
{
	int has_old = wish->act == ACT_LINK || wish->act == ACT_RENAME;
	uint32_t pid = wish->call->pid;

	if (place_read(to, pid, wish->path) < 0 ||
	    (has_old && place_read(from, pid, wish->old) < 0))
		return GO_ON;
	/* Most are, and a path that says so needs no second look: it is the kernel that decides. */
	if (is_free(to->path) && (!has_old || is_free(from->path)))
		return GO_ON;
	long new = place_open(to, pid, wish->at);
	long old = has_old && new >= 0 ? place_open(from, pid, wish->old_at) : new;

	return new < 0 || old < 0 || (new == GO_ON &&old == GO_ON) ? GO_ON : 0;
}

long carry_out_call(const struct seccomp_notif *call, int *ret_is_fd)
{
	static struct place from, to;
	struct wish wish = {0};
	long err = call->data.arch == NATIVE ? read_wish(call, &wish) : GO_ON;

	from.parent = to.parent = -1;
	if (err == 0)
		err = find_places(&wish, &from, &to);
	/* All that was read and opened by the caller's number was its own if it waits still. */
	if (err != GO_ON && !is_waiting(call))
		err = -EINTR;
	else if (err != GO_ON)
		err = make(&wish, &from, &to);
	place_close(&from);
	place_close(&to);
	*ret_is_fd = err != GO_ON && err >= 0 && (wish.act == ACT_OPEN || wish.act == ACT_CREAT);
	return err;
}
