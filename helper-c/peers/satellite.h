/* Satellites, as the launcher sees them: each is known by its socket. */
#ifndef COFFER_LAUNCH_SATELLITE_H
#define COFFER_LAUNCH_SATELLITE_H

#include "../satellite/kinds.gen.h"
#include "../host/frame.h"

/* Starts a satellite of a kind, or takes one that was started for later. Its socket or -errno. */
int satellite_start(enum satellite_kind kind);

/* Gives it the next descriptor of its kind. 0 or -errno. */
int satellite_give(int sock, int fd);

/* The same with a number. */
int satellite_give_with(int sock, int fd, uint64_t value);

/* What is asked of a satellite, and what it answers. */
struct asked {
	uint32_t step;
	uint64_t timeout_ms; /* 0: without limit */
	int process;	     /* a pidfd whose end ends the wait, or -1 */
	unsigned bytes;	     /* which data of the op are bytes: 1 << position */
	const void *more;    /* bytes of ours for it, or NULL */
	uint32_t more_size;
	char *answer; /* where the bytes of its answer go (NULL: they are words for the report) */
	uint32_t *ret_answer_size;
	/* What it tells meanwhile: the number of a process (NULL: that is none of its affair; 0 or
	 * -errno), a descriptor (-1 before). */
	int (*note)(struct run *run, uint64_t pid);
	int fd;
};

/* Has a satellite carry out an op. 0 or -errno with a fault. It does not take longer than it may:
 * a satellite that is silent has failed. */
int satellite_ask(struct run *run, const struct plan_op *op, int sock, struct asked *asked);

/* Has a satellite begin with an op, whose end nobody waits for. 0 or -errno. */
int satellite_tell(const struct run *run, const struct plan_op *op, int sock,
		   const struct asked *asked);

/* Whether a process is one of the satellites. */
int satellite_is(uint32_t pid);

/* Ends a satellite, if the socket is that of one. */
void satellite_end(int sock);

/* Ends all of them. */
void satellites_end(void);

/* Ends those whose work is done with a launch that went well. */
void satellites_leave(void);

/* Starts what the ops after this one need: they come when the launcher is confined. 0 or -errno. */
int satellites_prepare(const struct run *run, const struct plan_op *op);

#endif
