/* CRIU as a service (criu swrk): the launcher starts it, as the parent of what it makes, and a
 * satellite speaks to it. */
#include "../sys/path.h"
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "../launch/launch.h"
#include "satellite.h"
#include <asm/statfs.h>
#include <linux/mount.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#define AF_UNIX_ 1
#define SOCK_SEQPACKET_ 5
#define MSG_PEEK_ 2
#define MS_PRIVATE_ (1UL << 18)
#define MS_SLAVE_ (1UL << 19)

#define SERVICE_SOCKET 3 /* also where the launcher itself has CRIU's working directory */
#define FIRST_FREE 64	 /* above every number that `pass-fd` can ask for */

/* Zeros until `start-criu`, as all of our data: a page that nobody writes is no memory. */
static struct {
	int started;
	int pidfd;    /* the service's, or -1 */
	int restored; /* the pidfd of the process that it made, -1 before */
	uint32_t pid; /* of that process */
	int notified; /* the descriptor that came with the last notification, or -1 */
	int satellite;
	unsigned passed;
	struct {
		int fd, target;
	} pass[FIRST_FREE];
} criu;

int op_pass_fd(struct run *run, const struct plan_op *op)
{
	/* A copy, so that the plan may close the slot. */
	long fd = sys_fcntl(op_fd(run, op, OP_PASS_FD_SLOT_FD), F_DUPFD_CLOEXEC, FIRST_FREE);

	if (fd < 0)
		return (int)fd;
	if (criu.passed == FIRST_FREE)
		return -ENOSPC;
	criu.pass[criu.passed].fd = (int)fd;
	criu.pass[criu.passed++].target = (int)op->nums[OP_PASS_FD_NUM_TARGET];
	return 0;
}

/* As init's `mount-point`, in a root directory that no mount namespace has yet. */
int op_mount_point_host(struct run *run, const struct plan_op *op)
{
	return op_define(run, op,
			 path_mount_point(op_fd(run, op, 0), plan_string(&run->plan, op, 0),
					  (unsigned)op->nums[OP_MOUNT_POINT_NUM_KIND],
					  (unsigned)op->nums[OP_MOUNT_POINT_NUM_MODE],
					  op->nums[OP_MOUNT_POINT_NUM_RESOLVE] != 0));
}

struct service {
	const char **args, **env;
	int program, root, socket, other_end;
	uint64_t namespaces, propagation, attrs;
};

/* Makes the root directory a mount point of the new mount namespace, of which the host sees
 * nothing. CRIU wants the root that it is given to be one. The root itself is private, as it is
 * when a container is made (decision 0075): mounts beneath it may be slaves. */
