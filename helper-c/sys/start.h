/* The entry point: the kernel's initial stack is handed to start_main(argc, argv, envp), which must
 * not return. */
#ifndef COFFER_START_H
#define COFFER_START_H

#include <stdint.h>

__attribute__((noreturn)) void start_main(long argc, char **argv, char **envp);

/* What functions with buffers put before their return address and compare at their end: random for
 * each process. */
#ifdef START_RELOCATES /* The launcher has the variables that each run touches behind it. */
__attribute__((section(".bss.hot"), aligned(2048)))
#endif
uintptr_t __stack_chk_guard;
__attribute__((noreturn)) void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
	__builtin_trap();
}

#define AT_PAGE_SIZE 6
#define AT_RANDOM_BYTES 25

/* The value of a type in the kernel's auxiliary vector, which follows the environment; 0: none. */
__attribute__((no_stack_protector)) static uintptr_t start_auxiliary(const long *sp, long type)
{
	const long *at = sp + 2 + sp[0];

	while (*at++)
		;
	while (at[0] && at[0] != type)
		at += 2;
	return at[0] ? (uintptr_t)at[1] : 0;
}

#if defined(START_RELOCATES) && defined(__PIC__)
#include "relocate.h"
#endif

__attribute__((noreturn, used, no_stack_protector)) static void start_stack(long *sp)
{
	/* The kernel aligns these bytes to nothing. */
	const struct {
		uintptr_t value;
	} __attribute__((packed)) *random = (const void *)start_auxiliary(sp, AT_RANDOM_BYTES);

#if defined(START_RELOCATES) && defined(__PIC__)
	start_relocate(start_auxiliary(sp, AT_PAGE_SIZE));
#endif
	/* A zero byte ends what a string function copies. */
	__stack_chk_guard = random->value & ~(uintptr_t)0xff;
	start_main(sp[0], (char **)(sp + 1), (char **)(sp + 2 + sp[0]));
}

#if defined(__x86_64__)
__asm__(".globl _start\n"
	"_start:\n\t"
	"xor %ebp, %ebp\n\t"
	"mov %rsp, %rdi\n\t"
	"and $-16, %rsp\n\t"
	"call start_stack\n\t"
	"ud2\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n"
	"_start:\n\t"
	"mov x29, xzr\n\t"
	"mov x30, xzr\n\t"
	"mov x0, sp\n\t"
	"bl start_stack\n\t"
	"brk #0\n");
#endif

#endif
