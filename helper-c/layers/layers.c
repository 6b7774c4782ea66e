/* `coffer-helper layers identify|list|note|stage|swap`: what scripts cannot do, as they have
 * neither openat2(2) nor renameat2(2). */
#include "layers.h"

#define INPUT_MAX (256UL << 20)
#define INPUT_FIRST (64UL << 10)
#define MREMAP_MAYMOVE 1

static struct {
	char data[32768];
	size_t used;
} out;

int out_flush(void)
{
	for (size_t at = 0; at < out.used;) {
		long n = sys_write(1, out.data + at, out.used - at);

		if (n < 0 && n != -EINTR)
			return (int)n;
		at += n > 0 ? (size_t)n : 0;
	}
	out.used = 0;
	return 0;
}

int out_bytes(const char *bytes, size_t size)
{
	for (size_t at = 0; at < size;) {
		size_t room = sizeof(out.data) - out.used;
		size_t n = size - at < room ? size - at : room;

		(void)memcpy(out.data + out.used, bytes + at, n);
		out.used += n;
		at += n;
		int err = out.used == sizeof(out.data) ? out_flush() : 0;

		if (err < 0)
			return err;
	}
	return 0;
}

int out_text(const char *text)
{
	return out_bytes(text, strlen(text));
}

int out_number(uint64_t n)
{
	char digits[24];
	struct text text = {.data = digits, .size = sizeof(digits)};

	text_add_number(&text, n);
	return out_bytes(digits, text.used);
}

const char *layers_field(struct layers *l)
{
	char *field = l->input;

	for (size_t i = 0; i < l->input_size; i++)
		if (!field[i]) {
			l->input += i + 1;
			l->input_size -= i + 1;
			return field;
		}
	return NULL;
}

int object_read(const char *text, struct object *ret)
{
	*ret = (struct object){.kind = *text};
	if (str_equal(text, "-"))
		return 0;
	uint64_t *numbers[] = {&ret->ino, &ret->size, &ret->mtime, &ret->mode, &ret->ctime};

	text++;
	for (unsigned i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (*text != ' ')
			return -EINVAL;
		text++;
		if (str_number(&text, numbers[i]) < 0)
			return -EINVAL;
	}
	return *text ? -EINVAL : 0;
}

char object_kind(const struct statx *st)
{
	static const char kinds[] = "?pc?d?b?f?l?s???";

	return kinds[(st->stx_mode & S_IFMT_) >> 12];
}

uint64_t time_of(const struct statx_timestamp *at)
{
	/* A time before 1970 is none that anybody compares with. */
	return at->tv_sec < 0 ? 0 : (uint64_t)at->tv_sec * 1000000000U + at->tv_nsec;
}

int object_is(const struct object *o, const struct statx *st)
{
	if (object_kind(st) != o->kind || st->stx_ino != o->ino ||
	    (st->stx_mode & 07777) != o->mode)
		return 0;
	return o->kind == 'd' || (st->stx_size == o->size && time_of(&st->stx_mtime) == o->mtime);
}

int object_is_untouched(const struct object *o, const struct statx *st)
{
	int has_time = o->ctime != 0 && o->kind != 'd';

	return object_is(o, st) && (!has_time || time_of(&st->stx_ctime) == o->ctime);
}

int out_object(const struct statx *st)
{
	const uint64_t numbers[] = {st->stx_ino, st->stx_size, time_of(&st->stx_mtime),
				    st->stx_mode & 07777, time_of(&st->stx_ctime)};
	char kind[2] = {object_kind(st)};
	int err = out_text(kind);

	for (unsigned i = 0; err == 0 && i < sizeof(numbers) / sizeof(*numbers); i++) {
		err = out_text(" ");
		if (err == 0)
			err = out_number(numbers[i]);
	}
	return err;
}

/* The shortest time between two lines, in nanoseconds. */
#define TELL_EVERY 200000000

void tell_progress(struct layers *l, const char *what)
{
	static char line[128];
	static uint64_t last, all;
	static int has_told;
	struct __kernel_timespec now;
	struct text text = {.data = line, .size = sizeof(line)};
	int is_end = l->input_size == 0;

	if (l->tell < 0 || SYS2(clock_gettime, 1 /* CLOCK_MONOTONIC */, &now) < 0)
		return;
	uint64_t at = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;

	if (all == 0) {
		all = l->input_size + 1;
		last = at;
	}
	if (is_end ? !has_told : at - last < TELL_EVERY)
		return;
	last = at;
	has_told = 1;
	text_add(&text, "\r");
	if (!is_end) {
		text_add(&text, "coffer: ");
		text_add(&text, what);
		text_add(&text, " ");
		text_add_number(&text, (all - l->input_size) * 100 / all);
		text_add(&text, " %");
	}
	text_add(&text, "\033[K");
	(void)sys_write(l->tell, line, text.used);
}

