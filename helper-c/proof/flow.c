/*
 * Any sequence of ops. An accepted plan that makes a process has one clone, and one exec, which is
 * last. Phases never go back. The streams of launcher and init run as two processes that wait for
 * each other, and both come to their ends: no deadlock.
 */
#include "plan/verify/flow.c"

#define OPS 6
#define SLOTS 1
#include "sequence.h"

static uint32_t begin_of(uint8_t phase)
{
	uint32_t i = 0;

	while (i < OPS && ops[i].phase < phase)
		i++;
	return i;
}

/* The n-th op of [from, to) at which the sides meet; `to` without such an op. */
static uint32_t nth_meeting(uint32_t from, uint32_t to, uint32_t n)
{
	for (uint32_t i = from; i < to; i++)
		if (meeting_of(ops[i].code) != MEETING_NONE && n-- == 0)
			return i;
	return to;
}

static int pair(uint16_t outside, uint16_t inside)
{
	return (outside == OP_SYNC && inside == OP_SYNC) ||
	       (outside == OP_TAKE_SLOT && inside == OP_GIVE_SLOT) ||
	       (outside == OP_ADOPT && inside == OP_FORK);
}

static void expect_no_deadlock(uint32_t clone)
{
	uint32_t split = begin_of(PHASE_INSIDE), number = 1;

	for (uint32_t n = 0; n < OPS; n++) {
		uint32_t outside = nth_meeting(clone + 1, split, n);
		uint32_t inside = nth_meeting(split, OPS, n);

		PROVE((outside == split) == (inside == OPS), "nobody waits for who does not come");
		if (outside == split)
			return;
		PROVE(pair(ops[outside].code, ops[inside].code), "both come for the same");
		if (ops[outside].code == OP_SYNC) {
			PROVE(ops[outside].nums[0] == number && ops[inside].nums[0] == number,
			      "in order");
			number++;
		}
	}
}

void harness(void)
{
	struct verifier v;
	uint32_t clones = 0, execs = 0, clone = 0;

	any_sequence(&v);
	for (uint32_t i = 0; i < OPS; i++) {
		/* The phases that the rows of these allow. */
		uint16_t code = ops[i].code;

		if (code == OP_CLONE)
			ASSUME(ops[i].phase == PHASE_HOST);
		if (code == OP_ADOPT || code == OP_RELEASE || code == OP_AWAIT_EXEC)
			ASSUME(ops[i].phase == PHASE_PARENT);
		if (code == OP_TAKE_SLOT)
			ASSUME(ops[i].phase == PHASE_PARENT);
		if (code == OP_FORK || code == OP_GIVE_SLOT)
			ASSUME(ops[i].phase == PHASE_INSIDE);
		if (code == OP_SYNC)
			ASSUME(ops[i].phase > PHASE_HOST);
		if (code == OP_EXEC)
			ASSUME(ops[i].phase == PHASE_EXEC);
	}
	if (verify_flow(&v) < 0)
		return;
	for (uint32_t i = 0; i < OPS; i++) {
		PROVE(i == 0 || ops[i].phase >= ops[i - 1].phase, "phases go on");
		clones += ops[i].code == OP_CLONE;
		execs += ops[i].code == OP_EXEC;
		if (ops[i].code == OP_CLONE)
			clone = i;
		if (!makes_process(&v))
			PROVE(ops[i].phase <= (header.kind == KIND_RESTORE) && clones == 0,
			      "other plans have no init");
	}
	if (!makes_process(&v))
		return;
	PROVE(clones == 1 && execs == 1 && ops[OPS - 1].code == OP_EXEC,
	      "one clone, one exec, last");
	expect_no_deadlock(clone);
}
