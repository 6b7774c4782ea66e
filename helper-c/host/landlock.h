/* Landlock: a process gives up what it could reach. */
#ifndef COFFER_LANDLOCK_H
#define COFFER_LANDLOCK_H

#include <stdint.h>

/* struct landlock_ruleset_attr as of ABI 6; an older kernel takes it while what it does not know is
 * zero. */
struct landlock_rights {
	uint64_t fs, net, scoped;
};

/* Enters a domain that allows nothing of these rights, as far as the kernel has them. 0 too where
 * it has no Landlock: this is the second line of defence. Else -errno. */
long landlock_give_up(const struct landlock_rights *rights);

/* Whether a kernel without the call, or that was booted without what it belongs to, says so. */
int is_absent(long err);

#endif
