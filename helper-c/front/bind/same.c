/*
 * Whether the host still answers as in a log of questions and answers
 * (packages/core/src/runtime/sandbox/known/log.ts). Each question is asked of the host again, in
 * the order of the log, up to the first answer that differs.
 */
#include "bind.h"
#include "imports.h"

#include <errno.h>
#include <string.h>

/* As log.ts has them. */
enum asked {
	ASKED_STAT,
	ASKED_STAT_LINK,
	ASKED_KIND,
	ASKED_KIND_LINK,
	ASKED_READ_LINK,
	ASKED_ACCESS,
	ASKED_FILE,
	ASKED_LINES,
	ASKED_NAMES,
	ASKED_VARIABLE,
};

/* Before each path: what was asked, a detail, the length of the path, the errno, and the size of
 * the answer. */
#define HEAD_SIZE 12u

#define OPEN_FILE (0400 | 04000) /* O_NOCTTY, O_NONBLOCK: host/files.c translates */
#define OPEN_DIRECTORY 0200000
#define BUFFER_SIZE 32768u
#define MODE_SHIFT 12

struct entry {
	uint8_t asked;
	uint8_t detail;
	int32_t error;
	const char *path;
	const uint8_t *answer;
	uint32_t size;
};

static char buffer[BUFFER_SIZE];

static uint32_t number32(const uint8_t *bytes)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* Takes the next entry of a log of `size` bytes. Not 0 for what is none. */
static int entry_read(const uint8_t *log, size_t size, size_t *at, struct entry *ret_entry)
{
	const uint8_t *head = log + *at;
	size_t left = size - *at;
	uint32_t length;

	if (left < HEAD_SIZE)
		return -EINVAL;
	left -= HEAD_SIZE;
	length = (uint32_t)head[2] | (uint32_t)head[3] << 8;
	ret_entry->asked = head[0];
	ret_entry->detail = head[1];
	ret_entry->error = (int32_t)number32(head + 4);
	ret_entry->size = number32(head + 8);
	ret_entry->path = (const char *)head + HEAD_SIZE;
	ret_entry->answer = head + HEAD_SIZE + length + 1;
	if (left < length + 1u || left - length - 1 < ret_entry->size ||
	    memchr(ret_entry->path, 0, length + 1) != ret_entry->path + length)
		return -EINVAL;
	*at += HEAD_SIZE + length + 1 + ret_entry->size;
	return 0;
}

static int same_bytes(const struct entry *entry, const void *bytes, size_t size)
{
	return size == entry->size && memcmp(entry->answer, bytes, size) == 0;
}

/* A result of the host that is an error, or an answer where the log has the error. */
static int same_error(const struct entry *entry, int32_t result)
{
	return result < 0 ? -result == entry->error : entry->error == 0;
}

/* Mode, user, group, major and minor. */
static int same_stat(const struct entry *entry)
{
	uint64_t words[STAT_WORDS];
	uint32_t numbers[5];
	int32_t result = host_stat(entry->path, entry->asked == ASKED_STAT, words);

	if (result < 0 || entry->error != 0)
		return same_error(entry, result);
	for (uint32_t index = 0; index < 5; index++)
		numbers[index] = (uint32_t)words[2 + index];
	return same_bytes(entry, numbers, sizeof(numbers));
}

static int same_kind(const struct entry *entry)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t words[STAT_WORDS];
	int32_t result = host_stat(entry->path, entry->asked == ASKED_KIND, words);
	char kind = '-';

	if (result >= 0)
		kind = digits[(words[2] >> MODE_SHIFT) & 15];
	return same_bytes(entry, &kind, 1);
}

static int same_link(const struct entry *entry)
{
	int32_t result = host_readlink(entry->path, buffer, BUFFER_SIZE);

	if (result < 0 || entry->error != 0)
		return same_error(entry, result);
	return same_bytes(entry, buffer, (size_t)result);
}

