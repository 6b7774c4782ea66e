/* Arguments, environment, clocks, random bytes, and the end. */
#include "wasi.h"

/* As much as one call of the kernel gives. */
#define RANDOM_AT_ONCE 0x1ffffff

static uint64_t size_of(char **words, uint32_t count)
{
	uint64_t size = 0;

	for (uint32_t n = 0; n < count; n++)
		for (const char *c = words[n];; c++, size++)
			if (*c == 0) {
				size++;
				break;
			}
	return size;
}

static uint32_t put_words(char **words, uint32_t count, uint32_t at, uint32_t bytes_at)
{
	for (uint32_t n = 0; n < count; n++) {
		uint64_t size = size_of(words + n, 1);
		void *place = span(bytes_at, size);

		if (place == NULL || put32(at + n * 4, bytes_at) != WASI_OK)
			return WASI_FAULT;
		__builtin_memcpy(place, words[n], size);
		bytes_at += (uint32_t)size;
	}
	return WASI_OK;
}

static uint32_t put_sizes(char **words, uint32_t count, uint32_t count_at, uint32_t size_at)
{
	uint64_t size = size_of(words, count);

	if (size > UINT32_MAX)
		return WASI_OVERFLOW;
	return put32(count_at, count) != WASI_OK ? WASI_FAULT : put32(size_at, (uint32_t)size);
}

uint32_t WASI(args_get)(SELF, uint32_t at, uint32_t bytes_at)
{
	return put_words(caller.args, caller.arg_count, at, bytes_at);
}

uint32_t WASI(args_sizes_get)(SELF, uint32_t count_at, uint32_t size_at)
{
	return put_sizes(caller.args, caller.arg_count, count_at, size_at);
}

uint32_t WASI(environ_get)(SELF, uint32_t at, uint32_t bytes_at)
{
	return put_words(caller.env, caller.env_count, at, bytes_at);
}

uint32_t WASI(environ_sizes_get)(SELF, uint32_t count_at, uint32_t size_at)
{
	return put_sizes(caller.env, caller.env_count, count_at, size_at);
}

/* realtime, monotonic, process CPU time, thread CPU time: the numbers are Linux's. */
#define CLOCKS 4

static uint32_t ask_clock(long call, uint32_t clock, uint32_t at)
{
	struct __kernel_timespec now;
	long err;

	if (clock >= CLOCKS)
		return WASI_INVAL;
	err = sys2(call, clock, (long)&now);
	if (err < 0)
		return to_errno(err);
	return put64(at, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

uint32_t WASI(clock_res_get)(SELF, uint32_t clock, uint32_t at)
{
	return ask_clock(__NR_clock_getres, clock, at);
}

uint32_t WASI(clock_time_get)(SELF, uint32_t clock, uint64_t precision, uint32_t at)
{
	(void)precision;
	return ask_clock(__NR_clock_gettime, clock, at);
}

uint32_t WASI(random_get)(SELF, uint32_t at, uint32_t size)
{
	uint8_t *place = span(at, size);

	if (place == NULL)
		return WASI_FAULT;
	while (size > 0) {
		uint32_t some = size < RANDOM_AT_ONCE ? size : RANDOM_AT_ONCE;
		long got = SYS3(getrandom, place, some, 0);

		if (got < 0 && got != -EINTR)
			return to_errno(got);
		place += got < 0 ? 0 : got;
		size -= got < 0 ? 0 : (uint32_t)got;
	}
	return WASI_OK;
}

uint32_t WASI(sched_yield)(SELF)
{
	return to_errno(SYS0(sched_yield));
}

/* A status has eight bits. */
_Noreturn void WASI(proc_exit)(SELF, uint32_t status)
{
	sys_exit((int)(status & 0xff));
}

/* Preview 1 has no handlers of signals, and later drafts have no proc_raise. */
uint32_t WASI(proc_raise)(SELF, uint32_t signal)
{
	(void)signal;
	return WASI_NOTSUP;
}
