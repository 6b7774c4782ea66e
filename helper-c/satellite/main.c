/*
 * coffer-satellite: speaks to others for the launcher. It is started from a sealed memfd, with the
 * number of its kind as the only argument. It takes the descriptors of that kind, gives up
 * everything else, and carries out requests until its socket ends.
 */
#include "satellite.h"
#include "../host/landlock.h"
#include "../sys/start.h"
#include "../sys/str.h"
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#define SATELLITE_TABLES
#include "kinds.gen.h"

#define POLLIN_ 1
#define TOLD_BYTES 448 /* of a report */

struct poll_fd {
	int fd;
	short events, revents;
};

/* What goes with the answer. */
static struct {
	size_t size;
	char data[ANSWER_BYTES];
} reply;

const struct request *request;
static uint32_t served; /* the number of the request */

static struct {
	struct request head;
	uint8_t data[REQUEST_BYTES];
} received;

int await(int a, int b, uint64_t deadline)
{
	struct poll_fd fds[3] = {{FD_LAUNCHER, POLLIN_, 0}, {a, POLLIN_, 0}, {b, POLLIN_, 0}};

	for (;;) {
		uint64_t now = deadline ? clock_now() : 0,
			 left = deadline > now ? deadline - now : 0;
		struct __kernel_timespec ts = {.tv_sec = (long)(left / 1000000000U),
					       .tv_nsec = (long)(left % 1000000000U)};
		long n = SYS5(ppoll, fds, 3, deadline ? &ts : NULL, 0, 0);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EINTR)
			return (int)n;
		if (n > 0 && fds[0].revents)
			return -EINTR;
		if (n > 0 && fds[1].revents)
			return 1;
		if (n > 0 && fds[2].revents)
			return 2;
	}
}

uint64_t deadline_of(void)
{
	return request->timeout_ms ? clock_now() + request->timeout_ms * 1000000U : 0;
}

/* As much of a text as there is room for. */
static void add_cut(struct text *text, const char *s)
{
	size_t room = text->size - 1 - text->used, length = strlen(s);

	text_add_bytes(text, s, length < room ? length : room);
}

void tell(const char *name, const char *text)
{
	struct text told = {.size = TOLD_BYTES};

	told.data = reply.data;
	add_cut(&told, name);
	if (text && told.used > 0)
		add_cut(&told, ": ");
	if (text)
		add_cut(&told, text);
	reply.size = told.used;
}

void reply_with(const void *from, size_t size)
{
	(void)memcpy(reply.data, from, size);
	reply.size = size;
}

int say_more(enum msg_kind kind, uint64_t value, int fd)
{
	struct msg msg = {
	    .magic = MSG_MAGIC, .kind = kind, .value = value, .fault = {.op = served}};

	return msg_send(FD_LAUNCHER, &msg, NULL, 0, fd);
}

/* Keeps those capabilities of the kind that it has, and no others. */
static long keep_capabilities(uint64_t kept)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	long err = SYS2(capget, &head, data);

	for (int i = 0; i < 2; i++) {
		data[i].permitted &= (uint32_t)(kept >> 32 * i);
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	if (err == 0)
		err = sys_prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0);
	return err < 0 ? err : SYS2(capset, &head, data);
}

static uintptr_t pinned; /* where the only message lies that may be sent */

static uint64_t given; /* what the launcher said with the last descriptor */

static long load_filter(enum satellite_kind kind)
{
	static struct sock_filter filter[FILTER_MAX];
	struct {
		unsigned short length;
		const struct sock_filter *filter;
	} program = {kinds[kind].count, filter};

	for (unsigned i = 0; i < program.length; i++) {
		filter[i] = filters[kinds[kind].first + i];
		if (filter[i].k == PINNED_HIGH)
			filter[i].k = (uint32_t)((uint64_t)pinned >> 32);
		else if (filter[i].k == PINNED_LOW)
			filter[i].k = (uint32_t)pinned;
	}
	long err = SYS3(seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);

	return is_absent(err) ? 0 : err;
}

/* Takes the descriptors of the kind: they become FD_WORK and those after it. 0 or -errno. */
static int take_descriptors(enum satellite_kind kind)
{
	struct msg msg;

	for (uint32_t i = 0; i < kinds[kind].takes; i++) {
		int fd = -1;
		long n = frame_receive(FD_LAUNCHER, &msg, NULL, 0, &fd);

		if (n == 0) /* the launcher has no need of us */
			sys_exit(0);
		if (n < 0 || msg.kind != MSG_FD || fd != FD_WORK + (int)i)
			return n < 0 ? (int)n : -EPROTO;
		given = msg.value;
		/* It comes first, and is not one of those. */
		if (kind == SATELLITE_SUPERVISOR && i == 0 && given == GIVES_WATCHER) {
			long err = place_watcher(fd);

			if (err < 0)
				return (int)err;
			i--;
		}
	}
	return 0;
}

