/* What the two files that read JSON share. */
#ifndef FRONT_JSON_H
#define FRONT_JSON_H

#include "bind.h"

#include <stdbool.h>

struct json {
	JSContext *context;
	const uint8_t *at, *end;
	uint8_t *text; /* room for a string whose escapes are replaced: no string is longer */
};

struct text {
	const uint8_t *bytes;
	size_t size;
};

static inline bool take(struct json *json, uint8_t byte)
{
	if (json->at == json->end || *json->at != byte)
		return false;
	json->at++;
	return true;
}

/* A string from its first quote on. False for a mistake, and for half of a pair of surrogates. */
bool read_text(struct json *json, struct text *ret);

#endif
