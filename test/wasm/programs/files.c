/* Uses a directory in every way, and tries to leave it. Prints a line for each. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void tell(const char *what, int result)
{
	printf("%s: %s\n", what, result < 0 ? strerror(errno) : "done");
}

static void escape(const char *path)
{
	tell(path, open(path, O_RDONLY));
}

int main(void)
{
	struct stat st;
	char text[16] = {0};
	int fd = open("/work/file", O_RDWR | O_CREAT | O_EXCL, 0666);
	int count = 0;

	tell("create", fd);
	tell("write", (int)write(fd, "content", 7));
	tell("pread", (int)pread(fd, text, 4, 3));
	printf("read %s\n", text);
	tell("truncate", ftruncate(fd, 3));
	tell("fstat", fstat(fd, &st));
	printf("size %d\n", (int)st.st_size);
	tell("mkdir", mkdir("/work/dir", 0777));
	tell("rename", rename("/work/file", "/work/dir/other"));
	tell("link", link("/work/dir/other", "/work/hard"));
	tell("symlink", symlink("dir/other", "/work/soft"));
	tell("symlink upwards", symlink("../soft", "/work/dir/./up"));
	tell("readlink", (int)readlink("/work/soft", text, sizeof(text)));
	tell("stat through a link", stat("/work/soft", &st));
	for (DIR *dir = opendir("/work"); dir != NULL && readdir(dir) != NULL;)
		count++;
	printf("entries %d\n", count);
	tell("unlink", unlink("/work/hard"));
	tell("rmdir of a full directory", rmdir("/work/dir"));
	tell("open of a directory to write", open("/work/dir", O_DIRECTORY | O_RDWR));
	tell("shutdown of no socket", shutdown(fd, SHUT_RD));
	tell("absolute symlink", symlink("/etc/passwd", "/work/absolute"));
	tell("symlink above", symlink("../etc/passwd", "/work/above"));
	tell("symlink far above", symlink("../x/../../etc/passwd", "/work/dir/above"));
	tell("symlink above through dots", symlink("./..//..", "/work/dir/./dots"));
	symlink(".", "/work/dir/here");
	tell("symlink above beyond a link", symlink("../../x", "/work/dir/here/beyond"));
	tell("symlink above by way of a link", symlink("here/../x", "/work/dir/way"));
	tell("link of a link to above", link("/work/dir/up", "/work/moved"));
	tell("rename of a link to above", rename("/work/dir/up", "/work/renamed"));
	escape("/work/../secret");
	escape("/work/dir/../../secret");
	escape("/work/out/secret");
	escape("/work/out-file");
	tell("mkdir outside", mkdir("/work/../made", 0777));
	tell("rename outside", rename("/work/dir/other", "/work/../stolen"));
	tell("unlink outside", unlink("/work/out/secret"));
	tell("link of a link outside", link("/work/out-file/", "/work/stolen"));
	return 0;
}
