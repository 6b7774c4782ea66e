/*
 * libFuzzer target: any bytes are verified, and what is accepted is read as init and the launcher
 * would read it. With ASan and UBSan every read outside the image is a crash; the copy is as long
 * as the input, so that this is seen.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/decode.h"
#include "plan/verify.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static struct verify_state state;
static volatile uint32_t sink;

static void read_op(const struct plan_view *view, const struct plan_op *op)
{
	for (unsigned int i = 0; i < OP_DATA; i++) {
		uint32_t length;
		const char *text = plan_string(view, op, i);
		const uint8_t *bytes;

		if (op->code == OP_LOAD_SECCOMP || op->code == OP_SET_DEVICE_FILTER ||
		    op->code == OP_SET_IDS) {
			bytes = plan_bytes(view, op, i, &length);
			for (uint32_t n = 0; bytes && n < length; n++)
				sink += bytes[n];
			continue;
		}
		if (text && op->code == OP_EXEC)
			for (const char *at = text; at;
			     at = plan_next_string(at, text + plan_strings_len(view, op, i)))
				sink += (uint32_t)strlen(at);
		else if (text)
			sink += (uint32_t)strlen(text);
	}
}

static void read_plan(const void *base, size_t size)
{
	struct plan_view view;

	if (plan_view_init(&view, base, size) < 0)
		abort();
	for (uint32_t i = 0; i < view.header->ops.length; i++)
		read_op(&view, &view.ops[i]);
	for (uint32_t i = 0; i < view.header->slots.length; i++) {
		const char *name = plan_slot_name(&view, (uint16_t)i);

		sink += name ? (uint32_t)strlen(name) : 0;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct verify_result result;
	uint8_t *copy = malloc(size ? size : 1);
	int r;

	if (!copy)
		abort();
	/* malloc() aligns to 16, and its block ends where the input does. */
	memcpy(copy, data, size);
	memset(&state, 0xa5, sizeof(state));
	r = plan_verify(copy, size, &state, &result);
	if ((r == 0) != (result.rule == RULE_NONE))
		abort();
	if (r == 0)
		read_plan(copy, size);
	free(copy);
	return 0;
}

/* Values that stand at an edge somewhere: no slot, a slot, a phase, a mount namespace. */
static uint64_t edge_value(unsigned int seed)
{
	static const uint64_t values[] = {0, 1, 2,  3,	    4,		5,	 6,
					  7, 8, 16, 0xffff, 0xffffffff, 0x20000, 0x10000000};

	return values[seed % (sizeof(values) / sizeof(values[0]))];
}

/* Changes one field of an op, swaps two ops or copies one over another: the image stays well
 * formed. */
static void mutate_ops(struct plan_op *ops, uint32_t n, unsigned int seed)
{
	struct plan_op *op = &ops[seed % n], *other = &ops[(seed >> 8) % n], saved = *op;
	uint64_t value = edge_value(seed >> 20);

	switch ((seed >> 16) % 8) {
	case 0:
		*op = *other;
		*other = saved;
		break;
	case 1:
		*op = *other;
		break;
	case 2:
		op->code = (uint16_t)(1 + (seed >> 20) % OP_LAST);
		break;
	case 3:
		op->phase = (uint8_t)(value % 8);
		break;
	case 4:
		op->slots[(seed >> 12) % OP_SLOTS] = (uint16_t)((seed >> 20) % 64);
		break;
	case 5:
		op->out = (uint16_t)((seed >> 20) % 64);
		break;
	case 6:
		op->data[(seed >> 12) % OP_DATA] = other->data[(seed >> 20) % OP_DATA];
		break;
	default:
		op->nums[(seed >> 12) % OP_NUMS] = value;
		break;
	}
}

/* Half of the time bytes change anywhere; else an op does, where the header leads to one. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	struct plan_header header;
	struct plan_op ops[64];
	size_t offset = sizeof(header), n;

	if (seed & 1 || size < sizeof(header) + sizeof(ops[0]))
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(&header, data, sizeof(header));
	n = (size - offset) / sizeof(ops[0]);
	if (n > header.ops.length)
		n = header.ops.length;
	if (n == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	if (n > sizeof(ops) / sizeof(ops[0])) {
		offset += (seed >> 4) % (n - sizeof(ops) / sizeof(ops[0]) + 1) * sizeof(ops[0]);
		n = sizeof(ops) / sizeof(ops[0]);
	}
	memcpy(ops, data + offset, n * sizeof(ops[0]));
	mutate_ops(ops, (uint32_t)n, seed >> 1);
	memcpy(data + offset, ops, n * sizeof(ops[0]));
	return size;
}
