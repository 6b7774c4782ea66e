/* network serve PORT [RESOLVER ANSWER] | reach HOST:PORT... | attack HOST PORT | deny COMMAND... |
 * stand: as a stack that is ready; as `pasta`: see stack.c */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct sockaddr_in address_of(const char *host, int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	inet_pton(AF_INET, host, &address.sin_addr);
	return address;
}

int main(int argc, char **argv)
{
	if (strcmp(argv[0], "pasta") == 0)
		return stack();
	if (argc > 2 && strcmp(argv[1], "serve") == 0)
		return serve(atoi(argv[2]), argv[3], argc > 4 ? argv[4] : NULL);
	if (argc > 2 && strcmp(argv[1], "reach") == 0)
		return reach(argv + 2);
	if (argc == 4 && strcmp(argv[1], "attack") == 0)
		return attack(argv[2], atoi(argv[3]));
	if (argc > 2 && strcmp(argv[1], "deny") == 0)
		return deny(argv + 2);
	if (argc == 2 && strcmp(argv[1], "stand") == 0) {
		(void)!write(1, "1", 1);
		pause();
	}
	fprintf(stderr, "network: no such command\n");
	return 2;
}
