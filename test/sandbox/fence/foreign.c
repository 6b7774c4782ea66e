/* By calls that no filter sees the paths or flags of, and by those of other ABIs. */
#include "fence.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static void with_openat2(void)
{
	struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0600};

	syscall(SYS_openat2, AT_FDCWD, name, &how, sizeof(how));
}

/* One request of a ring; IORING_SETUP_NO_SQARRAY is newer, so the array is filled. */
static void with_ring(uint8_t opcode, uint64_t addr, uint64_t addr2, uint32_t length,
		      uint32_t flags)
{
	struct io_uring_params params = {0};
	int ring = (int)syscall(SYS_io_uring_setup, 4, &params);

	if (ring < 0)
		return;
	char *sq = mmap(NULL, params.sq_off.array + params.sq_entries * 4, PROT_READ | PROT_WRITE,
			MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, params.sq_entries * sizeof(*sqe),
					PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);

	if (sq == MAP_FAILED || (void *)sqe == MAP_FAILED)
		return;
	*sqe = (struct io_uring_sqe){.opcode = opcode, .fd = AT_FDCWD, .addr = addr, .len = length};
	sqe->addr2 = addr2;
	sqe->open_flags = flags;
	((unsigned *)(sq + params.sq_off.array))[0] = 0;
	*(unsigned *)(sq + params.sq_off.tail) += 1;
	syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0);
}

static uint64_t text(const char *s)
{
	return (uintptr_t)s;
}

static void with_ring_open(void)
{
	with_ring(IORING_OP_OPENAT, text(name), 0, 0600, O_CREAT | O_WRONLY);
}
static void with_ring_mkdir(void)
{
	with_ring(IORING_OP_MKDIRAT, text(name), 0, 0700, 0);
}
static void with_ring_rename(void)
{
	with_ring(IORING_OP_RENAMEAT, text("thing"), text(name), (uint32_t)AT_FDCWD, 0);
}
static void with_ring_link(void)
{
	with_ring(IORING_OP_LINKAT, text("thing"), text(name), (uint32_t)AT_FDCWD, 0);
}
static void with_ring_symlink(void)
{
	with_ring(IORING_OP_SYMLINKAT, text("thing"), text(name), 0, 0);
}

#ifdef __x86_64__
/* Addresses of the 32-bit ABI have 32 bits. */
static long call32(long number, const char *first, long second, long third)
{
	char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret;

	strcpy(low, first);
	if (number == 38 || number == 9) { /* rename, link: the name is the second */
		strcpy(low + 2048, name);
		second = (long)(low + 2048);
	}
	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "0"(number), "b"(low), "c"(second), "d"(third)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static void with_open32(void)
{
	call32(5, name, O_CREAT | O_WRONLY, 0600);
}
static void with_creat32(void)
{
	call32(8, name, 0600, 0);
}
static void with_mkdir32(void)
{
	call32(39, name, 0700, 0);
}
static void with_mknod32(void)
{
	call32(14, name, 0100600, 0);
}
static void with_rename32(void)
{
	call32(38, "thing", 0, 0);
}
static void with_link32(void)
{
	call32(9, "thing", 0, 0);
}
static void with_x32(void)
{
	syscall(0x40000000 | SYS_open, name, O_CREAT | O_WRONLY, 0600);
	syscall(0x40000000 | SYS_mkdir, name, 0700);
	syscall(0x40000000 | SYS_rename, "thing", name);
}
#endif

const struct way foreign_ways[] = {
    {"openat2", with_openat2},
    {"io_uring: openat", with_ring_open},
    {"io_uring: mkdirat", with_ring_mkdir},
    {"io_uring: renameat", with_ring_rename},
    {"io_uring: linkat", with_ring_link},
    {"io_uring: symlinkat", with_ring_symlink},
#ifdef __x86_64__
    {"32 bits: open", with_open32},
    {"32 bits: creat", with_creat32},
    {"32 bits: mkdir", with_mkdir32},
    {"32 bits: mknod", with_mknod32},
    {"32 bits: rename", with_rename32},
    {"32 bits: link", with_link32},
    {"x32", with_x32},
#endif
    {0},
};
