/* `coffer-helper layers list`, for callers that have neither fgetxattr(2) nor openat2(2). */
#include "layers.h"

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

long name_stat(int dir, const char *name, struct statx *ret)
{
	return sys_statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, ret);
}

static int read_options(struct layers *l, char **argv)
{
	*l = (struct layers){.upper = -1, .lower = -1};
	for (; *argv; argv += 2) {
		uint64_t n;
		const char *word = argv[1];
		int *fd = str_equal(*argv, "--upper-fd")   ? &l->upper
			  : str_equal(*argv, "--lower-fd") ? &l->lower
							   : NULL;

		if (!fd || !word || str_number(&word, &n) < 0 || *word || n > 1048576)
			return -EINVAL;
		*fd = (int)n;
	}
	return 0;
}

int layers_main(char **argv)
{
	static struct layers l;
	const char *what = *argv ? *argv : "";
	int err = *argv ? read_options(&l, argv + 1) : -EINVAL;

	if (err == 0 && (!str_equal(what, "list") || l.upper < 0 || l.lower < 0))
		err = -EINVAL;
	if (err == 0)
		err = layers_list(&l);
	int flushed = out_flush();

	return err < 0 || flushed < 0 ? 1 : 0;
}
