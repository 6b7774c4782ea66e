/* In the place of pasta(1): tries what a program that a packet has taken over would try. */
#include "network.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static int connects(const char *abstract)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(to.sun_path + 1, abstract, strlen(abstract));
	return connect(
		   sock, (struct sockaddr *)&to,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(abstract))) == 0;
}

static int listens(void)
{
	struct sockaddr_in any = address_of("127.0.0.1", 0);

	return bind(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&any, sizeof(any)) == 0;
}

/* Descriptors that it was given beside the three: of those that are not its own. */
static int further(void)
{
	int count = 0;

	for (int fd = 3; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int stack(void)
{
	int given = further();
	char line[400] = "", caps[32] = "";
	FILE *status = fopen("/proc/self/status", "r");

	while (status && fgets(line, sizeof(line), status))
		(void)sscanf(line, "CapPrm: %31s", caps);
	fprintf(
	    stderr,
	    "uid %d pid %d parent %d caps %s nnp %d variables %d further %d listens %d abstract %d "
	    "signals %d root %d\n",
	    getuid(), getpid(), getppid(), caps, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0),
	    environ[0] != NULL, given, listens(), connects("coffer-test-abstract"),
	    kill(getppid(), 0) == 0, setuid(0) == 0 && getuid() != 0);
	return 1;
}
