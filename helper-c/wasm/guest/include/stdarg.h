#pragma once
#ifdef __TINYC__
/* A function that nothing calls, and that a linker cannot leave out, takes types from a list. */
typedef int va_list;
#define va_start(list, last) ((void)0)
#define va_arg(list, type) ((type)0)
#define va_end(list) ((void)0)
#else
typedef __builtin_va_list va_list;
#define va_start(list, last) __builtin_va_start(list, last)
#define va_arg(list, type) __builtin_va_arg(list, type)
#define va_end(list) __builtin_va_end(list)
#endif