/* The path is the name of a variable of the environment. */
static int same_variable(const struct entry *entry)
{
	int32_t result = host_variable(entry->path, buffer, BUFFER_SIZE);

	if (result < 0 || entry->error != 0)
		return same_error(entry, result);
	return same_bytes(entry, buffer, (size_t)result);
}

static int same_access(const struct entry *entry)
{
	uint8_t may = host_access(entry->path, entry->detail) >= 0 ? 1 : 0;

	return same_bytes(entry, &may, 1);
}

/* The content of an open file: read to its end, and not further than the answer. */
static int same_content(const struct entry *entry, int32_t fd)
{
	uint32_t at = 0;

	for (;;) {
		int32_t count = host_read(fd, buffer, BUFFER_SIZE);

		if (count < 0)
			return same_error(entry, count);
		if (count == 0)
			return entry->error == 0 && at == entry->size;
		if (entry->error != 0 || (uint32_t)count > entry->size - at ||
		    memcmp(entry->answer + at, buffer, (size_t)count) != 0)
			return 0;
		at += (uint32_t)count;
	}
}

/* Whether each line of the answer is a line of the file, in that order. */
static int same_lines(const struct entry *entry, int32_t fd)
{
	int32_t count = host_read(fd, buffer, BUFFER_SIZE);
	const char *line = buffer, *end;
	uint32_t at = 0;

	if (count <= 0 || entry->error != 0)
		return 0;
	while ((end = memchr(line, '\n', (size_t)(buffer + count - line))) != NULL) {
		size_t length = (size_t)(end + 1 - line);

		if (length <= entry->size - at && memcmp(entry->answer + at, line, length) == 0)
			at += (uint32_t)length;
		line = end + 1;
	}
	return at == entry->size;
}

/* The names of an open directory, with a type that was not asked for as '?'. */
static int same_names(const struct entry *entry, int32_t fd)
{
	uint32_t at = 0;

	for (;;) {
		int32_t count = host_entries(fd, buffer, BUFFER_SIZE);

		if (count < 0)
			return same_error(entry, count);
		if (count == 0)
			return entry->error == 0 && at == entry->size;
		if (entry->error != 0 || (uint32_t)count > entry->size - at)
			return 0;
		for (char *name = buffer; name < buffer + count; name += strlen(name) + 1)
			if (entry->answer[at + (uint32_t)(name - buffer)] == '?')
				*name = '?';
		if (memcmp(entry->answer + at, buffer, (size_t)count) != 0)
			return 0;
		at += (uint32_t)count;
	}
}

static int same_opened(const struct entry *entry)
{
	int32_t flags = entry->asked == ASKED_NAMES ? OPEN_DIRECTORY : OPEN_FILE;
	int32_t fd = host_open(entry->path, flags, 0);
	int same;

	if (fd < 0)
		return same_error(entry, fd);
	if (entry->asked == ASKED_NAMES)
		same = same_names(entry, fd);
	else
		same = entry->asked == ASKED_FILE ? same_content(entry, fd) : same_lines(entry, fd);
	(void)host_close(fd);
	return same;
}

static int same_answer(const struct entry *entry)
{
	switch (entry->asked) {
	case ASKED_STAT:
	case ASKED_STAT_LINK:
		return same_stat(entry);
	case ASKED_KIND:
	case ASKED_KIND_LINK:
		return same_kind(entry);
	case ASKED_READ_LINK:
		return same_link(entry);
	case ASKED_ACCESS:
		return same_access(entry);
	case ASKED_FILE:
	case ASKED_LINES:
	case ASKED_NAMES:
		return same_opened(entry);
	case ASKED_VARIABLE:
		return same_variable(entry);
	default:
		return 0;
	}
}

/* True if the host answers as in the log, which is the only argument. What is no log is false. */
JSValue js_same(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)
{
	struct entry entry;
	uint8_t *log;
	size_t size, at = 0;

	(void)self;
	(void)argc;
	if (bytes_read(context, argv[0], &log, &size) != 0)
		return JS_FALSE;
	while (at < size)
		if (entry_read(log, size, &at, &entry) != 0 || !same_answer(&entry))
			return JS_FALSE;
	return JS_TRUE;
}
