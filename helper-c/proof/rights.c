/*
 * Any sequence of ops. An accepted plan that makes a process gives up its rights once and in order.
 * It holds no capability beyond those that it keeps, and does nothing afterwards that needs a
 * right. It writes each id map of a new user namespace once, before init goes on.
 */
#include "plan/verify/rights.c"

#define OPS 7
#define SLOTS 1
#include "sequence.h"

static const uint8_t need_rights[] = {
    OP_ATTACH,	  OP_ATTACH_ROOT, OP_CHROOT,	     OP_CLONE_TREE,	 OP_DROP_BOUNDING,
    OP_FORK,	  OP_LOCK_MOUNTS, OP_ISOLATE_MOUNTS, OP_JOIN_NAMESPACES, OP_MAKE_FS,
    OP_MAKE_NODE, OP_MASK,	  OP_PIVOT,	     OP_SET_CAPS,	 OP_SET_HOSTNAME,
    OP_SET_IDS,	  OP_SET_MOUNT,	  OP_SYSCTL,	     OP_UNSHARE,
};

static uint32_t only(uint16_t code)
{
	uint32_t n = 0, at = 0;

	for (uint32_t i = 0; i < OPS; i++)
		if (ops[i].code == code) {
			at = i;
			n++;
		}
	PROVE(n == 1, "exactly once");
	return at;
}

static void expect_caps(const uint64_t *caps, uint64_t kept)
{
	uint64_t permitted = caps[OP_SET_CAPS_NUM_PERMITTED],
		 inheritable = caps[OP_SET_CAPS_NUM_INHERITABLE];

	PROVE((permitted & kept) == permitted, "nothing outside of the bounding set");
	PROVE((caps[OP_SET_CAPS_NUM_EFFECTIVE] & permitted) == caps[OP_SET_CAPS_NUM_EFFECTIVE],
	      "effective is permitted");
	PROVE((inheritable & kept) == inheritable, "no inheritable one outside either");
	PROVE((caps[OP_SET_CAPS_NUM_AMBIENT] & permitted & inheritable) ==
		  caps[OP_SET_CAPS_NUM_AMBIENT],
	      "ambient is both");
}

static void expect_maps(void)
{
	uint32_t clone = OPS, release = OPS, uids = 0, gids = 0;

	for (uint32_t i = 0; i < OPS; i++) {
		unsigned int maps = maps_of(&ops[i]);

		if (ops[i].code == OP_CLONE && clone == OPS)
			clone = i;
		if (ops[i].code == OP_RELEASE && release == OPS)
			release = i;
		if (clone == OPS || maps == 0)
			continue;
		uids += maps & 1;
		gids += maps >> 1;
		PROVE(release == OPS, "maps are written before init goes on");
	}
	PROVE(uids == 1 && gids == 1, "each once");
}

void harness(void)
{
	struct verifier v;
	uint32_t bounding, ids, caps;

	any_sequence(&v);
	assume_phases();
	/* verify_flow() has proved it. */
	ASSUME(makes_process(&v) && op_count(&v, OP_CLONE) == 1);
	ASSUME(op_count(&v, OP_RELEASE) == 1 && op_first(&v, OP_CLONE) < op_first(&v, OP_RELEASE));
	ASSUME(op_count(&v, OP_FORK) == 0);
	if (verify_rights(&v) < 0)
		return;
	bounding = only(OP_DROP_BOUNDING);
	ids = only(OP_SET_IDS);
	caps = only(OP_SET_CAPS);
	PROVE(bounding < ids && ids < caps, "in order");
	for (uint32_t i = caps + 1; i < OPS; i++)
		PROVE(!CODE_IN(ops[i].code, need_rights), "nothing that needs a right follows");
	if (op_count(&v, OP_LOCK_MOUNTS))
		PROVE((ops[caps].nums[OP_SET_CAPS_NUM_PERMITTED] |
		       (op_count(&v, OP_SET_NO_NEW_PRIVS)
			    ? 0
			    : ops[bounding].nums[OP_DROP_BOUNDING_NUM_KEEP])) >>
			      21 &
			  1,
		      "the owner of locked mounts gains nothing by them");
	expect_caps(ops[caps].nums, ops[bounding].nums[OP_DROP_BOUNDING_NUM_KEEP]);
	if (ops[op_first(&v, OP_CLONE)].nums[OP_CLONE_NUM_NAMESPACES] & NS_USER)
		expect_maps();
}
