/*
 * A hostile program in a container: `adversary MODE …`. It says `ready` when it is in place, and
 * then attacks whatever appears in its pid namespace until it is killed.
 */
#include "adversary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct mode {
	const char *name;
	int (*run)(char **argv);
} modes[] = {
    {"attack", attack_named},	       {"stop", attack_stop},
    {"trace", attack_trace},	       {"limit", attack_limit},
    {"lease", attack_lease},	       {"stall", attack_stall},
    {"stall-self", attack_stall_self}, {"fifo", attack_fifo},
    {"self-trace", attack_self_trace}, {"look", attack_look},
    {"forge", attack_forge},
};

static const struct named {
	const char *name;
	attack *run;
} attacks[] = {
    {"tracer", trace_all}, {"stopper", stop_all}, {"cgroups", make_cgroups}, {"shuffler", shuffle},
    {"staller", stall},	   {"hider", hide},	  {"flooder", flood},	     {"forks", fork_all},
    {"hog", hog},	   {"uring", ring},	  {"passer", pass_fds},	     {"terminal", type_all},
};

#define ATTACKS (sizeof(attacks) / sizeof(*attacks))

void say_ready(void)
{
	/* Whoever has started it may be gone. */
	(void)signal(SIGPIPE, SIG_IGN);
	puts("ready");
	(void)fflush(stdout);
}

static void on_term(int signal)
{
	(void)signal;
	ended = 1;
}

/* Keeps the attacks that a name stands for going, a process each. */
static void keep_going(const char *name, const struct aim *aim)
{
	pid_t pids[ATTACKS] = {0};

	while (!ended) {
		for (size_t i = 0; i < ATTACKS; i++) {
			int wanted = strcmp(name, "all") == 0 || strcmp(name, attacks[i].name) == 0;

			if (!wanted || (pids[i] > 0 && kill(pids[i], 0) == 0))
				continue;
			pids[i] = fork();
			if (pids[i] == 0) {
				/* Others work on this machine: what it does for them comes first.
				 */
				(void)setpriority(PRIO_PROCESS, 0, 19);
				attacks[i].run(aim);
				(void)pause();
				_exit(0);
			}
		}
		breathe(20000);
	}
}

int attack_named(char **argv)
{
	struct sigaction term = {.sa_handler = on_term};

	for (int i = 0; i < 6; i++)
		if (!argv[i])
			return 64;
	struct aim aim = {.rest = 200,
			  .canary = argv[2],
			  .place = argv[3],
			  .pids = strtoul(argv[4], NULL, 10),
			  .bytes = strtoul(argv[5], NULL, 10)};

	(void)sigaction(SIGTERM, &term, NULL);
	/* Children are reaped by the kernel, and end with this process if it is the first. */
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGIO, SIG_IGN);
	tally_open(argv[1]);
	say_ready();
	keep_going(argv[0], &aim);
	return 0;
}

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(modes) / sizeof(*modes); i++)
		if (strcmp(argv[1], modes[i].name) == 0)
			return modes[i].run(argv + 2);
	return 64;
}
