/* Satellites: confined children that do what few plans need. */
#include "satellite.h"
#include "../sys/str.h"
#include "../launch/launch.h"
#include <asm/socket.h>
#include <linux/prctl.h>
#include <linux/sched.h>

#define AF_UNIX_ 1
#define SOCK_SEQPACKET_ 5
#define MAX_SATELLITES 8
#define LEAVE_MS 20   /* what one whose work is done may take to end by itself */
#define GRACE_MS 2000 /* what a satellite may take longer than its op */
#define MAX_ERRNO 4095

extern const char satellite_image[], satellite_image_end[];

static struct satellite {
	enum satellite_kind kind;
	uint32_t pid;
	int sock, pidfd;
	int is_spare; /* it was started for later */
} satellites[MAX_SATELLITES];
static unsigned satellite_count;

static uint32_t requests;

/* Whether it goes on when the launch is over. What is left of a container is kept to its end. What
 * joins a container may leave processes behind, whose calls a supervisor answers: it ends with the
 * last of them, and with the container. */
static int outlives(enum satellite_kind kind)
{
	return kind == SATELLITE_LOG ||
	       (kind == SATELLITE_SUPERVISOR && launch.run.plan.header->kind == KIND_JOIN);
}

/* The new process: a copy of this one until it executes the satellite, which has its socket as
 * descriptor 0 and no other. */
__attribute__((noreturn)) static void become_satellite(int sock, int program,
						       enum satellite_kind kind)
{
	const char word[] = {(char)('0' + kind), 0};
	const char *const args[] = {"coffer-satellite", word, NULL};
	long err = outlives(kind) ? 0 : sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0);

	if (err >= 0)
		err = sys_dup3(sock, 0, 0);
	if (err >= 0)
		err = sys_close_range(1, ~0U, CLOSE_RANGE_CLOEXEC);
	if (err >= 0)
		(void)SYS5(execveat, program, "", args, args + 2, AT_EMPTY_PATH);
	sys_exit(1);
}

/* Starts the process. Its number or -errno. */
static long start_process(int sock, enum satellite_kind kind, int *ret_pidfd)
{
	struct clone3_args args = {.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND,
				   .exit_signal = SIGCHLD,
				   .pidfd = (uintptr_t)ret_pidfd};
	int program = program_file("coffer-satellite", satellite_image, satellite_image_end, 1);

	if (program < 0)
		return program;
	long pid = SYS2(clone3, &args, sizeof(args));

	if (pid == 0)
		become_satellite(sock, program, kind);
	(void)sys_close(program);
	return pid;
}

static int start_new(enum satellite_kind kind, int is_spare)
{
	int pair[2];

	if (satellite_count == MAX_SATELLITES)
		return -ENOSPC;
	long err = SYS4(socketpair, AF_UNIX_, SOCK_SEQPACKET_ | O_CLOEXEC, 0, pair);

	if (err < 0)
		return (int)err;
	const struct __kernel_old_timeval limit = {.tv_sec = 10};
	struct satellite new = {.kind = kind, .sock = pair[0], .pidfd = -1, .is_spare = is_spare};
	long pid = SYS5(setsockopt, new.sock, SOL_SOCKET, SO_SNDTIMEO_OLD, &limit, sizeof(limit));

	if (pid == 0)
		pid = start_process(pair[1], kind, &new.pidfd);
	(void)sys_close(pair[1]);
	if (pid < 0) {
		(void)sys_close(new.sock);
		return (int)pid;
	}
	new.pid = (uint32_t)pid;
	satellites[satellite_count++] = new;
	return new.sock;
}

int satellite_start(enum satellite_kind kind)
{
	for (unsigned i = 0; i < satellite_count; i++) {
		if (satellites[i].kind != kind || !satellites[i].is_spare)
			continue;
		satellites[i].is_spare = 0;
		return satellites[i].sock;
	}
	return start_new(kind, 0);
}

