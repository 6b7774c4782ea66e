/* Paths of cgroups, on a plain directory: it is only directories that are made and removed. */
#include "test.h"
#include "../launch/launch.h"
#include "../sys/path.h"
#include "../sys/str.h"

extern unsigned notes;

static int base;

static int make(const char *path, uint64_t exist)
{
	char strings[600];
	struct text text = {.data = strings + 1, .size = sizeof(strings) - 1};
	static int slots[2];
	struct run run = {.fd = slots, .plan = {.strings = strings}};
	struct plan_op op = {.out = 1, .slots = {0, SLOT_NONE, SLOT_NONE}, .nums = {exist}};

	text_add(&text, path);
	op.data[0] = (struct plan_ref){1, (uint32_t)text.used};
	slots[0] = base;
	slots[1] = -1;
	int err = op_make_cgroup(&run, &op);

	if (slots[1] >= 0)
		(void)sys_close(slots[1]);
	return err;
}

static int is_there(const char *path)
{
	int fd = (int)sys_openat(base, path, O_PATH | O_DIRECTORY, 0);

	if (fd >= 0)
		(void)sys_close(fd);
	return fd >= 0;
}

static void test_make(void)
{
	check_is("make a/b", make("a/b", 0), 0);
	check_is("two were made", (long)notes, 2);
	check_is("make it again", make("a/b", 0), -EEXIST);
	check_is("make it where it may exist", make("a//b/", 1), 0);
	check_is("none was made", (long)notes, 2);
	check_is("an absolute path is beneath", make("/a/c", 0), 0);
	check_is("it is", is_there("a/c"), 1);
	(void)SYS3(symlinkat, "/tmp", base, "link");
	check_is("through a link", make("link/x", 0), -ELOOP);
	check_is("a link", make("link", 1), -ELOOP);
	notes = 0;
	(void)SYS4(mknodat, base, "a/file", S_IFREG | 0644, 0);
	check_is("fails half way", make("a/half/../file/x", 0) < 0, 1);
	check_is("what it made is noted", (long)notes, 1);
	check_is("nothing", make("/", 0), -EINVAL);
	static char name[300];

	(void)memset(name, 'n', 256);
	check_is("a name of 256 bytes", make(name, 0), -ENAMETOOLONG);
}

static void test_remove(void)
{
	char deep[400] = "deep";
	struct text text = {.data = deep, .size = sizeof(deep), .used = 4};

	for (int i = 0; i < 60; i++)
		text_add(&text, "/down");
	check_is("make 61 levels", make(deep, 0), 0);
	check_is("make a brother", make("deep/down/brother", 0), 0);
	check_is("make one that looks hidden", make("deep/.hidden/..more", 0), 0);
	check_is("remove them", cgroup_remove(base, "/deep", 1000), 0);
	check_is("they are gone", is_there("deep"), 0);
	check_is("make two", make("two/below", 0), 0);
	check_is("a time that is over", cgroup_remove(base, "two", 0), -ETIMEDOUT);
	check_is("is not waited beyond", is_there("two"), 1);
	check_is("and the next call goes on", cgroup_remove(base, "two", 1000), 0);
	check_is("nothing to remove", cgroup_remove(base, "//", 0), -EINVAL);
	check_is("above", cgroup_remove(base, "../cgroup", 0), -EXDEV);
	check_is("remove what is not there", cgroup_remove(base, "deep", 0), -ENOENT);
	check_is("an absolute path", cgroup_remove(base, "/a/c/", 0), 0);
	check_is("is beneath", is_there("a/c"), 0);
	check_is("through a link", cgroup_remove(base, "link/x", 0), -ELOOP);
	check_is("a busy one", cgroup_remove(base, "a", 20), -EBUSY);
	(void)SYS3(unlinkat, base, "a/file", 0);
	check_is("with nothing in it", cgroup_remove(base, "a", 0), 0);
}

/* Writes a value, or with none the pid of init, into a file of the group `made`. */
static int put(const char *file, const char *value)
{
	char strings[64];
	struct text text = {.data = strings + 1, .size = sizeof(strings) - 1};
	int slots[2] = {(int)sys_openat(base, "made", O_RDONLY | O_DIRECTORY, 0), launch.pidfd};
	struct run run = {.fd = slots, .plan = {.strings = strings}};
	struct plan_op op = {.slots = {0, value ? SLOT_NONE : 1, SLOT_NONE}};

	text_add(&text, file);
	op.data[0] = (struct plan_ref){1, (uint32_t)text.used};
	text_add_bytes(&text, "", 1);
	op.data[1] =
	    (struct plan_ref){1 + (uint32_t)text.used, value ? (uint32_t)strlen(value) : 0};
	text_add(&text, value ? value : "");
	text_add_bytes(&text, "", 1);
	if (!*file)
		op.data[0] = (struct plan_ref){0, 0};
	int err = value ? op_write_cgroup(&run, &op) : op_join_cgroup(&run, &op);

	(void)sys_close(slots[0]);
	return err;
}

static int holds(const char *path, const char *text)
{
	char buf[64];
	long n = file_read(base, path, buf, sizeof(buf));

	return n > 0 && str_equal(buf, text);
}

/* A directory in the form of a resctrl group. */
static void test_group(void)
{
	launch.pid = 4321;
	check_is("make a group", make("made", 0), 0);
	(void)SYS4(mknodat, base, "made/schemata", S_IFREG | 0644, 0);
	(void)SYS4(mknodat, base, "made/tasks", S_IFREG | 0644, 0);
	check_is("write its schemata", put("schemata", "L3:0=f\n"), 0);
	check_is("they are there", holds("made/schemata", "L3:0=f\n"), 1);
	check_is("a file that is missing", put("size", "1"), -ENOENT);
	check_is("put init into it", put("tasks", NULL), 0);
	check_is("it is there", holds("made/tasks", "4321"), 1);
	check_is("a cgroup has another file", put("", NULL), -ENOENT);
}

/* The file system says whether it is one of control groups. */
static void test_open(void)
{
	static char strings[] = "\0made";
	int slots[2] = {base, -1};

	for (uint64_t version = 1; version <= 3; version++) {
		struct run run = {.fd = slots, .plan = {.strings = strings}};
		struct plan_op op = {.out = 1,
				     .slots = {0, SLOT_NONE, SLOT_NONE},
				     .nums = {version},
				     .data = {{1, 4}}};

		check_is("another file system", op_open_cgroup(&run, &op), -EINVAL);
	}
}

void test_cgroup(void)
{
	(void)SYS3(mkdirat, scratch, "cgroup", 0755);
	base = (int)sys_openat(scratch, "cgroup", O_RDONLY | O_DIRECTORY, 0);
	test_make();
	test_remove();
	test_group();
	test_open();
	check_is("beside the base nothing is missing", is_there("../canary"), 1);
}
