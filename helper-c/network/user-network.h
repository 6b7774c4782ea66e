/* The user-mode network stack of a container, as the launcher sees it. */
#ifndef COFFER_USER_NETWORK_H
#define COFFER_USER_NETWORK_H

#include "../sys/run.h"

/* Says once, in a report, that the stack has ended before the container. */
void user_network_look(void);

/* Ends the stack, if there is one. */
void user_network_end(void);

#endif
