/*
 * What a program writes is kept in two files by turns (docs/formats/logs.md). Whoever has the other
 * end of a pipe is a stranger. It may write without end, and read what it has written. It may give
 * its end away, and keep it when the container has ended.
 */
#include "../sys/str.h"
#include "satellite.h"
#include <linux/time.h>

#define POLLIN_ 1
#define STREAMS 2
#define FILES (FD_WORK + STREAMS)
#define PIECE 8192	/* of a line; the rest of it is a record of its own */
#define RECORD_EXTRA 64 /* what a record has beside its piece */
#define BATCH 16384	/* what is written at once */
#define LEFT (4 << 20)	/* what is read of a stream once the container has ended */
#define SECONDS 10	/* digits of the seconds */
#define NANOSECONDS 9

struct poll_fd {
	int fd;
	short events, revents;
};

static struct text batch;

/* The part that is written: the file of its number's last bit has it. */
static struct {
	uint64_t number, used, most;
} part;

/* Bytes of records that could not be written, and of which no record tells yet. */
static uint64_t lost;

/* When what is being read came: seconds since 1970, and nanoseconds. */
static char now[SECONDS + 1 + NANOSECONDS + 1];

static void put_digits(char *to, uint64_t value, unsigned digits)
{
	for (; digits-- > 0; value /= 10)
		to[digits] = (char)('0' + value % 10);
}

static void look_at_clock(void)
{
	struct __kernel_timespec ts = {0};

	(void)SYS2(clock_gettime, CLOCK_REALTIME, &ts);
	put_digits(now, ts.tv_sec < 0 ? 0 : (uint64_t)ts.tv_sec, SECONDS);
	now[SECONDS] = '.';
	put_digits(now + SECONDS + 1, (uint64_t)ts.tv_nsec, NANOSECONDS);
}

/* Begins a record: its time, and what follows that. */
static void add_head(struct text *to, const char *what)
{
	text_add(to, now);
	text_add(to, what);
}

/* Writes at the end of the part. 0, or -EIO: nothing is written, and the part ends there. */
static int write_part(const struct text *text)
{
	int file = FILES + (int)(part.number & 1);

	if (SYS4(pwrite64, file, text->data, text->used, part.used) == (long)text->used) {
		part.used += text->used;
		return 0;
	}
	(void)SYS2(ftruncate, file, part.used);
	part.used = part.most;
	return -EIO;
}

/* Empties the older file, and begins the next part in it. 0 or -EIO. */
static int begin_part(void)
{
	char line[RECORD_EXTRA];
	struct text head = {.data = line, .size = sizeof(line)};

	part.number++;
	part.used = 0;
	(void)SYS2(ftruncate, FILES + (int)(part.number & 1), 0);
	add_head(&head, " coffer F part ");
	text_add_number(&head, part.number);
	text_add(&head, "\n");
	return write_part(&head);
}

/* Writes the batch, behind a record of what was lost before it. 0 or -EIO. */
static int write_batch(void)
{
	char line[RECORD_EXTRA];
	struct text mark = {.data = line, .size = sizeof(line)};
	int err = 0;

	if (lost > 0) {
		add_head(&mark, " coffer F lost ");
		text_add_number(&mark, lost);
		text_add(&mark, "\n");
		err = write_part(&mark);
	}
	if (err == 0) {
		lost = 0;
		err = write_part(&batch);
	}
	return err;
}

/* Writes the batch. What cannot be written is given up: both files were emptied for it, the older
 * one first. */
static void flush(void)
{
	int err = batch.used > 0 ? -EAGAIN : 0;

	for (int tries = 0; err < 0 && tries < 3; tries++) {
		err = part.used + batch.used + RECORD_EXTRA > part.most ? begin_part() : 0;
		if (err == 0)
			err = write_batch();
	}
	lost += err < 0 ? batch.used : 0;
	batch.used = 0;
}

/* Puts what a stream has brought into records: one for each line, or for each piece of one. */
static void take(int stream, const char *from, size_t size)
{
	for (size_t at = 0, end; at < size; at = end + 1) {
		for (end = at; end < size && from[end] != '\n';)
			end++;
		if (batch.used + (end - at) + RECORD_EXTRA > BATCH)
			flush();
		add_head(&batch, stream == 0 ? " stdout " : " stderr ");
		text_add(&batch, end < size ? "F " : "P ");
		text_add_bytes(&batch, from + at, end - at);
		text_add(&batch, "\n");
	}
	flush();
}

/* Reads once. Its size, 0 at the end of the stream, or -EAGAIN. Somebody may have read what was
 * there: the descriptor does not block. A page of a file that was cut may be in the pipe: such a
 * stream has ended. */
static long read_stream(int stream)
{
	static char piece[PIECE];
	long n = SYS3(read, FD_WORK + stream, piece, sizeof(piece));

	if (n == -EAGAIN)
		return n;
	if (n <= 0)
		return 0;
	look_at_clock();
	take(stream, piece, (size_t)n);
	return n;
}

/* The launcher sends the first process of the container, once everything else is done. Whoever
 * ended before has made no container. The descriptor or -errno. */
static int meet_launcher(void)
{
	struct msg msg;
	int process = -1;
	long n = frame_receive(FD_LAUNCHER, &msg, NULL, 0, &process);

	if (n == 0)
		sys_exit(0);
	if (n < 0 || process < 0)
		return n < 0 ? (int)n : -EPROTO;
	msg.kind = MSG_DONE;
	int err = msg_send(FD_LAUNCHER, &msg, NULL, 0, -1);

	return err < 0 ? err : process;
}

int keep_log(uint64_t size)
{
	static char batch_data[BATCH];
	struct poll_fd fds[STREAMS + 1] = {
	    {FD_WORK, POLLIN_, 0}, {FD_WORK + 1, POLLIN_, 0}, {FD_LAUNCHER, POLLIN_, 0}};
	int is_met = 0, is_over = 0;

	batch = (struct text){.data = batch_data, .size = sizeof(batch_data)};
	part.most = part.used = size / 2;
	while (!is_over && (!is_met || fds[0].fd >= 0 || fds[1].fd >= 0)) {
		long n = SYS5(ppoll, fds, STREAMS + 1, NULL, 0, 0);

		if (n < 0 && n != -EINTR)
			return (int)n;
		for (int i = 0; n > 0 && i < STREAMS; i++)
			if (fds[i].revents && read_stream(i) == 0)
				fds[i].fd = -1;
		if (n <= 0 || !fds[STREAMS].revents)
			continue;
		is_over = is_met;
		if (!is_met)
			fds[STREAMS].fd = meet_launcher();
		if (fds[STREAMS].fd < 0)
			return fds[STREAMS].fd;
		is_met = 1;
	}
	for (int i = 0; i < STREAMS; i++)
		for (long n = 1, left = LEFT; fds[i].fd >= 0 && n > 0 && left > 0; left -= n)
			n = read_stream(i);
	/* Who reads them need not wait for more, and sees if the end is missing. */
	for (int i = 1; i >= 0 && lost == 0; i--)
		(void)SYS2(fchmod, FILES + i, 0400);
	sys_exit(0);
}
