/* Traps in the way that its argument says, in a function of that name. */
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) int bounds(volatile int *at)
{
	return *at;
}
__attribute__((noinline)) int divide(volatile int by)
{
	return 5 / by;
}
__attribute__((noinline)) int recurse(int n)
{
	return n == -1 ? 0 : recurse(n + 1) * 3 + n;
}
__attribute__((noinline)) int unreachable(void)
{
	__builtin_trap();
}
__attribute__((noinline)) int wrong_type(int (*volatile function)(int, int, int))
{
	return function(1, 2, 3);
}
__attribute__((noinline)) int no_function(int (*volatile function)(void))
{
	return function();
}
__attribute__((noinline)) int convert(volatile double value)
{
	int result;

	__asm__ volatile("local.get %1\n\ti32.trunc_f64_s\n\tlocal.set %0"
			 : "=r"(result)
			 : "r"(value));
	return result;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";

	if (strcmp(way, "bounds") == 0)
		return bounds((int *)0x7fff0000);
	if (strcmp(way, "far") == 0)
		return bounds((int *)0xfffffffc);
	if (strcmp(way, "divide") == 0)
		return divide(0);
	if (strcmp(way, "recurse") == 0)
		return recurse(0);
	if (strcmp(way, "unreachable") == 0)
		return unreachable();
	if (strcmp(way, "wrong_type") == 0)
		return wrong_type((int (*)(int, int, int))recurse);
	if (strcmp(way, "no_function") == 0)
		return no_function((int (*)(void))100000);
	if (strcmp(way, "convert") == 0)
		return convert(1e300);
	if (strcmp(way, "spin") == 0)
		for (volatile int n = 0;; n++)
			;
	return 0;
}
