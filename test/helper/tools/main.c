/* What a test of the helper's protocol does before it executes the helper: `TOOL ARGUMENTS --
 * COMMAND…`. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ALL_SEALS (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)

static void run(char **argv)
{
	if (argv[0] && argv[1])
		(void)execvp(argv[1], argv + 1);
	perror(argv[0] ? argv[1] : "tools");
	exit(127);
}

/* `memfd SEALS FD`: descriptor 3 in a memfd with those seals (`all` or `none`), as that descriptor.
 */
static void tool_memfd(char **argv)
{
	int fd = memfd_create("test-plan", MFD_ALLOW_SEALING);
	char buffer[65536];
	ssize_t n;

	while ((n = read(3, buffer, sizeof(buffer))) > 0)
		if (write(fd, buffer, (size_t)n) != n)
			exit(125);
	if (strcmp(argv[0], "all") == 0 && fcntl(fd, F_ADD_SEALS, ALL_SEALS) < 0)
		exit(125);
	if (dup2(fd, atoi(argv[1])) < 0)
		exit(125);
	(void)close(fd);
	run(argv + 2);
}

/* `closed FD,FD`: without those descriptors. */
static void tool_closed(char **argv)
{
	for (const char *at = argv[0]; *at; at++)
		if (*at != ',')
			(void)close(*at - '0');
	run(argv + 1);
}

/* `slow-pipe`: descriptor 3 comes through a pipe that does not block, in pieces. */
static void tool_slow_pipe(char **argv)
{
	int ends[2];
	char buffer[1000];
	ssize_t n;

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) < 0)
		exit(125);
	if (fork() == 0) {
		while ((n = read(3, buffer, sizeof(buffer))) > 0) {
			(void)usleep(20000);
			if (write(ends[1], buffer, (size_t)n) != n)
				exit(125);
		}
		exit(0);
	}
	if (dup2(ends[0], 3) < 0)
		exit(125);
	run(argv);
}

/* `gate DIRECTORY WHAT`: connects to the gate there. Sends nothing until stdin ends (`idle`), or
 * garbage of a size. */
static void tool_gate(char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "gate"};
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	char buffer[4096];

	if (chdir(argv[0]) < 0 || connect(sock, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("gate");
		exit(1);
	}
	puts("connected");
	(void)fflush(stdout);
	memset(buffer, 'x', sizeof(buffer));
	if (strcmp(argv[1], "idle") == 0)
		(void)read(0, buffer, 1);
	else
		(void)send(sock, buffer, (size_t)atoi(argv[1]), MSG_NOSIGNAL);
	exit(0);
}

/* `reopen`: in a container with a terminal: leaves it for a while, opens it again and writes. */
static void tool_reopen(char **argv)
{
	(void)argv;
	(void)write(1, "first\n", 6);
	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	(void)usleep(300000);
	if (open("/dev/pts/0", O_RDWR) != 0)
		exit(1);
	(void)write(0, "second\n", 7);
	exit(0);
}

static void on_term(int sig)
{
	(void)sig;
	(void)open("/got", O_WRONLY | O_CREAT, 0644);
	_exit(9);
}

/* `flood`: in a container: writes without end, and makes the file /full when nobody has read for a
 * moment; SIGTERM makes the file /got and ends it with 9. */
static void tool_flood(char **argv)
{
	struct pollfd out = {1, POLLOUT, 0};
	char buffer[4096];

	(void)argv;
	memset(buffer, 'x', sizeof(buffer));
	(void)signal(SIGTERM, on_term);
	(void)fcntl(1, F_SETFL, O_NONBLOCK);
	do {
		if (poll(&out, 1, 300) == 0)
			(void)close(open("/full", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
	} while (write(1, buffer, sizeof(buffer)) > 0 || errno == EAGAIN);
	exit(1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(char **argv);
	} tools[] = {{"memfd", tool_memfd}, {"closed", tool_closed}, {"slow-pipe", tool_slow_pipe},
		     {"gate", tool_gate},   {"reopen", tool_reopen}, {"flood", tool_flood}};

	for (size_t i = 0; argc > 1 && i < sizeof(tools) / sizeof(*tools); i++)
		if (strcmp(tools[i].name, argv[1]) == 0)
			tools[i].run(argv + 2);
	(void)fputs("tools: memfd | closed | slow-pipe | gate | reopen | flood\n", stderr);
	return 64;
}
