/* Walking through cgroups that a container has made: it chooses their names, number and depth. */
#ifndef COFFER_CGROUP_WALK_H
#define COFFER_CGROUP_WALK_H

#include <stdint.h>

/* The names of the cgroups right below a directory. A name of kernfs has up to 4,095 bytes, not
 * NAME_MAX: getdents64(2) fails where an entry does not fit. */
struct listing {
	int dir;
	long used, at;
	char buf[8192] __attribute__((aligned(8)));
};

/* Begins a listing where the directory's offset is. Listings are static: on the stack all of `buf`
 * would be written, which a launcher that runs a container pays for with two pages. */
static inline void listing_begin(struct listing *list, int dir)
{
	list->dir = dir;
	list->used = list->at = 0;
}

/* The next name. 1, 0 at the end, or -errno. The name holds until the next call. */
int listing_next(struct listing *list, const char **ret_name);

/* A directory of the tree beneath (or equal to) `first`, one descriptor at a time. */
struct position {
	int first;
	int dir;
	uint32_t depth;
};

/* Enters a directory below. 0, or -errno and the position is as before. */
int position_down(struct position *at, const char *name);

/* Goes back by `..`, which is safe: no cgroup moves to another parent. 0, or -errno and the
 * position is as before. */
int position_up(struct position *at);

/* Goes back to the first directory. */
void position_reset(struct position *at);

/* Every cgroup of a tree, each before those below it. */
struct walk {
	struct position at;
	uint32_t visited;
};

/* Goes to the next cgroup: the tree's own at first. 1, 0 at the end, or -errno. What is gone by
 * then is ignored. walk_end() must follow. */
int walk_next(struct walk *walk);

void walk_end(struct walk *walk);

#endif