long name_stat(int dir, const char *name, struct statx *ret)
{
	return sys_statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, ret);
}

int dir_is_empty(int dir, const char *name)
{
	static char records[4096];
	int fd = path_open(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, LAYER_RESOLVE);
	int is_empty = 1;
	long n = 0;

	if (fd < 0)
		return fd;
	while (is_empty && (n = SYS3(getdents64, fd, records, sizeof(records))) > 0)
		for (long at = 0; at < n;) {
			uint16_t size;
			const char *found = records + at + 19;

			(void)memcpy(&size, records + at + 16, sizeof(size));
			at += size;
			if (!str_equal(found, ".") && !str_equal(found, ".."))
				is_empty = 0;
		}
	(void)sys_close(fd);
	return n < 0 ? (int)n : is_empty;
}

int path_above(int at, const char *path, const char **ret_name)
{
	static char above[4096];
	size_t cut = strlen(path);

	while (cut > 0 && path[cut - 1] != '/')
		cut--;
	*ret_name = path + cut;
	if (!**ret_name || str_equal(*ret_name, ".") || str_equal(*ret_name, ".."))
		return -EINVAL;
	if (cut >= sizeof(above))
		return -ENAMETOOLONG;
	(void)memcpy(above, path, cut);
	above[cut > 0 ? cut - 1 : 0] = 0;
	return path_open(at, cut > 1 ? above : ".", O_PATH | O_DIRECTORY, LAYER_RESOLVE);
}

/* All of standard input. 0 or -errno. */
static int read_input(struct layers *l)
{
	size_t room = INPUT_FIRST;
	long at = sys_mmap(room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	while (at > 0) {
		l->input = (char *)at;
		long n = sys_read(0, l->input + l->input_size, room - l->input_size);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		l->input_size += (size_t)n;
		if (l->input_size < room)
			continue;
		if (room >= INPUT_MAX)
			return -EFBIG;
		at = SYS4(mremap, at, room, room * 2, MREMAP_MAYMOVE);
		room *= 2;
	}
	return (int)at;
}

static int read_options(struct layers *l, char **argv)
{
	*l = (struct layers){.upper = -1, .lower = -1, .slots = -1, .tell = -1};
	for (; *argv; argv += argv[1] && !str_equal(*argv, "--back") ? 2 : 1) {
		uint64_t n;
		const char *word = argv[1];
		int *fd = str_equal(*argv, "--upper-fd")   ? &l->upper
			  : str_equal(*argv, "--lower-fd") ? &l->lower
			  : str_equal(*argv, "--slots-fd") ? &l->slots
			  : str_equal(*argv, "--tell-fd")  ? &l->tell
							   : NULL;

		if (str_equal(*argv, "--back")) {
			l->back = 1;
			continue;
		}
		if (!fd || !word || str_number(&word, &n) < 0 || *word || n > 1048576)
			return -EINVAL;
		*fd = (int)n;
	}
	return 0;
}

#define STATX_BTIME_ 0x800

/* What a directory is, whatever is at its path later: `INO BTIME MAJOR MINOR`. 0 or -errno. */
static int identify(int fd)
{
	struct statx st;
	long err = sys_statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME_, &st);

	if (err < 0)
		return (int)err;
	const uint64_t numbers[] = {st.stx_ino,
				    st.stx_mask & STATX_BTIME_ ? time_of(&st.stx_btime) : 0,
				    st.stx_dev_major, st.stx_dev_minor};

	for (unsigned i = 0; err == 0 && i < sizeof(numbers) / sizeof(*numbers); i++) {
		err = i > 0 ? out_text(" ") : 0;
		if (err == 0)
			err = out_number(numbers[i]);
	}
	return (int)err;
}

int layers_main(char **argv)
{
	static struct layers l;
	const char *what = *argv ? *argv : "";
	int err = *argv ? read_options(&l, argv + 1) : -EINVAL;

	if (err == 0 && str_equal(what, "list") && l.upper >= 0 && l.lower >= 0)
		err = layers_list(&l);
	else if (err == 0 && str_equal(what, "identify") && l.lower >= 0)
		err = identify(l.lower);
	else if (err == 0 && str_equal(what, "stage") && l.upper >= 0 && l.lower >= 0 &&
		 l.slots >= 0)
		err = (err = read_input(&l)) < 0 ? err : layers_stage(&l);
	else if (err == 0 && str_equal(what, "note") && l.slots >= 0)
		err = (err = read_input(&l)) < 0 ? err : layers_note(&l);
	else if (err == 0 && str_equal(what, "swap") && l.lower >= 0 && l.slots >= 0)
		err = (err = read_input(&l)) < 0 ? err : layers_swap(&l);
	else
		err = -EINVAL;
	int flushed = out_flush();

	return err < 0 || flushed < 0 ? 1 : 0;
}
