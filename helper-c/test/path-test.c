/* A tree of evil symbolic links beneath `root`; beside it `canary`, where nothing may appear. */
#include "test.h"
#include "../sys/path.h"
#include "../sys/run.h"
#include "../sys/str.h"

#define IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

static int root, canary;

static long inode(int at, const char *path)
{
	struct statx st;
	long err = sys_statx(at, path, AT_SYMLINK_NOFOLLOW, STATX_INO, &st);

	return err < 0 ? err : (long)st.stx_ino;
}

static void make_link(const char *target, const char *name)
{
	(void)SYS3(symlinkat, target, root, name);
}

static void make_tree(void)
{
	(void)SYS3(mkdirat, scratch, "root", 0755);
	(void)SYS3(mkdirat, scratch, "canary", 0755);
	root = (int)sys_openat(scratch, "root", O_PATH | O_DIRECTORY, 0);
	canary = (int)sys_openat(scratch, "canary", O_RDONLY | O_DIRECTORY, 0);
	(void)SYS3(mkdirat, root, "dir", 0755);
	(void)SYS3(mkdirat, root, "dir/sub", 0755);
	(void)SYS3(mkdirat, root, "canary", 0755); /* where `..` from the root leads, in-root */
	(void)SYS4(mknodat, root, "file", S_IFREG | 0644, 0);
	make_link("/dir", "absolute");
	make_link("dir/sub", "relative");
	make_link("../canary/up", "up");
	make_link("../../../../canary/far", "far");
	make_link("/canary/root", "rooted");
	make_link("../canary", "out");
	make_link("nowhere", "dangling");
	make_link("made/by/link", "deep");
	make_link("made4", "dangling4");
	make_link("dangling2", "chain");
	make_link("end-of-chain", "dangling2");
	make_link("absolute/through", "through");
	make_link("loop", "loop");
	make_link("pong", "ping");
	make_link("ping", "pong");
	make_link("/proc/self/root/etc", "magic");
	make_link("dir/../dir/../dotted", "dots");
	make_link("slash/", "slashed");
	make_link("file/below", "under-file");
	make_link("//canary//double", "double");
	make_link("/", "to-root");
}

struct row {
	const char *path;
	unsigned kind;
	int plain;
	int want;	   /* 0 or -errno */
	const char *where; /* what was opened, as a plain path beneath the root */
};

static const struct row rows[] = {
    {"dir", 0, 0, 0, "dir"},
    {"/dir", 0, 0, 0, "dir"},
    {"//dir///sub//", 0, 0, 0, "dir/sub"},
    {"/", 0, 0, 0, "."},
    {"dir", 1, 0, -EISDIR, NULL},
    {"file", 1, 0, 0, "file"},
    {"file", 0, 0, -ENOTDIR, NULL},
    {"file/x", 0, 0, -ENOTDIR, NULL},
    {"nothing", 2, 0, -ENOENT, NULL},
    {"nothing/deep", 2, 0, -ENOENT, NULL},
    {"new/a/b", 0, 0, 0, "new/a/b"},
    {"new/a/f", 1, 0, 0, "new/a/f"},
    {"new/a/f/", 1, 0, 0, "new/a/f"},
    {"absolute", 0, 0, 0, "dir"},
    {"absolute/made", 0, 0, 0, "dir/made"},
    {"relative/made", 0, 0, 0, "dir/sub/made"},
    {"up", 0, 0, 0, "canary/up"},
    {"far", 1, 0, 0, "canary/far"},
    {"rooted", 0, 0, 0, "canary/root"},
    {"out", 0, 0, 0, "canary"},
    {"out/in", 0, 0, 0, "canary/in"},
    {"dangling", 0, 0, 0, "nowhere"},
    {"deep", 1, 0, 0, "made/by/link"},
    {"chain", 0, 0, 0, "end-of-chain"},
    {"through", 1, 0, 0, "dir/through"},
    {"loop", 0, 0, -ELOOP, NULL},
    {"loop/x", 0, 0, -ELOOP, NULL},
    {"ping", 1, 0, -ELOOP, NULL},
    {"magic", 0, 0, 0, "proc/self/root/etc"},
    {"dots", 0, 0, 0, "dotted"},
    {"slashed", 0, 0, 0, "slash"},
    {"under-file", 0, 0, -ENOTDIR, NULL},
    {"double", 0, 0, 0, "canary/double"},
    {"../canary/dotdot", 0, 0, 0, "canary/dotdot"},
    {"up2/./../up3/.", 0, 0, 0, "up3"},
    {"./up4/../../../up5/x/./.././y", 0, 0, 0, "up5/y"},
    {"relative/../up6/", 0, 0, 0, "dir/up6"},
    {"absolute/../up7", 0, 0, 0, "up7"},
    {"file/../up8", 0, 0, -ENOTDIR, NULL},
    {"gone/../to-root", 0, 0, 0, "."},
    {"gone2/../to-root", 1, 0, -EISDIR, NULL},
    {"gone3/../../..", 0, 0, 0, "."},
    {"gone4/../to-root/up9", 1, 0, 0, "up9"},
    {"gone5/../file", 0, 0, -ENOTDIR, NULL},
    {"gone6/../dangling4", 1, 0, 0, "made4"},
    /* plain: no link anywhere */
    {"absolute", 0, 1, -ELOOP, NULL},
    {"absolute/x", 0, 1, -ELOOP, NULL},
    {"dangling3", 0, 1, 0, "dangling3"},
    {"out/plain", 0, 1, -ELOOP, NULL},
    {"up", 0, 1, -ELOOP, NULL},
    {"plain/a", 0, 1, 0, "plain/a"},
    {"/plain/f", 1, 1, 0, "plain/f"},
    {"plain/none/x", 2, 1, -ENOENT, NULL},
    {"/plain/f", 2, 1, 0, "plain/f"},
    {"plain/f", 0, 1, -ENOTDIR, NULL},
};

