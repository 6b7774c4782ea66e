/* Files: each function is one call of the host, and gives its result or a negative errno. */
#include "bind.h"
#include "imports.h"

#include <errno.h>
#include <string.h>

#define FUNCTION(name) \
	static JSValue name(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)
#define NUMBER(value) JS_NewInt32(context, value)

/* One page and a half of names, or the longest link. */
#define BUFFER_SIZE 32768u

static char buffer[BUFFER_SIZE];

static int32_t number(JSContext *context, int argc, JSValueConst *argv, int index)
{
	return number_at(context, argc, argv, index);
}

FUNCTION(js_open)
{
	struct path path;
	int result = path_read(context, argv[0], &path);

	(void)self;
	if (result == 0)
		result = host_open(path.text, number(context, argc, argv, 1),
				   number(context, argc, argv, 2));
	return NUMBER(result);
}

FUNCTION(js_close)
{
	(void)self;
	return NUMBER(host_close(number(context, argc, argv, 0)));
}

/* Reads into bytes from a place on, at most so many. */
FUNCTION(js_read)
{
	uint8_t *bytes;
	size_t size;
	uint32_t at = (uint32_t)number(context, argc, argv, 2);
	uint32_t most = (uint32_t)number(context, argc, argv, 3);

	(void)self;
	if (bytes_read(context, argv[1], &bytes, &size) != 0 || at > size || most > size - at)
		return NUMBER(-EINVAL);
	return NUMBER(host_read(number(context, argc, argv, 0), bytes + at, most));
}

/* Writes bytes from a place on. */
FUNCTION(js_write)
{
	uint8_t *bytes;
	size_t size;
	uint32_t at = (uint32_t)number(context, argc, argv, 2);

	(void)self;
	if (bytes_read(context, argv[1], &bytes, &size) != 0 || at > size)
		return NUMBER(-EINVAL);
	return NUMBER(
	    host_write(number(context, argc, argv, 0), bytes + at, (uint32_t)(size - at)));
}

/* The numbers of a file as an array; those that may exceed 2^53 are bigints. */
static JSValue stat_result(JSContext *context, int result, const uint64_t *words)
{
	JSValue list;

	if (result < 0)
		return NUMBER(result);
	list = JS_NewArray(context);
	for (uint32_t index = 0; index < STAT_WORDS; index++) {
		JSValue word = index < 2 ? JS_NewBigUint64(context, words[index])
					 : JS_NewInt64(context, (int64_t)words[index]);
		if (JS_SetPropertyUint32(context, list, index, word) < 0)
			return list;
	}
	return list;
}

FUNCTION(js_stat)
{
	struct path path;
	uint64_t words[STAT_WORDS];
	int result = path_read(context, argv[0], &path);

	(void)self;
	if (result == 0)
		result = host_stat(path.text, number(context, argc, argv, 1), words);
	return stat_result(context, result, words);
}

/* Linux's numbers, which the host gives: <errno.h> has WASI's here. */
#define HOST_ENOENT 2
#define HOST_ENOTDIR 20

/*
 * What each of many paths is. The argument is bytes with a NUL behind each path. The result has a
 * digit for each: the type of stat(2)'s mode in hexadecimal, '-' if nothing is there, or '!' if the
 * path cannot be looked up. With a third argument, milliseconds since 1970, it is '=' for what has
 * not changed since.
 */
FUNCTION(js_kinds)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *bytes;
	size_t size, count = 0;
	uint64_t words[STAT_WORDS];
	int64_t since;

	(void)self;
	if (bytes_read(context, argv[0], &bytes, &size) != 0 || size == 0 || bytes[size - 1] != 0 ||
	    JS_ToInt64(context, &since, argv[2]) != 0)
		return NUMBER(-EINVAL);
	for (size_t at = 0; at < size; at += strlen((const char *)bytes + at) + 1) {
		if (count == BUFFER_SIZE)
			return NUMBER(-E2BIG);
		int result =
		    host_stat((const char *)bytes + at, number(context, argc, argv, 1), words);

		buffer[count++] = result == -HOST_ENOENT || result == -HOST_ENOTDIR ? '-'
				  : result < 0					    ? '!'
				  : (int64_t)words[8] < since			    ? '='
							      : digits[(words[2] >> 12) & 15];
	}
	return JS_NewStringLen(context, buffer, count);
}