static long confine(enum satellite_kind kind)
{
	static const struct landlock_rights all = {~0ULL, ~0ULL, ~0ULL};
	long err = keep_capabilities(kinds[kind].capabilities);

	/* Who has a domain may look into no process of another. */
	if (err == 0 && kind != SATELLITE_SUPERVISOR)
		err = landlock_give_up(&all);
	return err == 0 ? load_filter(kind) : err;
}

/* Some kinds have something to make first, of what the launcher sends; nobody else is heard before
 * the satellite is confined. */
static long become_kind(enum satellite_kind kind)
{
	int makes =
	    kind == SATELLITE_NETWORK || kind == SATELLITE_NOTIFY || kind == SATELLITE_SUPERVISOR;
	long err = makes ? take_descriptors(kind) : 0;

	if (err == 0 && kind == SATELLITE_NETWORK)
		err = prepare_network();
	if (err == 0 && kind == SATELLITE_SUPERVISOR)
		err = prepare_supervisor(given);
	if (err == 0 && kind == SATELLITE_NOTIFY && (pinned = prepare_notify()) == 0)
		err = -ENOMEM;
	if (err == 0)
		err = confine(kind);
	return err == 0 && !makes ? take_descriptors(kind) : err;
}

/* The op table. */
static int carry_out(struct run *run, const struct plan_op *op)
{
	switch (op->code) {
	case OP_CONNECT_BUS:
		return op_connect_bus(run, op);
	case OP_CALL_BUS:
		return op_call_bus(run, op);
	case OP_MOVE_NETDEV:
		return op_move_netdev(run, op);
	case OP_RELAY_NOTIFY:
		return op_relay_notify(run, op);
	case OP_ASK_CRIU:
		return op_ask_criu(run, op);
	case OP_SUPERVISE:
		return op_supervise(run, op);
	default:
		return -ENOSYS;
	}
}

/* Whether the request is whole, its data among it, and one of the kind. */
static int is_whole(const struct msg *msg, size_t size, enum satellite_kind kind)
{
	const struct plan_op *op = &received.head.op;

	if (msg->kind != MSG_OP || size < sizeof(*msg) + sizeof(received.head))
		return 0;
	size -= sizeof(*msg) + sizeof(received.head);
	for (int i = 0; i < OP_DATA; i++)
		if (op->data[i].offset > size || op->data[i].length > size - op->data[i].offset)
			return 0;
	return op->code <= OP_LAST && carried_by[op->code] == kind;
}

/* One request. 0 when it was answered, or -errno. */
static int serve(struct run *run, enum satellite_kind kind)
{
	struct msg msg;
	long n = frame_receive(FD_LAUNCHER, &msg, &received, sizeof(received), NULL);

	if (n == 0)
		sys_exit(0);
	if (n < 0 || !is_whole(&msg, (size_t)n, kind))
		return n < 0 ? (int)n : -EPROTO;
	reply.size = 0;
	served = msg.fault.op;
	run->fault = (struct fault){.op = served};
	int err = carry_out(run, &received.head.op);

	if (err < 0)
		(void)op_fault(run, FAULT_CALL, -err, 0);
	msg.kind = err < 0 ? MSG_FAULT : MSG_DONE;
	msg.fault = run->fault;
	return msg_send(FD_LAUNCHER, &msg, reply.data, reply.size, -1);
}

void start_main(long argc, char **argv, char **envp)
{
	static struct run run;
	uint32_t kind = argc == 2 ? (uint32_t)argv[1][0] - '0' : 0;
	long err = kind > 0 && kind < SATELLITE_KINDS ? 0 : -EINVAL;

	(void)envp;
	request = &received.head;
	run.plan.strings = (const char *)received.data;
	run.plan.blobs = received.data;
	if (err == 0)
		err = sys_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0);
	if (err == 0)
		err = sys_prctl(PR_SET_DUMPABLE, 0, 0, 0);
	if (err == 0)
		err = become_kind((enum satellite_kind)kind);
	if (err == 0 && kind == SATELLITE_LOG)
		err = keep_log(given);
	while (err == 0)
		err = serve(&run, (enum satellite_kind)kind);
	/* Without the number of a request: it could not begin. */
	struct msg msg = {.magic = MSG_MAGIC,
			  .kind = MSG_FAULT,
			  .fault = {.code = FAULT_CALL, .error = (int32_t)-err, .op = served}};

	(void)msg_send(FD_LAUNCHER, &msg, NULL, 0, -1);
	sys_exit(1);
}
