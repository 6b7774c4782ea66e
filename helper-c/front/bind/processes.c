/* Processes: the helper, and what it reports. */
#include "bind.h"
#include "imports.h"

#include <errno.h>

#define FUNCTION(name) \
	static JSValue name(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)
#define NUMBER(value) JS_NewInt32(context, value)
#define FDS_MAX 4096

/* Reads an array of descriptors; how many there are, or a negative errno. */
static int fds_read(JSContext *context, JSValueConst value, int32_t *fds)
{
	uint8_t *bytes;
	size_t size;

	if (bytes_read(context, value, &bytes, &size) != 0 || size % sizeof(*fds) != 0)
		return -EINVAL;
	if (size / sizeof(*fds) > FDS_MAX)
		return -EMFILE;
	for (size_t index = 0; index < size / sizeof(*fds); index++)
		fds[index] = ((const int32_t *)(const void *)bytes)[index];
	return (int)(size / sizeof(*fds));
}

/* A pipe, or two sockets: an array of the two ends, reading first. */
FUNCTION(js_pipe)
{
	int32_t fds[2] = {-1, -1};
	int result = host_pipe(fds, number_at(context, argc, argv, 0) != 0);
	JSValue list;

	(void)self;
	if (result < 0)
		return NUMBER(result);
	list = JS_NewArray(context);
	for (uint32_t index = 0; index < 2; index++)
		if (JS_SetPropertyUint32(context, list, index, NUMBER(fds[index])) < 0)
			return list;
	return list;
}

/*
 * Starts a program: its path, its arguments and its environment as words with a NUL behind each, an
 * empty one before the environment. Descriptor N of it is the one at place N, or /dev/null where
 * that is negative. Its pid.
 */
FUNCTION(js_spawn)
{
	static int32_t fds[FDS_MAX];
	uint8_t *words;
	size_t size;
	int count = fds_read(context, argv[1], fds);

	(void)self;
	if (count < 0)
		return NUMBER(count);
	if (bytes_read(context, argv[0], &words, &size) != 0)
		return NUMBER(-EINVAL);
	return NUMBER(host_spawn((const char *)words, (uint32_t)size, fds, (uint32_t)count,
				 number_at(context, argc, argv, 2)));
}

/* Becomes another program: words as for js_spawn(). An error of execve(2). */
FUNCTION(js_exec)
{
	uint8_t *words;
	size_t size;

	(void)self;
	if (bytes_read(context, argv[0], &words, &size) != 0)
		return NUMBER(-EINVAL);
	return NUMBER(host_exec((const char *)words, (uint32_t)size));
}

FUNCTION(js_pidfd)
{
	(void)self;
	return NUMBER(host_pidfd(number_at(context, argc, argv, 0)));
}

/* Waits for one of at most 31 descriptors: a bit for each that has something, 0 when the time is
 * over. */
FUNCTION(js_poll)
{
	int32_t fds[31];
	uint8_t *bytes;
	size_t size;
	int count;

	(void)self;
	if (bytes_read(context, argv[0], &bytes, &size) != 0 || size > sizeof(fds))
		return NUMBER(-EINVAL);
	count = fds_read(context, argv[0], fds);
	return NUMBER(host_poll(fds, (uint32_t)count, number_at(context, argc, argv, 1)));
}

/* Waits for the end of a child: its status, or 256 and the number of its signal. */
FUNCTION(js_wait)
{
	(void)self;
	return NUMBER(host_wait(number_at(context, argc, argv, 0)));
}

FUNCTION(js_kill)
{
	(void)self;
	return NUMBER(
	    host_kill(number_at(context, argc, argv, 0), number_at(context, argc, argv, 1)));
}

/* Sends a signal to the process of a number and of an inode of pidfs. */
FUNCTION(js_signal)
{
	int64_t inode;

	(void)self;
	if (argc < 2 || JS_ToBigInt64(context, &inode, argv[1]) != 0)
		return NUMBER(-EINVAL);
	return NUMBER(host_signal(number_at(context, argc, argv, 0), (uint64_t)inode,
				  number_at(context, argc, argv, 2)));
}

/*
 * Lets a created container go on: its state directory, number and inode of its process, and
 * milliseconds. A report record of the end, or a negative errno if nothing was done.
 */
FUNCTION(js_let_go)
{
	uint8_t report[64];
	struct path state;
	int64_t inode;
	int result = argc < 3 ? -EINVAL : path_read(context, argv[0], &state);

	(void)self;
	if (result == 0 && JS_ToBigInt64(context, &inode, argv[2]) != 0)
		result = -EINVAL;
	if (result == 0)
		result = host_let_go(state.text, number_at(context, argc, argv, 1), (uint64_t)inode,
				     (uint32_t)number_at(context, argc, argv, 3), report);
	return result < 0 ? NUMBER(result) : bytes_new(context, report, sizeof(report));
}

/* Ends this process. */
FUNCTION(js_exit)
{
	(void)self;
	host_exit(number_at(context, argc, argv, 0));
	return JS_UNDEFINED;
}

/* Says with which status a failure of the engine ends the program from here on. */
FUNCTION(js_failing)
{
	(void)self;
	return NUMBER(host_failing(number_at(context, argc, argv, 0)));
}

/* Passes the signals that come on to a process, until it is called with 0. */
FUNCTION(js_forward)
{
	(void)self;
	return NUMBER(host_forward(number_at(context, argc, argv, 0)));
}

/* Stops this process with its group, until it is continued. */
FUNCTION(js_suspend)
{
	(void)self;
	return NUMBER(host_suspend(number_at(context, argc, argv, 0)));
}

/* Waits until what was started last is another program. */
FUNCTION(js_started)
{
	(void)self;
	(void)argc;
	(void)argv;
	return NUMBER(host_started());
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("pipe", 1, js_pipe),	    JS_CFUNC_DEF("spawn", 3, js_spawn),
    JS_CFUNC_DEF("pidfd", 1, js_pidfd),	    JS_CFUNC_DEF("poll", 2, js_poll),
    JS_CFUNC_DEF("wait", 1, js_wait),	    JS_CFUNC_DEF("kill", 2, js_kill),
    JS_CFUNC_DEF("forward", 1, js_forward), JS_CFUNC_DEF("exit", 1, js_exit),
    JS_CFUNC_DEF("failing", 1, js_failing), JS_CFUNC_DEF("exec", 1, js_exec),
    JS_CFUNC_DEF("started", 0, js_started), JS_CFUNC_DEF("signal", 3, js_signal),
    JS_CFUNC_DEF("letGo", 4, js_let_go),    JS_CFUNC_DEF("suspend", 1, js_suspend),
};

void bind_processes(JSContext *context, JSValue host)
{
	JS_SetPropertyFunctionList(context, host, functions,
				   sizeof(functions) / sizeof(functions[0]));
}
