/* What the two files about cgroups share. */
#ifndef COFFER_CGROUP_H
#define COFFER_CGROUP_H

#include <stdint.h>

struct listing {
	int dir;
	long used, at;
	char buf[1024] __attribute__((aligned(8)));
};

/* The next cgroup right below a directory, or NULL at the end. */
const char *next_child(struct listing *list);

void sleep_ms(unsigned ms);

#endif
