/*
 * The engine: QuickJS in one arena. While the program is built, `front_begin`, `front_evaluate` and
 * `front_seal` make the image; at run time `front_main` goes on from it.
 */
#include "arena.h"
#include "bind.h"
#include "imports.h"

#include <string.h>
#include <sys/time.h>

#define EXPORT(name) __attribute__((export_name(name)))

/* Of the stack in linear memory, which the build makes 1 MiB large. The host's own is larger in
 * proportion. */
#define STACK_LIMIT (512u * 1024u)
/* How much the objects of a call may grow before cycles of them are looked for. */
#define COLLECT_AFTER (32u * 1024u * 1024u)
#define NO_COLLECTION ((size_t)-1)
/* What front_main gives when the engine failed. */
#define STATUS_FAILED (-1)

void front_forget_objects(JSRuntime *runtime);
void front_forget_compiler(JSContext *context);

static JSRuntime *runtime;
static JSContext *context;
static char *source;
static size_t compiled_size;

static void *engine_malloc(JSMallocState *state, size_t size)
{
	void *block = arena_alloc(size);

	if (block != NULL)
		state->malloc_size += arena_capacity(block);
	return block;
}

static void engine_free(JSMallocState *state, void *block)
{
	state->malloc_size -= arena_capacity(block);
	arena_free(block);
}

static void *engine_realloc(JSMallocState *state, void *block, size_t size)
{
	size_t before = arena_capacity(block);
	void *other;

	if (size == 0) {
		engine_free(state, block);
		return NULL;
	}
	other = arena_resize(block, size);
	if (other != NULL)
		state->malloc_size += arena_capacity(other) - before;
	return other;
}

static const JSMallocFunctions memory = {engine_malloc, engine_free, engine_realloc,
					 arena_capacity};

/* The time of day, for `new Date()`. */
int front_gettimeofday(struct timeval *time, void *zone)
{
	double now = host_clock(0);

	(void)zone;
	time->tv_sec = (time_t)(now / 1000);
	time->tv_usec = (suseconds_t)((now - (double)time->tv_sec * 1000) * 1000);
	return 0;
}

/* Tells an exception on standard error. */
static void tell_exception(void)
{
	JSValue exception = JS_GetException(context);
	const char *text = JS_ToCString(context, exception);
	JSValue stack = JS_GetPropertyStr(context, exception, "stack");
	const char *trace = JS_IsUndefined(stack) ? NULL : JS_ToCString(context, stack);

	(void)host_write(2, "coffer: engine: ", 16);
	if (text != NULL)
		(void)host_write(2, text, (uint32_t)strlen(text));
	(void)host_write(2, "\n", 1);
	if (trace != NULL && front_image_end == 0)
		(void)host_write(2, trace, (uint32_t)strlen(trace));
}

/* Runs what promises wait for. Not 0 after an exception, which has been told. */
static int run_jobs(void)
{
	JSContext *where;
	int result;

	do
		result = JS_ExecutePendingJob(runtime, &where);
	while (result > 0);
	if (result < 0)
		tell_exception();
	return result;
}

/* Calls a function without arguments of the global `front`; the number that it gives, or
 * STATUS_FAILED. */
static int call_front(const char *name)
{
	JSValue global = JS_GetGlobalObject(context);
	JSValue front = JS_GetPropertyStr(context, global, "front");
	JSValue function = JS_GetPropertyStr(context, front, name);
	JSValue value = JS_Call(context, function, front, 0, NULL);
	int32_t number = 0;
	int failed = JS_IsException(value) || JS_ToInt32(context, &number, value) != 0;

	if (failed)
		tell_exception();
	JS_FreeValue(context, value);
	JS_FreeValue(context, function);
	JS_FreeValue(context, front);
	JS_FreeValue(context, global);
	return failed ? STATUS_FAILED : number;
}

/* What JS_NewContext() makes, but for String.prototype.normalize with its tables, and weak
 * references. */
