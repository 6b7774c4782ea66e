/*
 * The engine runs on a stack of its own: the caller's limit for stacks may be small, and is the
 * container's to have.
 */
#define _GNU_SOURCE
#include "host.h"

#include <sys/mman.h>

/* Much more than the engine's own limit, which is half a MiB of its stack in linear memory
 * (engine.c). */
#define STACK_SIZE (UINT64_C(16) << 20)

int stack_enter(int (*function)(void *), void *argument, void *top);

#if defined(__x86_64__)
__asm__(".text\n"
	".globl stack_enter\n"
	".hidden stack_enter\n"
	".type stack_enter, @function\n"
	"stack_enter:\n"
	"	pushq %rbp\n"
	"	movq %rsp, %rbp\n"
	"	movq %rdx, %rsp\n"
	"	movq %rdi, %rax\n"
	"	movq %rsi, %rdi\n"
	"	callq *%rax\n"
	"	movq %rbp, %rsp\n"
	"	popq %rbp\n"
	"	retq\n"
	".size stack_enter, . - stack_enter\n");
#elif defined(__aarch64__)
__asm__(".text\n"
	".globl stack_enter\n"
	".hidden stack_enter\n"
	".type stack_enter, %function\n"
	"stack_enter:\n"
	"	stp x29, x30, [sp, #-16]!\n"
	"	mov x29, sp\n"
	"	mov sp, x2\n"
	"	mov x9, x0\n"
	"	mov x0, x1\n"
	"	blr x9\n"
	"	mov sp, x29\n"
	"	ldp x29, x30, [sp], #16\n"
	"	ret\n"
	".size stack_enter, . - stack_enter\n");
#else
#error "no code to change the stack on this machine"
#endif

/* Runs a function on the engine's stack, which ends at a page that nothing may touch. */
int stack_run(int (*function)(void *), void *argument)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	unsigned char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);

	if (stack == MAP_FAILED || mprotect(stack, 65536, PROT_NONE) != 0)
		fail("there is no memory for the engine's stack");
	return stack_enter(function, argument, stack + STACK_SIZE);
}
