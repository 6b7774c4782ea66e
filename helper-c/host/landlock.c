#include "landlock.h"
#include "../sys/sys.h"
#include <linux/landlock.h>

/* What each ABI can handle (Documentation/userspace-api/landlock.rst); later ones all of it. */
static const struct landlock_rights abis[] = {
    {0x1fff, 0, 0}, {0x3fff, 0, 0}, {0x7fff, 0, 0}, {0x7fff, 3, 0}, {0xffff, 3, 0}, {0xffff, 3, 3},
};
#define ABIS (long)(sizeof(abis) / sizeof(*abis))

int is_absent(long err)
{
	return err == -ENOSYS || err == -EOPNOTSUPP;
}

long landlock_give_up(const struct landlock_rights *wanted)
{
	struct landlock_rights rights = *wanted;
	long abi = SYS3(landlock_create_ruleset, 0, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (abi <= 0)
		return is_absent(abi) ? 0 : abi;
	const struct landlock_rights *known = &abis[(abi < ABIS ? abi : ABIS) - 1];

	rights.fs &= known->fs;
	rights.net &= known->net;
	rights.scoped &= known->scoped;
	if (!(rights.fs | rights.net | rights.scoped)) /* ENOMSG: a ruleset of nothing is none */
		return 0;
	long fd = SYS3(landlock_create_ruleset, &rights, sizeof(rights), 0);

	if (fd < 0)
		return fd;
	long err = SYS2(landlock_restrict_self, fd, 0);

	(void)sys_close((int)fd);
	return err;
}
