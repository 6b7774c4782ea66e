/* The flooder: writes to its output, the console and the notify socket without end. */
#include "adversary.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { CHUNK = 4096 };

/* Writes to every terminal of the container. */
static void flood_terminals(const char *text, size_t size)
{
	char path[32];

	for (int number = 0; number < 4; number++) {
		(void)snprintf(path, sizeof(path), "/dev/pts/%d", number);
		int fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

		if (!tried(fd))
			continue;
		(void)tried(write(fd, text, size));
		(void)close(fd);
	}
}

static const char *const words[] = {
    "READY=1",	   "READY=1\nMAINPID=1\nERRNO=0", "STOPPING=1",	      "RELOADING=1",
    "MAINPID=-1",  "FDSTORE=1\nFDNAME=x",	  "WATCHDOG=trigger", "BARRIER=1",
    "STATUS=%n%s", "\n\n\n=\n=READY=1\0READY=1",  "READY=1READY=1",   "X_NONE",
};

/* One word to the service manager that the runtime stands for, with a descriptor of ours. */
static void notify(int sock, unsigned turn)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX, .sun_path = "/run/notify/notify.sock"};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
	char text[CHUNK];
	const char *word = words[turn % (sizeof(words) / sizeof(*words))];
	struct iovec iov = {text, turn % 8 ? strlen(word) : sizeof(text)};
	struct msghdr message = {.msg_name = &to,
				 .msg_namelen = sizeof(to),
				 .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int fd = 0;

	memset(text, 'x', sizeof(text));
	memcpy(text, word, strlen(word));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	(void)tried(sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void flood(const struct aim *aim)
{
	static char text[CHUNK];
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int console = open("/dev/console", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31 + 7);
	for (int fd = 0; fd < 3; fd++)
		(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	/* The first word has more than one line. */
	for (unsigned turn = 1; !ended; turn++) {
		for (int fd = 1; fd < 3; fd++)
			(void)tried(write(fd, text, sizeof(text)));
		if (console >= 0)
			(void)tried(write(console, text, sizeof(text)));
		flood_terminals(text, sizeof(text));
		notify(sock, turn);
		if (turn % 64 == 0)
			try_canary("", aim->canary);
		breathe(100);
	}
}
