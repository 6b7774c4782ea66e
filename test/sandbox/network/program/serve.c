#include "network.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The question of a name comes back with one answer. */
static void answer_name(int sock, const char *answer)
{
	unsigned char packet[600];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(sock, packet, 512, 0, (struct sockaddr *)&from, &size);
	size_t end = 12;

	if (n < 17)
		return;
	while (end < (size_t)n && packet[end])
		end += packet[end] + 1U;
	end += 5;
	if (end > (size_t)n)
		return;
	/* Only IPv4 has an address. */
	int has_answer = packet[end - 3] == 1;
	const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};

	packet[2] = 0x81;
	packet[3] = 0x80;
	memset(packet + 6, 0, 6);
	packet[7] = (unsigned char)has_answer;
	if (has_answer) {
		memcpy(packet + end, record, sizeof(record));
		inet_pton(AF_INET, answer, packet + end + sizeof(record));
		end += sizeof(record) + 4;
	}
	sendto(sock, packet, end, 0, (struct sockaddr *)&from, size);
}

static void greet(int sock)
{
	struct sockaddr_in self;
	socklen_t size = sizeof(self);
	char text[64], line[80];
	int one = accept(sock, NULL, NULL);

	if (one < 0)
		return;
	getsockname(one, (struct sockaddr *)&self, &size);
	inet_ntop(AF_INET, &self.sin_addr, text, sizeof(text));
	int n = snprintf(line, sizeof(line), "I am %s\n", text);

	(void)!write(one, line, (size_t)n);
	close(one);
}

int serve(int port, const char *resolver, const char *answer)
{
	struct sockaddr_in any = address_of("0.0.0.0", port);
	struct sockaddr_in names = address_of(resolver ? resolver : "0.0.0.0", 53);
	int yes = 1;
	struct pollfd fds[2] = {{socket(AF_INET, SOCK_STREAM, 0), POLLIN, 0},
				{resolver ? socket(AF_INET, SOCK_DGRAM, 0) : -1, POLLIN, 0}};

	setsockopt(fds[0].fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fds[0].fd, (struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(fds[0].fd, 16) < 0 ||
	    (resolver && bind(fds[1].fd, (struct sockaddr *)&names, sizeof(names)) < 0)) {
		perror("serve");
		return 1;
	}
	puts("serving");
	fflush(stdout);
	while (poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			greet(fds[0].fd);
		if (fds[1].revents)
			answer_name(fds[1].fd, answer);
	}
	return 1;
}
