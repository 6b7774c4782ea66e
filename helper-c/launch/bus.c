/* Calls to a message bus (D-Bus): whole messages of the plan, whose answers are waited for. */
#include "bus-message.h"
#include "../sys/str.h"
#include "launch.h"
#include "unix-socket.h"

#define MSG_DONTWAIT_ 0x40
#define MSG_NOSIGNAL_ 0x4000
#define NOWHERE 0xffffffffu
#define MAX_CALL 65536
#define MAX_RECEIVED 262144
#define SERIAL_AT 8
#define MAX_UNDO_CALLS 4
#define MAX_NAME 256

static uint8_t sent[MAX_CALL], received[MAX_RECEIVED];

/* As much of a text as there is room for. */
static void add_cut(struct text *text, const char *s)
{
	size_t room = text->size - 1 - text->used, length = strlen(s);

	text_add_bytes(text, s, length < room ? length : room);
}

void launch_told(const char *name, const char *text)
{
	/* The failure itself speaks, not what undoing it meets. */
	if (launch.told_size > 0)
		return;
	struct text told = {.data = launch.told, .size = sizeof(launch.told)};

	add_cut(&told, name);
	if (text && told.used > 0)
		add_cut(&told, ": ");
	if (text)
		add_cut(&told, text);
	launch.told_size = (uint32_t)told.used;
}

/* A wait for messages, which ends at a time. */
struct bus_wait {
	int sock;
	uint64_t deadline; /* CLOCK_MONOTONIC, nanoseconds */
};

