/* What `send-fd` does on both sides: inline, so that init is no larger for it. */
#ifndef COFFER_SEND_FD_H
#define COFFER_SEND_FD_H

#include "run.h"
#include "str.h"

static inline int send_fd(struct run *run, const struct plan_op *op)
{
	const char *name = plan_string(&run->plan, op, 0);
	int err = msg_send(op_fd(run, op, OP_SEND_FD_SLOT_SOCKET), NULL, name, strlen(name),
			   op_fd(run, op, OP_SEND_FD_SLOT_FD));

	if (err == 0)
		op_moved(run, op, OP_SEND_FD_SLOT_FD);
	return err;
}

#endif
