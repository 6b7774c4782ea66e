/* Functions on descriptors. */
#include "wasi.h"

/* fdflags of preview 1. */
enum { APPEND = 1, DSYNC = 2, NONBLOCK = 4, RSYNC = 8, SYNC = 16 };

uint32_t WASI(fd_advise)(SELF, uint32_t fd, uint64_t offset, uint64_t size, uint32_t advice)
{
	/* normal, sequential, random, willneed, dontneed, noreuse */
	static const uint8_t advices[] = {0, 2, 1, 3, 4, 5};
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(ADVISE), &one);

	if (err != WASI_OK)
		return err;
	if (advice >= sizeof(advices) || (int64_t)offset < 0 || (int64_t)size < 0)
		return WASI_INVAL;
	return to_errno(SYS4(fadvise64, one->fd, offset, size, advices[advice]));
}

uint32_t WASI(fd_allocate)(SELF, uint32_t fd, uint64_t offset, uint64_t size)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(ALLOCATE), &one);

	return err != WASI_OK ? err : to_errno(SYS4(fallocate, one->fd, 0, offset, size));
}

uint32_t WASI(fd_close)(SELF, uint32_t fd)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, 0, &one);
	int closed;

	if (err != WASI_OK)
		return err;
	closed = one->fd;
	one->fd = -1;
	return to_errno(sys_close(closed));
}

uint32_t WASI(fd_datasync)(SELF, uint32_t fd)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(DATASYNC), &one);

	return err != WASI_OK ? err : to_errno(SYS1(fdatasync, one->fd));
}

uint32_t WASI(fd_sync)(SELF, uint32_t fd)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(SYNC), &one);

	return err != WASI_OK ? err : to_errno(SYS1(fsync, one->fd));
}

uint32_t WASI(fd_fdstat_get)(SELF, uint32_t fd, uint32_t at)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, 0, &one);
	uint64_t *place = span(at, 24);

	if (err != WASI_OK)
		return err;
	if (place == NULL)
		return WASI_FAULT;
	const uint64_t values[3] = {one->type | (uint64_t)one->flags << 16, one->rights,
				    one->inheriting};
	__builtin_memcpy(place, values, sizeof(values));
	return WASI_OK;
}

/* The open file of a standard stream is the caller's too: its flags stay. */
uint32_t WASI(fd_fdstat_set_flags)(SELF, uint32_t fd, uint32_t flags)
{
	const uint32_t settable = APPEND | NONBLOCK;
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(SET_FLAGS), &one);
	long answer;

	if (err != WASI_OK)
		return err;
	if (flags > (APPEND | DSYNC | NONBLOCK | RSYNC | SYNC))
		return WASI_INVAL;
	if (flags == one->flags)
		return WASI_OK;
	if (one->inherited || ((flags ^ one->flags) & ~settable))
		return WASI_NOTSUP;
	answer = sys_fcntl(one->fd, F_SETFL,
			   (flags & APPEND ? O_APPEND : 0) | (flags & NONBLOCK ? O_NONBLOCK : 0));
	if (answer == 0)
		one->flags = (uint16_t)flags;
	return to_errno(answer);
}

/* Rights are given up only. */
uint32_t WASI(fd_fdstat_set_rights)(SELF, uint32_t fd, uint64_t rights, uint64_t inheriting)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, 0, &one);

	if (err != WASI_OK)
		return err;
	if ((rights & ~one->rights) || (inheriting & ~one->inheriting))
		return WASI_NOTCAPABLE;
	one->rights = rights;
	one->inheriting = inheriting;
	return WASI_OK;
}

uint32_t WASI(fd_filestat_get)(SELF, uint32_t fd, uint32_t at)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(STAT), &one);

	return err != WASI_OK ? err : put_filestat(at, one->fd);
}

uint32_t WASI(fd_filestat_set_size)(SELF, uint32_t fd, uint64_t size)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(SET_SIZE), &one);

	return err != WASI_OK ? err : to_errno(SYS2(ftruncate, one->fd, size));
}

uint32_t WASI(fd_filestat_set_times)(SELF, uint32_t fd, uint64_t access, uint64_t change,
				     uint32_t flags)
{
	struct __kernel_timespec times[2];
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, RIGHT(SET_TIMES), &one);

	if (err == WASI_OK)
		err = take_times(access, change, flags, times);
	return err != WASI_OK ? err : to_errno(SYS4(utimensat, one->fd, NULL, times, 0));
}

static uint32_t transfer(long call, uint32_t fd, uint64_t rights, uint32_t at, uint32_t count,
			 uint64_t offset, uint32_t moved_at)
{
	const struct vector *vectors;
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, rights, &one);

	if (err == WASI_OK)
		err = take_vectors(at, count, &vectors, &count);
	if (err != WASI_OK)
		return err;
	return moved(sys5(call, one->fd, (long)vectors, count, (long)offset, 0), moved_at);
}

uint32_t WASI(fd_read)(SELF, uint32_t fd, uint32_t at, uint32_t count, uint32_t moved_at)
{
	return transfer(__NR_readv, fd, RIGHT(READ), at, count, 0, moved_at);
}

