/* The functions of the object `host`, which the TypeScript sees
 * (packages/core/src/system/native/host.ts). */
#ifndef FRONT_BIND_H
#define FRONT_BIND_H

#include "image.h"
#include "quickjs.h"

int bind_host(JSContext *context);
void bind_files(JSContext *context, JSValue host);
void bind_caller(JSContext *context, JSValue host);
void bind_processes(JSContext *context, JSValue host);
JSValue js_read_json(JSContext *context, JSValueConst self, int argc, JSValueConst *argv);
JSValue js_same(JSContext *context, JSValueConst self, int argc, JSValueConst *argv);
void bind_bytes(JSContext *context, JSValue host);
void bind_core(JSContext *context, JSValue host);

/* A path given as a string or as bytes, with a NUL at its end. */
struct path {
	char text[4 * 4096];
};
int path_read(JSContext *context, JSValueConst value, struct path *ret_path);
int bytes_read(JSContext *context, JSValueConst value, uint8_t **ret_bytes, size_t *ret_size);
JSValue bytes_new(JSContext *context, const void *bytes, size_t size);
int32_t number_at(JSContext *context, int argc, JSValueConst *argv, int index);

#endif
