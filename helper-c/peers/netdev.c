/* Interfaces of the host in the container's network namespace: satellites move them. */
#include "netdev.h"
#include "../launch/launch.h"
#include "satellite.h"

#define MAX_DEVICES 32
#define NETDEV_MS 30000 /* the kernel answers at once, unless others keep its lock */

/* An interface that is being moved: what its satellite knows of it, which only that reads. Few
 * plans have one: the memory is asked for then. */
static struct moved {
	const struct plan_op *op;
	int sock;
	uint32_t size;
	char device[ANSWER_BYTES];
} *moved;
static unsigned moved_count;

static int start(const struct run *run, const struct plan_op *op)
{
	int sock = satellite_start(SATELLITE_NETWORK);
	int err = sock < 0 ? sock : satellite_give(sock, op_fd(run, op, 0));

	if (err < 0)
		satellite_end(sock);
	return err < 0 ? err : sock;
}

/* A satellite for the namespace of an op: the one that has moved other interfaces there, or a new
 * one. Its socket or -errno. */
static int satellite_for(const struct run *run, const struct plan_op *op)
{
	for (unsigned i = 0; i < moved_count; i++)
		if (moved[i].op->slots[0] == op->slots[0])
			return moved[i].sock;
	return start(run, op);
}

/* Puts another satellite in the place of one that has failed. 0 or -errno. */
static int replace(const struct run *run, const struct moved *it)
{
	int old = it->sock, sock;

	satellite_end(old);
	sock = start(run, it->op);
	for (struct moved *other = moved; other <= it; other++)
		if (other->sock == old)
			other->sock = sock;
	return sock < 0 ? sock : 0;
}

static int ask(struct run *run, struct moved *it, enum netdev_step step)
{
	struct asked asked = {.step = step,
			      .timeout_ms = NETDEV_MS,
			      .process = -1,
			      .more = it->size > 0 ? it->device : NULL,
			      .more_size = it->size,
			      .answer = it->device,
			      .ret_answer_size = &it->size,
			      .fd = -1};

	return satellite_ask(run, it->op, it->sock, &asked);
}

int op_move_netdev(struct run *run, const struct plan_op *op)
{
	if (!moved) {
		long memory = sys_mmap(MAX_DEVICES * sizeof(*moved), PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1);

		if (memory < 0)
			return (int)memory;
		moved = (struct moved *)memory;
	}
	struct moved *it = &moved[moved_count];

	if (moved_count == MAX_DEVICES)
		return -ENOSPC;
	*it = (struct moved){.op = op, .sock = satellite_for(run, op)};
	if (it->sock < 0)
		return it->sock;
	int err = ask(run, it, NETDEV_LOOK);

	/* From here on it may be gone, whatever becomes of the satellite. */
	moved_count++;
	return err < 0 ? err : ask(run, it, NETDEV_MOVE);
}

void netdev_undo(struct run *run)
{
	struct fault fault = run->fault;

	while (moved_count > 0) {
		struct moved *it = &moved[--moved_count];

		run->fault.code = FAULT_NONE;
		if (it->size > 0 && ask(run, it, NETDEV_BACK) < 0 &&
		    run->fault.code == FAULT_SATELLITE && replace(run, it) == 0)
			(void)ask(run, it, NETDEV_BACK);
	}
	run->fault = fault;
}

void netdev_forget(void)
{
	while (moved_count > 0)
		satellite_end(moved[--moved_count].sock);
}
