/* Who calls, and the clocks. */
#include "bind.h"
#include "imports.h"

#include <errno.h>

#define FUNCTION(name) \
	static JSValue name(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)
#define NUMBER(value) JS_NewInt32(context, value)
#define GROUPS_MAX 65536

/* A word of the kernel may be as long as all of its arguments: MAX_ARG_STRLEN is 128 KiB. */
#define WORD_SIZE (128u * 1024u)
static char word[WORD_SIZE];

/* An id: 0 user, 1 group, 2 process, 3 parent. */
FUNCTION(js_identity)
{
	(void)self;
	return JS_NewUint32(context, (uint32_t)host_identity(number_at(context, argc, argv, 0)));
}

FUNCTION(js_groups)
{
	static uint32_t ids[GROUPS_MAX];
	int count = host_groups(ids, GROUPS_MAX);
	JSValue list;

	(void)self;
	(void)argc;
	(void)argv;
	if (count < 0)
		return NUMBER(count);
	list = JS_NewArray(context);
	for (int index = 0; index < count; index++)
		if (JS_SetPropertyUint32(context, list, (uint32_t)index,
					 JS_NewUint32(context, ids[index])) < 0)
			return list;
	return list;
}

FUNCTION(js_umask)
{
	(void)self;
	return NUMBER(host_umask(number_at(context, argc, argv, 0)));
}

/* A word of the command line (list 0) or of the environment (list 1); ENOENT behind the last one.
 */
FUNCTION(js_word)
{
	int size = host_word(number_at(context, argc, argv, 0), number_at(context, argc, argv, 1),
			     word, WORD_SIZE);

	(void)self;
	return size < 0 ? NUMBER(size) : bytes_new(context, word, (size_t)size);
}

/* The value of a variable of the environment; ENOENT when it is not set. */
FUNCTION(js_variable)
{
	struct path name;
	int size = path_read(context, argv[0], &name);

	(void)self;
	(void)argc;
	if (size == 0)
		size = host_variable(name.text, word, WORD_SIZE);
	return size < 0 ? NUMBER(size) : bytes_new(context, word, (size_t)size);
}

FUNCTION(js_cwd)
{
	int size = host_cwd(word, WORD_SIZE);

	(void)self;
	(void)argc;
	(void)argv;
	return size < 0 ? NUMBER(size) : bytes_new(context, word, (size_t)size);
}

/* A field of uname(2): 0 the system, 1 its release, 2 the machine. */
FUNCTION(js_uname)
{
	int size = host_uname(number_at(context, argc, argv, 0), word, WORD_SIZE);

	(void)self;
	return size < 0 ? NUMBER(size) : bytes_new(context, word, (size_t)size);
}

FUNCTION(js_isatty)
{
	(void)self;
	return JS_NewBool(context, host_isatty(number_at(context, argc, argv, 0)) == 1);
}

/* The size of a terminal: rows << 16 | columns. */
FUNCTION(js_window)
{
	(void)self;
	return NUMBER(host_window(number_at(context, argc, argv, 0)));
}

FUNCTION(js_random)
{
	uint8_t *bytes;
	size_t size;

	(void)self;
	(void)argc;
	if (bytes_read(context, argv[0], &bytes, &size) != 0)
		return NUMBER(-EINVAL);
	return NUMBER(host_random(bytes, (uint32_t)size));
}

/* Milliseconds: clock 0 is the time of day, 1 only goes forward. */
FUNCTION(js_clock)
{
	(void)self;
	return JS_NewFloat64(context, host_clock(number_at(context, argc, argv, 0)));
}

FUNCTION(js_sleep)
{
	(void)self;
	return NUMBER(host_sleep(number_at(context, argc, argv, 0)));
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("identity", 1, js_identity), JS_CFUNC_DEF("groups", 0, js_groups),
    JS_CFUNC_DEF("umask", 1, js_umask),	      JS_CFUNC_DEF("word", 2, js_word),
    JS_CFUNC_DEF("cwd", 0, js_cwd),	      JS_CFUNC_DEF("uname", 1, js_uname),
    JS_CFUNC_DEF("isatty", 1, js_isatty),     JS_CFUNC_DEF("window", 1, js_window),
    JS_CFUNC_DEF("random", 1, js_random),     JS_CFUNC_DEF("clock", 1, js_clock),
    JS_CFUNC_DEF("sleep", 1, js_sleep),	      JS_CFUNC_DEF("variable", 1, js_variable),
};

void bind_caller(JSContext *context, JSValue host)
{
	JS_SetPropertyFunctionList(context, host, functions,
				   sizeof(functions) / sizeof(functions[0]));
}