uint32_t WASI(fd_write)(SELF, uint32_t fd, uint32_t at, uint32_t count, uint32_t moved_at)
{
	return transfer(__NR_writev, fd, RIGHT(WRITE), at, count, 0, moved_at);
}

uint32_t WASI(fd_pread)(SELF, uint32_t fd, uint32_t at, uint32_t count, uint64_t offset,
			uint32_t moved_at)
{
	return transfer(__NR_preadv, fd, RIGHT(READ) | RIGHT(SEEK), at, count, offset, moved_at);
}

uint32_t WASI(fd_pwrite)(SELF, uint32_t fd, uint32_t at, uint32_t count, uint64_t offset,
			 uint32_t moved_at)
{
	return transfer(__NR_pwritev, fd, RIGHT(WRITE) | RIGHT(SEEK), at, count, offset, moved_at);
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n] != 0)
		n++;
	return n;
}

uint32_t WASI(fd_prestat_get)(SELF, uint32_t fd, uint32_t at)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, 0, &one);

	if (err != WASI_OK)
		return err;
	if (one->preopen == NULL)
		return WASI_BADF;
	return put64(at, (uint64_t)length(one->preopen) << 32);
}

uint32_t WASI(fd_prestat_dir_name)(SELF, uint32_t fd, uint32_t at, uint32_t size)
{
	struct descriptor *one;
	uint32_t err = descriptor_get(fd, 0, &one);
	void *place = span(at, size);

	if (err != WASI_OK)
		return err;
	if (one->preopen == NULL)
		return WASI_BADF;
	if (place == NULL)
		return WASI_FAULT;
	if (size < length(one->preopen))
		return WASI_NAMETOOLONG;
	__builtin_memcpy(place, one->preopen, length(one->preopen));
	return WASI_OK;
}

/* struct linux_dirent64 */
struct entry {
	uint64_t inode, next;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* What fits of an entry, which may be a part of it: a reader then asks for more. */
static uint32_t put_entry(uint8_t *place, uint32_t left, const struct entry *entry)
{
	/* By DT_*: fifo 1, character 2, directory 4, block 6, regular 8, link 10, socket 12. */
	static const uint8_t types[16] = {
	    [2] = TYPE_CHARACTER, [4] = TYPE_DIRECTORY, [6] = TYPE_BLOCK,
	    [8] = TYPE_REGULAR,	  [10] = TYPE_LINK,	[12] = TYPE_STREAM};
	size_t size = length(entry->name);
	const uint64_t head[3] = {entry->next, entry->inode,
				  size | (uint64_t)types[entry->type & 15] << 32};
	uint32_t first = left < sizeof(head) ? left : (uint32_t)sizeof(head);
	uint32_t rest = left - first < size ? left - first : (uint32_t)size;

	__builtin_memcpy(place, head, first);
	__builtin_memcpy(place + first, entry->name, rest);
	return first + rest;
}

uint32_t WASI(fd_readdir)(SELF, uint32_t fd, uint32_t at, uint32_t size, uint64_t cookie,
			  uint32_t used_at)
{
	static uint64_t buffer[4096];
	struct descriptor *one;
	uint8_t *place = span(at, size);
	uint32_t err = descriptor_get(fd, RIGHT(READDIR), &one);
	uint32_t used = 0;
	long got;

	if (err != WASI_OK)
		return err;
	if (place == NULL)
		return WASI_FAULT;
	got = SYS3(lseek, one->fd, cookie, 0);
	while (got >= 0 && used < size) {
		got = SYS3(getdents64, one->fd, buffer, sizeof(buffer));
		if (got <= 0)
			break;
		for (long next = 0; next < got && used < size;) {
			const struct entry *entry = (const void *)((char *)buffer + next);

			used += put_entry(place + used, size - used, entry);
			next += entry->size;
		}
	}
	return got < 0 ? to_errno(got) : put32(used_at, used);
}

uint32_t WASI(fd_renumber)(SELF, uint32_t from, uint32_t to)
{
	struct descriptor *one, *other;
	uint32_t err = descriptor_get(from, 0, &one);

	if (err == WASI_OK)
		err = descriptor_get(to, 0, &other);
	if (err != WASI_OK || from == to)
		return err;
	(void)sys_close(other->fd);
	*other = *one;
	one->fd = -1;
	return WASI_OK;
}

uint32_t WASI(fd_seek)(SELF, uint32_t fd, uint64_t offset, uint32_t whence, uint32_t at)
{
	struct descriptor *one;
	bool tells = whence == 1 && offset == 0;
	uint32_t err = descriptor_get(fd, tells ? RIGHT(TELL) : RIGHT(SEEK), &one);
	long answer;

	if (err != WASI_OK)
		return err;
	if (whence > 2)
		return WASI_INVAL;
	answer = SYS3(lseek, one->fd, offset, whence);
	return answer < 0 ? to_errno(answer) : put64(at, (uint64_t)answer);
}

uint32_t WASI(fd_tell)(SELF, uint32_t fd, uint32_t at)
{
	return WASI(fd_seek)(self, fd, 0, 1, at);
}
