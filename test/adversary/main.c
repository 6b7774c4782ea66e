/*
 * A hostile program in a container: `adversary MODE …`. It says `ready` when it is in place, and
 * then attacks whatever appears in its pid namespace until it is killed.
 */
#include "adversary.h"

#include <stdio.h>
#include <string.h>

static const struct mode {
	const char *name;
	int (*run)(char **argv);
} modes[] = {
    {"stop", attack_stop},   {"trace", attack_trace},		{"limit", attack_limit},
    {"lease", attack_lease}, {"stall", attack_stall},		{"stall-self", attack_stall_self},
    {"fifo", attack_fifo},   {"self-trace", attack_self_trace}, {"look", attack_look},
};

void say_ready(void)
{
	puts("ready");
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(argv + 2);
	return 64;
}
