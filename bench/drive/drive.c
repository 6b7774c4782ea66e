/*
 * `drive ROUNDS WARMUP ( [~] WORD… ; )…`: runs the commands in turn, ROUNDS times, and times each
 * from just before its process is made until it has been reaped. Commands are separated by `;`; one
 * that begins with `~` is run untimed.
 * `@FILE` as a command's first word opens that file as descriptor 3. Prints a line a timed command:
 * its samples in microseconds. A command that fails ends everything. All have the ordinary priority:
 * at a real-time one podman keeps threads of the kernel from running, for ever.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_COMMANDS 32
#define MAX_ROUNDS 2000

extern char **environ;

struct command {
	char **argv;
	const char *plan;
	int timed;
	double samples[MAX_ROUNDS];
};

static struct command commands[MAX_COMMANDS];

static double now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* Runs one command with stdio on /dev/null; stderr stays, so that a failure can be read. Returns
 * its exit status. */
static int run(const struct command *command, double *ret_us)
{
	posix_spawn_file_actions_t actions;
	double start;
	int status;
	pid_t pid;

	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
	(void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_RDWR, 0);
	if (command->plan)
		(void)posix_spawn_file_actions_addopen(&actions, 3, command->plan, O_RDONLY, 0);
	start = now_us();
	if (posix_spawnp(&pid, command->argv[0], &actions, NULL, command->argv, environ) != 0)
		return 127;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_us = now_us() - start;
	(void)posix_spawn_file_actions_destroy(&actions);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int parse(char **argv)
{
	int count = 0;

	while (*argv && count < MAX_COMMANDS) {
		struct command *command = &commands[count++];

		command->timed = strcmp(*argv, "~") != 0;
		if (!command->timed)
			argv++;
		if (*argv && (*argv)[0] == '@')
			command->plan = *argv++ + 1;
		command->argv = argv;
		while (*argv && strcmp(*argv, ";") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return count;
}

int main(int argc, char **argv)
{
	int rounds, warmup, count;

	if (argc < 4)
		return 64;
	rounds = atoi(argv[1]);
	warmup = atoi(argv[2]);
	count = parse(argv + 3);
	if (rounds > MAX_ROUNDS)
		return 64;
	for (int round = -warmup; round < rounds; round++) {
		for (int i = 0; i < count; i++) {
			double us = 0;
			int status = run(&commands[i], &us);

			if (status != 0) {
				(void)fprintf(stderr, "drive: %s: status %d\n", commands[i].argv[0],
					      status);
				return 1;
			}
			if (round >= 0)
				commands[i].samples[round] = us;
		}
	}
	for (int i = 0; i < count; i++) {
		if (!commands[i].timed)
			continue;
		for (int round = 0; round < rounds; round++)
			printf("%s%.1f", round ? " " : "", commands[i].samples[round]);
		putchar('\n');
	}
	return 0;
}
