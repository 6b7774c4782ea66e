/*
 * CRIU as a service (criu swrk), which the launcher has started for one request. The plan has the
 * request. Of an answer only the few fields that report the result are read.
 */
#include "../sys/str.h"
#include "criu-answer.h"
#include "satellite.h"

#define MSG_NOSIGNAL_ 0x4000
#define MSG_TRUNC_ 0x20
#define MSG_CMSG_CLOEXEC_ 0x40000000
#define SERVICE FD_WORK
#define PROCESS (FD_WORK + 1) /* CRIU's pidfd */
#define ANSWER_MAX 8192

/* One message of the service's; a descriptor that comes with it goes to the launcher. Its size, 0
 * at the end, or -errno. */
static long receive(void *buf, size_t size, uint64_t deadline)
{
	struct io_vector iov = {buf, size};
	struct control_fd control = {.fd = -1};
	struct message_header head = {
	    .iov = &iov, .iov_count = 1, .control = &control, .control_size = CONTROL_USED};
	int which = await(SERVICE, PROCESS, deadline);

	if (which < 0)
		return which;
	/* The service has ended. What it made has the other end too, and waits without end. */
	if (which == 2)
		return 0;
	long n = SYS3(recvmsg, SERVICE, &head, MSG_CMSG_CLOEXEC_);

	if (n > 0 && head.control_size && control.fd >= 0) {
		int err = say_more(MSG_FD, 0, control.fd);

		(void)sys_close(control.fd);
		if (err < 0)
			return err;
	}
	if (n > 0 && head.flags & MSG_TRUNC_)
		return -EMSGSIZE;
	return n == -ECONNRESET ? 0 : n;
}

static long say(const void *bytes, size_t size)
{
	long n = SYS6(sendto, SERVICE, bytes, size, MSG_NOSIGNAL_, 0, 0);

	return n < 0 ? n : (size_t)n == size ? 0 : -EMSGSIZE;
}

/* Reads one answer. 1 to go on, 0 when the op is done, or -errno. */
static int take_answer(struct run *run, const void *buf, size_t n, const char *until)
{
	struct criu_answer answer;
	const struct msg *fault = buf;

	if (n == sizeof(*fault) && fault->magic == MSG_MAGIC) {
		/* It could not be executed: the launcher has its reasons. */
		return op_fault(run, FAULT_CALL, fault->fault.error & 0xfff, 0);
	}
	if (n == 0 || criu_answer_read(buf, n, &answer) < 0)
		return op_fault(run, FAULT_PROTOCOL, EPROTO, n);
	if (!answer.success)
		return op_fault(run, FAULT_PROGRAM, (int)(answer.error & 0xfff), 1);
	if (answer.pid) {
		int err = say_more(MSG_FORKED, answer.pid, -1);

		if (err < 0)
			return err;
	}
	if (answer.type == CRIU_NOTIFY)
		return !criu_answer_is_from(&answer, until);
	return until ? op_fault(run, FAULT_PROTOCOL, EPROTO, answer.type) : 0;
}

int op_ask_criu(struct run *run, const struct plan_op *op)
{
	static const uint8_t yes[] = {0x08, CRIU_NOTIFY, 0x18, 1}; /* type, notify_success */
	static uint8_t buf[ANSWER_MAX] __attribute__((aligned(8)));
	uint32_t size = 0;
	const void *wanted = plan_bytes(&run->plan, op, OP_ASK_CRIU_DATA_REQUEST, &size);
	const char *until = plan_string(&run->plan, op, OP_ASK_CRIU_DATA_UNTIL);
	uint64_t deadline = deadline_of();
	long err = say(wanted, size);

	while (err == 0) {
		long n = receive(buf, sizeof(buf), deadline);
		int more = n < 0 ? (int)n : take_answer(run, buf, (size_t)n, until);

		if (more <= 0)
			return more;
		err = say(yes, sizeof(yes));
	}
	return (int)err;
}
