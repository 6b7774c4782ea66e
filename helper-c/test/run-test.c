/* Messages with descriptors, cut, long and foreign ones; and what becomes of a fault. */
#include "test.h"
#include "../sys/run.h"
#include "../sys/str.h"
#include <asm/socket.h>

#define UNIX 1
#define SEQPACKET 5

static int pair[2];

static int next_fd(void)
{
	int fd = (int)sys_openat(AT_FDCWD, "/", O_PATH, 0);

	(void)sys_close(fd);
	return fd;
}

/* What another process says failed is believed as far as it can be an errno of the kernel's. */
static void test_taken(void)
{
	static const int rows[][2] = {
	    {5, -5}, {4095, -4095}, {0, -EPROTO}, {-5, -EPROTO}, {4096, -EPROTO}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run run = {0};
		struct fault fault = {.code = FAULT_CALL, .error = rows[i][0]};

		check_is("an errno that is told", fault_take(&run, &fault), rows[i][1]);
		check_is("is reported positive", run.fault.error < 0, 0);
	}
}

/* Nor is a failure that no process of ours could have: it would be looked up by its numbers. */
static void test_untrue(void)
{
	static const struct fault rows[] = {
	    {.code = FAULT_SATELLITE + 1},
	    {.code = FAULT_CALL, .op_code = OP_LAST + 1},
	    {.code = FAULT_CALL, .phase = PHASE_EXEC + 1},
	    {.code = FAULT_CALL, .op = 3, .error = -1},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run run = {0};

		check_is("no such failure", fault_take(&run, &rows[i]), -EPROTO);
		check_is("is one of the protocol", run.fault.code, FAULT_PROTOCOL);
		check_is("and of no op", run.fault.op, OP_NONE);
	}
}

static void test_simple(void)
{
	struct msg out = {.magic = MSG_MAGIC, .kind = MSG_SYNC, .value = 7}, in;
	int fd = 77;

	check_is("send", msg_send(pair[0], &out, NULL, 0, -1), 0);
	check_is("receive", msg_receive(pair[1], &in, &fd), sizeof(in));
	check_is("its value", (long)in.value, 7);
	check_is("no descriptor came", fd, -1);
	check_is("send with more", msg_send(pair[0], &out, "more", 4, -1), 0);
	check_is("a longer message", msg_receive(pair[1], &in, NULL), -EPROTO);
	(void)sys_write(pair[0], &out, sizeof(out) - 1);
	check_is("a shorter message", msg_receive(pair[1], &in, NULL), -EPROTO);
	out.magic++;
	(void)sys_write(pair[0], &out, sizeof(out));
	check_is("a foreign message", msg_receive(pair[1], &in, NULL), -EPROTO);
}

static void test_descriptors(void)
{
	struct msg out = {.magic = MSG_MAGIC, .kind = MSG_FD}, in;
	int fd = -1, before = next_fd();

	(void)msg_send(pair[0], &out, NULL, 0, scratch);
	check_is("receive a descriptor", msg_receive(pair[1], &in, &fd), sizeof(in));
	check_is("it came", fd >= 0, 1);
	check_is("it is close-on-exec", sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC);
	(void)sys_close(fd);
	(void)msg_send(pair[0], &out, NULL, 0, scratch);
	check_is("one that is not wanted", msg_receive(pair[1], &in, NULL), sizeof(in));
	check_is("is not kept", next_fd(), before);
}

/* Packets that are no message of ours: what comes with them is not kept. */
static void test_strange(void)
{
	struct msg in;
	int fd = -1, before = next_fd();

	check_is("send an empty packet", msg_send(pair[0], NULL, NULL, 0, scratch), 0);
	check_is("receive it", msg_receive(pair[1], &in, &fd), 0);
	check_is("nothing came", fd, -1);
	check_is("nothing is kept", next_fd(), before);
	check_is("send a word", msg_send(pair[0], NULL, "word", 4, scratch), 0);
	check_is("receive no word", msg_receive(pair[1], &in, &fd), -EPROTO);
	check_is("nothing came with it", fd, -1);
	check_is("nothing of it is kept", next_fd(), before);
}

