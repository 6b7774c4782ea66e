/* Terminal, names, network, kernel parameters, namespaces. */
#include "../sys/inet.h"
#include "../sys/path.h"
#include "../sys/str.h"
#include "ops.h"
#include <asm/ioctls.h>
#include <asm/statfs.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/magic.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>

#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV)

/* In a running container anything may be mounted at /dev/pts: only a devpts is opened. The host's
 * own node is a device of another file system, and the kernel finds the devpts beside it. */
int op_open_ptmx(struct run *run, const struct plan_op *op)
{
	int unlock = 0, devpts = op_fd(run, op, 0);
	struct statfs fs;
	long err = SYS2(fstatfs, devpts, &fs);

	if (err < 0)
		return (int)err;
	if (!(op->flags & OPF_DEVICE) && fs.f_type != DEVPTS_SUPER_MAGIC)
		return op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_type);
	int fd = path_open(devpts, "ptmx", O_RDWR | O_NOCTTY, PLAIN);

	if (fd < 0)
		return fd;
	err = sys_ioctl(fd, TIOCSPTLCK, &unlock);

	if (err < 0) {
		(void)sys_close(fd);
		return (int)err;
	}
	return op_define(run, op, fd);
}

int op_open_peer(struct run *run, const struct plan_op *op)
{
	return op_define(
	    run, op,
	    (int)SYS3(ioctl, op_fd(run, op, 0), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
}

int op_set_window(struct run *run, const struct plan_op *op)
{
	struct winsize size = {.ws_row = (unsigned short)op->nums[OP_SET_WINDOW_NUM_ROWS],
			       .ws_col = (unsigned short)op->nums[OP_SET_WINDOW_NUM_COLUMNS]};

	return (int)sys_ioctl(op_fd(run, op, 0), TIOCSWINSZ, &size);
}

int op_plain_output(struct run *run, const struct plan_op *op)
{
	struct termios settings;
	int pty = op_fd(run, op, OP_PLAIN_OUTPUT_SLOT_PTY);
	long err = sys_ioctl(pty, TCGETS, &settings);

	settings.c_oflag &= ~(unsigned)ONLCR;
	return (int)(err < 0 ? err : sys_ioctl(pty, TCSETS, &settings));
}

int op_new_session(struct run *run, const struct plan_op *op)
{
	int pty = op_fd_or_none(run, op, 0);
	long err = SYS0(setsid);

	/* A terminal's session may have been made before its terminal was: being a leader already
	 * is what we want. */
	if (err == -EPERM && pty >= 0)
		err = 0;
	if (err >= 0 && pty >= 0)
		err = sys_ioctl(pty, TIOCSCTTY, NULL);
	return err < 0 ? (int)err : 0;
}

int op_give_slot(struct run *run, const struct plan_op *op)
{
	int err = tell(run, MSG_FD, 0, op_fd(run, op, 0));

	if (err == 0)
		op_moved(run, op, 0);
	return err;
}

/* Both calls are alike. */
int op_set_name(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, 0);
	long call = op->code == OP_SET_HOSTNAME ? __NR_sethostname : __NR_setdomainname;

	return (int)sys2(call, (long)name, (long)strlen(name));
}

#define SOCK_DGRAM_CLOEXEC (2 | O_CLOEXEC)
#define SIOCSIFFLAGS_ 0x8914
#define IFF_UP_RUNNING 0x41

/* The interface is new: it has no flag that a user can set. */
int op_loopback_up(struct run *run, const struct plan_op *op)
{
	const struct {
		char name[16];
		short flags;
		char pad[22];
	} request = {.name = "lo", .flags = IFF_UP_RUNNING};
	int sock = (int)SYS3(socket, AF_INET_, SOCK_DGRAM_CLOEXEC, 0);

	(void)run;
	(void)op;
	if (sock < 0)
		return sock;
	long err = SYS3(ioctl, sock, SIOCSIFFLAGS_, &request);

	(void)sys_close(sock);
	return (int)err;
}

#define SOCK_STREAM_CLOEXEC (1 | O_CLOEXEC)
#define WAITING_CONNECTIONS 128

int op_listen(struct run *run, const struct plan_op *op)
{
	const struct inet_address address = loopback_at(op->nums[OP_LISTEN_NUM_PORT]);
	int sock = (int)SYS3(socket, AF_INET_, SOCK_STREAM_CLOEXEC, 0);
	int err = op_define(run, op, sock);

	if (err == 0)
		err = (int)SYS3(bind, sock, &address, sizeof(address));
	return err < 0 ? err : (int)SYS2(listen, sock, WAITING_CONNECTIONS);
}

int op_new_keyring(struct run *run, const struct plan_op *op)
{
	long err = SYS2(keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);

	(void)run;
	(void)op;
	/* ENOSYS too: a filter around us may deny this call and leave request_key(2). */
	return err < 0 ? (int)err : 0;
}

int op_join_namespaces(struct run *run, const struct plan_op *op)
{
	return (int)SYS2(setns, op_fd(run, op, 0), op->nums[0]);
}

/*
 * Clones; the new process waits until this one has closed the pipe, or ended. Its pid, 0 in itself,
 * or -errno.
 */
static long clone_waiting(struct clone3_args *args, int pipe[2])
{
	char byte;
	long err = SYS2(pipe2, pipe, O_CLOEXEC);

	if (err < 0)
		return err;
	long pid = SYS2(clone3, args, sizeof(*args));

	if (pid > 0)
		return pid;
	/* With its own end still open it would wait for ever. */
	err = sys_close(pipe[1]);
	if (pid == 0 && err == 0)
		err = sys_read(pipe[0], &byte, 1);
	(void)sys_close(pipe[0]);
	return pid < 0 ? pid : err;
}

/*
 * The kernel locks what is in a mount namespace that is copied for another user namespace. A child
 * gets both; only its mount namespace is entered, and outlives it.
 */
int op_lock_mounts(struct run *run, const struct plan_op *op)
{
	int pidfd = -1, pipe[2];
	struct clone3_args args = {.flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_PIDFD,
				   .pidfd = (uintptr_t)&pidfd};
	long before = mount_of(AT_FDCWD, "/");

	if (before < 0)
		return (int)before;
	/* setns(2) looks at the child, which is as its maker was: init itself is hidden again. */
	(void)sys_prctl(PR_SET_DUMPABLE, op->nums[0], 0, 0);
	long err = clone_waiting(&args, pipe);

	if (err == 0)
		sys_exit(0);
	long hidden = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0);

	if (err > 0)
		err = hidden < 0 ? hidden : SYS2(setns, pidfd, CLONE_NEWNS);
	/* Init ends where anything has failed, and the child with it. */
	if (err < 0)
		return (int)err;
	(void)sys_close(pipe[0]);
	(void)sys_close(pipe[1]);
	err = SYS5(waitid, P_PIDFD, pidfd, NULL, WEXITED | __WALL, NULL);
	(void)sys_close(pidfd);
	if (err == 0)
		err = mount_of(AT_FDCWD, "/");
	if (err == before)
		return op_fault(run, FAULT_DIFFERS, EPERM, (uint64_t)before);
	return err < 0 ? (int)err : 0;
}

/* Takes ids of the user namespace without losing the capabilities in it. */
int op_become(struct run *run, const struct plan_op *op)
{
	(void)run;
	return take_ids(op->nums[OP_BECOME_NUM_UID], op->nums[OP_BECOME_NUM_GID]);
}

int op_set_dumpable(struct run *run, const struct plan_op *op)
{
	(void)run;
	return (int)sys_prctl(PR_SET_DUMPABLE, op->nums[0], 0, 0);
}
