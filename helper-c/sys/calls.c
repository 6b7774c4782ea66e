/* Calls that init makes often: a function takes fewer of its bytes than the code at each place. */
#include "sys.h"

__attribute__((noinline)) long sys_close(int fd)
{
	return SYS1(close, fd);
}

__attribute__((noinline)) long sys_mmap(size_t size, int prot, int flags, int fd)
{
	return SYS6(mmap, 0, size, prot, flags, fd, 0);
}

__attribute__((noinline)) long sys_prctl(int op, unsigned long a, unsigned long b, unsigned long c)
{
	return SYS5(prctl, op, a, b, c, 0);
}
