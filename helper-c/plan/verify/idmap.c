/* Id maps: lines of `inside outside count`, as the kernel reads them. */
#include "../verify-internal.h"

/* Reads a decimal number at *at that fits 32 bits, and steps over it. */
static int read_number(const char *text, uint32_t length, uint32_t *at, uint32_t *ret)
{
	uint64_t value = 0;
	uint32_t start = *at;

	for (; *at < length && text[*at] >= '0' && text[*at] <= '9'; (*at)++) {
		value = value * 10 + (uint64_t)(text[*at] - '0');
		if (value > UINT32_MAX)
			return 0;
	}
	*ret = (uint32_t)value;
	return *at > start;
}

static int read_end(const char *text, uint32_t length, uint32_t *at, char end)
{
	if (*at < length && text[*at] == end) {
		(*at)++;
		return 1;
	}
	return end == '\n' && *at == length;
}

static int read_line(const char *text, uint32_t length, uint32_t *at, struct idmap_range *ret)
{
	return read_number(text, length, at, &ret->inside) && read_end(text, length, at, ' ') &&
	       read_number(text, length, at, &ret->outside) && read_end(text, length, at, ' ') &&
	       read_number(text, length, at, &ret->count) && read_end(text, length, at, '\n');
}

/* The end of a range must be a number itself: 4294967295 is no id. */
static int range_fits(const struct idmap_range *range)
{
	return range->count && range->inside <= UINT32_MAX - range->count &&
	       range->outside <= UINT32_MAX - range->count;
}

static int overlap(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < b ? b - a < a_count : a - b < b_count;
}

static int overlaps_any(const struct idmap_range *ranges, uint32_t n)
{
	const struct idmap_range *last = &ranges[n];

	for (uint32_t i = 0; i < n; i++) {
		if (overlap(ranges[i].inside, ranges[i].count, last->inside, last->count))
			return 1;
		if (overlap(ranges[i].outside, ranges[i].count, last->outside, last->count))
			return 1;
	}
	return 0;
}

static int check_map(struct verifier *v, uint32_t i, unsigned int position)
{
	const struct plan_ref *ref = &op_at(v, i)->data[position];
	const char *text = v->view.strings + ref->offset;
	struct idmap_range *ranges = v->state->ranges;
	uint32_t at = 0, n = 0;

	if (ref_is_null(ref))
		return 0;
	do {
		if (n == IDMAP_MAX_LINES || !read_line(text, ref->length, &at, &ranges[n]))
			return fail(v, RULE_BAD_IDMAP, i, n);
		if (!range_fits(&ranges[n]) || overlaps_any(ranges, n))
			return fail(v, RULE_BAD_IDMAP, i, n);
		n++;
	} while (at < ref->length);
	return 0;
}

int verify_idmaps(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		int r = 0;

		switch (op_at(v, i)->code) {
		case OP_WRITE_IDMAP:
			r = check_map(v, i, OP_WRITE_IDMAP_DATA_UIDS);
			if (r == 0)
				r = check_map(v, i, OP_WRITE_IDMAP_DATA_GIDS);
			break;
		case OP_MAKE_USERNS:
			r = check_map(v, i, OP_MAKE_USERNS_DATA_UIDS);
			if (r == 0)
				r = check_map(v, i, OP_MAKE_USERNS_DATA_GIDS);
			break;
		case OP_SPAWN_IDMAP:
			r = check_map(v, i, OP_SPAWN_IDMAP_DATA_MAP);
			break;
		default:
			break;
		}
		if (r < 0)
			return r;
	}
	return 0;
}
