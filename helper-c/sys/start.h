/* The entry point: the kernel's initial stack is handed to start_main(argc, argv, envp), which must
 * not return. */
#ifndef COFFER_START_H
#define COFFER_START_H

__attribute__((noreturn)) void start_main(long argc, char **argv, char **envp);

__attribute__((noreturn, used)) static void start_stack(long *sp)
{
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
