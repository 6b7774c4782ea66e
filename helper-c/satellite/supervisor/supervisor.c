/* Takes the calls that a filter hands on, and answers them. */
#include "supervisor.h"
#include "../../sys/str.h"
#include <linux/prctl.h>
#include <linux/sched.h>

#define POLLHUP_ 0x10

/* Enters the namespaces of the program and becomes its user: whatever the supervisor makes, the
 * program could make without Landlock. */
long prepare_supervisor(uint64_t ids)
{
	uint32_t uid = (uint32_t)(ids >> 32), gid = (uint32_t)ids;
	long err = SYS2(setns, FD_LISTENER, CLONE_NEWUSER | CLONE_NEWNS);

	(void)sys_close(FD_LISTENER);
	/* EPERM: who may not leave groups inside keeps those of the launcher, as init does. */
	if (err == 0 && (err = SYS2(setgroups, 0, 0)) == -EPERM)
		err = 0;
	if (err == 0)
		err = SYS3(setresgid, gid, gid, gid);
	if (err == 0)
		err = SYS3(setresuid, uid, uid, uid);
	return err < 0 ? err : sys_prctl(PR_SET_DUMPABLE, 0, 0, 0);
}

int is_waiting(const struct seccomp_notif *call)
{
	uint64_t id = call->id;

	return sys_ioctl(FD_LISTENER, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

static long answer(const struct seccomp_notif *call, long result)
{
	struct seccomp_notif_resp resp = {.id = call->id};

	if (result == GO_ON)
		resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else
		resp.error = (int32_t)result;
	return sys_ioctl(FD_LISTENER, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Puts a descriptor into the caller as the result of its call. */
static void give(const struct seccomp_notif *call, int fd, int flags)
{
	struct seccomp_notif_addfd add = {
	    .id = call->id,
	    .flags = SECCOMP_ADDFD_FLAG_SEND,
	    .srcfd = (uint32_t)fd,
	    .newfd_flags = (uint32_t)flags,
	};
	long err = sys_ioctl(FD_LISTENER, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	(void)sys_close(fd);
	/* Its table is full. */
	if (err < 0)
		(void)answer(call, err);
}

static void handle(const struct seccomp_notif *call)
{
	int flags = -1;

	watch_call(call);
	long result = carry_out_call(call, &flags);

	if (flags >= 0)
		give(call, (int)result, flags);
	else
		(void)answer(call, result);
}

/* Whether no process has the filter any more. */
static int has_ended(void)
{
	struct {
		int fd;
		short events, revents;
	} listener = {.fd = FD_LISTENER};
	struct __kernel_timespec now = {0};

	return SYS5(ppoll, &listener, 1, &now, 0, 0) > 0 && listener.revents & POLLHUP_;
}

/* Takes the listener, which init sends once the filter holds. 0 or -errno. */
static long take_listener(void)
{
	struct msg msg;
	int fd = -1;
	long n = frame_receive(FD_LAUNCHER, &msg, NULL, 0, &fd);

	if (n == 0)
		sys_exit(0);
	return n < 0 ? n : msg.kind == MSG_FD && fd == FD_LISTENER ? 0 : -EPROTO;
}

/* The first step only says that the supervisor is there; the second ends with the program. */
int op_supervise(struct run *run, const struct plan_op *op)
{
	long err = request->step ? take_listener() : 0;
	uint64_t flags = SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP;
	uint32_t rows_size = 0;

	if (err < 0 || !request->step)
		return (int)err;
	guards_set(plan_string(&run->plan, op, OP_SUPERVISE_DATA_NAMES),
		   plan_strings_len(&run->plan, op, OP_SUPERVISE_DATA_NAMES),
		   plan_string(&run->plan, op, OP_SUPERVISE_DATA_FREE),
		   plan_strings_len(&run->plan, op, OP_SUPERVISE_DATA_FREE));
	const uint8_t *rows = plan_bytes(&run->plan, op, REQUEST_MORE, &rows_size);

	watch_set(rows, rows_size);
	/* Before Linux 6.6 there is no such flag, and an answer is taken a little later. */
	(void)SYS3(ioctl, FD_LISTENER, SECCOMP_IOCTL_NOTIF_SET_FLAGS, flags);
	for (;;) {
		struct seccomp_notif call = {0};

		err = sys_ioctl(FD_LISTENER, SECCOMP_IOCTL_NOTIF_RECV, &call);
		if (err == 0)
			handle(&call);
		else if (err == -ENOENT && has_ended())
			return 0;
		else if (err != -ENOENT && err != -EINTR)
			return (int)err;
	}
}
