#include "run.h"

#include "str.h"
#include <linux/socket.h>
#include <linux/time.h>

#define MAX_ERRNO 4095
#define SOL_SOCKET_ 1
#define SCM_RIGHTS_ 1
#define SIG_SETMASK_ 2
#define MSG_TRUNC_ 0x20
#define MSG_NOSIGNAL_ 0x4000
#define MSG_CMSG_CLOEXEC_ 0x40000000

long signals_block(uint64_t signals)
{
	return SYS4(rt_sigprocmask, SIG_SETMASK_, &signals, 0, sizeof(signals));
}

uint64_t clock_now(void)
{
	struct __kernel_timespec ts = {0};

	(void)SYS2(clock_gettime, CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/* Not inlined, like op_fault(): init has many calls, and few bytes. */
__attribute__((noinline)) int op_fd_or_none(const struct run *run, const struct plan_op *op, int n)
{
	return op->slots[n] == SLOT_NONE ? -1 : op_fd(run, op, n);
}

void op_moved(struct run *run, const struct plan_op *op, int n)
{
	uint16_t slot = op->slots[n];

	if (slot == SLOT_NONE || (op->flags & OPF_KEEP))
		return;
	(void)sys_close(run->fd[slot]);
	run->fd[slot] = -1;
}

int op_define(struct run *run, const struct plan_op *op, int fd)
{
	if (fd < 0)
		return fd;
	run->fd[op->out] = fd;
	return 0;
}

__attribute__((noinline)) int op_fault(struct run *run, uint32_t code, int error, uint64_t detail)
{
	if (run->fault.code == FAULT_NONE) {
		run->fault.code = code;
		run->fault.error = error;
		run->fault.detail = detail;
	}
	return error ? -error : -EPROTO;
}

int fault_take(struct run *run, const struct fault *fault)
{
	static const struct fault untrue = {
	    .code = FAULT_PROTOCOL, .op = OP_NONE, .error = EPROTO, .detail = MSG_FAULT};
	int can_be = fault->code <= FAULT_SATELLITE && fault->op_code <= OP_LAST &&
		     fault->phase <= PHASE_EXEC && fault->error >= 0 && fault->error <= MAX_ERRNO;

	run->fault = can_be ? *fault : untrue;
	return run->fault.error ? -run->fault.error : -EPROTO;
}

int op_run(struct run *run, op_function *function, uint32_t index)
{
	const struct plan_op *op = &run->plan.ops[index];

	run->fault.op = index;
	__builtin_memcpy(&run->fault.op_word, op, sizeof(run->fault.op_word));
	if (run->recorder)
		run->recorder[index].start = clock_now();
	int err = function ? function(run, op) : -ENOSYS;

	if (run->recorder)
		run->recorder[index].end = clock_now();
	if (err < 0)
		(void)op_fault(run, FAULT_CALL, -err, 0);
	return err;
}

int msg_send(int sock, const struct msg *msg, const void *more, size_t more_size, int fd)
{
	struct io_vector iov[2] = {{msg, msg ? sizeof(*msg) : 0}, {more, more_size}};
	struct control_fd control = {
	    .size = CONTROL_USED, .level = SOL_SOCKET_, .type = SCM_RIGHTS_, .fd = fd};
	struct message_header head = {.iov = iov, .iov_count = 2};

	if (fd >= 0) {
		head.control = &control;
		head.control_size = sizeof(control);
	}
	long n = SYS3(sendmsg, sock, &head, MSG_NOSIGNAL_);

	return n < 0 ? (int)n : (size_t)n == iov[0].size + more_size ? 0 : -EMSGSIZE;
}

/* Receives a message, with its sender where one is wanted: see below. */
static inline long receive(int sock, struct msg *ret, int *ret_fd, uint32_t *ret_pid)
{
	struct io_vector iov = {ret, sizeof(*ret)};
	struct {
		struct control_sender sender;
		struct control_fd with;
	} control = {.with.fd = -1};
	/* Room for one descriptor, and for none where none is wanted: the kernel drops the others.
	 */
	struct message_header head = {.iov = &iov,
				      .iov_count = 1,
				      .control = ret_pid ? (void *)&control : &control.with,
				      .control_size = (ret_pid ? sizeof(control.sender) : 0) +
						      (ret_fd ? CONTROL_USED : 0)};
	long n;

	do {
		n = SYS3(recvmsg, sock, &head, MSG_CMSG_CLOEXEC_);
	} while (n == -EINTR);
	/* An empty packet is like the end, and may have a descriptor with it. */
	int fd = n >= 0 ? control.with.fd : -1;

	if (n != sizeof(*ret) || ret->magic != MSG_MAGIC || head.flags & MSG_TRUNC_) {
		if (fd >= 0)
			(void)sys_close(fd);
		fd = -1;
		n = n > 0 ? -EPROTO : n;
	}
	if (ret_fd)
		*ret_fd = fd;
	if (ret_pid)
		*ret_pid = control.sender.pid;
	return n;
}

long msg_receive(int sock, struct msg *ret, int *ret_fd)
{
	return receive(sock, ret, ret_fd, NULL);
}

long msg_receive_from(int sock, struct msg *ret, int *ret_fd, uint32_t *ret_pid)
{
	return receive(sock, ret, ret_fd, ret_pid);
}
