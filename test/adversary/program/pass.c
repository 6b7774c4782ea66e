/*
 * The passer of descriptors: sends its own to whoever listens, fills the queues of sockets with
 * them, and looks for abstract sockets that are not its own.
 */
#include "adversary.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { AT_ONCE = 64 };

static void send_some(int sock, const struct sockaddr_un *to, socklen_t length)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(AT_ONCE * sizeof(int))] = {0};
	char ready[] = "READY=1";
	struct iovec iov = {ready, sizeof(ready) - 1};
	struct msghdr message = {.msg_name = (void *)(uintptr_t)to,
				 .msg_namelen = length,
				 .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	int fds[AT_ONCE];

	for (int i = 0; i < AT_ONCE; i++)
		fds[i] = i % 3 == 0 ? sock : i % 3;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(head), fds, sizeof(fds));
	(void)tried(sendmsg(sock, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/* An abstract name out of a row of /proc/net/unix; 0 if it has none, or is our own or CRIU's. */
static int name_in(const char *row, struct sockaddr_un *ret, socklen_t *ret_length)
{
	const char *at = strchr(row, '@');

	if (!at || strstr(at, "adversary") || strstr(at, "crtools"))
		return 0;
	size_t length = strcspn(at + 1, "\n");

	if (length >= sizeof(ret->sun_path))
		return 0;
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path + 1, at + 1, length);
	*ret_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
	return 1;
}

/* Every abstract socket of the network namespace that is not the container's own. */
static void find_sockets(void)
{
	FILE *table = fopen("/proc/net/unix", "re");
	struct sockaddr_un to;
	socklen_t length;
	char row[512];

	tally->tries++;
	while (table && fgets(row, sizeof(row), table)) {
		if (!name_in(row, &to, &length))
			continue;
		hit(HIT_SOCKET);
		for (int type = SOCK_STREAM; type <= SOCK_SEQPACKET; type++) {
			int sock = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

			if (connect(sock, (void *)&to, length) == 0)
				send_some(sock, NULL, 0);
			(void)close(sock);
		}
	}
	if (table)
		(void)fclose(table);
}

void pass_fds(const struct aim *aim)
{
	static const struct sockaddr_un notify = {.sun_family = AF_UNIX,
						  .sun_path = "/run/notify/notify.sock"};
	struct sockaddr_un own = {.sun_family = AF_UNIX, .sun_path = "\0adversary"};
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)bind(sock, (void *)&own, sizeof(sa_family_t) + sizeof("\0adversary") - 1);
	for (unsigned turn = 0; !ended; turn++) {
		/* Descriptors on their way: nobody receives them. */
		send_some(sock, &own, sizeof(sa_family_t) + sizeof("\0adversary") - 1);
		send_some(sock, &notify, sizeof(notify));
		find_sockets();
		try_canary("", aim->canary);
		if (turn % 64 == 63) {
			(void)close(sock);
			sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
			(void)bind(sock, (void *)&own,
				   sizeof(sa_family_t) + sizeof("\0adversary") - 1);
		}
		breathe(300);
	}
}
