/* Any id map: read inside of its text; what is accepted has ranges that are not empty, end before
 * the last id and do not overlap on either side. */
#include "plan/verify/idmap.c"

#define STRINGS 10
#include "world.h"

static void expect_range(const struct idmap_range *range)
{
	PROVE(range->count > 0, "no empty range");
	PROVE((uint64_t)range->inside + range->count <= UINT32_MAX, "inside, it ends in time");
	PROVE((uint64_t)range->outside + range->count <= UINT32_MAX, "outside, too");
}

static int apart(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return (uint64_t)a + a_count <= b || (uint64_t)b + b_count <= a;
}

/* Two ranges of any numbers. */
static void prove_ranges(void)
{
	struct idmap_range *ranges = state.ranges;

	for (unsigned int i = 0; i < 2; i++)
		ranges[i] = (struct idmap_range){nondet_u32(), nondet_u32(), nondet_u32()};
	if (!range_fits(&ranges[0]) || !range_fits(&ranges[1]) || overlaps_any(ranges, 1))
		return;
	expect_range(&ranges[0]);
	expect_range(&ranges[1]);
	PROVE(apart(ranges[0].inside, ranges[0].count, ranges[1].inside, ranges[1].count),
	      "inside apart");
	PROVE(apart(ranges[0].outside, ranges[0].count, ranges[1].outside, ranges[1].count),
	      "outside apart");
}

/* Any text. */
static void prove_text(struct verifier *v)
{
	ops[0].code = OP_WRITE_IDMAP;
	ops[0].data[OP_WRITE_IDMAP_DATA_UIDS].offset = 1;
	ASSUME(ops[0].data[OP_WRITE_IDMAP_DATA_UIDS].length < STRINGS - 1);
	ops[0].data[OP_WRITE_IDMAP_DATA_GIDS] = (struct plan_ref){0, 0};
	if (verify_idmaps(v) < 0)
		PROVE(result.rule == RULE_BAD_IDMAP, "who refuses says why");
	else
		expect_range(&state.ranges[0]);
}

void harness(void)
{
	struct verifier v;

	any_world(&v);
	prove_text(&v);
	prove_ranges();
}
