/* sd_notify(3): what the container tells of its start, told to whoever started the launcher. */
#include "../sys/str.h"
#include "satellite.h"

#define MSG_DONTWAIT_ 0x40
#define MSG_NOSIGNAL_ 0x4000
#define SOL_SOCKET_ 1
#define SCM_RIGHTS_ 1
#define BARRIER_MS 30000
#define CONTAINER FD_WORK     /* the socket that the container writes to */
#define CALLER (FD_WORK + 1)  /* connected to the caller's */
#define PROCESS (FD_WORK + 2) /* the container's pidfd */
#define TAKEN (FD_WORK + 3)   /* a pipe: its end tells that all has been taken, */
#define HELD (FD_WORK + 4)    /* which whoever takes it closes */

/*
 * The one message with a descriptor, in memory that cannot be written: the filter allows sendmsg(2)
 * for it alone. With another address in it a datagram would go to any socket of the host.
 */
static struct barrier {
	struct message_header head;
	struct io_vector iov;
	struct control_fd control;
	char word[9];
} *barrier;

uintptr_t prepare_notify(void)
{
	int pipe[2];
	long at = SYS2(pipe2, pipe, O_CLOEXEC);

	if (at == 0)
		at = sys_mmap(sizeof(*barrier), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1);
	if (at < 0)
		return 0;
	barrier = (struct barrier *)at;
	(void)memcpy(barrier->word, "BARRIER=1", sizeof(barrier->word));
	barrier->iov = (struct io_vector){barrier->word, sizeof(barrier->word)};
	barrier->control = (struct control_fd){
	    .size = CONTROL_USED, .level = SOL_SOCKET_, .type = SCM_RIGHTS_, .fd = HELD};
	barrier->head = (struct message_header){.iov = &barrier->iov,
						.iov_count = 1,
						.control = &barrier->control,
						.control_size = sizeof(barrier->control)};
	return SYS3(mprotect, at, sizeof(*barrier), PROT_READ) < 0 ? 0 : (uintptr_t)at;
}

/* The line that says ready, with its newline; its size, or 0. */
static size_t ready_line(const char *text, size_t n, char *ret, size_t size)
{
	for (size_t at = 0, end; at < n; at = end + 1) {
		for (end = at; end < n && text[end] != '\n';)
			end++;
		if (end - at >= 6 && end - at < size && memcmp(text + at, "READY=", 6) == 0) {
			(void)memcpy(ret, text + at, end - at);
			ret[end - at] = '\n';
			return end - at + 1;
		}
	}
	return 0;
}

static long say(const char *text, size_t size)
{
	return SYS6(sendto, CALLER, text, size, MSG_NOSIGNAL_, 0, 0);
}

/* sd_notify_barrier(3): whoever has taken everything before it closes its end of a pipe. */
static void wait_taken(void)
{
	long err = SYS3(sendmsg, CALLER, &barrier->head, MSG_NOSIGNAL_);

	(void)sys_close(HELD);
	/* Who does not know the word keeps the end no longer than it takes to read the message. */
	if (err >= 0)
		(void)await(TAKEN, -1, clock_now() + BARRIER_MS * UINT64_C(1000000));
}

/*
 * Waits for the word and passes it on. 0 too when the container ends without it. Nobody reads what
 * comes later: without the socket its sender gets ECONNREFUSED, and with it would wait for ever.
 */
int op_relay_notify(struct run *run, const struct plan_op *op)
{
	char text[4096], line[256];
	size_t size = 0;

	(void)run;
	while (size == 0) {
		int from = await(CONTAINER, PROCESS, 0);

		if (from != 1)
			return from == 2 ? 0 : from;
		long n = SYS6(recvfrom, CONTAINER, text, sizeof(text), MSG_DONTWAIT_, 0, 0);

		if (n > 0)
			size = ready_line(text, (size_t)n, line, sizeof(line));
	}
	(void)sys_close(CONTAINER);
	long n = say(line, size);

	if (n >= 0 && op->nums[OP_RELAY_NOTIFY_NUM_MAIN]) {
		struct text main_pid = {.data = line, .size = sizeof(line)};

		text_add(&main_pid, "MAINPID=");
		text_add_number(&main_pid, request->pid);
		text_add(&main_pid, "\n");
		n = say(line, main_pid.used);
	}
	if (n >= 0)
		wait_taken();
	return n < 0 ? (int)n : 0;
}
