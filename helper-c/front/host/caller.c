/* Who calls, with which words, and what time it is. */
#define _GNU_SOURCE
#include "front.h"
#include "host.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define UNUSED(value) ((void)(value))

/* Copies a text without its NUL: its length, or ERANGE. */
static uint32_t give_text(const char *text, uint32_t into, uint32_t size)
{
	size_t length = strlen(text);

	if (length > size)
		return (uint32_t)-ERANGE;
	memcpy(span(into, size), text, length);
	return (uint32_t)length;
}

uint32_t w2c_host_identity(struct w2c_host *host, uint32_t which)
{
	UNUSED(host);
	switch (which) {
	case 0:
		return geteuid();
	case 1:
		return getegid();
	case 2:
		return (uint32_t)getpid();
	default:
		return (uint32_t)getppid();
	}
}

uint32_t w2c_host_groups(struct w2c_host *host, uint32_t into, uint32_t count)
{
	int found;

	UNUSED(host);
	if (count > 65536)
		count = 65536;
	found = getgroups((int)count, span(into, count * 4));
	return (uint32_t)(found < 0 ? -errno : found);
}

uint32_t w2c_host_umask(struct w2c_host *host, uint32_t mask)
{
	UNUSED(host);
	return umask((mode_t)mask);
}

uint32_t w2c_host_word(struct w2c_host *host, uint32_t list, uint32_t index, uint32_t into,
		       uint32_t size)
{
	char **words = list == 0 ? host->argv : host->environ;

	for (uint32_t at = 0; words[at] != NULL; at++)
		if (at == index)
			return give_text(words[at], into, size);
	return (uint32_t)-ENOENT;
}

uint32_t w2c_host_variable(struct w2c_host *host, uint32_t name, uint32_t into, uint32_t size)
{
	const char *wanted = string_at(name);
	size_t length = strlen(wanted);

	/* The first one of a name counts, as for getenv(3). */
	for (char **word = host->environ; *word != NULL; word++)
		if (strncmp(*word, wanted, length) == 0 && (*word)[length] == '=')
			return give_text(*word + length + 1, into, size);
	return (uint32_t)-ENOENT;
}

uint32_t w2c_host_cwd(struct w2c_host *host, uint32_t into, uint32_t size)
{
	char *path = span(into, size);

	UNUSED(host);
	if (getcwd(path, size) == NULL)
		return (uint32_t)-errno;
	/* Outside of the process's root: the kernel has no path for it. */
	return path[0] == '/' ? (uint32_t)strlen(path) : (uint32_t)-ENOENT;
}

uint32_t w2c_host_uname(struct w2c_host *host, uint32_t field, uint32_t into, uint32_t size)
{
	struct utsname names;

	UNUSED(host);
	if (uname(&names) < 0)
		return (uint32_t)-errno;
	return give_text(field == 0   ? names.sysname
			 : field == 1 ? names.release
				      : names.machine,
			 into, size);
}

uint32_t w2c_host_isatty(struct w2c_host *host, uint32_t fd)
{
	UNUSED(host);
	return isatty((int)fd) == 1;
}

uint32_t w2c_host_window(struct w2c_host *host, uint32_t fd)
{
	struct winsize window;

	UNUSED(host);
	if (ioctl((int)fd, TIOCGWINSZ, &window) < 0)
		return (uint32_t)-errno;
	return (uint32_t)(window.ws_row & 0x7fff) << 16 | window.ws_col;
}

uint32_t w2c_host_random(struct w2c_host *host, uint32_t into, uint32_t size)
{
	UNUSED(host);
	/* Up to 256 bytes come whole: getrandom(2). */
	if (size > 256 || getrandom(span(into, size), size, 0) != (ssize_t)size)
		return (uint32_t)-EIO;
	return 0;
}

double w2c_host_clock(struct w2c_host *host, uint32_t which)
{
	struct timespec now;

	UNUSED(host);
	(void)clock_gettime(which == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1000 + (double)now.tv_nsec / 1000000;
}

uint32_t w2c_host_sleep(struct w2c_host *host, uint32_t milliseconds)
{
	struct timespec time = {.tv_sec = milliseconds / 1000,
				.tv_nsec = (long)(milliseconds % 1000) * 1000000};

	UNUSED(host);
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
	return 0;
}
