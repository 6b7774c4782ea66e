/* Tries to reach directories of the kernel in every way. Prints a line for each try. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[4096];

static const char *in(const char *root, const char *name)
{
	snprintf(path, sizeof(path), "%s%s", root, name);
	return path;
}

static void tell(const char *what, int result)
{
	printf("%s %s: %s\n", what, path, result < 0 ? strerror(errno) : "done");
}

int main(int argc, char **argv)
{
	for (int n = 1; n < argc; n++) {
		const char *root = argv[n];
		char text[64];
		struct stat st;

		tell("write", open(in(root, "/self/mem"), O_RDWR));
		tell("read", open(in(root, "/version"), O_RDONLY));
		tell("create", open(in(root, "/self/comm"), O_RDWR | O_CREAT | O_TRUNC, 0666));
		tell("list", opendir(in(root, "")) == NULL ? -1 : 0);
		tell("list", opendir(in(root, "/")) == NULL ? -1 : 0);
		tell("stat", stat(in(root, "/self/mem"), &st));
		tell("lstat", lstat(in(root, "/self"), &st));
		tell("stat", stat(in(root, ""), &st));
		tell("readlink", (int)readlink(in(root, "/self"), text, sizeof(text)));
		tell("link", link(in(root, "/version"), "/here"));
		tell("rename", rename(in(root, "/version"), "/here"));
		tell("mkdir", mkdir(in(root, "/made"), 0777));
		tell("unlink", unlink(in(root, "/version")));
		tell("symlink", symlink("x", in(root, "/link")));
	}
	return 0;
}
