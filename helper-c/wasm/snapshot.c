/*
 * Snapshots: what an initialiser has made of a module's memory, carried by its program. An image
 * has offsets and numbers alone: no address of the program that wrote it.
 */
#include "wasi.h"
#include "guest/include/snapshot.h"

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED 2
/* Fewer pages of zeros than this are kept, so that the kernel has fewer mappings. */
#define LEAST_GAP 4
#define MOST_RUNS (65536 / (LEAST_GAP + 1) + 1)
/* 128 MiB: a program may have twice as much. */
#define MOST_PAGES 2048

/* In front of an image, up to a multiple of WASM_PAGE: this, the fields, and the runs. */
struct head {
	uint64_t pages, max_pages, fields;
	uint64_t runs;
};

/* Pages of the memory that are not zeros. The image has them behind each other. */
struct run {
	uint32_t first, count;
};

/* Bytes that must not change. */
struct held {
	struct held *next;
	const void *at;
	uint64_t size;
	uint8_t bytes[];
};

static struct held *all_held;

void snapshot_hold(const void *at, uint64_t size)
{
	long place = sys_mmap(sizeof(struct held) + size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1);
	struct held *one = (struct held *)place;

	if (place < 0)
		fail("there is no memory for a copy of a table");
	*one = (struct held){.next = all_held, .at = at, .size = size};
	__builtin_memcpy(one->bytes, at, size);
	all_held = one;
}

/* Of a table its own bytes come first: they say where its elements are. */
static void require_held(void)
{
	for (const struct held *one = all_held; one != NULL; one = one->next)
		if (__builtin_memcmp(one->at, one->bytes, one->size) != 0)
			fail("it changes a table or a reference to a function, which is not kept");
}

static bool is_zero(const uint64_t *page)
{
	for (size_t at = 0; at < WASM_PAGE / sizeof(*page); at++)
		if (page[at] != 0)
			return false;
	return true;
}

/* Finds the runs: how many there are. */
static uint64_t find_runs(uint64_t pages, struct run *runs)
{
	uint64_t count = 0, kept = 0;

	for (uint64_t page = 0; page < pages; page++) {
		struct run *last = count == 0 ? NULL : &runs[count - 1];

		if (is_zero((const uint64_t *)(WASM_MEMORY + page * WASM_PAGE)))
			continue;
		if (last == NULL || page - last->first - last->count >= LEAST_GAP) {
			last = &runs[count++];
			*last = (struct run){.first = (uint32_t)page};
		}
		kept += page + 1 - last->first - last->count;
		last->count = (uint32_t)page + 1 - last->first;
		if (kept > MOST_PAGES)
			fail("it leaves more than 128 MiB of memory that is not zero");
	}
	return count;
}

static void put(const void *bytes, uint64_t size)
{
	while (size > 0) {
		long written = sys_write(1, bytes, size);

		if (written < 0 && written != -EINTR)
			fail("its image cannot be written");
		bytes = (const uint8_t *)bytes + (written < 0 ? 0 : written);
		size -= written < 0 ? 0 : (uint64_t)written;
	}
}

static uint64_t round_up(uint64_t size, uint64_t unit)
{
	return (size + unit - 1) / unit * unit;
}

/* Where the runs are: the fields before them may be vectors. */
static uint64_t runs_at(const struct head *head)
{
	return sizeof(*head) + round_up(head->fields, 16);
}

/* Where the pages are. */
static uint64_t pages_at(const struct head *head)
{
	return round_up(runs_at(head) + head->runs * sizeof(struct run), WASM_PAGE);
}

void snapshot_write(const wasm_rt_memory_t *memory, const void *fields, uint64_t size)
{
	static struct run runs[MOST_RUNS];
	static const uint8_t zeros[WASM_PAGE];
	struct head head = {.pages = memory->pages, .max_pages = memory->max_pages};

	require_held();
	head.fields = size;
	head.runs = find_runs(head.pages, runs);
	put(&head, sizeof(head));
	put(fields, size);
	put(zeros, runs_at(&head) - sizeof(head) - size);
	put(runs, head.runs * sizeof(*runs));
	put(zeros, pages_at(&head) - runs_at(&head) - head.runs * sizeof(*runs));
	for (uint64_t at = 0; at < head.runs; at++)
		put((const void *)(WASM_MEMORY + (uint64_t)runs[at].first * WASM_PAGE),
		    (uint64_t)runs[at].count * WASM_PAGE);
	sys_exit(0);
}

const void *snapshot_restore(const void *image, wasm_rt_memory_t *memory, uint64_t size)
{
	const struct head *head = image;
	const void *runs_place = (const uint8_t *)image + runs_at(head);
	const struct run *runs = runs_place;
	const uint8_t *from = (const uint8_t *)image + pages_at(head);

	if (head->fields != size)
		fail("the snapshot is of another module");
	wasm_rt_allocate_memory(memory, head->pages, head->max_pages, false);
	/* The pages are those of the program's file until they are written to. */
	for (uint64_t at = 0; at < head->runs; at++) {
		uint64_t bytes = (uint64_t)runs[at].count * WASM_PAGE;
		uint64_t place = WASM_MEMORY + (uint64_t)runs[at].first * WASM_PAGE;

		if (SYS5(mremap, from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) !=
		    (long)place)
			fail("there is no memory for the snapshot");
		from += bytes;
	}
	return head + 1;
}
