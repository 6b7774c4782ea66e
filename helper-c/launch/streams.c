/* Standard streams that a container may open again by name. */
#include "../sys/path.h"
#include "launch.h"
#include <linux/stat.h>
#include <asm/statfs.h>

/* The file system of pipes without a name (linux/magic.h). */
#define PIPES 0x50495045

/* Lets everybody who has a pipe open it again the way it is open. What has a name on the host stays
 * as it is, as a file or a FIFO, and so does the owner. 0 or -errno. */
int op_reopen_stream(struct run *run, const struct plan_op *op)
{
	int fd = op_fd(run, op, OP_REOPEN_STREAM_SLOT_STREAM);
	long flags = sys_fcntl(fd, F_GETFL, 0);
	struct statfs fs;
	struct statx st;
	uint32_t bits = 0;

	if (flags < 0)
		return (int)flags;
	long err = fd_stat(fd, &st);

	if (err == 0)
		err = SYS2(fstatfs, fd, &fs);
	if (err < 0 || fs.f_type != PIPES || flags & O_PATH)
		return (int)err;
	if ((flags & O_ACCMODE) != O_WRONLY)
		bits |= S_IROTH;
	if ((flags & O_ACCMODE) != O_RDONLY)
		bits |= S_IWOTH;
	if ((st.stx_mode & bits) == bits)
		return 0;
	err = SYS2(fchmod, fd, (st.stx_mode & 07777) | bits);
	/* The pipe of somebody else. */
	return err == -EPERM ? 0 : (int)err;
}