int satellites_prepare(const struct run *run, const struct plan_op *op)
{
	const struct plan_op *end = run->plan.ops + run->plan.header->ops.length;

	for (; op < end; op++)
		if (op->code == OP_CONNECT_BUS && op->phase == PHASE_PARENT) {
			int sock = start_new(SATELLITE_BUS, 1);

			return sock < 0 ? sock : 0;
		}
	return 0;
}

int satellite_give(int sock, int fd)
{
	return satellite_give_with(sock, fd, 0);
}

int satellite_give_with(int sock, int fd, uint64_t value)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_FD, .value = value};

	int err = msg_send(sock, &msg, NULL, 0, fd);

	/* One that has ended says why when it is asked. */
	return err == -EPIPE ? 0 : err;
}

/* The request, and behind it all data of the op. */
static struct {
	struct request head;
	uint8_t data[REQUEST_BYTES];
} sent;

/* Puts data behind what is there. 0 or -errno. */
static int add_data(size_t *used, unsigned i, const void *from, uint32_t size)
{
	/* At offset 0 data without bytes would be none at all. */
	size_t at = *used + 1;

	if (at + size + 1 > sizeof(sent.data))
		return -EMSGSIZE;
	sent.head.op.data[i] = (struct plan_ref){(uint32_t)at, size};
	(void)memcpy(sent.data + at, from, size);
	sent.data[at + size] = 0;
	*used = at + size + 1;
	return 0;
}

int satellite_tell(const struct run *run, const struct plan_op *op, int sock,
		   const struct asked *asked)
{
	struct msg msg = {.magic = MSG_MAGIC, .kind = MSG_OP, .fault = {.op = ++requests}};
	size_t used = 0;
	int err = 0;

	sent.head = (struct request){
	    .op = *op, .pid = launch.pid, .step = asked->step, .timeout_ms = asked->timeout_ms};
	for (unsigned i = 0; err == 0 && i < OP_DATA; i++) {
		uint32_t size = plan_strings_len(&run->plan, op, i);
		const void *from = asked->bytes >> i & 1
				       ? (const void *)plan_bytes(&run->plan, op, i, &size)
				       : plan_string(&run->plan, op, i);

		if (from)
			err = add_data(&used, i, from, size);
	}
	if (err == 0 && asked->more)
		err = add_data(&used, REQUEST_MORE, asked->more, asked->more_size);
	return err < 0 ? err : msg_send(sock, &msg, &sent, sizeof(sent.head) + used, -1);
}

/* Takes a failure that a satellite tells of. -errno with a fault. */
static int take_failure(struct run *run, const struct fault *fault)
{
	if (fault->error < 0 || fault->error > MAX_ERRNO || fault->code > FAULT_SATELLITE ||
	    fault->code == FAULT_NONE)
		return op_fault(run, FAULT_SATELLITE, EPROTO, fault->code);
	return op_fault(run, fault->code, fault->error, fault->detail);
}

/*
 * What a satellite says, and what comes with it: it is not believed more than it has to be. 0 when
 * the op is done, 1 when there is more to come, or -errno with a fault. A descriptor that is not
 * kept is closed.
 */
static int take_frame(struct run *run, struct asked *asked, const struct msg *msg,
		      const char *bytes, size_t size, int fd)
{
	int is_fd = msg->kind == MSG_FD && fd >= 0;

	if (fd >= 0 && (!is_fd || asked->fd >= 0))
		(void)sys_close(is_fd ? asked->fd : fd);
	if (is_fd)
		asked->fd = fd;
	if (msg->kind == MSG_FORKED && asked->note) {
		int err = asked->note(run, msg->value);

		return err < 0 ? err : 1;
	}
	if (is_fd)
		return 1;
	if (msg->kind != MSG_DONE && msg->kind != MSG_FAULT)
		return op_fault(run, FAULT_SATELLITE, EPROTO, msg->kind);
	if (asked->answer) {
		(void)memcpy(asked->answer, bytes, size);
		*asked->ret_answer_size = (uint32_t)size;
	} else if (msg->kind == MSG_FAULT && size > 0) {
		launch_told(bytes);
	}
	return msg->kind == MSG_DONE ? 0 : take_failure(run, &msg->fault);
}

