/* Answers of strangers, as a satellite reads them: the first byte says whose they are. What is
 * accepted has its strings inside of the bytes. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "satellite/bus-message.h"
#include "satellite/criu-answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_text(const char *text, const uint8_t *data, size_t size)
{
	const uint8_t *at = (const uint8_t *)text;

	if (text)
		assert(at >= data && at < data + size && memchr(at, 0, (size_t)(data + size - at)));
}

static void read_bus(const uint8_t *data, uint32_t size)
{
	struct bus_message message;
	uint32_t at = 0;

	if (size < BUS_HEAD || bus_message_read(data, size, &message) < 0)
		return;
	expect_text(message.member, data, size);
	expect_text(message.error, data, size);
	expect_text(message.sender, data, size);
	expect_text(message.signature, data, size);
	assert(message.body + message.body_size == data + size);
	for (const char *text; (text = bus_body_string(&message, &at)) != NULL;)
		expect_text(text, data, size);
}

static void read_criu(const uint8_t *data, size_t size)
{
	struct criu_answer answer;

	if (criu_answer_read(data, size, &answer) < 0)
		return;
	if (answer.script)
		assert(answer.script >= data && answer.script + answer.script_size <= data + size);
	(void)criu_answer_is_from(&answer, "post-restore");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	/* A copy of just that size: whoever reads on is found out. */
	uint8_t *copy = malloc(size > 1 ? size - 1 : 1);

	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	if (data[0] & 1)
		read_criu(copy, size - 1);
	else
		read_bus(copy, (uint32_t)(size - 1));
	free(copy);
	return 0;
}
