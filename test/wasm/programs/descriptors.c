/* Uses descriptors for what they are not, and prints the errno of each call. 3 is a directory. */
#include <stdio.h>
#include <wasi/api.h>

#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE

static unsigned char bytes[8];
static __wasi_iovec_t in = {bytes, sizeof(bytes)};
static __wasi_ciovec_t out = {bytes, 1};
static __wasi_size_t size;

static void say(const char *what, __wasi_errno_t answer)
{
	printf("%s %d\n", what, answer);
}

static __wasi_errno_t open_in(__wasi_fd_t directory, __wasi_fd_t *file)
{
	return __wasi_path_open(directory, 0, "file", __WASI_OFLAGS_CREAT, READ, READ, 0, file);
}

/* Numbers that are not open: of the table's end, beyond it, negative ones, and those of the kernel.
 */
static int odd_ones(void)
{
	static const __wasi_fd_t odd[] = {4,	5,	    1023,	1024,
					  1027, 0x7fffffff, 0x80000000, 0xffffffff};
	__wasi_prestat_t prestat;
	__wasi_fd_t file;
	int bad = 0;

	for (unsigned n = 0; n < sizeof(odd) / sizeof(odd[0]); n++) {
		bad += __wasi_fd_read(odd[n], &in, 1, &size) == __WASI_ERRNO_BADF;
		bad += __wasi_fd_write(odd[n], &out, 1, &size) == __WASI_ERRNO_BADF;
		bad += __wasi_fd_close(odd[n]) == __WASI_ERRNO_BADF;
		bad += __wasi_fd_renumber(odd[n], 1) == __WASI_ERRNO_BADF;
		bad += __wasi_fd_renumber(3, odd[n]) == __WASI_ERRNO_BADF;
		bad += __wasi_fd_prestat_get(odd[n], &prestat) == __WASI_ERRNO_BADF;
		bad += open_in(odd[n], &file) == __WASI_ERRNO_BADF;
	}
	return bad;
}

int main(void)
{
	__wasi_fd_t file = 0, other = 0;

	printf("odd %d\n", odd_ones());
	say("open", open_in(3, &file));
	say("write", __wasi_fd_write(file, &out, 1, &size));
	say("more rights", __wasi_fd_fdstat_set_rights(file, READ | WRITE, READ));
	say("as a directory", open_in(file, &other));
	say("list", __wasi_fd_readdir(file, bytes, sizeof(bytes), 0, &size));
	say("renumber", __wasi_fd_renumber(file, 0));
	say("write, renumbered", __wasi_fd_write(0, &out, 1, &size));
	say("read by the old number", __wasi_fd_read(file, &in, 1, &size));
	say("read a directory", __wasi_fd_read(3, &in, 1, &size));
	say("close", __wasi_fd_close(3));
	say("open in what is closed", open_in(3, &other));
	say("close again", __wasi_fd_close(3));
	return 0;
}
