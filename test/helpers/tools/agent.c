#include "tools.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Takes one message with a descriptor and prints it. */
static int take(int conn)
{
	static char text[65536];
	char control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec iov = {text, sizeof(text) - 1};
	struct msghdr head = {.msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(conn, &head, MSG_CMSG_CLOEXEC);
	struct cmsghdr *part = n > 0 ? CMSG_FIRSTHDR(&head) : NULL;
	int fd = -1;

	if (n <= 0 || !part || part->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(part), sizeof(fd));
	text[n] = 0;
	puts(text);
	(void)fflush(stdout);
	return fd;
}

/* `agent SOCKET [allow|close]`: answers every call of each container that connects with ENOANO
 * (55). Otherwise it lets the kernel carry the call out and prints its number, or hangs up. */
int tool_agent(char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!argv[0] || strlen(argv[0]) >= sizeof(address.sun_path))
		return 64;
	strcpy(address.sun_path, argv[0]);
	if (bind(sock, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(sock, 4) < 0)
		return 1;
	puts("listening");
	(void)fflush(stdout);
	for (;;) {
		int conn = accept(sock, NULL, NULL);
		int fd = argv[1] && strcmp(argv[1], "close") == 0 ? -1 : take(conn);
		struct seccomp_notif call = {0};

		(void)close(conn);
		if (fork() > 0) {
			(void)close(fd);
			continue;
		}
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (fd >= 0 && ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call) == 0) {
			struct seccomp_notif_resp answer = {.id = call.id, .error = -55};

			if (argv[1]) {
				answer.error = 0;
				answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
				printf("call %d\n", call.data.nr);
				(void)fflush(stdout);
			}

			(void)ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
			memset(&call, 0, sizeof(call));
		}
		return 0;
	}
}