static JSContext *new_context(void)
{
	JSContext *made = JS_NewContextRaw(runtime);

	if (made == NULL)
		return NULL;
	JS_AddIntrinsicBaseObjects(made);
	JS_AddIntrinsicDate(made);
	JS_AddIntrinsicEval(made);
	JS_AddIntrinsicRegExp(made);
	JS_AddIntrinsicJSON(made);
	JS_AddIntrinsicProxy(made);
	JS_AddIntrinsicMapSet(made);
	JS_AddIntrinsicTypedArrays(made);
	JS_AddIntrinsicPromise(made);
	return made;
}

/* Begins the image. Not 0 when there is no memory. */
EXPORT("front_begin") int front_begin(void)
{
	runtime = JS_NewRuntime2(&memory, NULL);
	if (runtime == NULL)
		return STATUS_FAILED;
	JS_SetMaxStackSize(runtime, STACK_LIMIT);
	JS_SetStripInfo(runtime, JS_STRIP_DEBUG);
	JS_SetGCThreshold(runtime, NO_COLLECTION);
	context = new_context();
	return context == NULL ? STATUS_FAILED : bind_host(context);
}

/* Where a source, or what was compiled, is put: so many bytes, with a NUL behind them. */
EXPORT("front_source") char *front_source(uint32_t size)
{
	source = arena_alloc(size + 1);
	if (source != NULL)
		source[size] = 0;
	return source;
}

/*
 * Compiles the source: bytes for `front_evaluate` of another instance, whose image then has none of
 * the compiler's rests. NULL after an exception, which has been told.
 */
EXPORT("front_compile") uint8_t *front_compile(uint32_t size)
{
	int flags = JS_EVAL_TYPE_GLOBAL | JS_EVAL_FLAG_STRICT | JS_EVAL_FLAG_COMPILE_ONLY;
	JSValue function = JS_Eval(context, source, size, "coffer", flags);
	uint8_t *bytes = NULL;

	if (!JS_IsException(function))
		bytes = JS_WriteObject(context, &compiled_size, function, JS_WRITE_OBJ_BYTECODE);
	if (bytes == NULL)
		tell_exception();
	return bytes;
}

EXPORT("front_compiled_size") size_t front_compiled_size(void)
{
	return compiled_size;
}

/* Evaluates what was compiled. Not 0 after an exception, which has been told. */
EXPORT("front_evaluate") int front_evaluate(uint32_t size)
{
	JSValue function =
	    JS_ReadObject(context, (const uint8_t *)source, size, JS_READ_OBJ_BYTECODE);
	/* The function is freed by its evaluation. */
	JSValue value = JS_IsException(function) ? function : JS_EvalFunction(context, function);
	int failed = JS_IsException(value);

	if (failed)
		tell_exception();
	JS_FreeValue(context, value);
	arena_free(source);
	source = NULL;
	return failed ? STATUS_FAILED : run_jobs();
}

/* Warms up: what is made lazily is made once. Not 0 when that failed. */
EXPORT("front_warm") int front_warm(void)
{
	int result;

	front_is_warming = 1;
	result = call_front("warm");
	if (result == 0)
		result = run_jobs();
	front_is_warming = 0;
	return result;
}

/* Frees what nothing refers to any more. Gives the end of the blocks, of which the free ones are
 * marked; 0 if the engine is not warm. */
EXPORT("front_settle") uintptr_t front_settle(void)
{
	if (call_front("isWarm") != 1)
		return 0;
	JS_RunGC(runtime);
	return arena_mark();
}

EXPORT("front_start") uintptr_t front_start(void)
{
	return arena_start();
}

/* Ends the making of the image: its end in linear memory, or 0. */
EXPORT("front_seal") uintptr_t front_seal(void)
{
	front_forget_objects(runtime);
	front_forget_compiler(context);
	JS_SetGCThreshold(runtime, COLLECT_AFTER);
	return arena_seal();
}

/* Runs the command line: the exit status, or STATUS_FAILED after an exception of the engine, which
 * has been told. */
EXPORT("front_main") int front_main(void)
{
	int status = call_front("begin");

	/* `turn` waits for the host and tells what came; it gives the status plus one when `main`
	 * has ended. */
	while (status == 0) {
		if (run_jobs() != 0)
			return STATUS_FAILED;
		status = call_front("turn");
	}
	return status < 0 ? STATUS_FAILED : status - 1;
}
