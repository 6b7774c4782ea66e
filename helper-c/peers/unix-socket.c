/* Unix sockets of the host, by paths of any length. */
#include "unix-socket.h"
#include "../sys/path.h"
#include "../sys/str.h"
#include "../launch/launch.h"
#include <asm/socket.h>

#define AF_UNIX_ 1

struct unix_address {
	unsigned short family;
	char path[108];
};

/* connect(2) waits where the other side does not accept, and no signal ends us meanwhile. */
int unix_socket(int type)
{
	const struct __kernel_old_timeval limit = {.tv_sec = 10};
	int sock = (int)SYS3(socket, AF_UNIX_, type | O_CLOEXEC, 0);
	long err = sock < 0
		       ? sock
		       : SYS5(setsockopt, sock, SOL_SOCKET, SO_SNDTIMEO_OLD, &limit, sizeof(limit));

	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : sock;
}

long in_directory(long call, int sock, int dir, const char *name)
{
	struct unix_address address = {.family = AF_UNIX_};
	struct text text = {.data = address.path, .size = sizeof(address.path)};

	/* An address without a path would be an abstract name. */
	if (!*name)
		return -EISDIR;
	text_add(&text, name);
	if (text.full)
		return -ENAMETOOLONG;
	long cwd = sys_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (cwd < 0)
		return cwd;
	long err = SYS1(fchdir, dir);

	if (err == 0)
		err =
		    sys3(call, sock, (long)&address, sizeof(address.family) + (long)text.used + 1);
	long back = SYS1(fchdir, cwd);

	(void)sys_close((int)cwd);
	return err < 0 ? err : back;
}

/* A name that no file has: the kernel takes all bytes of the address for it. */
static long connect_abstract(int sock, const char *name)
{
	struct unix_address address = {.family = AF_UNIX_};
	size_t size = strlen(name);

	if (size >= sizeof(address.path))
		return -ENAMETOOLONG;
	(void)memcpy(address.path + 1, name, size);
	return SYS3(connect, sock, &address, sizeof(address.family) + 1 + size);
}

long connect_path(int sock, int at, const char *path)
{
	size_t cut = strlen(path);
	char directory[4096];
	int opened = -1;

	if (*path == '@')
		return connect_abstract(sock, path + 1);
	while (cut > 0 && path[cut - 1] != '/')
		cut--;
	if (cut >= sizeof(directory))
		return -ENAMETOOLONG;
	if (cut > 1) {
		(void)memcpy(directory, path, cut);
		directory[cut] = 0;
		opened = path_open(at, directory, O_PATH | O_DIRECTORY,
				   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		if (opened < 0)
			return opened;
	}
	long err = in_directory(__NR_connect, sock, opened < 0 ? at : opened, path + cut);

	(void)sys_close(opened);
	return err;
}

/* The console socket of an engine, or where the pidfd goes. */
int op_connect_socket(struct run *run, const struct plan_op *op)
{
	int sock = unix_socket(SOCK_STREAM_);
	long err =
	    sock < 0 ? sock : connect_path(sock, op_fd(run, op, 0), plan_string(&run->plan, op, 0));

	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : op_define(run, op, sock);
}
