/*
 * Who asks a launcher that stays. Who has its socket is not always who started it: a process that
 * has given up rights keeps its descriptors, and must not get the rights back from here. So the
 * kernel's word is taken twice: who wrote the bytes, and what rights the caller has now.
 */
#include "../sys/path.h"
#include "../sys/str.h"
#include "launch.h"
#include <asm/socket.h>

#define MSG_CTRUNC_ 8
#define STATUS_BYTES 16384

/* What SO_PASSCRED gives (unix(7)): the real ids. */
struct credentials {
	size_t size;
	int level, type;
	uint32_t pid, uid, gid, pad;
};

/* The lines of /proc/PID/status for what a process gives up. */
struct standing {
	size_t size;
	char data[STATUS_BYTES];
};

static struct standing at_start, now, own;

static int is_named; /* bytes have come that have credentials */

/* Uid, Gid, Groups, Cap*, NoNewPrivs and Seccomp*; without all: but for CapPrm and CapEff, which
 * execve(2) sets. */
static int is_told(const char *line, int with_all)
{
	switch (line[0] << 8 | line[1]) {
	case 'C' << 8 | 'a':
		return with_all || (line[3] != 'P' && line[3] != 'E');
	case 'U' << 8 | 'i':
	case 'G' << 8 | 'i':
	case 'G' << 8 | 'r':
	case 'N' << 8 | 'o':
	case 'S' << 8 | 'e':
		return 1;
	default:
		return 0;
	}
}

/* 0 or -errno. */
static int read_standing(struct standing *ret, int fd, int with_all)
{
	char *data = ret->data;
	long n = SYS4(pread64, fd, data, sizeof(ret->data) - 4, 0);
	int is_kept = 0;

	/* One that is too long is not compared by half. */
	if (n <= 0 || n == sizeof(ret->data) - 4)
		return -EPERM;
	ret->size = 0;
	for (long at = 0; at < n; at++) {
		if (at == 0 || data[at - 1] == '\n')
			is_kept = is_told(data + at, with_all);
		if (is_kept)
			data[ret->size++] = data[at];
	}
	return ret->size ? 0 : -EPROTO;
}

/* 0 or -errno: the caller's has to be the same. */
static int compare(const struct standing *with, int with_all)
{
	int err = read_standing(&now, launch.args.caller_status, with_all);

	if (err < 0)
		return err;
	return now.size == with->size && memcmp(now.data, with->data, now.size) == 0 ? 0 : -EPERM;
}

int caller_open(uint64_t pid, const char *file, uint64_t flags)
{
	char name[32] = {0};
	struct text text = {.data = name, .size = sizeof(name)};
	int proc = ambient_procfs();

	text_add_number(&text, pid);
	text_add(&text, file);
	int fd = proc < 0 ? proc
			  : path_open(proc, name, flags,
				      RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);

	(void)sys_close(proc);
	return fd;
}

int caller_begin(int sock, uint64_t pid)
{
	const int on = 1;

	/* Before the status is read: what comes later has credentials. */
	if (SYS5(setsockopt, sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		return -EPERM;
	launch.args.caller_status = caller_open(pid, "/status", O_RDONLY);
	int self = caller_open((uint64_t)SYS0(getpid), "/status", O_RDONLY);

	/* Its own comes last: what the caller gave up since the fork is seen here, and what it
	 * gives up later by caller_check. */
	if (read_standing(&at_start, launch.args.caller_status, 1) < 0 ||
	    read_standing(&own, self, 0) < 0)
		return -EPERM;
	(void)sys_close(self);
	return compare(&own, 0);
}

/* Bytes from before SO_PASSCRED have the pid 0. They come first, and the status is looked at after
 * them. */
static int is_from_caller(const struct credentials *from)
{
	if (from->pid == 0 && !is_named)
		return 1;
	is_named = 1;
	return from->pid == SYS0(getppid) && from->uid == SYS0(getuid) && from->gid == SYS0(getgid);
}

long caller_read(int sock, void *to, size_t size)
{
	/* Room for the credentials alone: the kernel drops descriptors, and says so. */
	struct credentials from = {0};
	struct io_vector iov = {to, size};
	struct message_header head = {
	    .iov = &iov, .iov_count = 1, .control = &from, .control_size = sizeof(from)};
	long n = SYS3(recvmsg, sock, &head, 0);

	if (n <= 0)
		return n;
	if (head.flags & MSG_CTRUNC_)
		return -EPROTO;
	return is_from_caller(&from) ? n : -EPERM;
}

int caller_check(void)
{
	return compare(&at_start, 1);
}
