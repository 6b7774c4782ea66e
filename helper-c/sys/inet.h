/* Ports of the loopback interface. */
#ifndef COFFER_INET_H
#define COFFER_INET_H

#include "sys.h"

#define AF_INET_ 2
#define AF_INET6_ 10

/* struct sockaddr_in, on machines that write the lowest byte first, as all of ours do. */
struct inet_address {
	uint32_t family_and_port, host;
	uint64_t zero;
};

/* The address 127.0.0.1 with that port; the port and the host have their highest byte first. */
static inline struct inet_address loopback_at(uint64_t port)
{
	uint32_t swapped = (uint32_t)(port >> 8 | (port & 0xff) << 8);

	return (struct inet_address){AF_INET_ | swapped << 16, 0x0100007f, 0};
}

/* struct sockaddr_in6. */
struct inet6_address {
	uint32_t family_and_port, flow;
	uint8_t host[16];
	uint32_t scope;
};

/* The address ::1 with that port. */
static inline struct inet6_address loopback6_at(uint64_t port)
{
	uint32_t swapped = loopback_at(port).family_and_port & 0xffff0000;

	return (struct inet6_address){.family_and_port = AF_INET6_ | swapped, .host = {[15] = 1}};
}

#endif
