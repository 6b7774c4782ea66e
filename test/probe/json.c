#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool first = true;

static void put_string(const char *value, long length)
{
	putchar('"');
	for (long i = 0; i < length; i++) {
		unsigned char c = (unsigned char)value[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void start(const char *name)
{
	if (!first)
		putchar(',');
	first = false;
	if (name) {
		put_string(name, (long)strlen(name));
		putchar(':');
	}
}

void json_open(const char *name, char bracket)
{
	start(name);
	putchar(bracket);
	first = true;
}

void json_close(char bracket)
{
	putchar(bracket);
	first = false;
}

void json_bytes(const char *name, const char *value, long length)
{
	start(name);
	put_string(value, length);
}

void json_string(const char *name, const char *value)
{
	if (value)
		json_bytes(name, value, (long)strlen(value));
	else
		json_null(name);
}

void json_number(const char *name, int64_t value)
{
	start(name);
	printf("%" PRId64, value);
}

void json_u64(const char *name, uint64_t value)
{
	start(name);
	printf("\"%" PRIu64 "\"", value);
}

void json_hex(const char *name, uint64_t value)
{
	start(name);
	printf("\"%016" PRIx64 "\"", value);
}

void json_bool(const char *name, bool value)
{
	start(name);
	fputs(value ? "true" : "false", stdout);
}

void json_null(const char *name)
{
	start(name);
	fputs("null", stdout);
}
