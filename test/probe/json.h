/* A JSON writer for stdout: just enough for the probe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Starts and ends an object or an array; `name` is NULL inside an array. */
void json_open(const char *name, char bracket);
void json_close(char bracket);

/* Writes one member; `name` is NULL inside an array. A NULL string becomes null. */
void json_string(const char *name, const char *value);
void json_bytes(const char *name, const char *value, long length);
void json_number(const char *name, int64_t value);
/* A 64-bit value that JavaScript's numbers cannot hold, as a string of decimal digits. */
void json_u64(const char *name, uint64_t value);
/* Sixteen hexadecimal digits as a string: masks. */
void json_hex(const char *name, uint64_t value);
void json_bool(const char *name, bool value);
void json_null(const char *name);