/* Waits for the next frame. Its size, or -errno with a fault. */
static long await_frame(struct run *run, int sock, const struct asked *asked, uint64_t end)
{
	uint64_t now = end ? clock_now() : 0;

	if (end && now >= end)
		return op_fault(run, FAULT_SATELLITE, ETIMEDOUT, 0);
	int which = wait_readable(&launch, sock, asked->process,
				  end ? (int)((end - now) / 1000000U) + 1 : -1);

	if (which == -ETIMEDOUT)
		return op_fault(run, FAULT_SATELLITE, ETIMEDOUT, 0);
	return which == 2 ? op_fault(run, FAULT_INIT_ENDED, ECHILD, 0) : which;
}

int satellite_ask(struct run *run, const struct plan_op *op, int sock, struct asked *asked)
{
	static char text[ANSWER_BYTES + 1];
	uint64_t ms = asked->timeout_ms + GRACE_MS;
	uint64_t end = asked->timeout_ms ? clock_now() + ms * 1000000U : 0;
	int err = satellite_tell(run, op, sock, asked);

	if (err == -EAGAIN)
		return op_fault(run, FAULT_SATELLITE, ETIMEDOUT, 0);
	/* One that has ended may have said why. */
	if (err == -EPIPE)
		err = 0;
	while (err == 0) {
		struct msg msg;
		int fd = -1;
		long n = await_frame(run, sock, asked, end);

		if (n >= 0)
			n = frame_receive(sock, &msg, text, ANSWER_BYTES, &fd);
		/* It ended before it read the request: what it said comes after the error. */
		if (n == -ECONNRESET)
			n = frame_receive(sock, &msg, text, ANSWER_BYTES, &fd);
		if (n == 0 || n == -ECONNRESET)
			return op_fault(run, FAULT_SATELLITE, ECHILD, 0);
		if (n < 0)
			return (int)n;
		/* An answer to what was given up; 0: it could not begin. */
		if (msg.fault.op != requests && msg.fault.op != 0) {
			if (fd >= 0)
				(void)sys_close(fd);
			continue;
		}
		text[(size_t)n - sizeof(msg)] = 0;
		err = take_frame(run, asked, &msg, text, (size_t)n - sizeof(msg), fd);
		if (err <= 0)
			return err;
		err = 0;
	}
	return err;
}

int satellite_is(uint32_t pid)
{
	for (unsigned i = 0; i < satellite_count; i++)
		if (satellites[i].pid == pid)
			return 1;
	return 0;
}

static void end_one(const struct satellite *satellite)
{
	(void)sys_close(satellite->sock);
	process_kill(satellite->pidfd);
	(void)sys_close(satellite->pidfd);
}

void satellite_end(int sock)
{
	for (unsigned i = 0; i < satellite_count; i++)
		if (satellites[i].sock == sock) {
			end_one(&satellites[i]);
			satellites[i] = satellites[--satellite_count];
			return;
		}
}

int op_close_launch(struct run *run, const struct plan_op *op)
{
	satellite_end(op_fd(run, op, 0));
	return op_close(run, op);
}

void satellites_end(void)
{
	while (satellite_count > 0)
		end_one(&satellites[--satellite_count]);
}

void satellites_leave(void)
{
	while (satellite_count > 0) {
		const struct satellite *last = &satellites[--satellite_count];

		if (last->kind == SATELLITE_LOG)
			continue;
		if (!outlives(last->kind) || process_ends(last->pidfd, -1, LEAVE_MS))
			end_one(last);
	}
}
