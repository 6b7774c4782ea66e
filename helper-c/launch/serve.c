/*
 * A launcher that stays, for callers that launch often: it takes requests from its caller alone,
 * and forks for each. The copy is a launcher like any other, and has the same plan, sealed and
 * verified. Nothing of a launch comes into this process: it makes the sockets, tells the caller's
 * ends to the caller, and waits for the copy's end.
 */
#include "../sys/str.h"
#include "../wait/wait.h"
#include <linux/prctl.h>
#include <linux/sched.h>

#define AF_UNIX_ 1
#define SOCK_STREAM_ 1
#define MSG_PEEK_ 2
#define MSG_DONTWAIT_ 0x40
#define MSG_NOSIGNAL_ 0x4000

#define FD_REQUESTS 3
#define FD_CHANNEL 4
#define SERVED_MAX 64
#define WORDS_BYTES 131072
#define MAX_WORDS (2 * MAX_INPUTS + 3) /* --init-ms and the end among them */

/* What a request begins with. The words follow it, each with a NUL, and then the plan. */
struct request_head {
	uint32_t kind, run; /* the caller's number for the launch */
	uint32_t words;	    /* their size; of REQUEST_SIGNAL the number of the signal */
	uint32_t plan;	    /* its size */
};
_Static_assert(sizeof(struct request_head) == 16, "a request has a fixed size");

enum { REQUEST_LAUNCH = 1, REQUEST_SIGNAL = 2 };

/* The sockets of a launch, in the order of their texts. */
enum { STREAM_REPORT, STREAM_STDIN, STREAM_STDOUT, STREAM_STDERR, STREAMS };

/* A launch that has not ended. */
static struct served {
	uint32_t run;
	int pidfd; /* 0: this one is free */
	int report;
} served[SERVED_MAX];

static struct {
	int caller_fds;
	uint32_t pid;
} server;

/* A request as it was read, and the launch's ends of its sockets (-1: none). */
struct asked {
	char *words[MAX_WORDS];
	const char *plan;
	size_t plan_size;
	int ends[STREAMS];
};

/* 1, 0 at end-of-file, or -errno. */
static int read_all(void *to, size_t size)
{
	char *at = to;

	while (size > 0) {
		long n = caller_read(FD_REQUESTS, at, size);

		if (n == 0 || (n < 0 && n != -EINTR))
			return (int)n;
		at += n > 0 ? n : 0;
		size -= n > 0 ? (size_t)n : 0;
	}
	return 1;
}

/* The texts of the sockets and then the words, of which the last has its NUL. 0 or -EINVAL. */
static int read_words(struct asked *ret, const char **ret_texts, char *at, size_t size)
{
	unsigned count = 0;

	for (const char *end = at + size; at < end; at += strlen(at) + 1, count++) {
		if (count < STREAMS)
			ret_texts[count] = at;
		else if (count - STREAMS < MAX_WORDS - 1)
			ret->words[count - STREAMS] = at;
		else
			return -EINVAL;
	}
	return count < STREAMS ? -EINVAL : 0;
}

/* Makes the sockets and sends the caller its ends. An empty text: none, and /dev/null in its place.
 * 0 or -errno. */
static int make_streams(struct asked *asked, const char *const *texts)
{
	int pair[2];
	int err = 0;

	for (unsigned i = 0; err == 0 && i < STREAMS; i++) {
		if (!*texts[i])
			continue;
		err = (int)SYS4(socketpair, AF_UNIX_, SOCK_STREAM_ | O_CLOEXEC, 0, pair);
		if (err < 0)
			return err;
		asked->ends[i] = pair[0];
		err = msg_send(FD_CHANNEL, NULL, texts[i], strlen(texts[i]), pair[1]);
		(void)sys_close(pair[1]);
	}
	return err;
}

