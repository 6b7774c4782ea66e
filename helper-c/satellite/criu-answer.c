#include "criu-answer.h"
#include "../sys/str.h"
#include "../sys/sys.h"

/* Of criu_resp and criu_notify (CRIU's images/rpc.proto): fields. */
#define ANSWER_TYPE 1
#define ANSWER_SUCCESS 2
#define ANSWER_NOTIFY 5
#define ANSWER_ERRNO 7
#define NOTIFY_SCRIPT 1
#define NOTIFY_PID 2

struct bytes {
	const uint8_t *at, *end;
};

/* A protobuf varint. 0, or -EPROTO where the bytes end before. */
static int read_varint(struct bytes *bytes, uint64_t *ret)
{
	*ret = 0;
	for (unsigned shift = 0; bytes->at < bytes->end && shift < 64; shift += 7) {
		uint8_t byte = *bytes->at++;

		*ret |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return 0;
	}
	return -EPROTO;
}

/*
 * The next field of a message: its number, and its value, or its size with *ret_bytes at it. 1, 0
 * at the end, or -EPROTO for what is no message and for types of field that CRIU's answers do not
 * have.
 */
static int next_field(struct bytes *bytes, uint64_t *ret_number, uint64_t *ret_value,
		      struct bytes *ret_bytes)
{
	uint64_t key;

	ret_bytes->at = ret_bytes->end = NULL;
	if (bytes->at == bytes->end)
		return 0;
	if (read_varint(bytes, &key) < 0 || read_varint(bytes, ret_value) < 0)
		return -EPROTO;
	*ret_number = key >> 3;
	if ((key & 7) == 0)
		return 1;
	if ((key & 7) != 2 || *ret_value > (uint64_t)(bytes->end - bytes->at))
		return -EPROTO;
	ret_bytes->at = bytes->at;
	bytes->at += *ret_value;
	ret_bytes->end = bytes->at;
	return 1;
}

static int read_notification(struct bytes bytes, struct criu_answer *ret)
{
	uint64_t number, value;
	struct bytes inside;
	int more;

	while ((more = next_field(&bytes, &number, &value, &inside)) > 0) {
		if (number == NOTIFY_SCRIPT && inside.at) {
			ret->script = inside.at;
			ret->script_size = value;
		}
		if (number == NOTIFY_PID && !inside.at)
			ret->pid = value;
	}
	return more;
}

int criu_answer_read(const uint8_t *data, size_t size, struct criu_answer *ret)
{
	uint64_t number, value;
	struct bytes bytes = {data, data + size}, inside;
	int more;

	*ret = (struct criu_answer){0};
	while ((more = next_field(&bytes, &number, &value, &inside)) > 0) {
		if (number == ANSWER_TYPE && !inside.at)
			ret->type = value;
		if (number == ANSWER_SUCCESS && !inside.at)
			ret->success = value;
		if (number == ANSWER_ERRNO && !inside.at)
			ret->error = value;
		if (number == ANSWER_NOTIFY && inside.at && read_notification(inside, ret) < 0)
			return -EPROTO;
	}
	return more;
}

int criu_answer_is_from(const struct criu_answer *answer, const char *name)
{
	size_t size = name ? strlen(name) : 0;

	for (size_t i = 0; i < size && i < answer->script_size; i++)
		if (answer->script[i] != (uint8_t)name[i])
			return 0;
	return name && answer->script && size == answer->script_size;
}
