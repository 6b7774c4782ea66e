/* What a supervisor reads of a program that is hostile: paths up to the end of its memory, and
 * names as guards compare them. */
#include "satellite/supervisor/caller.c"
#include "satellite/supervisor/guards.c"
#include "satellite/supervisor/watch.c"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names that are compared with what is read; no directory of these is there. */
static const char names[] = "/nowhere/.git/hooks\0/nowhere/.envrc\0/nowhere/.config/git";

/* Memory of a caller that ends where nothing is mapped. */
static uint64_t caller_memory(const uint8_t *data, size_t size)
{
	static char *memory;
	const size_t whole = 2 * PATH_SIZE;

	if (!memory) {
		memory = mmap(NULL, whole + PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert(memory != MAP_FAILED && munmap(memory + whole, PAGE) == 0);
	}
	memcpy(memory + whole - size, data, size);
	return (uint64_t)(uintptr_t)(memory + whole - size);
}

static void check_place(struct place *place)
{
	int at = AT_FDCWD;

	assert(strlen(place->path) == place->size);
	cut_own(place, &at);
	assert(at == AT_FDCWD || at >= 0);
	assert(strlen(place->path) == place->size && place->size < PATH_SIZE);
	const char *above = cut_name(place, place->size);

	assert(place->name >= place->path &&
	       place->name + place->length <= place->path + place->size);
	for (size_t i = 0; i < place->length; i++)
		assert(place->name[i] != '/' && place->name[i] != 0);
	for (const char *rest = place->name + place->length; *rest; rest++)
		assert(*rest == '/');
	assert(!above || strlen(above) < place->size + 1);
}

static void check_names(struct place *place)
{
	char folded[NAME_SIZE];
	size_t length = fold(place->name, place->length, folded);

	assert(length <= NAME_SIZE && length <= place->length);
	/* The same again is the same. */
	char again[NAME_SIZE];

	assert(fold(folded, length, again) == length && memcmp(folded, again, length) == 0);
	guards_set(names, sizeof(names), names, 0);
	place->parent = AT_FDCWD;
	(void)is_guarded(place, 0);
	(void)is_guarded(place, 1);
}

int is_waiting(const struct seccomp_notif *call)
{
	return call->id == 0;
}

/* What is sent of a call has its size, and the ends of both its texts. */
static void check_record(uint64_t at, size_t size)
{
	const struct row row = {.at = NONE, .path = 0, .flags = NONE};
	struct seccomp_notif call = {.pid = (uint32_t)getpid()};

	call.data.args[0] = at;
	call.data.args[1] = size;
	long n = read_path(&call, &row);

	assert(n <= (long)sizeof(record.text));
	if (n > 0) {
		size_t dir = strlen(record.text);

		assert(dir + strlen(record.text + dir + 1) + 2 == (size_t)n);
	}
	n = read_address(&call, &row);
	assert(size <= ADDRESS_MAX ? n == (long)size + 1 : n == -EINVAL);
}

/* A table of any bytes reads no argument that a call has not. */
static void check_rows(const uint8_t *data, size_t size)
{
	const struct seccomp_notif call = {.pid = (uint32_t)getpid()};

	watch_set(data, (uint32_t)size);
	watch_call(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct place place;
	static char text[PATH_SIZE];

	if (size > 2 * PATH_SIZE)
		return 0;
	uint64_t at = caller_memory(data, size);
	long n = place_read(&place, (uint32_t)getpid(), at);
	const uint8_t *end = size ? memchr(data, 0, size) : NULL;

	if (end && end - data < PATH_SIZE)
		assert(end == data ? n == -ENOENT : n == end - data);
	else
		assert(n == -EFAULT || n == -ENAMETOOLONG);
	(void)caller_bytes((uint32_t)getpid(), at, text, size % sizeof(text));
	assert(size == 0 ||
	       caller_bytes((uint32_t)getpid(), at + 1, text, size < PATH_SIZE ? size : 1) ==
		   (size < PATH_SIZE || size == 1 ? -EFAULT : 0));
	check_record(at, size);
	check_rows(data, size);
	if (n <= 0)
		return 0;
	check_place(&place);
	check_names(&place);
	return 0;
}