/* The copy: a launcher, as if the caller had started it. */
__attribute__((noreturn)) static void become(const struct asked *asked)
{
	struct launch *l = &launch;
	const char *word = NULL;
	long err = SYS0(setsid);

	l->began = clock_now();
	for (int i = STREAM_STDIN; err >= 0 && i < STREAMS; i++)
		err = asked->ends[i] < 0 ? sys_close(i - STREAM_STDIN)
					 : sys_dup3(asked->ends[i], i - STREAM_STDIN, 0);
	if (err >= 0)
		err = args_fill_stdio();
	if (err >= 0)
		err = plan_keep(asked->plan, asked->plan_size);
	if (err < 0)
		sys_exit(125);
	l->args.plan_fd = (int)err;
	l->args.report_fd = asked->ends[STREAM_REPORT];
	l->args.die_with = server.pid;
	l->args.is_served = 1;
	l->args.caller_fds = server.caller_fds;
	if (args_read(&l->args, (char **)asked->words, &word) < 0)
		sys_exit(125);
	launch_run(l);
}

/* Forks, and keeps the report open until the copy has ended. Where that fails, the caller sees a
 * report that ends without a word. */
static void start(const struct asked *asked, uint32_t run, struct served *to)
{
	int pidfd = -1;
	long pid = SYS5(clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);

	if (pid == 0)
		become(asked);
	if (pid < 0)
		return;
	*to = (struct served){.run = run, .pidfd = pidfd, .report = asked->ends[STREAM_REPORT]};
}

/* The launch of that number, or one that is free. */
static struct served *find(uint32_t run, int is_free)
{
	for (unsigned i = 0; i < SERVED_MAX; i++)
		if (is_free ? served[i].pidfd == 0 : served[i].pidfd > 0 && served[i].run == run)
			return &served[i];
	return NULL;
}

/* Whether the caller, who waited too long for us, has taken the launch back meanwhile. */
static int is_withdrawn(uint32_t run)
{
	struct request_head next;
	long n = SYS6(recvfrom, FD_REQUESTS, &next, sizeof(next), MSG_DONTWAIT_ | MSG_PEEK_, 0, 0);

	return n == sizeof(next) && next.kind == REQUEST_SIGNAL && next.run == run &&
	       next.words == SIGKILL;
}

