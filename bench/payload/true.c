/* The payload of the benchmarks: ends at once, without libc. `wait` as its argument makes it wait
 * for a signal. */

#if defined(__x86_64__)
static long call(long nr, long a, long b)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(nr), "D"(a), "S"(b)
			 : "rcx", "r11", "memory");
	return result;
}
enum { NR_EXIT_GROUP = 231, NR_PPOLL = 271 };
#elif defined(__aarch64__)
static long call(long nr, long a, long b)
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1) : "memory");
	return x0;
}
enum { NR_EXIT_GROUP = 94, NR_PPOLL = 73 };
#endif

__attribute__((used)) static void run(const long *stack)
{
	if (stack[0] > 1)
		call(NR_PPOLL, 0, 0);
	for (;;)
		call(NR_EXIT_GROUP, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall run\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tbl run\n");
#endif
