/*
 * Reads JSON (RFC 8259) as packages/spec/src/json/reader.ts does, but for what is rare: then the
 * answer is undefined, and that reader has the value, or the words of what is wrong. Rare are
 * numbers that have a fraction or more than 15 characters, deep documents, keys that stand twice,
 * and mistakes. No edit of the engine is needed, whose own reader takes texts that are no JSON.
 */
#include "json.h"

#include <string.h>

#define MOST_DEPTH 64
#define SAFE_LENGTH 15 /* an integer of so many characters is exact as a number */

static JSValue read_value(struct json *json, uint32_t depth);

/* Whether a value is none: undefined is no value of JSON. */
static bool is_none(JSValue value)
{
	return JS_IsUndefined(value) || JS_IsException(value);
}

static void skip_blanks(struct json *json)
{
	while (json->at < json->end &&
	       (*json->at == ' ' || *json->at == '\n' || *json->at == '\t' || *json->at == '\r'))
		json->at++;
}

static JSValue read_number(struct json *json)
{
	const uint8_t *start = json->at;
	bool negative = take(json, '-');
	const uint8_t *digits = json->at;
	int64_t value = 0;

	while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
		value = value * 10 + (*json->at++ - '0');
		if (json->at - start > SAFE_LENGTH)
			return JS_UNDEFINED;
	}
	if (json->at == digits || (*digits == '0' && json->at - digits > 1))
		return JS_UNDEFINED;
	if (json->at < json->end && (*json->at == '.' || *json->at == 'e' || *json->at == 'E'))
		return JS_UNDEFINED;
	return JS_NewInt64(json->context, negative ? -value : value);
}

static JSValue read_word(struct json *json)
{
	static const struct {
		const char *name;
		size_t size;
		JSValue value;
	} words[] = {{"true", 4, JS_TRUE}, {"false", 5, JS_FALSE}, {"null", 4, JS_NULL}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((size_t)(json->end - json->at) >= words[i].size &&
		    memcmp(json->at, words[i].name, words[i].size) == 0) {
			json->at += words[i].size;
			return words[i].value;
		}
	return JS_UNDEFINED;
}

static JSValue give_up(struct json *json, JSValue whole, JSValue part)
{
	JS_FreeValue(json->context, whole);
	return JS_IsException(part) ? part : JS_UNDEFINED;
}

static JSValue read_list(struct json *json, uint32_t depth)
{
	JSValue list = JS_NewArray(json->context);

	if (JS_IsException(list))
		return list;
	skip_blanks(json);
	if (take(json, ']'))
		return list;
	for (uint32_t index = 0;; index++) {
		JSValue item = read_value(json, depth);

		if (is_none(item))
			return give_up(json, list, item);
		if (JS_SetPropertyUint32(json->context, list, index, item) < 0)
			return give_up(json, list, JS_EXCEPTION);
		skip_blanks(json);
		if (take(json, ']'))
			return list;
		if (!take(json, ','))
			return give_up(json, list, JS_UNDEFINED);
	}
}

/* Reads a key and its value. 1 when it is done, 0 for a mistake, -1 for an exception. */
static int read_member(struct json *json, JSValue map, uint32_t depth)
{
	JSContext *context = json->context;
	struct text key;
	JSAtom atom;
	JSValue value;
	int known;

	skip_blanks(json);
	if (!read_text(json, &key))
		return 0;
	skip_blanks(json);
	if (!take(json, ':'))
		return 0;
	atom = JS_NewAtomLen(context, (const char *)key.bytes, key.size);
	if (atom == JS_ATOM_NULL)
		return -1;
	known = JS_GetOwnProperty(context, NULL, map, atom);
	value = known != 0 ? JS_UNDEFINED : read_value(json, depth);
	if (!is_none(value) && JS_DefinePropertyValue(context, map, atom, value, JS_PROP_C_W_E) < 0)
		value = JS_EXCEPTION;
	JS_FreeAtom(context, atom);
	if (known < 0 || JS_IsException(value))
		return -1;
	return JS_IsUndefined(value) ? 0 : 1;
}

static JSValue read_map(struct json *json, uint32_t depth)
{
	JSValue map = JS_NewObject(json->context);

	if (JS_IsException(map))
		return map;
	skip_blanks(json);
	if (take(json, '}'))
		return map;
	for (;;) {
		int result = read_member(json, map, depth);

		if (result != 1)
			return give_up(json, map, result < 0 ? JS_EXCEPTION : JS_UNDEFINED);
		skip_blanks(json);
		if (take(json, '}'))
			return map;
		if (!take(json, ','))
			return give_up(json, map, JS_UNDEFINED);
	}
}

static JSValue read_value(struct json *json, uint32_t depth)
{
	struct text text;

	skip_blanks(json);
	if (json->at == json->end || depth == MOST_DEPTH)
		return JS_UNDEFINED;
	switch (*json->at) {
	case '{':
		json->at++;
		return read_map(json, depth + 1);
	case '[':
		json->at++;
		return read_list(json, depth + 1);
	case '"':
		if (!read_text(json, &text))
			return JS_UNDEFINED;
		return JS_NewStringLen(json->context, (const char *)text.bytes, text.size);
	case 't':
	case 'f':
	case 'n':
		return read_word(json);
	default:
		return read_number(json);
	}
}

/* The value of a text, which has no lone surrogates; undefined if another reader has to look. */
JSValue js_read_json(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)
{
	struct json json = {.context = context};
	const char *text;
	JSValue value;
	size_t size;

	(void)self;
	(void)argc;
	text = JS_ToCStringLen(context, &size, argv[0]);
	if (text == NULL)
		return JS_EXCEPTION;
	json.text = js_malloc(context, size + 1);
	if (json.text == NULL) {
		JS_FreeCString(context, text);
		return JS_EXCEPTION;
	}
	json.at = (const uint8_t *)text;
	json.end = json.at + size;
	value = read_value(&json, 0);
	skip_blanks(&json);
	if (!is_none(value) && json.at != json.end)
		value = give_up(&json, value, JS_UNDEFINED);
	js_free(context, json.text);
	JS_FreeCString(context, text);
	return value;
}
