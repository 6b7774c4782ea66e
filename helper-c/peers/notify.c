/* sd_notify(3): what the container tells of its start, told to whoever started us. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "../launch/launch.h"
#include "satellite.h"
#include "unix-socket.h"

#define NO_LINK (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/* Makes the socket in the directory that the container gets a view of: everybody there may write to
 * it. A descriptor or -errno. */
static int bind_within(int state)
{
	long err = SYS3(mkdirat, state, "notify", 0755);
	int dir = err < 0 && err != -EEXIST
		      ? (int)err
		      : path_open(state, "notify", O_RDONLY | O_DIRECTORY, NO_LINK);

	if (dir < 0)
		return dir;
	/* The launcher's umask is the caller's. */
	err = SYS2(fchmod, dir, 0755);
	(void)SYS3(unlinkat, dir, "notify.sock", 0);
	int sock = unix_socket(SOCK_DGRAM_);

	if (err == 0)
		err = sock < 0 ? sock : in_directory(__NR_bind, sock, dir, "notify.sock");
	if (err == 0)
		err = SYS3(fchmodat, dir, "notify.sock", 0777);
	(void)sys_close(dir);
	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : sock;
}

/* A socket that is connected to the caller's. A descriptor or -errno. */
static int connect_caller(int at, const char *path)
{
	int sock = unix_socket(SOCK_DGRAM_);
	long err = sock < 0 ? sock : connect_path(sock, at, path);

	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? (int)err : sock;
}

int op_bind_notify(struct run *run, const struct plan_op *op)
{
	int at = op_fd(run, op, OP_BIND_NOTIFY_SLOT_AT);
	int told = !(op->flags & OPF_ABSENT_OK);
	int caller = told ? connect_caller(at, plan_string(&run->plan, op, 0)) : -1;

	if (told && caller < 0)
		return caller;
	(void)sys_close(caller);
	return op_define(run, op, bind_within(op_fd(run, op, OP_BIND_NOTIFY_SLOT_STATE)));
}

int op_relay_notify(struct run *run, const struct plan_op *op)
{
	struct asked asked = {.process = -1, .fd = -1};
	int caller =
	    connect_caller(op_fd(run, op, OP_RELAY_NOTIFY_SLOT_AT), plan_string(&run->plan, op, 0));
	int relay = caller < 0 ? caller : satellite_start(SATELLITE_NOTIFY);
	int err =
	    relay < 0 ? relay : satellite_give(relay, op_fd(run, op, OP_RELAY_NOTIFY_SLOT_SOCKET));

	if (err == 0)
		err = satellite_give(relay, caller);
	if (err == 0)
		err = satellite_give(relay, op_fd(run, op, OP_RELAY_NOTIFY_SLOT_PROCESS));
	(void)sys_close(caller);
	op_moved(run, op, OP_RELAY_NOTIFY_SLOT_SOCKET);
	/* It goes on while the launcher waits for the container, and ends with the launcher. */
	if (err == 0 && !op->nums[OP_RELAY_NOTIFY_NUM_MAIN])
		return satellite_tell(run, op, relay, &asked);
	if (err == 0) {
		err = satellite_ask(run, op, relay, &asked);
		/* Somebody asks us to end: the container runs all the same. */
		if (err == -EINTR)
			err = 0;
	}
	satellite_end(relay);
	return err;
}
