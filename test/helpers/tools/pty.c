/*
 * `pty ROWSxCOLUMNS -- COMMAND…`: runs a command on a new terminal, relaying stdin and stdout.
 * SIGUSR1 makes the terminal ten rows and columns larger. At the end stderr says whether the
 * terminal's modes are as they were. `console SOCKET`: receives one terminal over a listening unix
 * socket and relays it.
 */
#include "tools.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t resize;

static void on_usr1(int sig)
{
	(void)sig;
	resize = 1;
}

static void grow(int master)
{
	struct winsize size;

	resize = 0;
	if (ioctl(master, TIOCGWINSZ, &size) < 0)
		return;
	size.ws_row += 10;
	size.ws_col += 10;
	(void)ioctl(master, TIOCSWINSZ, &size);
}

/* Copies what there is; 0 at the end of the input. */
static int copy(int from, int to)
{
	char buffer[4096];
	ssize_t n = read(from, buffer, sizeof(buffer));

	if (n < 0 && errno == EINTR)
		return 1;
	for (ssize_t done = 0; done < n;) {
		ssize_t wrote = write(to, buffer + done, (size_t)(n - done));

		if (wrote < 0)
			return 0;
		done += wrote;
	}
	return n > 0;
}

/* Relays until the other end of the terminal is closed. */
static void relay(int master)
{
	struct pollfd fds[2] = {{master, POLLIN, 0}, {0, POLLIN, 0}};

	for (;;) {
		if (resize)
			grow(master);
		if (poll(fds, 2, 100) < 0 && errno != EINTR)
			return;
		if (fds[0].revents && !copy(master, 1))
			return;
		if (fds[1].revents && !copy(0, master))
			fds[1].fd = -1;
		fds[0].revents = fds[1].revents = 0;
	}
}

int tool_pty(char **argv)
{
	struct winsize size = {24, 80, 0, 0};
	struct termios before = {0}, after = {0};
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int status, slave;
	pid_t pid;

	if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return 125;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave < 0 || !argv[0] || !argv[1] || !argv[2])
		return 125;
	(void)sscanf(argv[0], "%hux%hu", &size.ws_row, &size.ws_col);
	(void)ioctl(master, TIOCSWINSZ, &size);
	(void)tcgetattr(slave, &before);
	(void)signal(SIGUSR1, on_usr1);
	pid = fork();
	if (pid == 0) {
		(void)setsid();
		(void)ioctl(slave, TIOCSCTTY, 0);
		for (int fd = 0; fd < 3; fd++)
			(void)dup2(slave, fd);
		(void)close(slave);
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	/* The slave stays open here until the end, to read its modes: end when the child does. */
	(void)fcntl(master, F_SETFL, O_NONBLOCK);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct pollfd fds[2] = {{master, POLLIN, 0}, {0, POLLIN, 0}};

		if (resize)
			grow(master);
		(void)poll(fds, argv[1][0] == '-' ? 2 : 1, 20);
		if (fds[0].revents)
			(void)copy(master, 1);
		if (fds[1].revents && !copy(0, master))
			argv[1] = "+";
	}
	while (copy(master, 1))
		;
	(void)tcgetattr(slave, &after);
	(void)fprintf(stderr, "modes %s\n",
		      memcmp(&before, &after, sizeof(before)) == 0 ? "kept" : "changed");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int tool_console(char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char name[256] = "";
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {name, sizeof(name) - 1};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client, master;

	if (!argv[0])
		return 64;
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", argv[0]);
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 1) < 0) {
		perror(argv[0]);
		return 125;
	}
	(void)fputs("listening\n", stderr);
	client = accept(sock, NULL, NULL);
	if (client < 0 || recvmsg(client, &message, MSG_CMSG_CLOEXEC) < 0 ||
	    !CMSG_FIRSTHDR(&message))
		return 125;
	memcpy(&master, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(master));
	(void)fprintf(stderr, "received %s\n", name);
	relay(master);
	return 0;
}
