/* Functions on sockets that the container was given. */
#include "wasi.h"

#define MSG_PEEK 2
#define MSG_WAITALL 0x100
#define MSG_TRUNC 0x20
#define MSG_NOSIGNAL 0x4000
#define SOCK_NONBLOCK 0x800
#define SOCK_CLOEXEC 0x80000
#define NONBLOCK 4

struct header {
	void *name;
	uint64_t name_size;
	const struct vector *vectors;
	uint64_t count;
	void *control;
	uint64_t control_size;
	uint64_t flags; /* the lowest 32 bits */
};

uint32_t WASI(sock_accept)(SELF, uint32_t fd, uint32_t flags, uint32_t fd_at)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(ACCEPT), &one);
	long found;

	if (err != WASI_OK)
		return err;
	if (flags & ~(uint32_t)NONBLOCK)
		return WASI_INVAL;
	found = SYS4(accept4, one->fd, NULL, NULL,
		     SOCK_CLOEXEC | (flags & NONBLOCK ? SOCK_NONBLOCK : 0));
	if (found < 0)
		return to_errno(found);
	return descriptor_add((struct descriptor){.fd = (int)found,
						  .type = TYPE_STREAM,
						  .flags = (uint16_t)flags,
						  .rights = RIGHT(READ) | RIGHT(WRITE) |
							    RIGHT(POLL) | RIGHT(STAT) |
							    RIGHT(SET_FLAGS) | RIGHT(SHUTDOWN)},
			      fd_at);
}

/* riflags and roflags: 1 peek, 2 wait for all; 1 data was cut. */
uint32_t WASI(sock_recv)(SELF, uint32_t fd, uint32_t at, uint32_t count, uint32_t flags,
			 uint32_t size_at, uint32_t flags_at)
{
	struct header header = {0};
	struct descriptor *one;
	uint32_t used, err = descriptor_get(fd, RIGHT(READ), &one);
	long got;

	if (err == WASI_OK)
		err = take_vectors(at, count, &header.vectors, &used);
	if (err != WASI_OK)
		return err;
	if (flags > 3)
		return WASI_INVAL;
	header.count = used;
	got = SYS3(recvmsg, one->fd, &header,
		   (flags & 1 ? MSG_PEEK : 0) | (flags & 2 ? MSG_WAITALL : 0));
	if (got >= 0) {
		uint16_t told = header.flags & MSG_TRUNC ? 1 : 0;
		void *place = span(flags_at, sizeof(told));

		if (place == NULL)
			return WASI_FAULT;
		__builtin_memcpy(place, &told, sizeof(told));
	}
	return moved(got, size_at);
}

uint32_t WASI(sock_send)(SELF, uint32_t fd, uint32_t at, uint32_t count, uint32_t flags,
			 uint32_t size_at)
{
	struct header header = {0};
	struct descriptor *one;
	uint32_t used, err = descriptor_get(fd, RIGHT(WRITE), &one);

	if (err == WASI_OK)
		err = take_vectors(at, count, &header.vectors, &used);
	if (err != WASI_OK)
		return err;
	if (flags != 0)
		return WASI_INVAL;
	header.count = used;
	return moved(SYS3(sendmsg, one->fd, &header, MSG_NOSIGNAL), size_at);
}

/* 1: no more is read, 2: no more is written. */
uint32_t WASI(sock_shutdown)(SELF, uint32_t fd, uint32_t how)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(SHUTDOWN), &one);

	if (err != WASI_OK)
		return err;
	if (how == 0 || how > 3)
		return WASI_INVAL;
	return to_errno(SYS2(shutdown, one->fd, how - 1));
}
