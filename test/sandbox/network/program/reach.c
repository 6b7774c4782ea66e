#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif
#ifndef IP_UNICAST_IF
#define IP_UNICAST_IF 50
#endif
#ifndef SO_BINDTOIFINDEX
#define SO_BINDTOIFINDEX 62
#endif

#define WAIT_MS 3000

/* Whether a greeting comes over a socket that is to connect. 1, or 0 with errno. */
static int is_greeted(int sock, const struct sockaddr_in *to, char *text, size_t size)
{
	struct pollfd one = {sock, POLLIN, 0};

	fcntl(sock, F_SETFL, O_NONBLOCK);
	if (connect(sock, (const struct sockaddr *)to, sizeof(*to)) < 0 && errno != EINPROGRESS)
		return 0;
	if (poll(&one, 1, WAIT_MS) <= 0) {
		errno = ETIMEDOUT;
		return 0;
	}
	ssize_t n = read(sock, text, size - 1);

	if (n > 0)
		text[n] = 0;
	return n > 0;
}

int reach(char **targets)
{
	for (; *targets; targets++) {
		char text[100], host[64];
		int port = atoi(strrchr(*targets, ':') + 1);
		int sock = socket(AF_INET, SOCK_STREAM, 0);

		snprintf(host, sizeof(host), "%.*s", (int)(strrchr(*targets, ':') - *targets),
			 *targets);
		struct sockaddr_in to = address_of(host, port);

		if (is_greeted(sock, &to, text, sizeof(text)))
			printf("%s: %s", *targets, text);
		else
			printf("%s: %s\n", *targets, strerror(errno));
		close(sock);
	}
	return 0;
}

static struct sockaddr_in target;

static void tell(const char *way, int worked)
{
	if (worked)
		printf("reached by %s\n", way);
}

/* A connection with an option set. */
static void with_option(const char *way, int protocol, int level, int name, const void *value,
			socklen_t size)
{
	char text[100];
	int sock = socket(AF_INET, SOCK_STREAM, protocol);

	if (size)
		(void)setsockopt(sock, level, name, value, size);
	tell(way, is_greeted(sock, &target, text, sizeof(text)));
	close(sock);
}

/* A packet that leaves is one too many: nobody has to answer. */
static void datagram(const char *way, int flags, int name, const void *value, socklen_t size,
		     struct cmsghdr *control, size_t control_size)
{
	char byte = 0;
	struct iovec io = {&byte, 1};
	struct msghdr msg = {.msg_name = &target,
			     .msg_namelen = sizeof(target),
			     .msg_iov = &io,
			     .msg_iovlen = 1,
			     .msg_control = control,
			     .msg_controllen = control_size};
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (size)
		(void)setsockopt(sock, SOL_SOCKET, name, value, size);
	tell(way, sendmsg(sock, &msg, flags) == 1);
	close(sock);
}

static void by_interface(void)
{
	unsigned index = if_nametoindex("eth0"), swapped = htonl(index);
	struct {
		struct cmsghdr head;
		struct in_pktinfo info;
	} control = {{.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
		      .cmsg_level = IPPROTO_IP,
		      .cmsg_type = IP_PKTINFO},
		     {.ipi_ifindex = (int)index}};

	with_option("SO_BINDTODEVICE", 0, SOL_SOCKET, SO_BINDTODEVICE, "eth0", 5);
	with_option("SO_BINDTOIFINDEX", 0, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index));
	with_option("IP_UNICAST_IF", 0, IPPROTO_IP, IP_UNICAST_IF, &swapped, sizeof(swapped));
	datagram("IP_PKTINFO", 0, 0, NULL, 0, &control.head, sizeof(control));
	datagram("UDP over SO_BINDTODEVICE", 0, SO_BINDTODEVICE, "eth0", 5, NULL, 0);
}

static void by_route(void)
{
	unsigned char options[8] = {1, 0x83, 7, 4};
	int yes = 1;
	char policy[168] = {0};

	memcpy(options + 4, &target.sin_addr, 4);
	with_option("SO_DONTROUTE", 0, SOL_SOCKET, SO_DONTROUTE, &yes, sizeof(yes));
	datagram("MSG_DONTROUTE", MSG_DONTROUTE, 0, NULL, 0, NULL, 0);
	with_option("a source route", 0, IPPROTO_IP, IP_OPTIONS, options, sizeof(options));
	with_option("a policy of its own", 0, IPPROTO_IP, 17 /* IP_XFRM_POLICY */, policy,
		    sizeof(policy));
}

static void by_protocol(void)
{
	char text[100];
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = target.sin_port};
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	tell("MSG_FASTOPEN",
	     sendto(sock, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&target, sizeof(target)) == 1);
	close(sock);
	with_option("MPTCP", IPPROTO_MPTCP, 0, 0, NULL, 0);
	datagram("UDP", 0, 0, NULL, 0, NULL, 0);
	mapped.sin6_addr.s6_addr[10] = mapped.sin6_addr.s6_addr[11] = 0xff;
	memcpy(mapped.sin6_addr.s6_addr + 12, &target.sin_addr, 4);
	sock = socket(AF_INET6, SOCK_STREAM, 0);
	tell("a mapped address", connect(sock, (struct sockaddr *)&mapped, sizeof(mapped)) == 0 &&
				     read(sock, text, sizeof(text)) > 0);
	close(sock);
	tell("a raw socket", socket(AF_INET, SOCK_RAW, IPPROTO_RAW) >= 0);
	tell("a packet socket", socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) >= 0);
}

/* Whether a switch of the kernel turns the rules off. */
static void by_switch(const char *root)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/sys/net/ipv4/conf/eth0/disable_xfrm", root);
	int fd = open(path, O_WRONLY);

	tell(path, fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

int attack(const char *host, int port)
{
	target = address_of(host, port);
	with_option("a connection", 0, 0, 0, NULL, 0);
	by_interface();
	by_route();
	by_protocol();
	by_switch("/proc");
	puts("tried");
	return 0;
}
