#include "../verify-internal.h"

static uint64_t align_up(uint64_t offset)
{
	return (offset + PLAN_ALIGN - 1) & ~(uint64_t)(PLAN_ALIGN - 1);
}

static int check_header(struct verifier *v, const struct plan_header *h, size_t size)
{
	if (h->magic != PLAN_MAGIC)
		return fail(v, RULE_BAD_MAGIC, OP_NONE, h->magic);
	if (h->major != PLAN_MAJOR || h->minor != PLAN_MINOR)
		return fail(v, RULE_BAD_VERSION, OP_NONE, (uint32_t)h->major << 16 | h->minor);
	if (h->size < size)
		return fail(v, RULE_TRAILING_BYTES, OP_NONE, h->size);
	if (h->size > size)
		return fail(v, RULE_BAD_SIZE, OP_NONE, h->size);
	if (h->kind < KIND_CREATE || h->kind > KIND_RESTORE)
		return fail(v, RULE_UNKNOWN_KIND, OP_NONE, h->kind);
	if (h->flags || h->reserved[0] || h->reserved[1])
		return fail(v, RULE_NONZERO_PADDING, OP_NONE, 0);
	if (h->relocs.length)
		return fail(v, RULE_BAD_RELOC, OP_NONE, h->relocs.length);
	if (h->ops.length > PLAN_MAX_OPS)
		return fail(v, RULE_TOO_MANY, OP_NONE, h->ops.length);
	if (h->slots.length > PLAN_MAX_SLOTS)
		return fail(v, RULE_TOO_MANY, OP_NONE, h->slots.length);
	return 0;
}

static int check_sections(struct verifier *v, const uint8_t *base, const struct plan_header *h)
{
	const struct {
		const struct plan_ref *ref;
		uint32_t unit;
	} sections[] = {
	    {&h->ops, sizeof(struct plan_op)},
	    {&h->slots, sizeof(struct plan_slot)},
	    {&h->strings, 1},
	    {&h->blobs, 1},
	    {&h->relocs, PLAN_RELOC_SIZE},
	};
	uint64_t end = sizeof(*h);

	for (uint32_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		const struct plan_ref *ref = sections[i].ref;
		uint64_t start = align_up(end);

		if (ref->offset % PLAN_ALIGN)
			return fail(v, RULE_BAD_ALIGNMENT, OP_NONE, i);
		if (ref->offset != start || start > h->size)
			return fail(v, RULE_BAD_BOUNDS, OP_NONE, i);
		for (; end < start; end++)
			if (base[end])
				return fail(v, RULE_NONZERO_PADDING, OP_NONE, (uint32_t)end);
		end = start + (uint64_t)ref->length * sections[i].unit;
		if (end > h->size)
			return fail(v, RULE_BAD_BOUNDS, OP_NONE, i);
	}
	if (end != h->size)
		return fail(v, RULE_TRAILING_BYTES, OP_NONE, (uint32_t)end);
	if (h->strings.length == 0 || base[h->strings.offset] != 0)
		return fail(v, RULE_BAD_STRING, OP_NONE, 0);
	return 0;
}

int verify_string(struct verifier *v, const struct plan_ref *ref, uint32_t op)
{
	const char *text;

	if ((uint64_t)ref->offset + ref->length >= v->view.header->strings.length)
		return fail(v, RULE_BAD_BOUNDS, op, ref->offset);
	v->referred += ref->length;
	if (v->referred > PLAN_MAX_REFERRED)
		return fail(v, RULE_TOO_MANY, op, v->referred);
	text = v->view.strings + ref->offset;
	for (uint32_t i = 0; i < ref->length; i++)
		if (text[i] == 0)
			return fail(v, RULE_BAD_STRING, op, i);
	if (text[ref->length] != 0)
		return fail(v, RULE_BAD_STRING, op, ref->length);
	return 0;
}

