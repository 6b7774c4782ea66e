/* poll_oneoff: clocks and descriptors. */
#include "wasi.h"

#define SUBSCRIPTIONS 1024
#define POLLIN 1
#define POLLOUT 4
#define POLLHUP 16
#define FOREVER UINT64_MAX

enum { TAG_CLOCK, TAG_READ, TAG_WRITE };

struct subscription {
	uint64_t user;
	uint64_t tag;  /* the lowest 8 bits */
	uint64_t what; /* the lowest 32 bits: clock or descriptor */
	uint64_t timeout, precision;
	uint64_t flags; /* the lowest 16 bits; 1: the timeout is a point in time */
};
_Static_assert(sizeof(struct subscription) == 48, "as preview 1 lays it out");

struct event {
	uint64_t user;
	uint16_t error;
	uint8_t tag, pad[5];
	uint64_t size;
	uint64_t flags; /* the lowest 16 bits; 1: the other end has hung up */
};
_Static_assert(sizeof(struct event) == 32, "as preview 1 lays it out");

struct poll {
	int fd;
	short events, got;
};

static uint64_t now_of(uint32_t clock)
{
	struct __kernel_timespec now = {0, 0};

	(void)SYS2(clock_gettime, clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The nanoseconds until a clock's subscription is due. */
static uint64_t left_of(const struct subscription *one)
{
	uint64_t now;

	if (!(one->flags & 1))
		return one->timeout;
	now = now_of((uint32_t)one->what);
	return one->timeout > now ? one->timeout - now : 0;
}

static struct event event_of(const struct subscription *one, uint32_t error)
{
	return (struct event){
	    .user = one->user, .error = (uint16_t)error, .tag = (uint8_t)one->tag};
}

/* What is wrong with a subscription, and what the kernel is asked for it. */
static uint32_t check(const struct subscription *one, struct poll *ret)
{
	struct descriptor *found;
	uint32_t err;

	*ret = (struct poll){.fd = -1};
	switch ((uint8_t)one->tag) {
	case TAG_CLOCK:
		return (uint32_t)one->what < 2 ? WASI_OK : WASI_NOTSUP;
	case TAG_READ:
	case TAG_WRITE:
		err = descriptor_get((uint32_t)one->what, RIGHT(POLL), &found);
		if (err != WASI_OK)
			return err;
		*ret = (struct poll){.fd = found->fd,
				     .events = (uint8_t)one->tag == TAG_READ ? POLLIN : POLLOUT};
		return WASI_OK;
	default:
		return WASI_INVAL;
	}
}

/* The event of a subscription that is due; false for one that is not. */
static bool is_due(const struct subscription *one, const struct poll *poll, uint64_t waited,
		   struct event *ret)
{
	*ret = event_of(one, WASI_OK);
	if ((uint8_t)one->tag == TAG_CLOCK)
		return one->flags & 1 ? left_of(one) == 0 : one->timeout <= waited;
	if (poll->got == 0)
		return false;
	ret->size = 1;
	ret->flags = poll->got & POLLHUP ? 1 : 0;
	return true;
}

/* Waits until something is due, at most that long. */
static long wait(struct poll *polls, uint32_t count, uint64_t shortest)
{
	struct __kernel_timespec timeout = {(long long)(shortest / 1000000000),
					    (long long)(shortest % 1000000000)};

	return SYS5(ppoll, polls, count, shortest == FOREVER ? NULL : &timeout, NULL, 0);
}

static uint32_t put_event(uint32_t at, uint32_t index, const struct event *event)
{
	void *place = span(at + index * (uint32_t)sizeof(*event), sizeof(*event));

	if (place == NULL)
		return WASI_FAULT;
	__builtin_memcpy(place, event, sizeof(*event));
	return WASI_OK;
}

uint32_t WASI(poll_oneoff)(SELF, uint32_t in, uint32_t out, uint32_t count, uint32_t count_at)
{
	static struct subscription all[SUBSCRIPTIONS];
	static struct poll polls[SUBSCRIPTIONS];
	const void *given = span(in, (uint64_t)count * sizeof(*all));
	uint64_t shortest = FOREVER, began = now_of(1);
	struct event event;
	uint32_t events = 0;
	long answer;

	if (count == 0 || count > SUBSCRIPTIONS)
		return WASI_INVAL;
	if (given == NULL || span(out, (uint64_t)count * sizeof(event)) == NULL)
		return WASI_FAULT;
	__builtin_memcpy(all, given, count * sizeof(*all));
	for (uint32_t n = 0; n < count; n++) {
		uint32_t err = check(&all[n], &polls[n]);

		if (err != WASI_OK) {
			event = event_of(&all[n], err);
			(void)put_event(out, events++, &event);
			all[n].tag = UINT8_MAX;
		} else if ((uint8_t)all[n].tag == TAG_CLOCK && left_of(&all[n]) < shortest) {
			shortest = left_of(&all[n]);
		}
	}
	do
		answer = wait(polls, count, events > 0 ? 0 : shortest);
	while (answer == -EINTR);
	if (answer < 0)
		return to_errno(answer);
	for (uint32_t n = 0; n < count; n++)
		if ((uint8_t)all[n].tag != UINT8_MAX &&
		    is_due(&all[n], &polls[n], now_of(1) - began, &event))
			(void)put_event(out, events++, &event);
	return put32(count_at, events);
}
