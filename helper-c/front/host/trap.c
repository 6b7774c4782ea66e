/* What ends the program when the engine does what it must not: one line, and the status of a
 * failure. */
#define _GNU_SOURCE
#include "host.h"
#include "wasm-rt.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ALTERNATE_SIZE 16384

/* What the engine has said: it knows the verb that was called. */
static volatile int status_of_failure = 1;

void trap_status(int status)
{
	status_of_failure = status;
}

int failure_status(void)
{
	return status_of_failure;
}

_Noreturn void fail(const char *what)
{
	static const char prefix[] = "coffer: ";

	(void)!write(2, prefix, sizeof(prefix) - 1);
	(void)!write(2, what, strlen(what));
	(void)!write(2, "\n", 1);
	_exit(status_of_failure);
}

/* The texts of wasm_rt_trap_t, by its numbers. */
static const char *const traps[] = {
    "the engine stopped",
    "the engine left its memory",
    "the engine overflowed an integer",
    "the engine divided by zero",
    "the engine converted what is no number",
    "the engine reached what cannot be reached",
    "the engine called what is no function",
    "the engine threw an exception",
    "the engine was not aligned",
    "the engine used up its stack",
};

void wasm_rt_trap(wasm_rt_trap_t trap)
{
	fail((size_t)trap < sizeof(traps) / sizeof(traps[0]) ? traps[trap] : traps[0]);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	(void)context;
	if (signal == SIGBUS)
		fail("the program's file cannot be read");
	if (at >= FRONT_MEMORY && at < FRONT_MEMORY + FRONT_RESERVED)
		fail(traps[WASM_RT_TRAP_OOB]);
	fail(traps[WASM_RT_TRAP_EXHAUSTION]);
}

/* Faults end the program with a line, on a stack of their own. Other signals are not as the caller
 * has left them. */
void trap_begin(void)
{
	static unsigned char alternate[ALTERNATE_SIZE];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	(void)sigaltstack(&stack, NULL);
	(void)sigaction(SIGSEGV, &action, NULL);
	(void)sigaction(SIGBUS, &action, NULL);
	/* A write that is too late or too long is an error, not the end of the program. */
	action.sa_handler = SIG_IGN;
	action.sa_flags = 0;
	(void)sigaction(SIGPIPE, &action, NULL);
	(void)sigaction(SIGXFSZ, &action, NULL);
	/* With an ignored SIGCHLD the kernel itself reaps the helper, and its status is lost. */
	action.sa_handler = SIG_DFL;
	(void)sigaction(SIGCHLD, &action, NULL);
}
