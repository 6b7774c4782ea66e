#include "bus-message.h"
#include "../sys/str.h"
#include <linux/errno.h>

#define LITTLE 'l'
#define VERSION 1
#define MAX_MESSAGE (128u << 20)
#define MAX_FIELDS (64u << 20)

/* Fields of a header, of which these are read. */
enum field {
	FIELD_MEMBER = 3,
	FIELD_ERROR = 4,
	FIELD_ANSWER_TO = 5,
	FIELD_SENDER = 7,
	FIELD_SIGNATURE = 8
};

/* Bytes that are read from the front; `bad` when they end too early, and then everything is 0. */
struct reader {
	const uint8_t *data;
	uint32_t size, at;
	int bad;
};

static uint32_t number_at(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void bus_put_number(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t align(uint32_t at, uint32_t to)
{
	return (at + to - 1) / to * to;
}

/* Takes n bytes. Where they are, or NULL. */
static const uint8_t *take(struct reader *r, uint32_t n)
{
	if (r->bad || r->at > r->size || n > r->size - r->at) {
		r->bad = 1;
		return NULL;
	}
	r->at += n;
	return r->data + r->at - n;
}

static uint32_t take_number(struct reader *r)
{
	r->at = align(r->at, 4);
	const uint8_t *at = take(r, 4);

	return at ? number_at(at) : 0;
}

/* Bytes that end in NUL and have none before. */
static const char *take_text(struct reader *r, uint32_t length)
{
	const uint8_t *at = length < r->size ? take(r, length + 1) : NULL;

	r->bad |= !at;
	for (uint32_t i = 0; at && i <= length; i++)
		r->bad |= (at[i] == 0) != (i == length);
	return r->bad ? NULL : (const char *)at;
}

static const char *take_string(struct reader *r)
{
	return take_text(r, take_number(r));
}

static const char *take_signature(struct reader *r)
{
	const uint8_t *length = take(r, 1);

	return length ? take_text(r, *length) : NULL;
}

/* One field: its code, and a variant that is a string, a signature or a number. */
static void take_field(struct reader *r, struct bus_message *ret)
{
	r->at = align(r->at, 8);
	const uint8_t *code = take(r, 1);
	const char *type = take_signature(r), *text = NULL;
	uint32_t number = 0;

	if (!code || !type || r->bad || !type[0] || type[1]) {
		r->bad = 1;
		return;
	}
	if (type[0] == 's' || type[0] == 'o')
		text = take_string(r);
	else if (type[0] == 'g')
		text = take_signature(r);
	else if (type[0] == 'u')
		number = take_number(r);
	else
		r->bad = 1;
	if (*code == FIELD_MEMBER)
		ret->member = text;
	else if (*code == FIELD_ERROR)
		ret->error = text;
	else if (*code == FIELD_SENDER)
		ret->sender = text;
	else if (*code == FIELD_SIGNATURE)
		ret->signature = text;
	else if (*code == FIELD_ANSWER_TO)
		ret->answer_to = number;
}

uint64_t bus_message_size(const uint8_t *head)
{
	uint32_t body = number_at(head + 4), fields = number_at(head + 12);

	if (head[0] != LITTLE || head[3] != VERSION || fields > MAX_FIELDS || body > MAX_MESSAGE)
		return 0;
	uint64_t size = (uint64_t)align(BUS_HEAD + fields, 8) + body;

	return size > MAX_MESSAGE ? 0 : size;
}

int bus_message_read(const uint8_t *data, uint32_t size, struct bus_message *ret)
{
	if (size < BUS_HEAD || bus_message_size(data) != size)
		return -EPROTO;
	uint32_t end = BUS_HEAD + number_at(data + 12);
	struct reader r = {.data = data, .size = end, .at = BUS_HEAD};

	*ret = (struct bus_message){.type = data[1]};
	while (!r.bad && r.at < end)
		take_field(&r, ret);
	ret->body = data + align(end, 8);
	ret->body_size = number_at(data + 4);
	return r.bad ? -EPROTO : 0;
}

const char *bus_body_string(const struct bus_message *message, uint32_t *at)
{
	struct reader r = {.data = message->body, .size = message->body_size, .at = *at};
	const char *text = take_string(&r);

	*at = r.at;
	return text;
}
