/* What both sides have while they run a plan, and the messages between them. */
#ifndef COFFER_RUN_H
#define COFFER_RUN_H

#include "../plan/decode.h"
#include "../plan/format.h"
#include "../plan/ops.gen.h"
#include "sys.h"

/* Descriptors of init at its start, beside stdio and the slots that its ops use. */
#define FD_SOCKET 3
#define FD_PLAN 4
#define FD_RECORDER 5

/* Codes of a failure, as in a report record (docs/formats/protocol.md). */
enum fault_code {
	FAULT_NONE = 0,
	FAULT_USAGE = 1,
	FAULT_PLAN = 2,
	FAULT_INPUT = 3,
	FAULT_CALL = 4,
	FAULT_DIFFERS = 5,
	FAULT_INIT_ENDED = 6,
	FAULT_PROTOCOL = 7,
	FAULT_NO_EXEC = 8,
	FAULT_PROGRAM = 9,
	FAULT_SATELLITE = 10,
};

/* The deepest frame fills it; nobody replaces it. What init or `start-container` got from another
 * process names the op and phase of that one's plan. */
struct fault {
	uint32_t code;
	uint32_t op;
	int32_t error; /* positive errno */
	/* As an op begins: they are copied from it as one word. */
	union {
		struct {
			uint16_t op_code;
			uint8_t phase, op_flags;
		};
		uint32_t op_word;
	};
	uint64_t detail;
};

/* Start and end of each op, nanoseconds of CLOCK_MONOTONIC. */
struct record {
	uint64_t start, end;
};

struct run {
	struct plan_view plan;
	int *fd; /* slot -> descriptor, or -1 */
	int sock;
	struct fault fault;	 /* its op and phase are those of the op that runs */
	struct record *recorder; /* NULL when nothing is traced */
	const char *chosen;	 /* what find-exec found */
	const char *home;	 /* what find-home found; NULL: the environment has it */
	int told;		 /* "exec now" was said */
	uintptr_t stack_base;	 /* init: the outermost frame */
	uint32_t outer_pid;	 /* init: its pid as the launcher has it, once they have met */
	uint32_t pid;		 /* the container's, as the launcher sees it; 0: our own */
};

/* sendmsg(2) and recvmsg(2) as the kernel has them, with room for one descriptor. */
struct io_vector {
	const void *base;
	size_t size;
};

struct message_header {
	void *name;
	uint32_t name_size;
	struct io_vector *iov;
	size_t iov_count;
	void *control;
	size_t control_size;
	uint32_t flags;
};

struct control_fd {
	size_t size;
	int level, type;
	int fd, pad;
};
#define CONTROL_USED (sizeof(size_t) + 3 * sizeof(int)) /* CMSG_LEN(sizeof(int)) */

/* Who has sent, which comes before a descriptor. A socket with SO_PASSCRED always gets it. */
struct control_sender {
	size_t size;
	int level, type;
	uint32_t pid, uid, gid, pad;
};

#define MSG_MAGIC 0x4d465243 /* "CRFM" */

enum msg_kind {
	MSG_RELEASE = 1, /* launcher: followed by the slot table */
	MSG_SYNC = 2,	 /* both: value is the number */
	MSG_FORKED = 3,	 /* init: value is the pid of the process that goes on */
	MSG_FD = 4,	 /* init: carries one descriptor */
	MSG_GO = 5,	 /* start */
	MSG_EXEC_NOW = 6,
	MSG_FAULT = 7,
	MSG_OP = 8,   /* to a satellite: followed by a struct request */
	MSG_DONE = 9, /* of a satellite: the op is carried out */
};

struct msg {
	uint32_t magic, kind;
	uint64_t value;
	struct fault fault;
};
_Static_assert(sizeof(struct msg) == 40, "a message has a fixed size");

typedef int op_function(struct run *run, const struct plan_op *op);

/* The descriptor of the op's n-th slot, which the op must have: the verifier has seen to that. */
static inline int op_fd(const struct run *run, const struct plan_op *op, int n)
{
	return run->fd[op->slots[n]];
}

/* The descriptor of the op's n-th slot; -1 where the plan names none. */
int op_fd_or_none(const struct run *run, const struct plan_op *op, int n);

/* Ends the life of the op's n-th slot, unless the op keeps it. */
void op_moved(struct run *run, const struct plan_op *op, int n);

/* Gives the op's out slot its descriptor: 0, or fd itself when that is an error. */
int op_define(struct run *run, const struct plan_op *op, int fd);

/* Takes over a failure that another process tells of. What cannot be one is FAULT_PROTOCOL instead:
 * a container may have got hold of the socket. Its -errno, or -EPROTO. */
int fault_take(struct run *run, const struct fault *fault);

/* Notes what a failure was about: returns -error. */
int op_fault(struct run *run, uint32_t code, int error, uint64_t detail);

/* Runs one op with its function (NULL: this side has none), recording its time: 0, or -errno with
 * run->fault filled. */
int op_run(struct run *run, op_function *function, uint32_t index);

/* Sends a message of ours (NULL: none, to whoever takes bare bytes) and what follows it, with at
 * most one descriptor (fd < 0: none). 0 or -errno. */
int msg_send(int sock, const struct msg *msg, const void *more, size_t more_size, int fd);

/* Receives a message. Its size, 0 at end-of-file, or -errno; -EPROTO for anything that is not ours.
 */
long msg_receive(int sock, struct msg *ret, int *ret_fd);

/* The same from a socket with SO_PASSCRED: also the pid of the process that has sent it. */
long msg_receive_from(int sock, struct msg *ret, int *ret_fd, uint32_t *ret_pid);

/* Ops that both sides run. */
op_function op_open_own, op_open_dir, op_open_object, op_clone_tree, op_make_fs, op_set_mount;
op_function op_unshare, op_close, op_own_stream, op_make_node, op_send_fd;

/* Sets a parameter of a file system that is being made (value NULL: a flag). 0 or -errno. */
long fs_set(int fs, const char *key, const char *value);

/* Makes a file system and a mount of it, unless what came before has failed (err), and closes the
 * context. A tree or -errno. */
int fs_finish(int fs, long err, uint64_t attrs);

/* Sets a resource limit of a process (0: our own) and reads it back; with `raise` neither part
 * becomes lower than it is. 0 or -errno with a fault. */
int rlimit_set(struct run *run, const struct plan_op *op, uint32_t pid, int raise);

/* Blocks those signals (signal n is bit n - 1), and no others. 0 or -errno. */
long signals_block(uint64_t signals);

uint64_t clock_now(void);

#endif
