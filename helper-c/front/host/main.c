/* coffer, and by other names coffer-oci: the engine, its image, and what they may ask of the
 * system. */
#define _GNU_SOURCE
#include "front.h"
#include "host.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Descriptors 0 to 2 are open, so that no file of ours becomes a standard stream. */
static void hold_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
			fail("standard streams that are closed cannot be opened");
}

/* Before the engine knows the verb: that of `coffer` may end as the program that it runs does, and
 * 125 is none of those. */
static int first_status(const char *name)
{
	const char *slash = name == NULL ? NULL : strrchr(name, '/');

	return name != NULL && strcmp(slash == NULL ? name : slash + 1, "coffer") == 0 ? 125 : 1;
}

static int run(void *argument)
{
	static w2c_front front;

	wasm2c_front_instantiate(&front, argument);
	return (int)w2c_front_front_main(&front);
}

/* The shell line of an npm package cannot choose argv[0]: its first argument says what the caller
 * called. */
static bool take_name(char **argv)
{
	static const char option[] = "--called=";

	if (argv[0] == NULL || argv[1] == NULL || strncmp(argv[1], option, sizeof(option) - 1) != 0)
		return false;
	argv[1] += sizeof(option) - 1;
	return true;
}

int main(int argc, char **argv, char **environ)
{
	struct w2c_host host = {.argc = argc, .argv = argv, .environ = environ};
	int status;

	if (take_name(host.argv))
		host.argv++;
	trap_status(first_status(host.argv[0]));
	hold_standard_streams();
	trap_begin();
	if (!memory_is_ours())
		fail("the program is damaged: its image is not of its build");
	if (!memory_map())
		fail("there is no address space for the engine: 8 GiB, none of which is used at "
		     "once (RLIMIT_AS)");
	status = stack_run(run, &host);
	return status < 0 ? failure_status() : status;
}
