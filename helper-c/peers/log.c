/* The output of a program that nobody waits for: a satellite keeps it, and outlives the launcher.
 */
#include "../launch/launch.h"
#include "../sys/str.h"
#include "satellite.h"
#include <asm/fcntl.h>

#define READY_MS 10000
#define STREAMS 2

/* The input of that name, which every launch has or which the caller must give. */
static struct input *find_input(struct launch *l, const char *name)
{
	for (unsigned i = 0; i < l->args.input_count; i++)
		if (str_equal(l->args.inputs[i].name, name))
			return &l->args.inputs[i];
	return NULL;
}

/* Makes one of the two files, and gives it to the satellite. 0 or -errno. */
static int give_file(int dir, const char *name)
{
	int err = undo_note(dir, name, UNDO_FILE);

	if (err < 0)
		return err;
	int fd =
	    (int)sys_openat(dir, name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0) {
		undo_forget();
		return fd;
	}
	/* The umask is the caller's. */
	err = (int)SYS2(fchmod, fd, 0600);
	if (err == 0)
		err = satellite_give_with(launch.log_fd, fd, launch.args.log_bytes);
	(void)sys_close(fd);
	return err;
}

/* Puts a pipe in the place of a stream. Only our end of it does not block: nobody else has that
 * open. 0 or -errno. */
static int give_pipe(const struct input *stream)
{
	int pipe[2];
	long err = SYS2(pipe2, pipe, O_CLOEXEC);

	if (err < 0)
		return (int)err;
	err = sys_fcntl(pipe[0], F_SETFL, O_NONBLOCK);
	if (err >= 0)
		err = sys_dup3(pipe[1], stream->fd, stream->fd < FD_SOCKET ? 0 : O_CLOEXEC);
	if (err >= 0)
		err = satellite_give(launch.log_fd, pipe[0]);
	(void)sys_close(pipe[0]);
	(void)sys_close(pipe[1]);
	return err < 0 ? (int)err : 0;
}

int log_begin(struct launch *l)
{
	static const char *const streams[STREAMS] = {"stdout", "stderr"};
	static const char *const files[] = {"log.0", "log.1"};
	const struct input *state = find_input(l, "state");
	int err = 0;

	if (!l->args.log_bytes)
		return 0;
	if (!state || state->fd < 0)
		return -ENOKEY;
	l->log_fd = satellite_start(SATELLITE_LOG);
	err = l->log_fd < 0 ? l->log_fd : 0;
	for (int i = 0; err == 0 && i < STREAMS; i++) {
		const struct input *stream = find_input(l, streams[i]);

		err = stream && stream->fd >= 0 ? give_pipe(stream) : -ENOKEY;
	}
	for (int i = 0; err == 0 && i < 2; i++)
		err = give_file(state->fd, files[i]);
	return err;
}

int log_hand_over(struct run *run)
{
	int satellite = launch.log_fd;
	struct msg msg;

	if (satellite < 0)
		return 0;
	int err = satellite_give(satellite, launch.pidfd);

	if (err == 0)
		err = wait_readable(&launch, satellite, -1, READY_MS);
	long n = err < 0 ? err : frame_receive(satellite, &msg, NULL, 0, NULL);

	launch.log_fd = -1;
	if (n == 0)
		return op_fault(run, FAULT_SATELLITE, ECHILD, 0);
	if (n > 0 && msg.kind != MSG_DONE)
		return op_fault(run, FAULT_SATELLITE, msg.fault.error, 0);
	return n < 0 ? op_fault(run, FAULT_SATELLITE, (int)-n, 0) : 0;
}
