/* Removes a cgroup with all that a container has made below it. */
#include "../sys/path.h"
#include "../sys/str.h"
#include "walk.h"
#include "../launch/launch.h"

#define PATH_BYTES 4096
#define PLAIN (RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS)

/*
 * A removal goes down to a directory without children, and removes from there upwards. It needs one
 * descriptor and no memory: a removed directory is not listed again, so the next one is always the
 * first entry. The way back is `..`.
 */
struct removal {
	struct position at; /* depth 0: the directory that has the cgroup itself */
	const char *name;   /* of the cgroup */
	int refused;	    /* the current directory could not be removed, and is as it was then */
	int occupied;	    /* the last that was refused has none below, so it has a process */
};

enum turn { DONE, GO_ON, WAIT };

/* Leaves a directory that has none below: it goes in the next turn, unless it has a process. */
static int removal_leave(struct removal *removal)
{
	int err = position_up(&removal->at);

	if (err < 0)
		return err;
	removal->occupied = removal->refused;
	return removal->refused ? WAIT : GO_ON;
}

/* Removes, enters or leaves one directory. A turn, or -errno. */
static int removal_turn(struct removal *removal)
{
	struct position *at = &removal->at;
	static struct listing list;
	const char *name = removal->name;

	listing_begin(&list, at->dir);
	int found = at->depth == 0 ? 1 : listing_next(&list, &name);

	if (found <= 0)
		return found < 0 ? found : removal_leave(removal);
	long err = SYS3(unlinkat, at->dir, name, AT_REMOVEDIR);

	removal->refused = err == -EBUSY || err == -ENOTEMPTY;
	if (removal->refused)
		err = position_down(at, name);
	else if (err == 0)
		removal->occupied = 0;
	if (err < 0)
		return (int)err;
	return at->depth == 0 ? DONE : GO_ON;
}

/* Removes a cgroup of a directory. 0, -EBUSY when a process is left in time, -ETIMEDOUT when the
 * time was too short for so many, or another -errno. */
static int remove_tree(int parent, const char *name, uint64_t timeout_ms)
{
	struct removal removal = {.at = {.first = parent, .dir = parent}, .name = name};
	uint64_t end = clock_now() + timeout_ms * 1000000U;
	unsigned pause_ms = 1;
	int turn;

	while ((turn = removal_turn(&removal)) != DONE) {
		if (turn == -ENOENT && removal.at.depth) {
			/* Another removes them too: begin again with what is left. */
			position_reset(&removal.at);
			turn = GO_ON;
		}
		if (turn > 0 && clock_now() >= end)
			turn = removal.occupied ? -EBUSY : -ETIMEDOUT;
		if (turn < 0)
			break;
		if (turn == WAIT) {
			/* A cgroup stays busy for a moment after its last process was reaped. */
			sleep_ms(pause_ms);
			pause_ms += pause_ms < 16;
		}
	}
	position_reset(&removal.at);
	return turn;
}

int cgroup_remove(int dir, const char *path, uint64_t timeout_ms)
{
	static char above[PATH_BYTES];
	size_t size, last;

	/* Slashes at either end mean nothing: all is beneath a descriptor. */
	while (*path == '/')
		path++;
	for (size = strlen(path); size && path[size - 1] == '/'; size--)
		;
	if (size == 0)
		return -EINVAL;
	if (size >= sizeof(above))
		return -ENAMETOOLONG;
	(void)memcpy(above, path, size);
	above[size] = 0;
	for (last = size; last && above[last - 1] != '/'; last--)
		;
	if (last == 0)
		return remove_tree(dir, above, timeout_ms);
	above[last - 1] = 0;
	int parent = path_open(dir, above, O_PATH | O_DIRECTORY, PLAIN);

	if (parent < 0)
		return parent;
	int err = remove_tree(parent, above + last, timeout_ms);

	(void)sys_close(parent);
	return err;
}

int op_remove_cgroup(struct run *run, const struct plan_op *op)
{
	int parent = op_fd(run, op, 0);
	int err = parent < 0 ? -ENOENT
			     : cgroup_remove(parent, plan_string(&run->plan, op, 0), op->nums[0]);

	return err == -ENOENT && (op->flags & OPF_ABSENT_OK) ? 0 : err;
}
