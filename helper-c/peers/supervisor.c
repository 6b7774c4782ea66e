/* The supervisor of guarded names: a satellite that answers what the program's filter hands on. */
#include "../launch/launch.h"
#include "satellite.h"

#define READY_MS 10000

/* Init has the launcher's end of its socket, too, and sends the listener there. */
int op_start_supervisor(struct run *run, const struct plan_op *op)
{
	return op_define(run, op, satellite_start(SATELLITE_SUPERVISOR));
}

/* Which calls the supervisor tells of: bytes of the plan. */
static const uint8_t *watched;
static uint32_t watched_size;

int op_watch(struct run *run, const struct plan_op *op)
{
	watched = plan_bytes(&run->plan, op, OP_WATCH_DATA_CALLS, &watched_size);
	return satellite_give_with(op_fd(run, op, OP_WATCH_SLOT_SUPERVISOR),
				   op_fd(run, op, OP_WATCH_SLOT_WATCHER), GIVES_WATCHER);
}

/* The supervisor begins once it says that it is ready, and ends with the program: with the launcher
 * at the latest where that has made the container. */
int op_supervise(struct run *run, const struct plan_op *op)
{
	struct asked asked = {.process = -1, .fd = -1, .timeout_ms = READY_MS};
	uint64_t ids = op->nums[OP_SUPERVISE_NUM_UID] << 32 | op->nums[OP_SUPERVISE_NUM_GID];
	int sock = op_fd(run, op, OP_SUPERVISE_SLOT_SUPERVISOR);
	int err = satellite_give(sock, op_fd(run, op, OP_SUPERVISE_SLOT_PROC));

	if (err == 0)
		err = satellite_give_with(sock, op_fd(run, op, OP_SUPERVISE_SLOT_PROCESS), ids);
	if (err == 0)
		err = satellite_ask(run, op, sock, &asked);
	asked = (struct asked){
	    .process = -1, .fd = -1, .step = 1, .more = watched, .more_size = watched_size};
	return err < 0 ? err : satellite_tell(run, op, sock, &asked);
}
