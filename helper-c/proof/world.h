/* A verifier whose header and sections have been checked (proof/image.c), and whose ops, slots,
 * strings and blobs may be anything. Each section is an object of its own, so that a read past its
 * end is seen. */
#pragma once

#include "proof.h"

#ifndef OPS
#define OPS 1
#endif
#ifndef SLOTS
#define SLOTS 3
#endif
#ifndef STRINGS
#define STRINGS 12
#endif
#ifndef BLOBS
#define BLOBS 16
#endif

static struct plan_op ops[OPS];
static struct plan_slot slots[SLOTS];
static char strings[STRINGS];
static _Alignas(8) uint8_t blobs[BLOBS];
static struct plan_header header;
static struct verify_state state;
static struct verify_result result;

static void any_world(struct verifier *v)
{
	__CPROVER_havoc_object(ops);
	__CPROVER_havoc_object(slots);
	__CPROVER_havoc_object(strings);
	__CPROVER_havoc_object(blobs);
	ASSUME(strings[0] == 0);
	header.kind = nondet_u16();
	ASSUME(header.kind >= KIND_CREATE && header.kind <= KIND_RESTORE);
	header.ops.length = OPS;
	header.slots.length = SLOTS;
	header.strings.length = STRINGS;
	header.blobs.length = BLOBS;
	v->view.base = (const uint8_t *)&header;
	v->view.header = &header;
	v->view.ops = ops;
	v->view.slots = slots;
	v->view.strings = strings;
	v->view.blobs = blobs;
	v->state = &state;
	v->ret = &result;
	v->n_ops = OPS;
	v->n_slots = SLOTS;
	v->referred = 0;
}
