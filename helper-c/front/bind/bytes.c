/* What is done with bytes inside of the module. */
#include "bind.h"
#include "arena.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>

/* unpack.zig */
void front_sha256(const uint8_t *bytes, size_t size, uint8_t *ret_hash);
void front_sha1(const uint8_t *bytes, size_t size, uint8_t *ret_hash);
void front_checksum(const uint8_t *bytes, size_t size, uint8_t *ret_sum);
ssize_t front_gunzip(const uint8_t *bytes, size_t size, uint8_t *into, size_t limit);

/* Added to the engine's sources: scripts/front/edits.mjs. */
int32_t front_put_ascii(JSValueConst text, uint8_t *target, size_t room);
int32_t front_count_keys(JSValueConst value);

#define SHA256_SIZE 32
#define SHA1_SIZE 20
#define CHECKSUM_SIZE 8

/* The second argument of `digest`. */
enum digest { DIGEST_SHA256, DIGEST_SHA1, DIGEST_CHECKSUM };

#define FUNCTION(name) \
	static JSValue name(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)

/* Bytes as a Uint8Array of their own. */
JSValue bytes_new(JSContext *context, const void *bytes, size_t size)
{
	JSValue buffer = JS_NewArrayBufferCopy(context, bytes, size);
	/* The constructor reads an offset and a length too. */
	JSValueConst arguments[3] = {buffer, JS_UNDEFINED, JS_UNDEFINED};
	JSValue array;

	if (JS_IsException(buffer))
		return buffer;
	array = JS_NewTypedArray(context, 3, arguments, JS_TYPED_ARRAY_UINT8);
	JS_FreeValue(context, buffer);
	return array;
}

/* How many bytes the code point at a place has, if it is UTF-8; 0 otherwise (RFC 3629). */
static size_t point_size(const uint8_t *at, size_t left)
{
	size_t size = at[0] < 0x80   ? 1
		      : at[0] < 0xc2 ? 0
		      : at[0] < 0xe0 ? 2
		      : at[0] < 0xf0 ? 3
		      : at[0] < 0xf5 ? 4
				     : 0;
	uint8_t least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
	uint8_t most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;

	if (size > left)
		return 0;
	for (size_t index = 1; index < size; index++) {
		if (at[index] < least || at[index] > most)
			return 0;
		least = 0x80;
		most = 0xbf;
	}
	return size;
}

/* The text of bytes that are UTF-8; undefined for other bytes. */
FUNCTION(js_decode)
{
	uint8_t *bytes;
	size_t size;

	(void)self;
	(void)argc;
	if (bytes_read(context, argv[0], &bytes, &size) != 0)
		return JS_UNDEFINED;
	for (size_t at = 0; at < size;) {
		size_t step = bytes[at] < 0x80 ? 1 : point_size(bytes + at, size - at);

		if (step == 0)
			return JS_UNDEFINED;
		at += step;
	}
	return JS_NewStringLen(context, (const char *)bytes, size);
}

/* The UTF-8 of a text, which has no lone surrogates. */
FUNCTION(js_encode)
{
	size_t size;
	const char *text = JS_ToCStringLen(context, &size, argv[0]);
	JSValue bytes;

	(void)self;
	(void)argc;
	if (text == NULL)
		return JS_EXCEPTION;
	bytes = bytes_new(context, text, size);
	JS_FreeCString(context, text);
	return bytes;
}

/* Whether UTF-8 has a surrogate, as the engine writes a lone one. */
static bool has_surrogate(const uint8_t *text, size_t size)
{
	for (size_t at = 0; at + 1 < size; at++)
		if (text[at] == 0xed && text[at + 1] >= 0xa0)
			return true;
	return false;
}

/*
 * Writes the UTF-8 of a text at a place of a Uint8Array, if there is room for it. How many bytes it
 * is; -1 where the text has a lone surrogate.
 */
FUNCTION(js_encode_into)
{
	size_t size, room, at = (size_t)number_at(context, argc, argv, 2);
	const char *text;
	int32_t result = -1;
	uint8_t *target;

	(void)self;
	if (bytes_read(context, argv[1], &target, &room) != 0)
		return JS_NewInt32(context, result);
	if (at > room)
		at = room;
	result = front_put_ascii(argv[0], target + at, room - at);
	if (result >= 0)
		return JS_NewInt32(context, result);
	text = JS_ToCStringLen(context, &size, argv[0]);
	if (text == NULL)
		return JS_EXCEPTION;
	/* After the text, whose making might have moved the bytes. */
	if (bytes_read(context, argv[1], &target, &room) == 0 && size <= INT32_MAX &&
	    !has_surrogate((const uint8_t *)text, size)) {
		if (at <= room && size <= room - at)
			memcpy(target + at, text, size);
		result = (int32_t)size;
	}
	JS_FreeCString(context, text);
	return JS_NewInt32(context, result);
}

/* How many properties a plain object has; -1 for other values. */
FUNCTION(js_count_keys)
{
	(void)self;
	(void)argc;
	return JS_NewInt32(context, front_count_keys(argv[0]));
}

/* A hash of bytes: the second argument says which. */
FUNCTION(js_digest)
{
	uint8_t hash[SHA256_SIZE];
	uint8_t *bytes;
	size_t size;

	(void)self;
	if (bytes_read(context, argv[0], &bytes, &size) != 0)
		return JS_UNDEFINED;
	switch (number_at(context, argc, argv, 1)) {
	case DIGEST_SHA1:
		front_sha1(bytes, size, hash);
		return bytes_new(context, hash, SHA1_SIZE);
	case DIGEST_CHECKSUM:
		front_checksum(bytes, size, hash);
		return bytes_new(context, hash, CHECKSUM_SIZE);
	default:
		front_sha256(bytes, size, hash);
		return bytes_new(context, hash, SHA256_SIZE);
	}
}

/* The most that deflate can unpack of so many bytes: 1032 for each (RFC 1951). */
static size_t unpacked_limit(size_t size, size_t limit)
{
	return size > limit / 1032 ? limit : size * 1032;
}

/* Unpacks a gzip file of at most so many bytes; a negative errno where it is longer or none. */
FUNCTION(js_gunzip)
{
	uint8_t *bytes;
	size_t size;
	int32_t limit = number_at(context, argc, argv, 1);
	uint8_t *into;
	ssize_t length;
	JSValue result;

	(void)self;
	if (limit < 0 || bytes_read(context, argv[0], &bytes, &size) != 0)
		return JS_NewInt32(context, -EINVAL);
	limit = (int32_t)unpacked_limit(size, (size_t)limit);
	into = arena_alloc((size_t)limit);
	if (into == NULL)
		return JS_ThrowOutOfMemory(context);
	length = front_gunzip(bytes, size, into, (size_t)limit);
	result = length < 0 ? JS_NewInt32(context, (int32_t)length)
			    : bytes_new(context, into, (size_t)length);
	arena_free(into);
	return result;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("decode", 1, js_decode),	   JS_CFUNC_DEF("encode", 1, js_encode),
    JS_CFUNC_DEF("encodeInto", 3, js_encode_into), JS_CFUNC_DEF("digest", 2, js_digest),
    JS_CFUNC_DEF("gunzip", 2, js_gunzip),	   JS_CFUNC_DEF("readJson", 1, js_read_json),
    JS_CFUNC_DEF("countKeys", 1, js_count_keys),
};

void bind_bytes(JSContext *context, JSValue host)
{
	JS_SetPropertyFunctionList(context, host, functions,
				   sizeof(functions) / sizeof(functions[0]));
}
