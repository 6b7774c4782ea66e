/* What the module must not do: traps that its code asks for, faults, and signals that end it. */
#include "wasi.h"
#include "guest/include/wasm-rt.h"

#define BY_SIGNAL 128
#define SA_SIGINFO 4
#define SA_RESTORER 0x04000000
#define SA_ONSTACK 0x08000000
#define ALTERNATE_SIZE 65536

enum { SIGHUP = 1, SIGINT = 2, SIGQUIT = 3, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11, SIGPIPE = 13 };
enum { SIGTERM = 15, SIGXFSZ = 25 };

/* rt_sigaction(2). */
struct action {
	void (*handler)(int signal, void *info, void *context);
	uint64_t flags;
	void (*restorer)(void);
	uint64_t mask;
};

static uintptr_t guard, guard_end;

/* The texts of wasm_rt_trap_t, by its numbers. */
static const char *const traps[] = {
    "trap",
    "trap: out of bounds access",
    "trap: integer overflow",
    "trap: integer divide by zero",
    "trap: invalid conversion to integer",
    "trap: unreachable",
    "trap: indirect call to a function that is not there or has another type",
    "trap: uncaught exception",
    "trap: unaligned atomic access",
    "trap: call stack exhausted",
};

void wasm_rt_trap(wasm_rt_trap_t trap)
{
	uintptr_t back = (uintptr_t)__builtin_return_address(0);

	/* The call may be the last instruction of its function. */
	trap_at(traps[(size_t)trap < sizeof(traps) / sizeof(traps[0]) ? trap : 0], back - 1);
}

/* Functions of the module have this before their names; others are wasm2c's own. */
static const char of_module[] = "w2c_guest_";

const char *wasm_inside;

static bool is_of_module(const char *function)
{
	for (size_t at = 0; at < sizeof(of_module) - 1; at++)
		if (function[at] != of_module[at])
			return false;
	return true;
}

/* i32_load and the like: a letter and a number of bits. */
static bool is_access(const char *function)
{
	return !is_of_module(function) && function[1] >= '0' && function[1] <= '9';
}

void wasm_trap_in(wasm_rt_trap_t trap, const char *function)
{
	uintptr_t back = (uintptr_t)__builtin_return_address(0);

	/* What reads or writes one value is a part of the function that does. */
	if (is_access(function))
		trap_at(traps[trap], back - 1);
	if (!is_of_module(function))
		function = wasm_inside;
	/* Only the start has neither: a segment that does not fit. */
	if (function == NULL || !is_of_module(function))
		end(traps[trap], NULL);
	end(traps[trap], function + sizeof(of_module) - 1);
}

/* Where the kernel keeps the program counter in what a handler is given (struct ucontext). */
static uintptr_t counter_of(const void *context)
{
#if defined(__x86_64__)
	return ((const uint64_t *)context)[21];
#else
	return ((const uint64_t *)context)[55];
#endif
}

static void on_fault(int signal, void *info, void *context)
{
	/* siginfo_t: the address is behind three int and a hole. */
	uintptr_t at = ((const uint64_t *)info)[2];
	uintptr_t pc = counter_of(context);

	if (signal == SIGFPE)
		trap_at(traps[WASM_RT_TRAP_DIV_BY_ZERO], pc);
	if (at >= WASM_MEMORY && at < WASM_MEMORY + WASM_RESERVED)
		trap_at(traps[WASM_RT_TRAP_OOB], pc);
	if (at >= guard && at < guard_end)
		trap_at(traps[WASM_RT_TRAP_EXHAUSTION], pc);
	trap_at("fault", pc);
}

/* A first process of a pid namespace does not end by a signal that it has no handler for. */
static void on_end(int signal, void *info, void *context)
{
	(void)info;
	(void)context;
	sys_exit(BY_SIGNAL + signal);
}

static void no_return(void)
{
	__builtin_trap();
}

static void handle(int signal, void (*handler)(int, void *, void *))
{
	struct action action = {.handler = handler,
				.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
				.restorer = no_return};

	if (SYS4(rt_sigaction, signal, &action, NULL, sizeof(action.mask)) != 0)
		fail("a signal cannot be handled");
}

static void ignore(int signal)
{
	struct action action = {.handler = (void (*)(int, void *, void *))1};

	(void)SYS4(rt_sigaction, signal, &action, NULL, sizeof(action.mask));
}

void trap_begin(uintptr_t stack, uintptr_t stack_end)
{
	static unsigned char alternate[ALTERNATE_SIZE] __attribute__((aligned(16)));
	const struct {
		void *base;
		uint64_t flags;
		size_t size;
	} place = {alternate, 0, sizeof(alternate)};

	guard = stack;
	guard_end = stack_end;
	if (SYS2(sigaltstack, &place, NULL) != 0)
		fail("there is no stack for signals");
	handle(SIGSEGV, on_fault);
	handle(SIGBUS, on_fault);
	handle(SIGFPE, on_fault);
	handle(SIGHUP, on_end);
	handle(SIGINT, on_end);
	handle(SIGQUIT, on_end);
	handle(SIGTERM, on_end);
	/* A write that is too late or too long is an error of the call. */
	ignore(SIGPIPE);
	ignore(SIGXFSZ);
}
