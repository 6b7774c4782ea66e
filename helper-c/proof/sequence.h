/* Sequences of ops as check_op() leaves them: known codes, slots of the table, phases in order. */
#pragma once

#include "world.h"

/* The codes that the verifier counts; what it would find of others may be anything. */
static const uint8_t counted[] = {
    OP_CLONE,	      OP_RELEASE,
    OP_ADOPT,	      OP_AWAIT_EXEC,
    OP_FORK,	      OP_JOIN_NAMESPACES,
    OP_DROP_BOUNDING, OP_SET_IDS,
    OP_SET_CAPS,      OP_SET_DUMPABLE,
    OP_PLACE_FD,      OP_SET_NO_NEW_PRIVS,
    OP_FIND_EXEC,     OP_GATE,
    OP_EXEC,	      OP_EXPECT_INITRAMFS,
    OP_START_CRIU,    OP_LOCK_MOUNTS,
    OP_ASK_CRIU,      OP_OPEN_LABEL,
    OP_CHROOT,	      OP_START_NETWORK,
};

static void count_ops(struct verifier *v)
{
	for (size_t n = 0; n < sizeof(counted); n++) {
		struct op_seen seen = {0, 0};

		for (uint16_t i = 0; i < OPS; i++)
			if (ops[i].code == counted[n] && seen.count++ == 0)
				seen.first = i;
		v->seen[counted[n]] = seen;
	}
}

static void any_sequence(struct verifier *v)
{
	any_world(v);
	for (uint32_t i = 0; i < OPS; i++) {
		ASSUME(ops[i].code >= 1 && ops[i].code <= OP_LAST);
		ASSUME(ops[i].phase <= PHASE_EXEC);
		for (unsigned int n = 0; n < OP_SLOTS; n++)
			ASSUME(ops[i].slots[n] == SLOT_NONE || ops[i].slots[n] < SLOTS);
		ASSUME(ops[i].out == SLOT_NONE || ops[i].out < SLOTS);
	}
	for (uint32_t i = 0; i < SLOTS; i++) {
		ASSUME(slots[i].type >= SLOT_DIR && slots[i].type <= SLOT_TYPE_LAST);
		ASSUME(slots[i].origin <= ORIGIN_INPUT);
	}
	count_ops(v);
}

static void assume_phases(void)
{
	for (uint32_t i = 1; i < OPS; i++)
		ASSUME(ops[i].phase >= ops[i - 1].phase);
}
