/* tmpcopyup, on plain directories. */
#include "../sys/path.h"

static int copied_open(int dir, const char *name, uint64_t flags, uint64_t resolve);

#define path_open copied_open
#include "../init/copy-up.c"
#undef path_open

#include "test.h"

#define RENAME_EXCHANGE 2

static const char *opened, *exchanged;

/* Somebody exchanges two names right before one of them is opened. */
static int copied_open(int dir, const char *name, uint64_t flags, uint64_t resolve)
{
	if (opened && str_equal(name, opened))
		(void)SYS5(renameat2, dir, opened, dir, exchanged, RENAME_EXCHANGE);
	return path_open(dir, name, flags, resolve);
}

static int from, to;

static int copy(void)
{
	int fd = (int)sys_openat(from, ".", O_RDONLY | O_DIRECTORY, 0);
	long err = copy_directory(fd, to, 0);

	(void)sys_close(fd);
	return (int)err;
}

static void put(const char *path, const char *content, int mode)
{
	int fd = (int)sys_openat(from, path, O_WRONLY | O_CREAT | O_EXCL, mode);

	(void)sys_write(fd, content, strlen(content));
	(void)sys_close(fd);
}

/* The mode of what was copied, or -errno. */
static long mode_of(const char *path)
{
	struct statx st;
	long err = sys_statx(to, path, AT_SYMLINK_NOFOLLOW, STATX_MODE, &st);

	return err < 0 ? err : st.stx_mode;
}

static int begin(const char *name)
{
	(void)SYS3(mkdirat, scratch, name, 0755);
	return (int)sys_openat(scratch, name, O_PATH | O_DIRECTORY, 0);
}

static void test_kinds(void)
{
	char text[16] = "", name[] = "many/00";
	int fd;

	(void)SYS3(mkdirat, from, "dir", 01750);
	(void)SYS3(mkdirat, from, "many", 0500);
	put("dir/.file", "content", 04751);
	put("empty", "", 0);
	(void)SYS3(symlinkat, "../else/where", from, "dir/..link");
	(void)SYS4(mknodat, from, "pipe", S_IFIFO | 0666, 0);
	/* More than one call of getdents64(2) has room for. */
	for (int i = 0; i < 50; i++) {
		name[5] = (char)('0' + i / 10);
		name[6] = (char)('0' + i % 10);
		put(name, name, 0644);
	}
	check_is("copy a tree", copy(), 0);
	check_is("a directory and its mode", mode_of("dir"), S_IFDIR | 01750);
	check_is("a file and its set-id bit", mode_of("dir/.file"), S_IFREG | 04751);
	check_is("a file that nobody may read", mode_of("empty"), S_IFREG);
	check_is("a link", mode_of("dir/..link"), S_IFLNK | 0777);
	check_is("what is no file is left out", mode_of("pipe"), -ENOENT);
	check_is("the last of many", mode_of("many/49"), S_IFREG | 0644);
	check_is("in a directory that is read-only", mode_of("many"), S_IFDIR | 0500);
	fd = (int)sys_openat(to, "dir/.file", O_RDONLY, 0);
	check_is("as long as it was", sys_read(fd, text, sizeof(text) - 1), 7);
	check_is("with what was in it", str_equal(text, "content"), 1);
	(void)sys_close(fd);
	check_is("the target of a link", SYS4(readlinkat, to, "dir/..link", text, sizeof(text)),
		 13);
	check_is("nothing is written over", copy(), -EEXIST);
}

/* What is copied has the mode, and so the owner, of what its content was read from. */
static void test_exchange(void)
{
	char text[16] = "";

	put("theirs", "theirs", 0666);
	put("roots", "roots", 04751);
	opened = "theirs";
	exchanged = "roots";
	check_is("copy names that are exchanged", copy(), 0);
	opened = NULL;
	int fd = (int)sys_openat(to, "theirs", O_RDONLY, 0);

	check_is("what has the name now", sys_read(fd, text, sizeof(text) - 1), 5);
	check_is("its content", str_equal(text, "roots"), 1);
	check_is("its mode", mode_of("theirs"), S_IFREG | 04751);
	(void)sys_close(fd);
}

/* A tree that is deeper than the copy goes. */
static void test_depth(void)
{
	char path[128] = "d";
	struct text text = {.data = path, .size = sizeof(path), .used = 1};

	for (int i = 0; i < 40; i++) {
		(void)SYS3(mkdirat, from, path, 0755);
		text_add(&text, "/d");
	}
	check_is("too deep", copy(), -ELOOP);
}

/* What is opened of the source, whatever an image or another process makes of it meanwhile. */
static void test_source(void)
{
	(void)SYS4(mknodat, from, "null", S_IFCHR | 0666, 1 << 8 | 3);
	int source = open_source(from);

	if (source == -EPERM) /* an ordinary user clones no mount */
		return;
	check_is("a device of the source", path_open(source, "null", O_RDONLY, PLAIN), -EACCES);
	check_is("a file that is made there",
		 sys_openat(source, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600), -EROFS);
	(void)sys_close(source);
}

void test_copy(void)
{
	from = begin("copy-from");
	to = begin("copy-to");
	test_kinds();
	from = begin("copy-exchanged");
	to = begin("copy-exchanged-to");
	test_exchange();
	from = begin("copy-deep");
	to = begin("copy-deep-to");
	test_depth();
	test_source();
}
