/* What the tracer does by paths, through io_uring: the calls that a filter of calls does not see.
 */
#include "adversary.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	int fd;
	unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
} io = {.fd = -1};

static void *map(size_t size, off_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, io.fd, offset);
}

static int set_up(void)
{
	struct io_uring_params params = {0};

	io.fd = (int)syscall(SYS_io_uring_setup, 4, &params);
	if (!tried(io.fd))
		return -1;
	char *sq =
	    map(params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
	char *cq = map(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		       IORING_OFF_CQ_RING);

	io.sqes = map(params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || (void *)io.sqes == MAP_FAILED)
		return -1;
	io.sq_tail = (unsigned *)(sq + params.sq_off.tail);
	io.sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
	io.sq_array = (unsigned *)(sq + params.sq_off.array);
	io.cq_head = (unsigned *)(cq + params.cq_off.head);
	io.cq_tail = (unsigned *)(cq + params.cq_off.tail);
	io.cq_mask = (unsigned *)(cq + params.cq_off.ring_mask);
	io.cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	return 0;
}

/* openat(2) by the ring; a descriptor or -1 with errno. */
static int ring_open(const char *path, int flags)
{
	unsigned tail = *io.sq_tail, index = tail & *io.sq_mask;
	struct io_uring_sqe *sqe = &io.sqes[index];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uintptr_t)path;
	sqe->open_flags = (unsigned)flags | O_CLOEXEC;
	sqe->len = 0600;
	io.sq_array[index] = index;
	__atomic_store_n(io.sq_tail, tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, io.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	unsigned head = *io.cq_head;

	if (head == __atomic_load_n(io.cq_tail, __ATOMIC_ACQUIRE))
		return -1;
	int result = io.cqes[head & *io.cq_mask].res;

	__atomic_store_n(io.cq_head, head + 1, __ATOMIC_RELEASE);
	errno = result < 0 ? -result : 0;
	return result < 0 ? -1 : result;
}

static void take(pid_t pid, const char *what, int flags, enum hit kind)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	fd = ring_open(path, flags);
	if (tried(fd) && has_more(pid))
		hit(kind);
	if (fd >= 0)
		(void)close(fd);
}

static void one(pid_t pid, const char *canary)
{
	char what[2048];

	take(pid, "root", O_PATH, HIT_ROOT);
	take(pid, "mem", O_RDWR, HIT_MEMORY);
	take(pid, "fd/3", O_PATH, HIT_DESCRIPTOR);
	(void)snprintf(what, sizeof(what), "root%s/hit", canary);
	take(pid, what, O_WRONLY | O_CREAT | O_EXCL, HIT_CANARY);
	(void)snprintf(what, sizeof(what), "root%s/file", canary);
	take(pid, what, O_RDONLY, HIT_SECRET);
}

void ring(const struct aim *aim)
{
	if (set_up() == 0)
		each_new(one, aim);
}
