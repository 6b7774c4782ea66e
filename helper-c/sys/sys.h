/* Raw system calls: the only file that makes them. Every function returns the
 * kernel's answer: >= 0, or -errno. */
#ifndef COFFER_SYS_H
#define COFFER_SYS_H

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A function for each number of arguments: registers that a call does not read
 * are left as they are, which makes init smaller. SYS1(close, fd) is close(fd),
 * and so on.
 */
#if defined(__x86_64__)
#define SYS_CALL(...)                                                                         \
	long ret;                                                                             \
	__asm__ volatile("syscall" : "=a"(ret) : "0"(n)__VA_ARGS__ : "rcx", "r11", "memory"); \
	return ret

static inline long sys0(long n)
{
	SYS_CALL();
}
static inline long sys1(long n, long a)
{
	SYS_CALL(, "D"(a));
}
static inline long sys2(long n, long a, long b)
{
	SYS_CALL(, "D"(a), "S"(b));
}
static inline long sys3(long n, long a, long b, long c)
{
	SYS_CALL(, "D"(a), "S"(b), "d"(c));
}
static inline long sys4(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;

	SYS_CALL(, "D"(a), "S"(b), "d"(c), "r"(r10));
}
static inline long sys5(long n, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	SYS_CALL(, "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8));
}
static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	SYS_CALL(, "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9));
}
#elif defined(__aarch64__)
#define SYS_CALL(...)                                                         \
	register long x8 __asm__("x8") = n;                                   \
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8)__VA_ARGS__ : "memory"); \
	return x0

static inline long sys0(long n)
{
	register long x0 __asm__("x0") = 0;

	SYS_CALL();
}
static inline long sys1(long n, long a)
{
	register long x0 __asm__("x0") = a;

	SYS_CALL();
}
static inline long sys2(long n, long a, long b)
{
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;

	SYS_CALL(, "r"(x1));
}
static inline long sys3(long n, long a, long b, long c)
{
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	SYS_CALL(, "r"(x1), "r"(x2));
}
static inline long sys4(long n, long a, long b, long c, long d)
{
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	SYS_CALL(, "r"(x1), "r"(x2), "r"(x3));
}
static inline long sys5(long n, long a, long b, long c, long d, long e)
{
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	SYS_CALL(, "r"(x1), "r"(x2), "r"(x3), "r"(x4));
}
static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	SYS_CALL(, "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5));
}
#else
#error "coffer-helper: this architecture has no system call stub in sys/sys.h"
#endif

#define SYS_CAST(x) ((long)(x))
#define SYS0(n) sys0(__NR_##n)
#define SYS1(n, a) sys1(__NR_##n, SYS_CAST(a))
#define SYS2(n, a, b) sys2(__NR_##n, SYS_CAST(a), SYS_CAST(b))
#define SYS3(n, a, b, c) sys3(__NR_##n, SYS_CAST(a), SYS_CAST(b), SYS_CAST(c))
#define SYS4(n, a, b, c, d) sys4(__NR_##n, SYS_CAST(a), SYS_CAST(b), SYS_CAST(c), SYS_CAST(d))
#define SYS5(n, a, b, c, d, e) \
	sys5(__NR_##n, SYS_CAST(a), SYS_CAST(b), SYS_CAST(c), SYS_CAST(d), SYS_CAST(e))
#define SYS6(n, a, b, c, d, e, f) \
	sys6(__NR_##n, SYS_CAST(a), SYS_CAST(b), SYS_CAST(c), SYS_CAST(d), SYS_CAST(e), SYS_CAST(f))

struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

/*
 * clone3(2); the child runs fn(arg), which must not return. With CLONE_VM the
 * caller gives a stack. The child never comes back into a C frame of the
 * parent's, so sharing memory (vfork) is safe.
 */
static inline long sys_clone_by(long call, uint64_t a, uint64_t b, void (*fn)(void *), void *arg)
{
#if defined(__x86_64__)
	long ret;
	register void (*r8)(void *) __asm__("r8") = fn;
	register void *r9 __asm__("r9") = arg;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "xor %%ebp, %%ebp\n\t"
			 "mov %%r9, %%rdi\n\t"
			 "and $-16, %%rsp\n\t"
			 "call *%%r8\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "0"(call), "D"(a), "S"(b), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = call;
	register long x0 __asm__("x0") = (long)a;
	register long x1 __asm__("x1") = (long)b;
	register void (*x9)(void *) __asm__("x9") = fn;
	register void *x10 __asm__("x10") = arg;

	__asm__ volatile("svc 0\n\t"
			 "cbnz x0, 1f\n\t"
			 "mov x29, xzr\n\t"
			 "mov x30, xzr\n\t"
			 "mov x0, x10\n\t"
			 "blr x9\n\t"
			 "brk #0\n"
			 "1:"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x9), "r"(x10)
			 : "memory");
	return x0;
#endif
}

static inline long sys_clone3_call(struct clone3_args *args, void (*fn)(void *), void *arg)
{
	return sys_clone_by(__NR_clone3, (uintptr_t)args, sizeof(*args), fn, arg);
}

__attribute__((noreturn)) static inline void sys_exit(int status)
{
	(void)SYS1(exit_group, status);
	/* Only a filter comes to here: a signal that the kernel forces asks no filter. */
	__builtin_trap();
}

static inline long sys_read(int fd, void *buf, size_t n)
{
	return SYS3(read, fd, buf, n);
}
static inline long sys_write(int fd, const void *buf, size_t n)
{
	return SYS3(write, fd, buf, n);
}
/* What is no descriptor, such as the -errno of an open that failed, is EBADF and nothing happens.
 */
long sys_close(int fd); /* calls.c, like those without a body below */
static inline long sys_fcntl(int fd, int cmd, long arg)
{
	return SYS3(fcntl, fd, cmd, arg);
}
static inline long sys_dup3(int from, int to, int flags)
{
	return SYS3(dup3, from, to, flags);
}
static inline long sys_ioctl(int fd, unsigned long req, void *arg)
{
	return SYS3(ioctl, fd, req, arg);
}
static inline long sys_openat(int at, const char *path, int flags, int mode)
{
	return SYS4(openat, at, path, flags, mode);
}
static inline long sys_openat2(int at, const char *path, const struct open_how *how)
{
	return SYS4(openat2, at, path, how, sizeof(*how));
}
static inline long sys_statx(int at, const char *path, int flags, unsigned mask, struct statx *st)
{
	return SYS5(statx, at, path, flags, mask, st);
}
static inline long sys_close_range(unsigned first, unsigned last, unsigned flags)
{
	return SYS3(close_range, first, last, flags);
}
long sys_prctl(int op, unsigned long a, unsigned long b, unsigned long c);
/* The address, which is positive for a process on every architecture that has a stub above, or
 * -errno. */
long sys_mmap(size_t size, int prot, int flags, int fd);

/* Constants of libc headers that the kernel's user headers do not carry. */
#define PROT_READ 1
#define PROT_WRITE 2
#define PROT_EXEC 4
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 0x20
#define MADV_DONTNEED 4
#define SIGKILL 9
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define CLOSE_RANGE_CLOEXEC (1U << 2)

#endif
