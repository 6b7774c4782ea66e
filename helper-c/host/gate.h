/* The gate of a created container: how `start` lets init go on. For the launcher and the native
 * front. */
#ifndef COFFER_GATE_H
#define COFFER_GATE_H

#include "../sys/run.h"

/* How the gate is reached, and init's answer waited for. */
struct gate {
	/* The state directory, which has the gate. */
	int state;
	/* Connects to the gate (SOCK_SEQPACKET), within 10 s: a descriptor or -errno. */
	int (*reach)(int state);
	/* Waits until there is something to read: -errno (-ETIMEDOUT), or not below 0. */
	int (*wait)(int sock, int timeout_ms);
};

/*
 * Lets init go on, and waits until init is the program or tells why not, up to a time of
 * clock_now(). 0 or -errno. What init tells, and its end, are faults of the run.
 */
long gate_open(struct run *run, const struct gate *gate, uint64_t end);

#endif
