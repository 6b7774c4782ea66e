/* sd_notify(3): what the container tells of its start, told to whoever started us. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "launch.h"
#include "unix-socket.h"
#include <linux/prctl.h>
#include <linux/sched.h>

#define MSG_DONTWAIT_ 0x40
#define BARRIER_MS 30000
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
	int caller =
	    connect_caller(op_fd(run, op, OP_BIND_NOTIFY_SLOT_AT), plan_string(&run->plan, op, 0));

	if (caller < 0)
		return caller;
	(void)sys_close(caller);
	return op_define(run, op, bind_within(op_fd(run, op, OP_BIND_NOTIFY_SLOT_STATE)));
}

/* The line that says ready, with its newline; its size, 0 when there is none. */
static size_t ready_line(const char *text, size_t n, char *ret, size_t size)
{
	for (size_t at = 0, end; at < n; at = end + 1) {
		for (end = at; end < n && text[end] != '\n';)
			end++;
		if (end - at >= 6 && end - at < size && memcmp(text + at, "READY=", 6) == 0) {
			(void)memcpy(ret, text + at, end - at);
			ret[end - at] = '\n';
			return end - at + 1;
		}
	}
	return 0;
}

/* sd_notify_barrier(3): whoever has taken everything before it closes its end of a pipe. */
static void barrier(int caller)
{
	static const char word[] = "BARRIER=1";
	int pipe[2];

	if (SYS2(pipe2, pipe, O_CLOEXEC) < 0)
		return;
	int err = msg_send(caller, NULL, word, sizeof(word) - 1, pipe[1]);

	(void)sys_close(pipe[1]);
	/* Who does not know the word keeps the end no longer than it takes to read the message. */
	if (err == 0)
		(void)wait_readable(&launch, pipe[0], -1, BARRIER_MS);
	(void)sys_close(pipe[0]);
}

/* Waits for the word and passes it on. 0 too when the container ends without it, or somebody asks
 * us to end. */
static long relay(int sock, int caller, int process, int is_main)
{
	char text[4096], line[256];
	size_t size = 0;

	while (size == 0) {
		int from = wait_readable(&launch, sock, process, -1);

		if (from == -EINTR && !is_main)
			continue;
		if (from != 1)
			return from == -EINTR || from == 2 ? 0 : from;
		long n = SYS6(recvfrom, sock, text, sizeof(text), MSG_DONTWAIT_, 0, 0);

		if (n > 0)
			size = ready_line(text, (size_t)n, line, sizeof(line));
		/* Who sends without end does not keep signals from us. */
		if (size == 0 && is_main && wait_readable(&launch, -1, -1, 0) == -EINTR)
			return 0;
	}
	long n = sys_write(caller, line, size);

	if (n >= 0 && is_main) {
		struct text main_pid = {.data = line, .size = sizeof(line)};

		text_add(&main_pid, "MAINPID=");
		text_add_number(&main_pid, launch.pid);
		text_add(&main_pid, "\n");
		n = sys_write(caller, line, main_pid.used);
	}
	if (n >= 0)
		barrier(caller);
	return n < 0 ? n : 0;
}

/* A child that relays while the launcher waits for the container: it ends with either. */
static long relay_beside(int sock, int caller, int process)
{
	struct clone3_args args = {0};
	long pid = SYS2(clone3, &args, sizeof(args));

	if (pid != 0)
		return pid < 0 ? pid : 0;
	(void)sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	for (int fd = 0; fd < 3; fd++)
		(void)sys_close(fd);
	(void)sys_close(launch.args.report_fd);
	(void)sys_close(launch.args.trace_fd);
	(void)relay(sock, caller, process, 0);
	sys_exit(0);
}

int op_relay_notify(struct run *run, const struct plan_op *op)
{
	int sock = op_fd(run, op, OP_RELAY_NOTIFY_SLOT_SOCKET);
	int process = op_fd(run, op, OP_RELAY_NOTIFY_SLOT_PROCESS);
	int caller =
	    connect_caller(op_fd(run, op, OP_RELAY_NOTIFY_SLOT_AT), plan_string(&run->plan, op, 0));

	if (caller < 0)
		return caller;
	long err =
	    op->nums[0] ? relay(sock, caller, process, 1) : relay_beside(sock, caller, process);

	(void)sys_close(caller);
	op_moved(run, op, OP_RELAY_NOTIFY_SLOT_SOCKET);
	return (int)err;
}
