/* The object `host`, and what its functions have in common: arguments and results. */
#include "bind.h"

#include <errno.h>
#include <string.h>

/* Reads a path: a string, or bytes where the path is not UTF-8. A negative errno for what is no
 * path. */
int path_read(JSContext *context, JSValueConst value, struct path *ret_path)
{
	uint8_t *bytes;
	size_t size;
	const char *text = NULL;
	int result = 0;

	if (JS_IsString(value)) {
		text = JS_ToCStringLen(context, &size, value);
		if (text == NULL)
			return -ENOMEM;
		bytes = (uint8_t *)text;
	} else if (bytes_read(context, value, &bytes, &size) != 0) {
		return -EINVAL;
	}
	if (size >= sizeof(ret_path->text))
		result = -ENAMETOOLONG;
	else if (memchr(bytes, 0, size) != NULL)
		result = -EINVAL;
	else
		memcpy(ret_path->text, bytes, size);
	if (result == 0)
		ret_path->text[size] = 0;
	if (text != NULL)
		JS_FreeCString(context, text);
	return result;
}

/* The bytes of a typed array, which stay the array's. Not 0 when the value is none; no exception is
 * left behind. */
int bytes_read(JSContext *context, JSValueConst value, uint8_t **ret_bytes, size_t *ret_size)
{
	size_t offset, whole;
	JSValue buffer = JS_GetTypedArrayBuffer(context, value, &offset, ret_size, NULL);

	if (JS_IsException(buffer)) {
		JS_FreeValue(context, JS_GetException(context));
		return -EINVAL;
	}
	*ret_bytes = JS_GetArrayBuffer(context, &whole, buffer);
	JS_FreeValue(context, buffer);
	if (*ret_bytes == NULL) {
		/* An empty buffer has no bytes, which is no error. */
		JS_FreeValue(context, JS_GetException(context));
		*ret_size = 0;
		return 0;
	}
	*ret_bytes += offset;
	return 0;
}

/* A number among the arguments; -1 when it is missing or none. */
int32_t number_at(JSContext *context, int argc, JSValueConst *argv, int index)
{
	int32_t number;

	if (index >= argc || JS_ToInt32(context, &number, argv[index]) != 0)
		return -1;
	return number;
}

/* Makes the global `host`. Not 0 when there is no memory for it. */
int bind_host(JSContext *context)
{
	JSValue global = JS_GetGlobalObject(context);
	JSValue host = JS_NewObject(context);

	bind_files(context, host);
	bind_caller(context, host);
	bind_processes(context, host);
	bind_bytes(context, host);
	bind_core(context, host);
	int result = JS_SetPropertyStr(context, global, "host", host);
	JS_FreeValue(context, global);
	return result < 0 ? -ENOMEM : 0;
}
