/*
 * Any bytes at all: the header and the sections are checked without a read outside of the image,
 * and what is accepted has its sections inside, in order and aligned. The other proofs begin with
 * that.
 */
#include "plan/verify/image.c"

#include "proof.h"

#ifndef SIZE
#define SIZE 184
#endif

static void expect_section(const struct plan_ref *ref, uint32_t unit, uint64_t *end)
{
	PROVE(ref->offset % PLAN_ALIGN == 0, "sections are aligned");
	PROVE(ref->offset >= *end && ref->offset - *end < PLAN_ALIGN, "sections follow each other");
	*end = ref->offset + (uint64_t)ref->length * unit;
}

void harness(void)
{
	static _Alignas(8) uint8_t image[SIZE];
	struct verify_result result = {0};
	struct verifier v = {.ret = &result};
	const struct plan_header *h = (const void *)image;
	uint64_t end = sizeof(*h);
	int r;

	__CPROVER_havoc_object(image);
	r = check_header(&v, h, SIZE);
	if (r == 0)
		r = check_sections(&v, image, h);
	if (r == 0)
		r = plan_view_init(&v.view, image, SIZE);
	if (r < 0) {
		PROVE(result.rule != RULE_NONE, "who refuses says why");
		return;
	}
	expect_section(&h->ops, sizeof(struct plan_op), &end);
	expect_section(&h->slots, sizeof(struct plan_slot), &end);
	expect_section(&h->strings, 1, &end);
	expect_section(&h->blobs, 1, &end);
	expect_section(&h->relocs, PLAN_RELOC_SIZE, &end);
	PROVE(end == SIZE, "nothing follows the last section");
	PROVE(h->ops.length <= PLAN_MAX_OPS && h->slots.length <= PLAN_MAX_SLOTS, "counts");
	PROVE(h->strings.length > 0 && v.view.strings[0] == 0, "the empty string is there");
	PROVE((const uint8_t *)v.view.ops == image + h->ops.offset, "ops");
	PROVE((const uint8_t *)v.view.slots == image + h->slots.offset, "slots");
}