static long bind_root(uint64_t propagation, uint64_t attrs)
{
	struct mount_attr attr = {.propagation =
				      propagation == PROPAGATION_PRIVATE ? MS_PRIVATE_ : MS_SLAVE_};
	struct mount_attr own = {.attr_set = attrs, .propagation = MS_PRIVATE_};
	long err = SYS5(mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &attr, sizeof(attr));
	long tree = err < 0 ? err
			    : SYS3(open_tree, AT_FDCWD, ".",
				   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	err = tree < 0 ? tree : SYS5(mount_setattr, tree, "", AT_EMPTY_PATH, &own, sizeof(own));
	return err < 0 ? err : SYS5(move_mount, tree, "", AT_FDCWD, ".", MOVE_MOUNT_F_EMPTY_PATH);
}

static long place_fds(const struct service *service)
{
	long err = sys_close_range(SERVICE_SOCKET, ~0U, CLOSE_RANGE_CLOEXEC);

	for (unsigned i = 0; err >= 0 && i < criu.passed; i++)
		if (criu.pass[i].target != SERVICE_SOCKET)
			err = sys_dup3(criu.pass[i].fd, criu.pass[i].target, 0);
	return err < 0 ? err : sys_dup3(service->socket, SERVICE_SOCKET, 0);
}

/* The new process: a copy of this one until it executes the program. */
__attribute__((noreturn)) static void become_service(const struct service *service)
{
	struct msg fault = {.magic = MSG_MAGIC, .kind = MSG_FAULT};
	uint64_t none = 0;
	char byte;
	/* A dump ends with the launcher: who finds that one was killed lets the container go on,
	 * which a service that still works would stop again. */
	long err = launch.run.plan.header->kind == KIND_RESTORE
		       ? 0
		       : sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0);

	if (err < 0)
		sys_exit(1);
	/* This copy of the other end would hide its end. */
	(void)sys_close(service->other_end);
	/* The request comes when this process is in its cgroups, of which a namespace is made. */
	do {
		err = SYS6(recvfrom, service->socket, &byte, 1, MSG_PEEK_, 0, 0);
	} while (err == -EINTR);
	if (err <= 0)
		sys_exit(1);
	if (service->root >= 0)
		err = SYS1(fchdir, service->root);
	if (err >= 0 && service->namespaces)
		err = SYS1(unshare, service->namespaces);
	if (err >= 0 && service->root >= 0)
		err = bind_root(service->propagation, service->attrs);
	if (err >= 0)
		err = SYS1(chdir, "/");
	if (err >= 0)
		err = place_fds(service);
	if (err >= 0)
		err = SYS4(rt_sigprocmask, 2 /* SIG_SETMASK */, &none, 0, sizeof(none));
	(void)SYS1(umask, 022);
	if (err >= 0)
		err = SYS5(execveat, service->program, "", service->args, service->env,
			   AT_EMPTY_PATH);
	fault.fault.error = (int32_t)-err;
	(void)msg_send(service->socket, &fault, NULL, 0, -1);
	sys_exit(1);
}

static long start_service(const struct service *service, int cgroup)
{
	int pidfd = -1;
	struct clone3_args args = {.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)&pidfd};

	if (cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	long pid = SYS2(clone3, &args, sizeof(args));

	if (pid == 0)
		become_service(service);
	if (pid < 0)
		return pid;
	launch.pid = (uint32_t)pid;
	launch.pidfd = pidfd;
	criu.pidfd = (int)sys_fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
	return criu.pidfd < 0 ? criu.pidfd : pidfd;
}

/* Starts both. CRIU's pidfd or -errno. */
static long start(struct service *service, int cgroup)
{
	int pair[2];
	long err = SYS4(socketpair, AF_UNIX_, SOCK_SEQPACKET_ | O_CLOEXEC, 0, pair);

	if (err < 0)
		return err;
	service->other_end = pair[0];
	err = service->socket = (int)sys_fcntl(pair[1], F_DUPFD_CLOEXEC, FIRST_FREE);
	if (err >= 0)
		err = start_service(service, cgroup);
	int pidfd = (int)err;

	(void)sys_close(pair[1]);
	(void)sys_close(service->socket);
	if (err >= 0)
		err = criu.satellite = satellite_start(SATELLITE_CRIU);
	if (err >= 0)
		err = satellite_give(criu.satellite, pair[0]);
	if (err >= 0)
		err = satellite_give(criu.satellite, criu.pidfd);
	(void)sys_close(pair[0]);
	return err < 0 ? err : pidfd;
}

int op_start_criu(struct run *run, const struct plan_op *op)
{
	long args = string_array(run, op, OP_START_CRIU_DATA_ARGS);
	long env = args < 0 ? args : string_array(run, op, OP_START_CRIU_DATA_ENV);
	long err = env < 0 ? env : 0;
	struct service service = {.args = (const char **)args,
				  .env = (const char **)env,
				  .program = op_fd(run, op, OP_START_CRIU_SLOT_PROGRAM),
				  .root = op_fd_or_none(run, op, OP_START_CRIU_SLOT_ROOT),
				  .namespaces = op->nums[OP_START_CRIU_NUM_NAMESPACES],
				  .propagation = op->nums[OP_START_CRIU_NUM_PROPAGATION],
				  .attrs = op->nums[OP_START_CRIU_NUM_ATTRS]};

	criu.started = 1;
	criu.pidfd = criu.restored = criu.notified = criu.satellite = -1;
	for (unsigned i = 0; err >= 0 && i < criu.passed; i++)
		if (criu.pass[i].target == SERVICE_SOCKET)
			err = sys_dup3(criu.pass[i].fd, SERVICE_SOCKET, O_CLOEXEC);
	if (err >= 0)
		err = start(&service, op_fd_or_none(run, op, OP_START_CRIU_SLOT_CGROUP));
	op_moved(run, op, OP_START_CRIU_SLOT_PROGRAM);
	return op_define(run, op, (int)err);
}

