#ifndef COFFER_NETDEV_H
#define COFFER_NETDEV_H

#include "../sys/run.h"

/* Moves every interface back that was moved, with its name, its addresses and its state. */
void netdev_undo(struct run *run);

/* The container has begun: what was moved stays, and its namespace is held no longer. */
void netdev_forget(void);

#endif
