/* The functions on memory that compilers call by themselves. Copies are unaligned words at both
 * ends, which may overlap. */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *to, const void *from, size_t n);
void *memmove(void *to, const void *from, size_t n);
void *memset(void *to, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);

typedef uint64_t word __attribute__((aligned(1), may_alias));
typedef uint32_t half __attribute__((aligned(1), may_alias));
typedef uint64_t wide __attribute__((vector_size(16), aligned(1), may_alias));

/* Up to 32 bytes: everything is read before anything is written. */
static inline void move_small(char *to, const char *from, size_t n)
{
	if (n >= 16) {
		wide first = *(const wide *)from, last = *(const wide *)(from + n - 16);

		*(wide *)to = first;
		*(wide *)(to + n - 16) = last;
	} else if (n >= 8) {
		word first = *(const word *)from, last = *(const word *)(from + n - 8);

		*(word *)to = first;
		*(word *)(to + n - 8) = last;
	} else if (n >= 4) {
		half first = *(const half *)from, last = *(const half *)(from + n - 4);

		*(half *)to = first;
		*(half *)(to + n - 4) = last;
	} else if (n > 0) {
		char first = from[0], middle = from[n / 2], last = from[n - 1];

		to[0] = first;
		to[n / 2] = middle;
		to[n - 1] = last;
	}
}

static inline void move_up(char *to, const char *from, size_t n)
{
	wide last = *(const wide *)(from + n - 16);
	size_t at = 0;

	for (; at + 16 < n; at += 16)
		*(wide *)(to + at) = *(const wide *)(from + at);
	*(wide *)(to + n - 16) = last;
}

void *memmove(void *to, const void *from, size_t n)
{
	char *d = to;
	const char *s = from;

	if (n <= 32) {
		move_small(d, s, n);
	} else if ((uintptr_t)d - (uintptr_t)s >= n) {
		move_up(d, s, n);
	} else {
		wide first = *(const wide *)s;

		for (size_t at = n; at > 16; at -= 16)
			*(wide *)(d + at - 16) = *(const wide *)(s + at - 16);
		*(wide *)d = first;
	}
	return to;
}

void *memcpy(void *to, const void *from, size_t n)
{
#if defined(__x86_64__)
	if (n >= 2048) {
		void *ret = to;

		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
		return ret;
	}
#endif
	return memmove(to, from, n);
}

void *memset(void *to, int byte, size_t n)
{
	uint64_t pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);
	char *d = to;
	volatile char *small = to;
	wide value = {pattern, pattern};

	if (n < 16) {
		while (n--)
			*small++ = (char)byte;
		return to;
	}
	for (size_t at = 0; at + 16 < n; at += 16)
		*(wide *)(d + at) = value;
	*(wide *)(d + n - 16) = value;
	return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	for (; n >= 8 && *(const word *)x == *(const word *)y; n -= 8, x += 8, y += 8)
		;
	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x < *y ? -1 : 1;
	return 0;
}
