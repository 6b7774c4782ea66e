/* The gate: where a created container waits, and the way to let it go. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "launch.h"
#include <asm/socket.h>

#define AF_UNIX_ 1
#define SOCK_STREAM_ 1
#define SOCK_SEQPACKET_ 5

struct unix_address {
	unsigned short family;
	char path[108];
};

/* connect(2) waits where the other side does not accept: bounded, as no signal ends us meanwhile.
 */
static int unix_socket(int type)
{
	const struct __kernel_old_timeval limit = {.tv_sec = 10};
	int sock = (int)SYS3(socket, AF_UNIX_, type | O_CLOEXEC, 0);
	long err = sock < 0
		       ? sock
		       : SYS5(setsockopt, sock, SOL_SOCKET, SO_SNDTIMEO_OLD, &limit, sizeof(limit));

	if (err < 0 && sock >= 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : sock;
}

/* Calls bind or connect in a directory, so that the path of a state directory
 * may be longer than 107 bytes. */
static long in_directory(long call, int sock, int dir, const char *name)
{
	struct unix_address address = {.family = AF_UNIX_};
	struct text text = {.data = address.path, .size = sizeof(address.path)};

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

int op_make_gate(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, 0);
	int sock = unix_socket(SOCK_SEQPACKET_);
	long err = sock < 0 ? sock : undo_note(state, "gate", 0);

	if (err == 0) {
		err = in_directory(__NR_bind, sock, state, "gate");
		if (err < 0)
			undo_forget();
	}
	if (err == 0)
		err = SYS2(listen, sock, 4);
	if (err < 0 && sock >= 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : op_define(run, op, sock);
}

/* The console socket of an engine: a stream socket by path, which may be long
 * as well. */
int op_connect_socket(struct run *run, const struct plan_op *op)
{
	const char *path = plan_string(&run->plan, op, 0);
	size_t cut = strlen(path);
	char directory[4096];
	int sock = unix_socket(SOCK_STREAM_);
	int dir = op_fd(run, op, 0), opened = -1;
	long err = sock < 0 ? sock : 0;

	while (cut > 0 && path[cut - 1] != '/')
		cut--;
	if (err == 0 && cut >= sizeof(directory))
		err = -ENAMETOOLONG;
	if (err == 0 && cut > 1) {
		(void)memcpy(directory, path, cut);
		directory[cut] = 0;
		opened = path_open(dir, directory, O_PATH | O_DIRECTORY,
				   RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
		err = opened < 0 ? opened : 0;
	}
	if (err == 0)
		err = in_directory(__NR_connect, sock, opened < 0 ? dir : opened, path + cut);
	if (opened >= 0)
		(void)sys_close(opened);
	if (err < 0 && sock >= 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : op_define(run, op, sock);
}

/* Says go and waits for the end of init's socket. 0 or -errno. */
static int let_go(struct run *run, int sock, int timeout_ms)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_GO};
	int said = 0;
	long err = msg_send(sock, &msg, NULL, 0, -1);

	while (err >= 0) {
		err = wait_readable(&launch, sock, -1, timeout_ms);
		if (err >= 0)
			err = msg_receive(sock, &msg, NULL);
		if (err == 0)
			break;
		if (err > 0 && msg.kind == MSG_FAULT) {
			run->fault = msg.fault;
			return msg.fault.error ? -msg.fault.error : -EPROTO;
		}
		if (err > 0 && msg.kind != MSG_EXEC_NOW)
			return op_fault(run, FAULT_PROTOCOL, EPROTO, msg.kind);
		said = 1;
	}
	if (err == -ECONNRESET || (err == 0 && !said))
		return op_fault(run, FAULT_INIT_ENDED, ECHILD, 0);
	return (int)err;
}

int op_start_container(struct run *run, const struct plan_op *op)
{
	int state = op_fd(run, op, OP_START_CONTAINER_SLOT_STATE);
	int sock = unix_socket(SOCK_SEQPACKET_);

	if (sock < 0)
		return sock;
	long err = in_directory(__NR_connect, sock, state, "gate");

	if (err == 0)
		err = let_go(run, sock, (int)op->nums[0]);
	/* From here on the container runs: a gate that nobody waits at would tell
	 * otherwise. */
	if (err == 0)
		err = SYS3(unlinkat, state, "gate", 0);
	(void)sys_close(sock);
	return (int)err;
}
