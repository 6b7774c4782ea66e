/* A satellite: a confined child of the launcher that carries out the ops of one kind. It has the
 * launcher's socket, the descriptors of its kind, and nothing else. */
#ifndef COFFER_SATELLITE_H
#define COFFER_SATELLITE_H

#include "../host/frame.h"

#define FD_LAUNCHER 0
#define FD_WORK 1 /* the first descriptor of the kind */

/* The request that is carried out. */
extern const struct request *request __attribute__((visibility("hidden")));

/* Waits until a descriptor (or, in the second case, another) is readable. Which (1, 2), or -errno:
 * -ETIMEDOUT at the deadline (CLOCK_MONOTONIC, nanoseconds; 0: none), -EINTR when the launcher says
 * something, as it gives the op up. */
int await(int a, int b, uint64_t deadline);

/* Until when a request may take; 0: without limit. */
uint64_t deadline_of(void);

/* Says in words why an op fails: a name, and a text or NULL. What is too long is cut. */
void tell(const char *name, const char *text);

/* The answer to the request: bytes instead of words. */
void reply_with(const void *from, size_t size);

/* Tells the launcher something before the answer: a value, or a descriptor (-1: none). 0 or -errno.
 */
int say_more(enum msg_kind kind, uint64_t value, int fd);

/* Makes the sockets of both namespaces, before the satellite is confined. 0 or -errno. */
long prepare_network(void);

/* Makes the message that sendmsg(2) is allowed for, before the satellite is confined. Its address,
 * or 0. */
uintptr_t prepare_notify(void);

/* Moves the watcher's socket to where a supervisor has it. 0 or -errno. */
long place_watcher(int fd);

/* Enters the namespaces of the program as a user of it: uid << 32 | gid, before the satellite is
 * confined. 0 or -errno. */
long prepare_supervisor(uint64_t ids);

/* Keeps what comes by both pipes in both files, which have so many bytes at most. -errno if the
 * launcher says what it may not. */
int keep_log(uint64_t size);

op_function op_relay_notify, op_connect_bus, op_call_bus, op_move_netdev, op_ask_criu;
op_function op_supervise;

#endif