int verify_name(struct verifier *v, const struct plan_ref *ref, uint32_t op)
{
	const char *text = v->view.strings + ref->offset;

	if (ref->length == 0 || ref->length > NAME_MAX_LENGTH)
		return fail(v, RULE_BAD_NAME, op, ref->length);
	if (text[0] == '.' && (ref->length == 1 || (ref->length == 2 && text[1] == '.')))
		return fail(v, RULE_BAD_NAME, op, ref->length);
	for (uint32_t i = 0; i < ref->length; i++)
		if (text[i] == '/')
			return fail(v, RULE_BAD_NAME, op, i);
	return 0;
}

static int same_string(const struct verifier *v, const struct plan_ref *a, const struct plan_ref *b)
{
	const char *left = v->view.strings + a->offset, *right = v->view.strings + b->offset;

	if (a->length != b->length)
		return 0;
	for (uint32_t i = 0; i < a->length; i++)
		if (left[i] != right[i])
			return 0;
	return 1;
}

/* Callers write `--input NAME=…`, so a name has no `=`. */
static int check_input(struct verifier *v, uint32_t slot)
{
	const struct plan_ref *name = &v->view.slots[slot].name;
	const char *text;
	int r = verify_string(v, name, OP_NONE);

	if (r == 0)
		r = verify_name(v, name, OP_NONE);
	if (r < 0)
		return r;
	text = v->view.strings + name->offset;
	for (uint32_t i = 0; i < name->length; i++)
		if (text[i] == '=')
			return fail(v, RULE_BAD_NAME, OP_NONE, i);
	for (uint32_t i = 0; i < slot; i++)
		if (v->view.slots[i].origin == ORIGIN_INPUT &&
		    same_string(v, &v->view.slots[i].name, name))
			return fail(v, RULE_BAD_SLOT, OP_NONE, slot);
	return 0;
}

static int check_slot_table(struct verifier *v)
{
	uint32_t made_types =
	    1u << SLOT_TREE | 1u << SLOT_LABEL | 1u << SLOT_LISTENER | 1u << SLOT_RULESET;
	uint32_t inputs = 0;

	for (uint32_t i = 0; i < v->n_slots; i++) {
		const struct plan_slot *slot = &v->view.slots[i];
		int r = 0;

		if (slot->reserved)
			return fail(v, RULE_NONZERO_PADDING, OP_NONE, i);
		if (slot->type < SLOT_DIR || slot->type > SLOT_RULESET)
			return fail(v, RULE_BAD_SLOT, OP_NONE, i);
		if (slot->origin > ORIGIN_INPUT)
			return fail(v, RULE_BAD_SLOT, OP_NONE, i);
		if (slot->origin == ORIGIN_OP && !ref_is_null(&slot->name))
			return fail(v, RULE_BAD_SLOT, OP_NONE, i);
		/* What holds of a tree or a ruleset is known from how the plan has made it; a label
		 * is init's own. */
		if (slot->origin == ORIGIN_INPUT && 1u << slot->type & made_types)
			return fail(v, RULE_BAD_SLOT, OP_NONE, i);
		if (slot->origin == ORIGIN_INPUT && ++inputs > PLAN_MAX_INPUTS)
			return fail(v, RULE_TOO_MANY, OP_NONE, i);
		if (slot->origin == ORIGIN_INPUT)
			r = check_input(v, i);
		if (r < 0)
			return r;
	}
	return 0;
}

int verify_image(struct verifier *v, const void *base, size_t size)
{
	const struct plan_header *h = base;
	int r;

	if ((uintptr_t)base % PLAN_ALIGN)
		return fail(v, RULE_BAD_ALIGNMENT, OP_NONE,
			    (uint32_t)((uintptr_t)base % PLAN_ALIGN));
	if (size < sizeof(*h) || size > PLAN_MAX_SIZE)
		return fail(v, RULE_BAD_SIZE, OP_NONE, (uint32_t)size);
	r = check_header(v, h, size);
	if (r == 0)
		r = check_sections(v, base, h);
	if (r == 0)
		r = plan_view_init(&v->view, base, size);
	if (r < 0)
		return r;
	v->n_ops = h->ops.length;
	v->n_slots = h->slots.length;
	return check_slot_table(v);
}
