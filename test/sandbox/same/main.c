/* same: makes names in every way, and prints what became of each call and of its name. A sandbox
 * with a fence prints what one without prints. */
#include "same.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

void say(const char *what, long result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

void show(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		printf("\t%s: %s\n", path, strerror(errno));
	else
		printf("\t%s: %o %d %d, %d links, %d bytes\n", path, st.st_mode, st.st_uid,
		       st.st_gid, (int)st.st_nlink, S_ISDIR(st.st_mode) ? 0 : (int)st.st_size);
}

void opened(const char *what, int fd)
{
	say(what, fd);
	if (fd >= 0)
		/* Of 32 bits O_LARGEFILE is missing. */
		printf("\tflags %o, %s on exec\n", fcntl(fd, F_GETFL) & ~0100000,
		       fcntl(fd, F_GETFD) & 1 ? "closed" : "open");
	close(fd);
}

static void opens(void)
{
	static const int flags[] = {
	    O_WRONLY, O_RDWR | O_EXCL,	    O_WRONLY | O_APPEND | O_CLOEXEC, O_WRONLY | O_NONBLOCK,
	    O_RDONLY, O_RDWR | O_DIRECTORY, O_WRONLY | O_NOFOLLOW | O_TRUNC, O_WRONLY | O_SYNC};
	static const char *const paths[] = {
	    "new",  "dir/new", "dir/../up", "no/new",	"file/new",	 "dir",
	    "dir/", "loop",    "fifo/x",    "dangling", "far",		 "to-dir/new",
	    "new/", ".",       "..",	    "through",	"ends-in-slash", ""};

	for (unsigned p = 0; p < sizeof(paths) / sizeof(*paths); p++)
		for (unsigned f = 0; f < sizeof(flags) / sizeof(*flags); f++) {
			printf("%s ", paths[p]);
			opened("open", open(paths[p], flags[f] | O_CREAT, 0664));
			show(paths[p]);
			if (f % 2)
				unlink(paths[p]);
		}
	for (unsigned mode = 0; mode < 01000; mode += 0111) {
		umask(mode & 0100 ? 027 : 0);
		opened("open with a mode", open("mode", O_CREAT | O_WRONLY, mode));
		show("mode");
		unlink("mode");
	}
	umask(022);
	opened("creat", creat("created", 0600));
	opened("of a long name", open((char[300]){[0 ... 298] = 'x'}, O_CREAT | O_WRONLY, 0600));
	opened("of no memory", open((char *)1, O_CREAT | O_WRONLY, 0600));
}

static void directories(void)
{
	say("mkdir", mkdir("made", 0755));
	say("again", mkdir("made", 0755));
	say("mkdir with slashes", mkdir("made2///", 0700));
	say("mkdir beneath nothing", mkdir("no/dir", 0755));
	say("mkdir beneath a file", mkdir("file/dir", 0755));
	say("mkdir of a dangling link", mkdir("dangling", 0755));
	say("mkdir .", mkdir(".", 0755));
	say("mkdir ..", mkdir("made/..", 0755));
	say("mkdir /", mkdir("/", 0755));
	say("mkdir sticky", mkdir("sticky", 01777));
	say("mkdirat", mkdirat(open("made", O_PATH), "deep", 0750));
	say("mkdirat of a file", mkdirat(open("file", O_PATH), "deep", 0750));
	say("mkdirat of nothing", mkdirat(999, "deep", 0750));
	say("mkdirat of nothing, absolute", mkdirat(999, "/tmp/same", 0750));
	say("mkdir in what is removed", mkdirat(({
							int fd = (mkdir("gone", 0755),
								  open("gone", O_PATH));
							rmdir("gone");
							fd;
						}),
						"x", 0755));
	for (const char *const *path =
		 (const char *const[]){"made", "made2", "made/deep", "sticky", NULL};
	     *path; path++)
		show(*path);
	say("mkfifo", mkfifo("pipe", 0640));
	say("mknod", mknod("node", S_IFREG | 0604, 0));
	say("mknod without type", mknod("node2", 0604, 0));
	say("mknod of a device", mknod("null", S_IFCHR | 0666, 0x103));
	say("mknod of a whiteout", mknod("white", S_IFCHR, 0));
	say("mknod of a socket", mknod("socket", S_IFSOCK | 0600, 0));
	say("mknod of nonsense", mknod("nonsense", 0160000, 0));
	for (const char *const *path =
		 (const char *const[]){"pipe", "node", "node2", "socket", NULL};
	     *path; path++)
		show(*path);
}

static void inherited(void)
{
	/* A default ACL: user::rwx, group::r-x, mask::r-x, other::---; then umask counts for
	 * nothing. */
	static const unsigned char acl[] = {2,	  0,   0, 0, 1,	  0,   7,   0,	 255, 255,
					    255,  255, 4, 0, 5,	  0,   255, 255, 255, 255,
					    0x20, 0,   0, 0, 255, 255, 255, 255};

	mkdir("acl", 0777);
	say("a default ACL", setxattr("acl", "system.posix_acl_default", acl, sizeof(acl), 0));
	mkdir("acl/dir", 0777);
	close(open("acl/file", O_CREAT | O_WRONLY, 0666));
	show("acl/dir");
	show("acl/file");
	say("an attribute", setxattr("acl/file", "user.word", "text", 4, 0));
	say("a group's directory", chmod("acl", 0775 | S_ISGID));
	mkdir("acl/under", 0755);
	show("acl/under");
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	mkdir("dir", 0755);
	close(open("file", O_CREAT | O_WRONLY, 0644));
	mkfifo("fifo", 0644);
	(void)!symlink("loop", "loop");
	(void)!symlink("target", "dangling");
	(void)!symlink("dangling", "far");
	(void)!symlink("dir", "to-dir");
	(void)!symlink("no/target", "through");
	(void)!symlink("target/", "ends-in-slash");
	opens();
	directories();
	inherited();
	links();
	others();
	return 0;
}
