/* The command line of the launcher, and its descriptors. */
#include "../sys/str.h"
#include "launch.h"

#define FIRST_FD 16

int args_number(const char *word, uint64_t max, uint64_t *ret)
{
	return word && str_number(&word, ret) == 0 && !*word && *ret <= max ? 0 : -EINVAL;
}

static int read_fd(const char *word, int *ret)
{
	uint64_t n;

	if (args_number(word, 1048576, &n) < 0)
		return -EINVAL;
	*ret = (int)n;
	return 0;
}

/* A descriptor of the caller's, by its number: the same object, but no right to read or write. */
static int open_callers(const struct args *args, const char *word, int *ret)
{
	uint64_t n;

	if (args_number(word, 1048576, &n) < 0)
		return -EINVAL;
	*ret = (int)sys_openat(args->caller_fds, word, O_PATH | O_CLOEXEC, 0);
	return *ret < 0 ? *ret : 0;
}

/* NAME=fd:N or NAME=PATH; the word itself is cut at the sign. */
static int read_input(struct args *args, char *word)
{
	struct input *input = &args->inputs[args->input_count];
	char *value = word;

	while (*value && *value != '=')
		value++;
	if (!*value || value == word || args->input_count == MAX_INPUTS)
		return -EINVAL;
	*value++ = 0;
	*input = (struct input){.name = word, .path = value, .fd = -1};
	for (unsigned i = 0; i < args->input_count; i++)
		if (str_equal(args->inputs[i].name, word))
			return -EINVAL;
	args->input_count++;
	if (memcmp(value, "fd:", 3) != 0)
		return *value ? 0 : -EINVAL;
	input->path = NULL;
	return args->is_served ? open_callers(args, value + 3, &input->fd)
			       : read_fd(value + 3, &input->fd);
}

/* In the order of `struct args`. */
static const char fd_options[NAMED_FDS - 1][12] = {"--plan-fd", "--report-fd", "--trace-fd",
						   "--lock-fd", "--word-fd",   "--window-fd"};

static int read_option(struct args *ret, const char *name, char *value)
{
	if (str_equal(name, "--input"))
		return read_input(ret, value);
	if (str_equal(name, "--init-ms"))
		return args_number(value, INIT_MS_MAX, &ret->init_ms);
	if (ret->is_served)
		return -EINVAL;
	for (unsigned i = 0; i < NAMED_FDS - 1; i++)
		if (str_equal(name, fd_options[i]))
			return read_fd(value, &ret->fds[i]);
	if (str_equal(name, "--lock-ms"))
		return args_number(value, LOCK_MS_MAX, &ret->lock_ms);
	if (str_equal(name, "--die-with"))
		return args_number(value, ~0ULL, &ret->die_with);
	if (str_equal(name, "--background"))
		return args_number(value, 1, &ret->background);
	if (str_equal(name, "--log-bytes"))
		return args_number(value, LOG_BYTES_MAX, &ret->log_bytes) < 0 ||
			       ret->log_bytes < LOG_BYTES_MIN
			   ? -EINVAL
			   : 0;
	if (str_equal(name, "--netns"))
		return args_number(value, 1, &ret->netns);
	if (str_equal(name, "--suspend"))
		return args_number(value, 1, &ret->suspend);
	return -EINVAL;
}

static int has_input(const struct args *args, const char *name)
{
	for (unsigned i = 0; i < args->input_count; i++)
		if (str_equal(args->inputs[i].name, name))
			return 1;
	return 0;
}

int args_read(struct args *ret, char **argv, const char **reterr_word)
{
	static const char *const stdio[] = {"stdin", "stdout", "stderr"};

	for (; *argv; argv += 2) {
		*reterr_word = *argv;
		if (!argv[1] || read_option(ret, argv[0], argv[1]) < 0)
			return -EINVAL;
	}
	*reterr_word = "--plan-fd";
	if (ret->plan_fd < 0)
		return -EINVAL;
	for (int i = 0; i < 3; i++)
		if (!has_input(ret, stdio[i]) && ret->input_count < MAX_INPUTS)
			ret->inputs[ret->input_count++] = (struct input){.name = stdio[i], .fd = i};
	return 0;
}

/* Gives *fd a descriptor of its own, out of the way. 0 or -errno (EBADF: the caller named one that
 * is not open). */
static int settle(int *fd)
{
	if (*fd < 0)
		return 0;
	long up = sys_fcntl(*fd, F_DUPFD_CLOEXEC, FIRST_FD);

	if (up < 0)
		return (int)up;
	*fd = (int)up;
	return 0;
}

/* A standard descriptor that one input names stays where it is: init moves it. For a second input
 * it is another. */
static int settle_input(struct input *input, unsigned *taken)
{
	if (input->fd >= 0 && input->fd < FD_SOCKET && !(*taken >> input->fd & 1)) {
		*taken |= 1U << input->fd;
		return 0;
	}
	int err = settle(&input->fd);

	if (err == -EBADF) {
		input->fd = err; /* told when the plan asks for this input */
		return 0;
	}
	return err;
}

/* The lowest of our descriptors that is at least `from`, or ~0. */
static unsigned next_used(const struct args *args, unsigned from)
{
	unsigned next = ~0U;

	for (unsigned i = 0; i < args->input_count + NAMED_FDS; i++) {
		int fd = i < NAMED_FDS ? args->fds[i] : args->inputs[i - NAMED_FDS].fd;

		if (fd >= 0 && (unsigned)fd >= from && (unsigned)fd < next)
			next = (unsigned)fd;
	}
	return next;
}

/* Closes whatever else the caller left open. 0 or -errno. */
static int close_others(const struct args *args)
{
	unsigned from = FD_SOCKET;

	for (;;) {
		unsigned used = next_used(args, from);
		long err =
		    used > from ? sys_close_range(from, used == ~0U ? used : used - 1, 0) : 0;

		if (err < 0 || used == ~0U)
			return (int)err;
		from = used + 1;
	}
}

int args_fill_stdio(void)
{
	for (int i = 0; i < FD_SOCKET; i++)
		if (sys_fcntl(i, F_GETFD, 0) == -EBADF &&
		    sys_openat(AT_FDCWD, "/dev/null", O_RDWR, 0) != i)
			return -EBADF;
	return 0;
}

int args_settle(struct args *args)
{
	unsigned taken = 0;
	int err = args_fill_stdio();

	for (unsigned i = 0; err == 0 && i < NAMED_FDS; i++)
		err = settle(&args->fds[i]);
	for (unsigned i = 0; err == 0 && i < args->input_count; i++)
		err = settle_input(&args->inputs[i], &taken);
	if (err == 0)
		err = close_others(args);
	/* The numbers of init's descriptors are taken until those are there, so that nothing else
	 * gets them. */
	for (int i = FD_SOCKET; err == 0 && i <= FD_RECORDER; i++)
		if (sys_openat(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0) != i)
			err = -EBADF;
	return err;
}
