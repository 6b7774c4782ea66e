#include "decode.h"

#define PLAN_EINVAL 22 /* the same on every architecture; this file has no system headers */

/* Sections are 8-aligned, as their records ask for. */
static const void *section(const struct plan_view *view, const struct plan_ref *ref)
{
	return view->base + ref->offset;
}

int plan_view_init(struct plan_view *ret, const void *base, size_t size)
{
	const struct plan_header *header = base;

	if (size < sizeof(*header) || header->magic != PLAN_MAGIC || header->size != size)
		return -PLAN_EINVAL;

	ret->base = base;
	ret->size = (uint32_t)size;
	ret->header = header;
	ret->ops = section(ret, &header->ops);
	ret->slots = section(ret, &header->slots);
	ret->strings = (const char *)ret->base + header->strings.offset;
	ret->blobs = ret->base + header->blobs.offset;
	return 0;
}

static int is_null(const struct plan_ref *ref)
{
	return ref->offset == 0 && ref->length == 0;
}

/* Not inlined: about 30 ops call it, and each copy takes 20 bytes of init. */
__attribute__((noinline)) const char *plan_string(const struct plan_view *view,
						  const struct plan_op *op, unsigned int i)
{
	return is_null(&op->data[i]) ? NULL : view->strings + op->data[i].offset;
}

uint32_t plan_strings_len(const struct plan_view *view, const struct plan_op *op, unsigned int i)
{
	(void)view;
	return op->data[i].length;
}

const uint8_t *plan_bytes(const struct plan_view *view, const struct plan_op *op, unsigned int i,
			  uint32_t *ret_len)
{
	*ret_len = op->data[i].length;
	return is_null(&op->data[i]) ? NULL : view->blobs + op->data[i].offset;
}

const char *plan_next_string(const char *at, const char *end)
{
	while (*at)
		at++;
	at++;
	return at < end ? at : NULL;
}

const char *plan_slot_name(const struct plan_view *view, uint16_t slot)
{
	const struct plan_slot *row = &view->slots[slot];

	return row->origin == ORIGIN_INPUT ? view->strings + row->name.offset : NULL;
}