/* Takes note of the process that CRIU has made. The satellite is believed when it is our child,
 * which nothing else has the number of, and none that we have made. */
static int note_process(struct run *run, uint64_t pid)
{
	if (pid == 0 || criu.restored >= 0)
		return 0;
	if (pid == launch.pid || pid > UINT32_MAX || satellite_is((uint32_t)pid))
		return op_fault(run, FAULT_SATELLITE, EPROTO, pid);
	int pidfd = child_open(pid);

	if (pidfd < 0)
		return pidfd;
	criu.restored = pidfd;
	criu.pid = (uint32_t)pid;
	return 0;
}

/* The service has answered: it ends. */
static void end_service(void)
{
	satellite_end(criu.satellite);
	criu.satellite = -1;
	if (process_reap(criu.pidfd, END_MS) < 0)
		process_kill(criu.pidfd);
	criu.pidfd = -1;
	/* A plan that only asks for a dump has no other process of its own. */
	if (criu.restored < 0)
		launch.pidfd = -1;
}

int op_ask_criu(struct run *run, const struct plan_op *op)
{
	struct asked asked = {.timeout_ms = op->nums[OP_ASK_CRIU_NUM_TIMEOUT_MS],
			      .process = -1,
			      .bytes = 1 << OP_ASK_CRIU_DATA_REQUEST,
			      .note = note_process,
			      .fd = -1};
	int err = satellite_ask(run, op, criu.satellite, &asked);

	if (asked.fd >= 0) {
		(void)sys_close(criu.notified);
		criu.notified = asked.fd;
	}
	if (err == 0 && !plan_string(&run->plan, op, OP_ASK_CRIU_DATA_UNTIL))
		end_service();
	return err;
}

int criu_adopt(struct run *run, const struct plan_op *op)
{
	if (criu.restored < 0)
		return op_fault(run, FAULT_PROTOCOL, EPROTO, 0);
	op_moved(run, op, OP_ADOPT_SLOT_PROCESS);
	launch.pidfd = criu.restored;
	launch.pid = criu.pid;
	return op_define(run, op, criu.restored);
}

int criu_take(struct run *run, const struct plan_op *op)
{
	int fd = criu.notified;

	criu.notified = -1;
	return fd < 0 ? op_fault(run, FAULT_PROTOCOL, EPROTO, 0) : op_define(run, op, fd);
}

int op_expect_root(struct run *run, const struct plan_op *op)
{
	uint64_t require = op->nums[OP_EXPECT_ROOT_NUM_REQUIRE];
	struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC};
	char path[32];
	struct text text = {.data = path, .size = sizeof(path)};
	struct statfs fs;
	long err = init_check(run, op, OP_EXPECT_ROOT_SLOT_PROCESS);

	if (err < 0)
		return (int)err;
	text_add_number(&text, launch.pid);
	text_add(&text, "/root");
	int root = (int)sys_openat2(op_fd(run, op, OP_EXPECT_ROOT_SLOT_PROC), path, &how);

	if (root < 0)
		return root;
	err = SYS2(fstatfs, root, &fs);
	(void)sys_close(root);
	if (err < 0)
		return (int)err;
	if (((uint64_t)fs.f_flags & require) != require)
		return op_fault(run, FAULT_DIFFERS, EINVAL, (uint64_t)fs.f_flags);
	return 0;
}

void criu_undo(void)
{
	if (!criu.started)
		return;
	process_kill(criu.pidfd);
	process_kill(criu.restored);
}