/* Receives exactly so many bytes. 0 or -errno: ETIMEDOUT, ECHILD when init has ended meanwhile. */
static int receive_bytes(const struct bus_wait *wait, uint8_t *to, size_t size)
{
	for (size_t used = 0; used < size;) {
		uint64_t now = clock_now();

		if (now >= wait->deadline)
			return -ETIMEDOUT;
		int which = wait_readable(&launch, wait->sock, launch.pidfd,
					  (int)((wait->deadline - now) / 1000000) + 1);

		if (which < 0)
			return which;
		if (which == 2)
			return -ECHILD;
		long n = SYS6(recvfrom, wait->sock, to + used, size - used, MSG_DONTWAIT_, 0, 0);

		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && n != -EAGAIN && n != -EINTR)
			return (int)n;
		used += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int send_bytes(int sock, const uint8_t *from, size_t size)
{
	while (size > 0) {
		long n = SYS6(sendto, sock, from, size, MSG_NOSIGNAL_, 0, 0);

		if (n < 0 && n != -EINTR)
			return (int)n;
		from += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Receives a line that ends in CR LF, which is left out. 0 or -errno. */
static int receive_line(const struct bus_wait *wait, char *line, size_t size)
{
	for (size_t used = 0; used < size; used++) {
		int err = receive_bytes(wait, (uint8_t *)line + used, 1);

		if (err < 0)
			return err;
		if (line[used] != '\n')
			continue;
		line[used > 0 ? used - 1 : 0] = 0;
		return 0;
	}
	return -EPROTO;
}

static int begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strlen(line) >= n && memcmp(line, word, n) == 0;
}

/*
 * SASL with the mechanism EXTERNAL and no name: the other side takes our user from the socket, also
 * where we have another id in a user namespace of ours. All is sent at once, as sd-bus does.
 */
static int authenticate(struct run *run, const struct bus_wait *wait)
{
	static const char words[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	static const char *const answers[] = {"DATA", "OK "};
	char line[MAX_NAME];
	int err = send_bytes(wait->sock, (const uint8_t *)words, sizeof(words) - 1);

	for (int i = 0; err == 0 && i < 2; i++) {
		err = receive_line(wait, line, sizeof(line));
		if (err < 0 || begins(line, answers[i]))
			continue;
		launch_told(line, NULL);
		err = op_fault(run, FAULT_CALL, EACCES, 0);
	}
	return err;
}

int op_connect_bus(struct run *run, const struct plan_op *op)
{
	int sock = unix_socket(SOCK_STREAM_);
	struct bus_wait wait = {.sock = sock, .deadline = clock_now() + op->nums[0] * 1000000U};
	int err = sock;

	if (err >= 0)
		err = (int)connect_path(sock, op_fd(run, op, 0), plan_string(&run->plan, op, 0));
	if (err == 0)
		err = authenticate(run, &wait);

	if (err < 0)
		(void)sys_close(sock);
	return err < 0 ? err : op_define(run, op, sock);
}

/* Receives the next message. 0 or -errno. */
static int receive_message(const struct bus_wait *wait, struct bus_message *ret)
{
	int err = receive_bytes(wait, received, BUS_HEAD);
	uint64_t size = err < 0 ? 0 : bus_message_size(received);

	if (err == 0 && (size == 0 || size > sizeof(received)))
		err = size == 0 ? -EPROTO : -EMSGSIZE;
	if (err == 0)
		err = receive_bytes(wait, received + BUS_HEAD, size - BUS_HEAD);
	return err < 0 ? err : bus_message_read(received, (uint32_t)size, ret);
}

/* What the other side said no with: its name and text go into the report. */
static int refusal(struct run *run, const char *except, const struct bus_message *answer)
{
	const char *name = answer->error ? answer->error : "";
	const char *text = NULL;
	uint32_t at = 0;

	if (except && str_equal(name, except))
		return 1;
	if (answer->signature && answer->signature[0] == 's')
		text = bus_body_string(answer, &at);
	launch_told(name, text);
	return op_fault(run, FAULT_CALL, EREMOTEIO, 0);
}

/* A name that is kept while its message is overwritten. 0 or -errno. */
static int keep(char kept[MAX_NAME], const char *text)
{
	size_t size = text ? strlen(text) + 1 : 1;

	if (size > MAX_NAME)
		return -ENAMETOOLONG;
	(void)memcpy(kept, text ? text : "", size);
	return 0;
}

/* Waits until the job is removed: `JobRemoved` (u id, o job, s unit, s result) of whoever answered.
 * 0 or -errno. */
static int await_job(struct run *run, const struct bus_wait *wait, const char *job,
		     const char *sender)
{
	struct bus_message message;

	for (;;) {
		int err = receive_message(wait, &message);

		if (err < 0)
			return err;
		if (message.type != BUS_SIGNAL || !message.member ||
		    !str_equal(message.member, "JobRemoved") || !message.signature ||
		    !str_equal(message.signature, "uoss") ||
		    !str_equal(message.sender ? message.sender : "", sender))
			continue;
		uint32_t at = 4;
		const char *path = bus_body_string(&message, &at);

		if (!path || !str_equal(path, job))
			continue;
		const char *unit = bus_body_string(&message, &at);
		const char *result = unit ? bus_body_string(&message, &at) : NULL;

		if (!result)
			return -EPROTO;
		if (str_equal(result, "done"))
			return 0;
		launch_told(unit, result);
		return op_fault(run, FAULT_CALL, EREMOTEIO, 0);
	}
}

/* Waits for the answer to a call, and for the end of the job that it names. 0 or -errno. */
static int await_answer(struct run *run, const struct plan_op *op, const struct bus_wait *wait,
			uint32_t serial)
{
	struct bus_message answer;
	char job[MAX_NAME], sender[MAX_NAME];
	uint32_t at = 0;

	do {
		int err = receive_message(wait, &answer);

		if (err < 0)
			return err;
	} while (answer.answer_to != serial ||
		 (answer.type != BUS_ANSWER && answer.type != BUS_ERROR));
	if (answer.type == BUS_ERROR) {
		int err =
		    refusal(run, plan_string(&run->plan, op, OP_CALL_BUS_DATA_EXCEPT), &answer);

		return err < 0 ? err : 0;
	}
	if (!op->nums[OP_CALL_BUS_NUM_JOB])
		return 0;
	if (!answer.signature || !str_equal(answer.signature, "o"))
		return -EPROTO;
	const char *path = bus_body_string(&answer, &at);
	int err = path ? keep(job, path) : -EPROTO;

	if (err == 0)
		err = keep(sender, answer.sender);
	return err < 0 ? err : await_job(run, wait, job, sender);
}

static int call_bus(struct run *run, const struct plan_op *op)
{
	uint64_t pid_at = op->nums[OP_CALL_BUS_NUM_PID_AT];
	uint32_t size = 0;
	const uint8_t *message = plan_bytes(&run->plan, op, OP_CALL_BUS_DATA_MESSAGE, &size);
	struct bus_wait wait = {
	    .sock = op_fd(run, op, OP_CALL_BUS_SLOT_BUS),
	    .deadline = clock_now() + op->nums[OP_CALL_BUS_NUM_TIMEOUT_MS] * 1000000U,
	};

	if (size > sizeof(sent))
		return -EMSGSIZE;
	(void)memcpy(sent, message, size);
	if (pid_at != NOWHERE)
		bus_put_number(sent + pid_at, launch.pid);
	int err = send_bytes(wait.sock, sent, size);
	uint32_t serial = 0;

	(void)memcpy(&serial, sent + SERIAL_AT, sizeof(serial));
	if (err == 0)
		err = await_answer(run, op, &wait, serial);
	return err == -ECHILD ? op_fault(run, FAULT_INIT_ENDED, ECHILD, 0) : err;
}

static const struct plan_op *undo_calls[MAX_UNDO_CALLS];
static unsigned undo_call_count;

int op_call_bus(struct run *run, const struct plan_op *op)
{
	int err = op->slots[OP_CALL_BUS_SLOT_PROCESS] == SLOT_NONE
		      ? 0
		      : init_check(run, op, OP_CALL_BUS_SLOT_PROCESS);

	if (err == 0 && !(op->flags & OPF_UNDO))
		return call_bus(run, op);
	if (err < 0)
		return err;
	if (undo_call_count == MAX_UNDO_CALLS)
		return -ENOSPC;
	undo_calls[undo_call_count++] = op;
	return 0;
}

void bus_undo(struct launch *l)
{
	struct fault fault = l->run.fault;

	while (undo_call_count > 0) {
		const struct plan_op *op = undo_calls[--undo_call_count];

		if (op_fd(&l->run, op, OP_CALL_BUS_SLOT_BUS) >= 0)
			(void)call_bus(&l->run, op);
	}
	l->run.fault = fault;
}
