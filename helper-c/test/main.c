/* `unit DIRECTORY`: runs the checks in an empty directory; 1 when one failed. */
#include "test.h"
#include "../launch/launch.h"
#include "../sys/str.h"

int scratch;
struct launch launch;
const char init_image[1], init_image_end[1], satellite_image[1], satellite_image_end[1];
unsigned notes;

static int failed;

static void add_signed(struct text *text, const char *what, long n)
{
	text_add(text, what);
	if (n < 0)
		text_add(text, "-");
	text_add_number(text, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

void check_is(const char *name, long is, long want)
{
	char line[256];
	struct text text = {.data = line, .size = sizeof(line)};

	text_add(&text, is == want ? "ok " : "not ok ");
	text_add(&text, name);
	if (is != want) {
		add_signed(&text, ": is ", is);
		add_signed(&text, ", want ", want);
		failed = 1;
	}
	text_add(&text, "\n");
	(void)sys_write(1, line, text.used);
}

/* What launch/main.c has, with nothing behind it. */
int undo_note(int dir, const char *name, enum undo_kind kind)
{
	(void)dir;
	(void)name;
	(void)kind;
	notes++;
	return 0;
}

void launch_told(const char *text)
{
	(void)text;
}

void undo_forget(void)
{
	notes--;
}

void report_write(struct launch *l, uint32_t state)
{
	(void)l;
	(void)state;
}

void launch_write(int fd, const void *from, size_t size)
{
	(void)fd;
	(void)from;
	(void)size;
}

int main(int argc, char **argv)
{
	scratch = argc == 2 ? (int)sys_openat(AT_FDCWD, argv[1], O_PATH | O_DIRECTORY, 0) : -1;
	if (scratch < 0) {
		static const char usage[] = "usage: unit DIRECTORY\n";

		(void)sys_write(2, usage, sizeof(usage) - 1);
		return 64;
	}
	(void)SYS1(umask, 0);
	test_str();
	test_path();
	test_messages();
	test_faults();
	test_cgroup();
	test_kill();
	test_maps();
	test_copy();
	test_time();
	test_criu();
	return failed;
}