/* Launches what is asked for. 0, or -errno for what is no request. */
static int take_launch(const struct request_head *head)
{
	struct served *to = find(0, 1);
	struct asked asked = {.ends = {-1, -1, -1, -1}};
	const char *texts[STREAMS];
	size_t size = (size_t)head->words + head->plan;

	if (!to || find(head->run, 0) || !head->words || head->words > WORDS_BYTES || !head->plan ||
	    head->plan > PLAN_MAX_SIZE)
		return -EINVAL;
	long memory = sys_mmap(size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	if (memory < 0)
		return (int)memory;
	char *bytes = (char *)memory;
	int err = read_all(bytes, size) == 1 && !bytes[head->words - 1] ? 0 : -EINVAL;

	if (err == 0)
		err = caller_check();
	if (err == 0)
		err = read_words(&asked, texts, bytes, head->words);
	if (err == 0 && !*texts[STREAM_REPORT])
		err = -EINVAL;
	asked.plan = bytes + head->words;
	asked.plan_size = head->plan;
	if (err == 0 && make_streams(&asked, texts) == 0 && !is_withdrawn(head->run))
		start(&asked, head->run, to);
	for (int i = 0; i < STREAMS; i++)
		if (i != STREAM_REPORT || to->pidfd == 0)
			(void)sys_close(asked.ends[i]);
	/* What is here of the plan may be secret. */
	(void)SYS2(munmap, bytes, size);
	return err;
}

/* One request. 0, or -errno for what is none; the end of the caller ends this process. */
static int take_request(void)
{
	struct request_head head;
	int n = read_all(&head, sizeof(head));

	if (n == 0)
		sys_exit(0);
	if (n < 0)
		return n;
	if (head.kind == REQUEST_LAUNCH)
		return take_launch(&head);
	if (head.kind != REQUEST_SIGNAL || head.plan || head.words > 64)
		return -EINVAL;
	n = caller_check();
	if (n < 0)
		return n;
	const struct served *one = find(head.run, 0);

	/* It is not reaped: the signal meets nothing else. */
	if (one)
		(void)SYS4(pidfd_send_signal, one->pidfd, head.words, 0, 0);
	return 0;
}

/* Tells the caller how a launcher has ended, and forgets it. */
static void tell_end(struct served *one)
{
	struct report_record record = {
	    .magic = REPORT_MAGIC, .version = REPORT_VERSION, .state = STATE_ENDED, .op = OP_NONE};
	long status = process_status(one->pidfd, 0, NULL);

	record.status = status < 0 ? REPORT_SIGNALED | (128 + SIGKILL) : (uint32_t)status;
	(void)SYS6(sendto, one->report, &record, sizeof(record), MSG_NOSIGNAL_ | MSG_DONTWAIT_, 0,
		   0);
	(void)sys_close(one->report);
	(void)sys_close(one->pidfd);
	*one = (struct served){0};
}

/* What the caller's runtime says about sockets that it got is of no interest. */
static void drop_answers(void)
{
	char buf[256];

	if (SYS6(recvfrom, FD_CHANNEL, buf, sizeof(buf), MSG_DONTWAIT_, 0, 0) == 0)
		sys_exit(0);
}

/* Leaves the standard descriptors and the two sockets open, whose numbers are then these. 0 or
 * -errno. */
static int keep(int requests, int channel)
{
	long above = sys_fcntl(requests, F_DUPFD_CLOEXEC, 16);
	long other = above < 0 ? above : sys_fcntl(channel, F_DUPFD_CLOEXEC, 16);
	long err = other < 0 ? other : args_fill_stdio();

	if (err >= 0)
		err = sys_dup3((int)above, FD_REQUESTS, O_CLOEXEC);
	if (err >= 0)
		err = sys_dup3((int)other, FD_CHANNEL, O_CLOEXEC);
	if (err >= 0)
		err = sys_close_range(FD_CHANNEL + 1, ~0U, 0);
	return err < 0 ? (int)err : 0;
}

/* Waits for something, and does what it asks for. */
static void serve_once(void)
{
	struct poll_fd fds[SERVED_MAX + 2] = {{FD_REQUESTS, POLLIN_, 0}, {FD_CHANNEL, POLLIN_, 0}};
	struct served *of[SERVED_MAX];
	unsigned count = 0;

	for (unsigned i = 0; i < SERVED_MAX; i++)
		if (served[i].pidfd) {
			fds[count + 2] = (struct poll_fd){served[i].pidfd, POLLIN_, 0};
			of[count++] = &served[i];
		}
	long n = poll_fds(fds, count + 2, -1);

	if (n < 0 && n != -EINTR)
		sys_exit(125);
	if (n < 0)
		return;
	for (unsigned i = 0; i < count; i++)
		if (fds[i + 2].revents)
			tell_end(of[i]);
	if (fds[1].revents)
		drop_answers();
	if (fds[0].revents && take_request() < 0)
		sys_exit(125);
}

void serve(int requests, int channel, uint64_t caller)
{
	/* The copies end as their parent does (SIGNAL_PARENT_ENDED). */
	if (keep(requests, channel) < 0 || sys_prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0) < 0 ||
	    (uint64_t)SYS0(getppid) != caller)
		sys_exit(125);
	if (caller_begin(FD_REQUESTS, caller) < 0)
		sys_exit(125);
	server.pid = (uint32_t)SYS0(getpid);
	server.caller_fds = caller_open(caller, "/fd", O_PATH | O_DIRECTORY);
	if (server.caller_fds < 0)
		sys_exit(125);
	for (;;)
		serve_once();
}
