/* Strings of JSON. */
#include "json.h"

#include <string.h>

#define FIRST_SURROGATE 0xd800
#define FIRST_LOW 0xdc00
#define BEHIND_SURROGATES 0xe000

static int32_t digit_of(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	byte |= 0x20;
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Four hexadecimal digits; -1 if they are not there. */
static int32_t read_unit(struct json *json)
{
	int32_t unit = 0;

	if (json->end - json->at < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int32_t digit = digit_of(*json->at++);

		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
	}
	return unit;
}

/* The code point of an escape behind its `u`; -1 for a mistake, and for half of a pair. */
static int32_t read_point(struct json *json)
{
	int32_t unit = read_unit(json), low;

	if (unit < FIRST_SURROGATE || unit >= BEHIND_SURROGATES)
		return unit;
	if (unit >= FIRST_LOW || !take(json, '\\') || !take(json, 'u'))
		return -1;
	low = read_unit(json);
	if (low < FIRST_LOW || low >= BEHIND_SURROGATES)
		return -1;
	return 0x10000 + ((unit - FIRST_SURROGATE) << 10) + (low - FIRST_LOW);
}

/* Writes a code point as UTF-8: never more bytes than its escape has. */
static uint8_t *put_point(uint8_t *to, uint32_t point)
{
	if (point < 0x80) {
		*to++ = (uint8_t)point;
	} else if (point < 0x800) {
		*to++ = (uint8_t)(0xc0 | point >> 6);
		*to++ = (uint8_t)(0x80 | (point & 0x3f));
	} else {
		if (point < 0x10000) {
			*to++ = (uint8_t)(0xe0 | point >> 12);
		} else {
			*to++ = (uint8_t)(0xf0 | point >> 18);
			*to++ = (uint8_t)(0x80 | (point >> 12 & 0x3f));
		}
		*to++ = (uint8_t)(0x80 | (point >> 6 & 0x3f));
		*to++ = (uint8_t)(0x80 | (point & 0x3f));
	}
	return to;
}

/* Replaces an escape behind its backslash. NULL for a mistake. */
static uint8_t *put_escape(struct json *json, uint8_t *to)
{
	static const char names[] = "\"\\/bfnrt";
	static const char values[] = "\"\\/\b\f\n\r\t";
	const char *found;
	int32_t point;

	if (json->at == json->end)
		return NULL;
	if (take(json, 'u')) {
		point = read_point(json);
		return point < 0 ? NULL : put_point(to, (uint32_t)point);
	}
	found = memchr(names, *json->at++, sizeof(names) - 1);
	if (found == NULL)
		return NULL;
	*to++ = (uint8_t)values[found - names];
	return to;
}

bool read_text(struct json *json, struct text *ret)
{
	const uint8_t *start, *at;
	uint8_t *to = json->text;

	if (!take(json, '"'))
		return false;
	start = at = json->at;
	while (at < json->end && *at >= ' ' && *at != '"' && *at != '\\')
		at++;
	json->at = at;
	*ret = (struct text){start, (size_t)(at - start)};
	if (take(json, '"'))
		return true;
	memcpy(to, start, ret->size);
	to += ret->size;
	while (json->at < json->end && *json->at >= ' ' && *json->at != '"') {
		if (!take(json, '\\'))
			*to++ = *json->at++;
		else if ((to = put_escape(json, to)) == NULL)
			return false;
	}
	*ret = (struct text){json->text, (size_t)(to - json->text)};
	return take(json, '"');
}
