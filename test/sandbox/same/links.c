/* Links and renames. */
#include "same.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void renames(void)
{
	static const struct {
		const char *from, *to;
		unsigned flags;
	} rows[] = {{"one", "two", 0},	    {"two", "one", 1},		{"file", "one", 1},
		    {"file", "one", 2},	    {"file", "nothing", 2},	{"nothing", "one", 0},
		    {"one", "dir", 0},	    {"dir", "one", 0},		{"dir", "dir/in", 0},
		    {"made", "moved", 0},   {"moved/deep", "up2", 0},	{"one", "one", 0},
		    {"one", "no/one", 0},   {"one", "moved/", 0},	{"moved", "again/", 0},
		    {"one", "/tmp/one", 0}, {"/tmp/three", "three", 0}, {"one", "white", 4},
		    {"one", "two", 3},	    {"dangling", "other", 0},	{".", "dot", 0},
		    {"dir", "up2", 0},	    {"pipe", "pipe2", 0},	{"", "x", 0},
		    {"one", "", 0}};

	close(open("one", O_CREAT | O_WRONLY, 0644));
	close(open("/tmp/three", O_CREAT | O_WRONLY, 0644));
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		printf("%s to %s (%u) ", rows[i].from, rows[i].to, rows[i].flags);
		say("rename", syscall(SYS_renameat2, AT_FDCWD, rows[i].from, AT_FDCWD, rows[i].to,
				      rows[i].flags));
		show(rows[i].from);
		show(rows[i].to);
	}
}

/* A file without a name gets one. */
static void unnamed(void)
{
	char path[64];
	int fd = open(".", O_TMPFILE | O_RDWR, 0640);

	say("O_TMPFILE", fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	say("its name", linkat(AT_FDCWD, path, AT_FDCWD, "named", AT_SYMLINK_FOLLOW));
	say("the link itself", linkat(AT_FDCWD, path, AT_FDCWD, "named2", 0));
	say("by its descriptor", linkat(fd, "", AT_FDCWD, "named3", AT_EMPTY_PATH));
	say("by no descriptor", linkat(999, "", AT_FDCWD, "named4", AT_EMPTY_PATH));
	say("without the flag", linkat(fd, "", AT_FDCWD, "named5", 0));
	show("named");
	show("named3");
	close(fd);
	fd = open(".", O_TMPFILE | O_RDWR | O_EXCL, 0640);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	say("a name for what gets none",
	    linkat(AT_FDCWD, path, AT_FDCWD, "named6", AT_SYMLINK_FOLLOW));
	close(fd);
	fd = open("dir", O_PATH);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/beneath", fd);
	opened("beneath a descriptor", open(path, O_CREAT | O_WRONLY, 0600));
	show("dir/beneath");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/", fd);
	say("what ends there", mkdir(path, 0700));
	close(fd);
	opened("through the directory", open("/proc/self/cwd/there", O_CREAT | O_WRONLY, 0600));
}

void links(void)
{
	static const struct {
		const char *from, *to;
		int flags;
	} rows[] = {{"file", "linked", 0},
		    {"file", "linked", 0},
		    {"nothing", "linked2", 0},
		    {"dir", "linked3", 0},
		    {"dangling", "linked4", 0},
		    {"dangling", "linked5", AT_SYMLINK_FOLLOW},
		    {"to-dir", "linked6", AT_SYMLINK_FOLLOW},
		    {"linked4", "dir/linked", 0},
		    {"file", "no/linked", 0},
		    {"file", "linked/", 0},
		    {"file", "/tmp/linked", 0},
		    {"/tmp/linked", "linked7", 0},
		    {"pipe", "linked8", 0},
		    {"file", "linked9", 0x10000}};

	say("symlink", symlink("anything", "sym"));
	say("symlink again", symlink("anything", "sym"));
	say("symlink of nothing", symlink("", "sym2"));
	say("symlink beneath nothing", symlink("x", "no/sym"));
	say("symlink with a slash", symlink("x", "sym3/"));
	show("sym");
	for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		printf("%s as %s (%d) ", rows[i].from, rows[i].to, rows[i].flags);
		say("link", linkat(AT_FDCWD, rows[i].from, AT_FDCWD, rows[i].to, rows[i].flags));
		show(rows[i].to);
	}
	renames();
	unnamed();
}
