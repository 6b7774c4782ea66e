/*
 * What the imports of a module answer while its initialiser runs, if they may be called at all: the
 * same to everybody. Nothing of a host is in the answers, and no kernel call is made. Arguments,
 * variables and directories are missing. The standard streams take what is written, and are at
 * their end. A clock begins at zero, and each question takes it a microsecond further. Random bytes
 * are an error: nobody may believe to have some. snapshot.sh has the other imports.
 */
#include "guest.h"

#define ANSWER(name) __wrap_w2c_wasi__snapshot__preview1_##name
#define SELF void *self __attribute__((unused))

enum { OK = 0, BADF = 8, FAULT = 21, INVAL = 28, NOSYS = 52, NOTSUP = 58, SPIPE = 70 };
/* Character devices that can be read, written, and asked for what they are. */
#define CHARACTER 2
#define RIGHTS (1u << 1 | 1u << 6 | 1u << 21)
#define STREAMS 3
#define CLOCKS 4

void *span(u32 at, u64 size) __attribute__((visibility("hidden")));
u32 put32(u32 at, u32 value) __attribute__((visibility("hidden")));
u32 put64(u32 at, u64 value) __attribute__((visibility("hidden")));

static u32 put_none(u32 at, u32 other)
{
	return put32(at, 0) == OK ? put32(other, 0) : FAULT;
}

u32 ANSWER(args_sizes_get)(SELF, u32 count_at, u32 size_at)
{
	return put_none(count_at, size_at);
}

u32 ANSWER(environ_sizes_get)(SELF, u32 count_at, u32 size_at)
{
	return put_none(count_at, size_at);
}

u32 ANSWER(args_get)(SELF, u32 at __attribute__((unused)), u32 bytes_at __attribute__((unused)))
{
	return OK;
}

u32 ANSWER(environ_get)(SELF, u32 at __attribute__((unused)), u32 bytes_at __attribute__((unused)))
{
	return OK;
}

u32 ANSWER(clock_res_get)(SELF, u32 clock, u32 at)
{
	return clock < CLOCKS ? put64(at, 1000) : INVAL;
}

u32 ANSWER(clock_time_get)(SELF, u32 clock, u64 precision __attribute__((unused)), u32 at)
{
	static u64 now;

	if (clock >= CLOCKS)
		return INVAL;
	now += 1000;
	return put64(at, now);
}

u32 ANSWER(random_get)(SELF, u32 at __attribute__((unused)), u32 size __attribute__((unused)))
{
	return NOSYS;
}

u32 ANSWER(fd_fdstat_get)(SELF, u32 fd, u32 at)
{
	u64 *place = span(at, 24);
	const u64 values[3] = {CHARACTER, RIGHTS, 0};

	if (fd >= STREAMS)
		return BADF;
	if (place == NULL)
		return FAULT;
	__builtin_memcpy(place, values, sizeof(values));
	return OK;
}

u32 ANSWER(fd_filestat_get)(SELF, u32 fd, u32 at)
{
	u64 *place = span(at, 64);
	const u64 values[8] = {[2] = CHARACTER, [3] = 1};

	if (fd >= STREAMS)
		return BADF;
	if (place == NULL)
		return FAULT;
	__builtin_memcpy(place, values, sizeof(values));
	return OK;
}

u32 ANSWER(fd_read)(SELF, u32 fd, u32 at __attribute__((unused)), u32 count __attribute__((unused)),
		    u32 size_at)
{
	return fd == 0 ? put32(size_at, 0) : BADF;
}

/* What is written to a standard stream is gone. */
u32 ANSWER(fd_write)(SELF, u32 fd, u32 at, u32 count, u32 size_at)
{
	const u32 *vectors = span(at, (u64)count * 8);
	u32 all = 0;

	if (fd != 1 && fd != 2)
		return BADF;
	if (vectors == NULL)
		return FAULT;
	for (u32 n = 0; n < count; n++) {
		u32 vector[2];

		__builtin_memcpy(vector, vectors + (u64)2 * n, sizeof(vector));
		if (span(vector[0], vector[1]) == NULL)
			return FAULT;
		if (vector[1] > UINT32_MAX - all)
			return INVAL;
		all += vector[1];
	}
	return put32(size_at, all);
}

static u32 no_place(u32 fd)
{
	return fd < STREAMS ? SPIPE : BADF;
}

u32 ANSWER(fd_seek)(SELF, u32 fd, u64 offset __attribute__((unused)),
		    u32 whence __attribute__((unused)), u32 at __attribute__((unused)))
{
	return no_place(fd);
}

u32 ANSWER(fd_tell)(SELF, u32 fd, u32 at __attribute__((unused)))
{
	return no_place(fd);
}

u32 ANSWER(sched_yield)(SELF)
{
	return OK;
}

/* Nothing ever happens. */
u32 ANSWER(poll_oneoff)(SELF, u32 in __attribute__((unused)), u32 out __attribute__((unused)),
			u32 count __attribute__((unused)), u32 at __attribute__((unused)))
{
	return NOTSUP;
}
