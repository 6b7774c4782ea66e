/* Ports of the loopback interface. */
#ifndef COFFER_INET_H
#define COFFER_INET_H

#include "sys.h"

#define AF_INET_ 2

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

#endif
