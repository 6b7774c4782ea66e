#include "tools.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int bound(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	puts("listening");
	(void)fflush(stdout);
	return sock;
}

/* Takes one message. The descriptor that came with it, or -1; the text is NUL-terminated. */
static int take(int sock, char *text, size_t size, ssize_t *ret_size)
{
	char control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {text, size - 1};
	struct msghdr head = {.msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control)};
	struct cmsghdr *part;
	int fd = -1;

	*ret_size = recvmsg(sock, &head, MSG_CMSG_CLOEXEC);
	part = *ret_size > 0 ? CMSG_FIRSTHDR(&head) : NULL;
	text[*ret_size > 0 ? *ret_size : 0] = 0;
	if (part)
		memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	return fd;
}

/* What a descriptor is: that of a barrier is one end of a pipe. */
static const char *kind_of(int fd)
{
	struct stat st;

	if (fd < 0)
		return "";
	return fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) ? " fd" : " a strange fd";
}

/* `notify SOCKET`: prints each datagram that comes, newlines as blanks, and whether a descriptor
 * came with it. */
int tool_notify(char **argv)
{
	int sock = bound(argv[0], SOCK_DGRAM);
	char text[4096];
	ssize_t n;

	while (sock >= 0) {
		int fd = take(sock, text, sizeof(text), &n);

		for (char *at = text; *at; at++)
			*at = *at == '\n' ? ' ' : *at;
		printf("got [%s]%s\n", text, kind_of(fd));
		(void)fflush(stdout);
		if (fd >= 0)
			(void)close(fd);
	}
	return 1;
}

/* `pidfd SOCKET`: prints the name of one pidfd that is sent, and the process that it is of. */
int tool_pidfd(char **argv)
{
	int sock = bound(argv[0], SOCK_STREAM);
	char text[4096], path[64], line[256];
	ssize_t n;
	FILE *info;

	if (sock < 0 || listen(sock, 1) < 0)
		return 1;
	int fd = take(accept(sock, NULL, NULL), text, sizeof(text), &n);

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fd < 0 ? NULL : fopen(path, "r");
	while (info && fgets(line, sizeof(line), info))
		if (strncmp(line, "Pid:", 4) == 0)
			printf("%s %s", text, line);
	return 0;
}
