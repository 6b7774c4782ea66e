/* What the launcher and a satellite say to each other: a message, and what follows it, in one
 * packet. */
#ifndef COFFER_FRAME_H
#define COFFER_FRAME_H

#include "../sys/run.h"

#define REQUEST_BYTES 131072 /* all data of an op */
#define GIVES_WATCHER 1	     /* the value with a descriptor that is a supervisor's watcher */
#define REQUEST_MORE 2	     /* the data that no op has, for what the launcher adds */
#define ANSWER_BYTES 4608

/* The steps of `move-netdev`. */
enum netdev_step { NETDEV_LOOK, NETDEV_MOVE, NETDEV_BACK };

/* What follows a message of kind MSG_OP, and then the data of the op, to which its references are
 * relative. Its slots mean nothing to a satellite. */
struct request {
	struct plan_op op;
	uint32_t pid;  /* the container's */
	uint32_t step; /* of an op that is carried out in several */
	uint64_t timeout_ms;
};
_Static_assert(sizeof(struct request) == 96, "a request has a fixed size");

/* Receives a frame with at most one descriptor (ret_fd NULL: with none). Its size, the message's
 * among it; 0 at end-of-file, or -errno: -EPROTO for what is no frame, or is longer than `room`. */
long frame_receive(int sock, struct msg *ret, void *more, size_t room, int *ret_fd);

#endif
