/* The compiler of seccomp profiles: rules, given as numbers, become a filter of classic BPF. No
 * system calls, no allocation, and a bound on what it does. */
#pragma once

#include <stdint.h>

#define FILTER_MAX_INSTRUCTIONS 4096 /* BPF_MAXINSNS */

enum filter_error {
	FILTER_NO_ROOM = -1,	 /* the same request may do with more memory */
	FILTER_TOO_LONG = -2,	 /* more instructions than the kernel takes */
	FILTER_BAD_REQUEST = -3, /* no encoder of ours writes that */
};

/*
 * `memory` begins with a request, and is aligned to 8 bytes; what is behind the request is the
 * compiler's. The answer is how many bytes the program has, which is then at the begin of `memory`;
 * or an error.
 *
 * A request is words of 32 bits:
 *   the default action, whether calls above those that are named get ENOSYS, how many rows the
 *     tables of system calls have, how many architectures and entries follow;
 *   for each architecture: its token, whether it compares all 64 bits, the first number of its
 *     table, the number behind the last one, `enum arch_flag`, how many calls, twins and
 *     multiplexed rows follow, and of each of them its row and its number; a multiplexed row has a
 *     third word, which is the first argument of the call that it is made through;
 *   for each entry of the profile: how many rules and names follow; of each rule its action and how
 *     many conditions it has; of each condition the argument, `enum operator`, the value and the
 *     mask, low word first; of each name its row.
 * Calls and twins are in the order of their numbers. An entry without rules only names its calls.
 */
int32_t filter_compile(void *memory, uint32_t request, uint32_t size);
