#include "tally.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096

/* The page is mapped over with the file, so that its address is a constant. */
static union {
	struct tally counts;
	char page[SIZE];
} own __attribute__((aligned(SIZE)));

struct tally *const tally = &own.counts;
volatile sig_atomic_t ended;

void tally_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	(void)mmap(&own, SIZE, PROT_READ | PROT_WRITE,
		   MAP_SHARED | MAP_FIXED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);
	if (fd >= 0)
		(void)close(fd);
}

void hit(enum hit kind)
{
	(void)__atomic_add_fetch(&tally->hits[kind], 1, __ATOMIC_RELAXED);
}

int tried(long err)
{
	tally->tries++;
	if (err < 0)
		tally->refused += errno == EACCES || errno == EPERM;
	return err >= 0;
}
