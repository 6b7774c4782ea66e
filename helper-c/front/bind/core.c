/* The C core of plans: the verifier, and the compiler of seccomp filters. */
#include "bind.h"
#include "filter/filter.h"
#include "plan/verify.h"

#include <string.h>

/* Most profiles need less; the largest has as much as a plan may have. */
#define LEAST_ROOM (256u << 10)
#define MOST_ROOM (16u << 20)

#define FUNCTION(name) \
	static JSValue name(JSContext *context, JSValueConst self, int argc, JSValueConst *argv)

/* Verifies a plan: an array of the rule that is broken (0: none), the op and the detail. */
FUNCTION(js_verify)
{
	static struct verify_state state;
	static struct verify_result result;
	uint32_t numbers[3];
	uint8_t *bytes;
	size_t size;
	JSValue list;

	(void)self;
	(void)argc;
	if (bytes_read(context, argv[0], &bytes, &size) != 0)
		return JS_UNDEFINED;
	(void)plan_verify(bytes, (uint32_t)size, &state, &result);
	numbers[0] = (uint32_t)result.rule;
	numbers[1] = result.op;
	numbers[2] = result.detail;
	list = JS_NewArray(context);
	for (uint32_t index = 0; index < 3; index++)
		if (JS_SetPropertyUint32(context, list, index,
					 JS_NewUint32(context, numbers[index])) < 0)
			return list;
	return list;
}

/* Compiles a request in so much memory: the program, or the error as a number. */
static JSValue compile_in(JSContext *context, const uint8_t *request, uint32_t size, uint32_t room)
{
	uint8_t *memory = js_malloc(context, room);
	JSValue result;
	int32_t length;

	if (memory == NULL)
		return JS_EXCEPTION;
	memcpy(memory, request, size);
	length = filter_compile(memory, size, room);
	result =
	    length < 0 ? JS_NewInt32(context, length) : bytes_new(context, memory, (size_t)length);
	js_free(context, memory);
	return result;
}

/* The program of a request; undefined if it is longer than the kernel takes. */
FUNCTION(js_compile_filter)
{
	JSValue result = JS_NewInt32(context, FILTER_NO_ROOM);
	uint8_t *request;
	size_t size;

	(void)self;
	(void)argc;
	if (bytes_read(context, argv[0], &request, &size) != 0)
		return JS_UNDEFINED;
	for (uint32_t room = LEAST_ROOM; room <= MOST_ROOM; room *= 2) {
		if (size > room)
			continue;
		result = compile_in(context, request, (uint32_t)size, room);
		if (JS_VALUE_GET_TAG(result) != JS_TAG_INT ||
		    JS_VALUE_GET_INT(result) != FILTER_NO_ROOM)
			break;
	}
	if (JS_VALUE_GET_TAG(result) != JS_TAG_INT)
		return result;
	if (JS_VALUE_GET_INT(result) == FILTER_BAD_REQUEST)
		return JS_ThrowInternalError(context, "the request is not of this build");
	return JS_UNDEFINED;
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("verify", 1, js_verify),
    JS_CFUNC_DEF("compileFilter", 1, js_compile_filter),
};

void bind_core(JSContext *context, JSValue host)
{
	JS_SetPropertyFunctionList(context, host, functions,
				   sizeof(functions) / sizeof(functions[0]));
}
