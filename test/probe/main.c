#include "json.h"
#include "probe.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void list(const char *name, char **words)
{
	json_open(name, '[');
	for (; *words; words++)
		json_string(NULL, *words);
	json_close(']');
}

/* `facts [+stat PATH | +file PATH | +dir PATH | +open PATH | +inode PATH]…`: adds what is asked for
 * to the facts. */
static void extras(char **argv)
{
	json_open("extra", '{');
	for (; argv[0] && argv[1]; argv += 2) {
		char name[4200];

		(void)snprintf(name, sizeof(name), "%s %s", argv[0] + 1, argv[1]);
		if (strcmp(argv[0], "+stat") == 0)
			world_stat(name, argv[1]);
		else if (strcmp(argv[0], "+file") == 0)
			world_file(name, argv[1]);
		else if (strcmp(argv[0], "+open") == 0)
			world_open(name, argv[1]);
		else if (strcmp(argv[0], "+dir") == 0)
			world_directory(name, argv[1]);
		else if (strcmp(argv[0], "+inode") == 0)
			world_inode(name, argv[1]);
	}
	json_close('}');
}

static int facts(char **argv, char **more)
{
	json_open(NULL, '{');
	list("args", argv);
	list("env", environ);
	facts_identity();
	facts_caps();
	facts_descriptors();
	facts_limits();
	facts_signals();
	facts_terminal();
	world_names();
	world_namespaces();
	world_mounts();
	world_cgroup();
	world_clocks();
	world_directory("dev", "/dev");
	world_directory("root", "/");
	extras(more);
	json_close('}');
	putchar('\n');
	if (fflush(stdout) != 0)
		return 1;
	/* `+hold -`, as the last: stays until standard input ends, so that somebody can look from
	 * outside. */
	while (*more && strcmp(*more, "+hold") != 0)
		more++;
	while (*more && read(0, (char[64]){0}, 64) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	int status;

	if (argc < 2 || strcmp(argv[1], "facts") == 0)
		return facts(argv, argv + (argc < 2 ? argc : 2));
	status = verb_run(argc, argv);
	if (status >= 0)
		return status;
	(void)fprintf(stderr, "probe: unknown verb %s\n", argv[1]);
	return 64;
}
