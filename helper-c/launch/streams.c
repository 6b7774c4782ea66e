/* Standard streams that a container may open again by name. */
#include "../sys/path.h"
#include "launch.h"
#include <asm/fcntl.h>
#include <linux/stat.h>
#include <asm/statfs.h>

/* The file system of pipes without a name (linux/magic.h). */
#define PIPES 0x50495045

#define BOTH_WAYS (S_IROTH | S_IWOTH)
/* Containers have both ends of the pipe. Nobody executes a pipe. */
#define BOTH_ENDS S_IXOTH
#define LOCK_NS (100 * UINT64_C(1000000))

/*
 * One launcher at a time changes the bits of a pipe. The lock belongs to the process: others may
 * have the same open file. A reader and a writer exclude each other, and so do two writers. Whoever
 * has the pipe can hold a lock for ever, so it is not waited for long. 0, -EAGAIN or -errno.
 */
static int pipe_lock(int fd, int may_write)
{
	struct flock lock = {.l_type = may_write ? F_WRLCK : F_RDLCK};
	uint64_t end = clock_now() + LOCK_NS;
	long err = sys_fcntl(fd, F_SETLK, (long)&lock);

	while ((err == -EAGAIN || err == -EACCES) && clock_now() < end) {
		sleep_ms(1);
		err = sys_fcntl(fd, F_SETLK, (long)&lock);
	}
	return (int)(err == -EACCES ? -EAGAIN : err);
}

static void pipe_unlock(int fd)
{
	struct flock lock = {.l_type = F_UNLCK};

	(void)sys_fcntl(fd, F_SETLK, (long)&lock);
}

/* The mode of a pipe that is opened again in one more way. With containers at both ends neither
 * opens it: the bits are the pipe's, and each container could open the end that it has not. */
static uint32_t mode_with(uint32_t mode, uint32_t bits)
{
	uint32_t others = mode & BOTH_WAYS & (bits == BOTH_WAYS ? BOTH_WAYS : ~bits);

	if (mode & BOTH_ENDS)
		return mode;
	return others ? (mode & ~(uint32_t)BOTH_WAYS) | BOTH_ENDS : mode | bits;
}

/* Without the lock bits are only taken away: who holds it has begun, so its launcher is done. */
static int open_again(int fd, uint32_t bits, int is_locked)
{
	struct statx st;
	long err = fd_stat(fd, &st);

	if (err < 0)
		return (int)err;
	uint32_t before = st.stx_mode & 07777, mode = mode_with(before, bits);

	if (mode == before || (!is_locked && !(mode & BOTH_ENDS)))
		return 0;
	err = SYS2(fchmod, fd, mode);
	/* The pipe of somebody else. */
	return err == -EPERM ? 0 : (int)err;
}

/* Lets everybody who has a pipe open it again the way it is open. What has a name on the host stays
 * as it is, as a file or a FIFO, and so does the owner. 0 or -errno. */
int op_reopen_stream(struct run *run, const struct plan_op *op)
{
	int fd = op_fd(run, op, OP_REOPEN_STREAM_SLOT_STREAM);
	long flags = sys_fcntl(fd, F_GETFL, 0);
	struct statfs fs;
	uint32_t bits = 0;

	if (flags < 0)
		return (int)flags;
	long err = SYS2(fstatfs, fd, &fs);

	if (err < 0 || fs.f_type != PIPES || flags & O_PATH)
		return (int)err;
	if ((flags & O_ACCMODE) != O_WRONLY)
		bits |= S_IROTH;
	if ((flags & O_ACCMODE) != O_RDONLY)
		bits |= S_IWOTH;
	int locked = pipe_lock(fd, (bits & S_IWOTH) != 0);

	if (locked < 0 && locked != -EAGAIN)
		return locked;
	err = open_again(fd, bits, locked == 0);
	if (locked == 0)
		pipe_unlock(fd);
	return (int)err;
}
