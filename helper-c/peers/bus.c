/* Calls to a message bus: the launcher connects, a satellite speaks. */
#include "../launch/launch.h"
#include "satellite.h"
#include "unix-socket.h"

#define MAX_UNDO_CALLS 4

int op_connect_bus(struct run *run, const struct plan_op *op)
{
	struct asked asked = {.timeout_ms = op->nums[0], .process = launch.pidfd, .fd = -1};
	int connection = unix_socket(SOCK_STREAM_), bus = -1;
	long err = connection;

	if (err >= 0)
		err = connect_path(connection, op_fd(run, op, 0), plan_string(&run->plan, op, 0));
	if (err == 0)
		err = bus = satellite_start(SATELLITE_BUS);
	if (err >= 0)
		err = satellite_give(bus, connection);
	(void)sys_close(connection);
	if (err == 0)
		err = satellite_ask(run, op, bus, &asked);
	if (err < 0)
		satellite_end(bus);
	return err < 0 ? (int)err : op_define(run, op, bus);
}

static int call_bus(struct run *run, const struct plan_op *op)
{
	struct asked asked = {.timeout_ms = op->nums[OP_CALL_BUS_NUM_TIMEOUT_MS],
			      .process = launch.pidfd,
			      .bytes = 1 << OP_CALL_BUS_DATA_MESSAGE,
			      .fd = -1};

	return satellite_ask(run, op, op_fd(run, op, OP_CALL_BUS_SLOT_BUS), &asked);
}

static const struct plan_op *undo_calls[MAX_UNDO_CALLS];
static unsigned undo_call_count;

int op_call_bus(struct run *run, const struct plan_op *op)
{
	int err = op->slots[OP_CALL_BUS_SLOT_PROCESS] == SLOT_NONE
		      ? 0
		      : init_check(run, op, OP_CALL_BUS_SLOT_PROCESS);

	if (err == 0 && !(op->flags & OPF_UNDO))
		return call_bus(run, op);
	if (err < 0)
		return err;
	if (undo_call_count == MAX_UNDO_CALLS)
		return -ENOSPC;
	undo_calls[undo_call_count++] = op;
	return 0;
}

void bus_undo(struct launch *l)
{
	struct fault fault = l->run.fault;

	while (undo_call_count > 0) {
		const struct plan_op *op = undo_calls[--undo_call_count];

		if (op_fd(&l->run, op, OP_CALL_BUS_SLOT_BUS) >= 0)
			(void)call_bus(&l->run, op);
	}
	l->run.fault = fault;
}
