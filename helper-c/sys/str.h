/* The few string functions of a program without libc. */
#ifndef COFFER_STR_H
#define COFFER_STR_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);

int str_equal(const char *a, const char *b);

/* A bounded text under construction; `full` is set instead of writing past the end. */
struct text {
	char *data;
	size_t size, used;
	int full;
};

void text_add(struct text *t, const char *s);
void text_add_bytes(struct text *t, const char *s, size_t n);
void text_add_number(struct text *t, uint64_t n);

/* Reads a decimal number at *s and moves *s past it. 0, or -1 if it is missing or does not fit. */
int str_number(const char **s, uint64_t *ret);

#endif