/* Two descriptors in one message: the kernel drops what there is no room for. */
static void test_two(void)
{
	struct msg out = {.magic = MSG_MAGIC, .kind = MSG_FD}, in;
	struct {
		size_t size;
		int level, type, fd[2];
	} control = {sizeof(control), 1, 1, {scratch, scratch}};
	struct {
		const void *base;
		size_t size;
	} iov = {&out, sizeof(out)};
	struct {
		void *name;
		uint32_t name_size;
		void *iov;
		size_t iov_count;
		void *control;
		size_t control_size;
		uint32_t flags;
	} head = {
	    .iov = &iov, .iov_count = 1, .control = &control, .control_size = sizeof(control)};
	int fd = -1, before = next_fd();

	check_is("send two", SYS3(sendmsg, pair[0], &head, 0), sizeof(out));
	check_is("receive one", msg_receive(pair[1], &in, &fd), sizeof(in));
	check_is("the first one", fd >= 0, 1);
	(void)sys_close(fd);
	check_is("the second is not kept", next_fd(), before);
	check_is("send two again", SYS3(sendmsg, pair[0], &head, 0), sizeof(out));
	check_is("receive none", msg_receive(pair[1], &in, NULL), sizeof(in));
	check_is("none is kept", next_fd(), before);
}

/* Who has sent: not who made the socket, and whatever comes with the message. */
static void test_senders(void)
{
	struct msg out = {.magic = MSG_MAGIC, .kind = MSG_FORKED}, in;
	const int on = 1;
	uint32_t pid = 0;
	int fd = -1, before = next_fd();

	(void)SYS5(setsockopt, pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	(void)msg_send(pair[0], &out, NULL, 0, -1);
	check_is("receive from us", msg_receive_from(pair[1], &in, &fd, &pid), sizeof(in));
	check_is("our pid", pid, SYS0(getpid));
	check_is("it has no descriptor", fd, -1);
	(void)msg_send(pair[0], &out, NULL, 0, scratch);
	check_is("receive both", msg_receive_from(pair[1], &in, &fd, &pid), sizeof(in));
	check_is("our pid again", pid, SYS0(getpid));
	check_is("it has a descriptor", fd >= 0, 1);
	(void)sys_close(fd);
	(void)msg_send(pair[0], &out, NULL, 0, scratch);
	check_is("receive the sender", msg_receive_from(pair[1], &in, NULL, &pid), sizeof(in));
	check_is("no descriptor is kept", next_fd(), before);
	long child = SYS5(clone, SIGCHLD, 0, 0, 0, 0);

	if (child == 0)
		sys_exit(msg_send(pair[0], &out, NULL, 0, scratch) != 0);
	check_is("receive from another", msg_receive_from(pair[1], &in, NULL, &pid), sizeof(in));
	check_is("its pid", pid, child);
	(void)SYS4(wait4, child, 0, 0, 0);
}

void test_messages(void)
{
	struct msg in;

	(void)SYS4(socketpair, UNIX, SEQPACKET, 0, pair);
	test_simple();
	test_descriptors();
	test_two();
	test_strange();
	test_senders();
	(void)sys_close(pair[0]);
	check_is("end-of-file", msg_receive(pair[1], &in, NULL), 0);
	check_is("sending to nobody", msg_send(pair[1], &in, NULL, 0, -1), -EPIPE);
	(void)sys_close(pair[1]);
}

static int fails(struct run *run, const struct plan_op *op)
{
	(void)run;
	(void)op;
	return -EBUSY;
}

static int tells(struct run *run, const struct plan_op *op)
{
	(void)op;
	return op_fault(run, FAULT_DIFFERS, EINVAL, 9);
}

/* As `start-container` does with what init says. */
static int passes_on(struct run *run, const struct plan_op *op)
{
	(void)op;
	run->fault = (struct fault){FAULT_NO_EXEC, 41, ENOENT, .phase = PHASE_EXEC, .detail = 3};
	return -ENOENT;
}

static void fault(const char *name, op_function *function, struct fault want)
{
	static const struct plan_op ops[3] = {{0}, {0}, {.code = 1, .phase = PHASE_PARENT}};
	struct run run = {.plan = {.ops = ops}, .fault = {.op = OP_NONE}};

	check_is(name, op_run(&run, function, 2) < 0, 1);
	check_is(name, run.fault.code, want.code);
	check_is(name, run.fault.op, want.op);
	check_is(name, run.fault.error, want.error);
	check_is(name, run.fault.phase, want.phase);
	check_is(name, (long)run.fault.detail, (long)want.detail);
}

void test_faults(void)
{
	fault("a failed call", fails,
	      (struct fault){FAULT_CALL, 2, EBUSY, .phase = PHASE_PARENT, .detail = 0});
	fault("a difference", tells,
	      (struct fault){FAULT_DIFFERS, 2, EINVAL, .phase = PHASE_PARENT, .detail = 9});
	fault("init's own", passes_on,
	      (struct fault){FAULT_NO_EXEC, 41, ENOENT, .phase = PHASE_EXEC, .detail = 3});
	fault("an op without a function", NULL,
	      (struct fault){FAULT_CALL, 2, ENOSYS, .phase = PHASE_PARENT, .detail = 0});
	test_taken();
	test_untrue();
}