static void check_row(const struct row *row)
{
	char name[128];
	struct text text = {.data = name, .size = sizeof(name)};
	int fd = path_mount_point(root, row->path, row->kind, 0751, row->plain);

	text_add(&text, "mount point ");
	text_add(&text, row->path);
	text_add(&text, row->plain ? " plain " : " ");
	text_add_number(&text, row->kind);
	check_is(name, fd < 0 ? fd : 0, row->want);
	if (fd < 0)
		return;
	struct statx st;

	(void)sys_statx(fd, "", AT_EMPTY_PATH, STATX_INO, &st);
	check_is(name, (long)st.stx_ino, row->where ? inode(root, row->where) : -1);
	(void)sys_close(fd);
}

static void check_long(void)
{
	static char text[4097];

	(void)memset(text, 'x', 256);
	check_is("a component of 256 bytes", path_mount_point(root, text, 0, 0755, 0),
		 -ENAMETOOLONG);
	check_is("a component of 256 bytes, plain", path_mount_point(root, text, 0, 0755, 1),
		 -ENAMETOOLONG);
	text[255] = 0;
	check_is("a component of 255 bytes", path_mount_point(root, text, 0, 0755, 0) >= 0, 1);
	(void)memset(text, 'y', sizeof(text) - 1);
	for (int i = 255; i < 4095; i += 256)
		text[i] = '/';
	text[4095] = 0;
	check_is("a path of 4095 bytes", path_mount_point(root, text, 0, 0755, 0) >= 0, 1);
	text[4095] = 'y';
	check_is("a path of 4096 bytes", path_mount_point(root, text, 0, 0755, 0), -ENAMETOOLONG);
}

static void check_many_links(void)
{
	char name[] = "hop-00", target[] = "hop-00";

	for (int i = 0; i < 45; i++) {
		name[4] = (char)('0' + i / 10);
		name[5] = (char)('0' + i % 10);
		target[4] = (char)('0' + (i + 1) / 10);
		target[5] = (char)('0' + (i + 1) % 10);
		make_link(target, name);
	}
	check_is("a chain of 45 links", path_mount_point(root, "hop-00", 0, 0755, 0), -ELOOP);
	check_is("a chain of 41 links", path_mount_point(root, "hop-04", 0, 0755, 0), -ELOOP);
	check_is("a chain of 40 links", path_mount_point(root, "hop-05", 0, 0755, 0) >= 0, 1);
}

/* A link of an image can name thousands of directories that are not there. */
static void check_many_names(void)
{
	static char target[4096];
	uint64_t began = clock_now();

	for (int i = 0; i < 4094; i += 2)
		(void)memcpy(target + i, "x/", 2);
	target[4094] = 0;
	make_link(target, "thousands");
	check_is("a link of 2,047 names", path_mount_point(root, "thousands", 0, 0755, 0),
		 -ENAMETOOLONG);
	target[2 * 255] = 0;
	check_is("255 names", path_mount_point(root, target, 0, 0755, 0) >= 0, 1);
	check_is("each of them is looked at once", clock_now() - began < 2000000000U, 1);
}

/* Two processes make the same new paths at the same time: both succeed. */
static void check_race(void)
{
	struct clone3_args args = {.exit_signal = SIGCHLD};
	long failed = 0, status = 0;
	long pid = SYS2(clone3, &args, sizeof(args));

	for (unsigned i = 0; i < 3000; i++) {
		char path[32];
		struct text text = {.data = path, .size = sizeof(path)};

		text_add(&text, "race/");
		text_add_number(&text, i);
		text_add(&text, "/x");
		int fd = path_mount_point(root, path, i % 2, 0755, i % 3 == 0);

		failed += fd < 0;
		(void)sys_close(fd);
	}
	if (pid == 0)
		sys_exit(failed ? 1 : 0);
	(void)SYS4(wait4, pid, &status, 0, 0);
	check_is("racing for new mount points", failed, 0);
	check_is("racing for new mount points, the other", status & 0xffff, 0);
}

static void check_parent(void)
{
	const char *name = NULL;
	int dir = path_parent(root, "//parents/of//node", &name);

	check_is("the parent is made", dir >= 0, 1);
	check_is("the name", str_equal(name, "node"), 1);
	(void)sys_close(dir);
	check_is("a link on the way", path_parent(root, "absolute/x", &name), -ELOOP);
	check_is("a file on the way", path_parent(root, "file/x", &name), -ENOTDIR);
	check_is("a link to the outside", path_parent(root, "out/x", &name), -ELOOP);
}

void test_path(void)
{
	char listing[512];
	int proc = (int)sys_openat(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY, 0);

	make_tree();
	check_is("a magic link", path_open(proc, "root", O_PATH, IN_ROOT), -ELOOP);
	check_is("below a magic link", path_open(proc, "cwd/x", O_PATH, IN_ROOT), -ELOOP);
	check_is("leaving", path_open(root, "../canary", O_PATH, path_resolve_bits(1)), -EXDEV);
	check_is("an absolute link", path_open(root, "absolute", O_PATH, path_resolve_bits(1)),
		 -EXDEV);
	check_is("no links", path_open(root, "relative", O_PATH, path_resolve_bits(2)), -ELOOP);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_row(&rows[i]);
	check_long();
	check_many_links();
	check_many_names();
	check_parent();
	check_race();
	check_is("nothing was made that must exist", inode(root, "nothing"), -ENOENT);
	check_is("nor in the plain way", inode(root, "plain/none"), -ENOENT);
	check_is("the canary has only . and ..", SYS3(getdents64, canary, listing, sizeof(listing)),
		 48);
}
