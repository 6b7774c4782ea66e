/* What a sandbox with a network does, and who answers it. */
#ifndef NETWORK_H
#define NETWORK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

/* An address of IPv4 with a port. */
struct sockaddr_in address_of(const char *host, int port);

/* Answers every connection to a port with the address that was called, and with `resolver` asks of
 * names at that address with `answer`. Does not end. */
int serve(int port, const char *resolver, const char *answer);

/* Connects to each HOST:PORT, and prints what it says, or the error. */
int reach(char **targets);

/* Tries to reach an address in every way that is known. Prints each way that did. */
int attack(const char *host, int port);

/* Runs a command as on a kernel without XFRM. */
int deny(char **command);

/* Plays pasta(1), and says what it may do. */
int stack(void);

#endif
