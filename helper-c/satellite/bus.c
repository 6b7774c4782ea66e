/* Calls to a message bus (D-Bus): whole messages of the plan, whose answers are waited for. */
#include "../sys/str.h"
#include "bus-message.h"
#include "satellite.h"

#define MSG_DONTWAIT_ 0x40
#define MSG_NOSIGNAL_ 0x4000
#define NOWHERE 0xffffffffu
#define MAX_CALL 65536
#define MAX_RECEIVED 262144
#define SERIAL_AT 8
#define MAX_NAME 256

static uint8_t sent[MAX_CALL], received[MAX_RECEIVED];

/* Receives exactly so many bytes. 0 or -errno. */
static int receive_bytes(uint64_t deadline, uint8_t *to, size_t size)
{
	for (size_t used = 0; used < size;) {
		int err = await(FD_WORK, -1, deadline);

		if (err < 0)
			return err;
		long n = SYS6(recvfrom, FD_WORK, to + used, size - used, MSG_DONTWAIT_, 0, 0);

		if (n == 0)
			return -ECONNRESET;
		if (n < 0 && n != -EAGAIN && n != -EINTR)
			return (int)n;
		used += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static int send_bytes(const uint8_t *from, size_t size)
{
	while (size > 0) {
		long n = SYS6(sendto, FD_WORK, from, size, MSG_NOSIGNAL_, 0, 0);

		if (n < 0 && n != -EINTR)
			return (int)n;
		from += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Receives a line that ends in CR LF, which is left out. 0 or -errno. */
static int receive_line(uint64_t deadline, char *line, size_t size)
{
	for (size_t used = 0; used < size; used++) {
		int err = receive_bytes(deadline, (uint8_t *)line + used, 1);

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
int op_connect_bus(struct run *run, const struct plan_op *op)
{
	static const char words[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";
	uint64_t deadline = deadline_of();
	char line[MAX_NAME];
	int err = send_bytes((const uint8_t *)words, sizeof(words) - 1);

	(void)op;
	for (int i = 0; err == 0 && i < 2; i++) {
		err = receive_line(deadline, line, sizeof(line));
		if (err < 0 || begins(line, i == 0 ? "DATA" : "OK "))
			continue;
		tell(line, NULL);
		err = op_fault(run, FAULT_CALL, EACCES, 0);
	}
	return err;
}

/* Receives the next message. 0 or -errno. */
static int receive_message(uint64_t deadline, struct bus_message *ret)
{
	int err = receive_bytes(deadline, received, BUS_HEAD);
	uint64_t size = err < 0 ? 0 : bus_message_size(received);

	if (err == 0 && (size == 0 || size > sizeof(received)))
		err = size == 0 ? -EPROTO : -EMSGSIZE;
	if (err == 0)
		err = receive_bytes(deadline, received + BUS_HEAD, size - BUS_HEAD);
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
	tell(name, text);
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
static int await_job(struct run *run, uint64_t deadline, const char *job, const char *sender)
{
	struct bus_message message;

	for (;;) {
		int err = receive_message(deadline, &message);

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
		tell(unit, result);
		return op_fault(run, FAULT_CALL, EREMOTEIO, 0);
	}
}

/* Waits for the answer to a call, and for the end of the job that it names. 0 or -errno. */
static int await_answer(struct run *run, const struct plan_op *op, uint64_t deadline,
			uint32_t serial)
{
	struct bus_message answer;
	char job[MAX_NAME], sender[MAX_NAME];
	uint32_t at = 0;

	do {
		int err = receive_message(deadline, &answer);

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
	return err < 0 ? err : await_job(run, deadline, job, sender);
}

int op_call_bus(struct run *run, const struct plan_op *op)
{
	uint64_t pid_at = op->nums[OP_CALL_BUS_NUM_PID_AT];
	uint32_t size = 0, serial = 0;
	const uint8_t *message = plan_bytes(&run->plan, op, OP_CALL_BUS_DATA_MESSAGE, &size);
	uint64_t deadline = deadline_of();

	if (size > sizeof(sent))
		return -EMSGSIZE;
	(void)memcpy(sent, message, size);
	if (pid_at != NOWHERE)
		bus_put_number(sent + pid_at, request->pid);
	int err = send_bytes(sent, size);

	(void)memcpy(&serial, sent + SERIAL_AT, sizeof(serial));
	return err < 0 ? err : await_answer(run, op, deadline, serial);
}