FUNCTION(js_fstat)
{
	uint64_t words[STAT_WORDS];
	int result = host_fstat(number(context, argc, argv, 0), words);

	(void)self;
	return stat_result(context, result, words);
}

FUNCTION(js_readlink)
{
	struct path path;
	int result = path_read(context, argv[0], &path);

	(void)self;
	if (result == 0)
		result = host_readlink(path.text, buffer, BUFFER_SIZE);
	return result < 0 ? NUMBER(result) : bytes_new(context, buffer, (size_t)result);
}

/* The next names of an open directory, as host/files.c has them; none at the end. */
FUNCTION(js_entries)
{
	int result = host_entries(number(context, argc, argv, 0), buffer, BUFFER_SIZE);

	(void)self;
	return result < 0 ? NUMBER(result) : bytes_new(context, buffer, (size_t)result);
}

/* Functions of a path and a number. */
#define PATH_FUNCTION(name, call)                                \
	FUNCTION(name)                                           \
	{                                                        \
		struct path path;                                \
		int result = path_read(context, argv[0], &path); \
                                                                 \
		(void)self;                                      \
		return NUMBER(result < 0 ? result : call);       \
	}

PATH_FUNCTION(js_mkdir, host_mkdir(path.text, number(context, argc, argv, 1)))
PATH_FUNCTION(js_unlink, host_unlink(path.text, number(context, argc, argv, 1)))
PATH_FUNCTION(js_access, host_access(path.text, number(context, argc, argv, 1)))
PATH_FUNCTION(js_statfs, host_statfs(path.text))
PATH_FUNCTION(js_watch, host_watch(path.text))
PATH_FUNCTION(js_probe_socket, host_probe_socket(path.text))

/* Functions of two paths. */
#define PATHS_FUNCTION(name, call)                                             \
	FUNCTION(name)                                                         \
	{                                                                      \
		struct path from, to;                                          \
		int result = path_read(context, argv[0], &from);               \
                                                                               \
		(void)self;                                                    \
		(void)argc;                                                    \
		if (result == 0)                                               \
			result = path_read(context, argv[1], &to);             \
		return NUMBER(result < 0 ? result : call(from.text, to.text)); \
	}

PATHS_FUNCTION(js_rename, host_rename)
PATHS_FUNCTION(js_link, host_link)

FUNCTION(js_flock)
{
	(void)self;
	return NUMBER(host_flock(number(context, argc, argv, 0), number(context, argc, argv, 1)));
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("open", 3, js_open),	      JS_CFUNC_DEF("close", 1, js_close),
    JS_CFUNC_DEF("read", 4, js_read),	      JS_CFUNC_DEF("write", 3, js_write),
    JS_CFUNC_DEF("stat", 2, js_stat),	      JS_CFUNC_DEF("kinds", 3, js_kinds),
    JS_CFUNC_DEF("same", 1, js_same),	      JS_CFUNC_DEF("fstat", 1, js_fstat),
    JS_CFUNC_DEF("readlink", 1, js_readlink), JS_CFUNC_DEF("entries", 1, js_entries),
    JS_CFUNC_DEF("mkdir", 2, js_mkdir),	      JS_CFUNC_DEF("unlink", 2, js_unlink),
    JS_CFUNC_DEF("access", 2, js_access),     JS_CFUNC_DEF("statfs", 1, js_statfs),
    JS_CFUNC_DEF("rename", 2, js_rename),     JS_CFUNC_DEF("link", 2, js_link),
    JS_CFUNC_DEF("flock", 2, js_flock),	      JS_CFUNC_DEF("probeSocket", 1, js_probe_socket),
    JS_CFUNC_DEF("watch", 1, js_watch),
};

void bind_files(JSContext *context, JSValue host)
{
	JS_SetPropertyFunctionList(context, host, functions,
				   sizeof(functions) / sizeof(functions[0]));
}
