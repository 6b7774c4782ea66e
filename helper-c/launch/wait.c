/* Waiting: for init's messages, for the end of the container, and the relay of its terminal
 * meanwhile. */
#include "../sys/str.h"
#include "launch.h"
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>
#include <linux/resource.h>

#define POLLIN_ 1
#define POLLOUT_ 4
#define POLLERR_ 8
#define POLLHUP_ 16
#define SIGINT_ 2
#define SIGWINCH_ 28
#define SIGURG_ 23
#define SIGPIPE_ 13
#define BUFFER 4096

struct poll_fd {
	int fd;
	short events, revents;
};

struct signal_info {
	uint32_t number;
	char rest[124];
};

/* Bytes on their way from one descriptor to another. */
struct flow {
	int from, to; /* -1: that end is closed; what still comes then is dropped */
	uint64_t
	    hung; /* a terminal that nobody has open answers EIO: it is not asked before then */
	uint32_t start, end;
	char data[BUFFER];
};

#define HUNG_MS 50
#define DRAIN_MS 2000

static struct __kernel_timespec milliseconds(int ms)
{
	return (struct __kernel_timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
}

static long poll_fds(struct poll_fd *fds, unsigned count, int timeout_ms)
{
	struct __kernel_timespec ts = milliseconds(timeout_ms);

	return SYS5(ppoll, fds, count, timeout_ms < 0 ? NULL : &ts, 0, 0);
}

long wait_input(int fd)
{
	struct poll_fd one = {fd, POLLIN_, 0};
	long n = poll_fds(&one, 1, -1);

	return n < 0 && n != -EINTR ? n : 0;
}

int process_ends(int pidfd, int pty, int timeout_ms)
{
	struct poll_fd fds[3] = {
	    {pidfd, POLLIN_, 0}, {launch.signal_fd, POLLIN_, 0}, {pty, POLLIN_, 0}};

	return poll_fds(fds, 3, timeout_ms) > 0 && fds[0].revents;
}

/* The next signal that waits in the signal descriptor, or 0. */
static uint32_t next_signal(void)
{
	struct signal_info info;
	long n = sys_read(launch.signal_fd, &info, sizeof(info));

	return n == sizeof(info) ? info.number : 0;
}

/* Signals that end a launch which is still being made. */
static int is_ending(uint32_t signal)
{
	return signal == 1 || signal == SIGINT_ || signal == 3 || signal == 15 ||
	       (launch.args.die_with && signal == SIGNAL_PARENT_ENDED);
}

int wait_readable(struct launch *l, int a, int b, int timeout_ms)
{
	struct poll_fd fds[3] = {{l->signal_fd, POLLIN_, 0}, {a, POLLIN_, 0}, {b, POLLIN_, 0}};
	struct __kernel_timespec left = milliseconds(timeout_ms);

	for (;;) {
		/* The kernel writes back what is left, so that signals do not begin it again. */
		long n = SYS5(ppoll, fds, 3, timeout_ms < 0 ? NULL : &left, 0, 0);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EINTR)
			return (int)n;
		/* The signal may be for a container that runs by now. */
		if (n > 0 && fds[1].revents)
			return 1;
		if (n > 0 && fds[2].revents)
			return 2;
		if (n > 0 && fds[0].revents && is_ending(next_signal()))
			return -EINTR;
	}
}

int wait_writable(int fd, int timeout_ms)
{
	struct poll_fd fds[2] = {{launch.signal_fd, POLLIN_, 0}, {fd, POLLOUT_, 0}};
	struct __kernel_timespec left = milliseconds(timeout_ms);

	for (;;) {
		long n = SYS5(ppoll, fds, 2, &left, 0, 0);

		if (n == 0)
			return -ETIMEDOUT;
		if (n < 0 && n != -EINTR)
			return (int)n;
		if (n > 0 && fds[1].revents)
			return 0;
		if (n > 0 && fds[0].revents && is_ending(next_signal()))
			return -EINTR;
	}
}

#define COPY_MS 600000 /* for one `copy-up`, which copies a directory of the image */

void wait_prepare(struct launch *l)
{
	const struct plan_view *plan = &l->run.plan;
	uint64_t ms = l->args.init_ms;
	int limited = ms > 0;

	for (uint32_t i = 0; i < plan->header->ops.length && ms < INIT_MS_MAX; i++) {
		const struct plan_op *op = &plan->ops[i];

		if (op->phase < PHASE_INSIDE)
			continue;
		if (op->code == OP_COPY_UP)
			ms += COPY_MS;
		if (op->code == OP_SPAWN && op->nums[OP_SPAWN_NUM_TIMEOUT_MS] == 0)
			limited = 0;
		if (op->code == OP_SPAWN)
			ms += op->nums[OP_SPAWN_NUM_TIMEOUT_MS];
	}
	l->patience_ms = !limited ? -1 : ms > INIT_MS_MAX ? INIT_MS_MAX : (int)ms;
}

long init_receive(struct launch *l, struct msg *ret, int *ret_fd)
{
	int err = wait_readable(l, l->run.sock, l->pidfd, l->patience_ms);

	if (err < 0)
		return err;
	/* Init has ended: what it sent before is there by now. */
	if (err == 2 && wait_readable(l, l->run.sock, -1, 0) != 1)
		return 0;
	long n = msg_receive(l->run.sock, ret, ret_fd);

	/* Init ended without reading what we sent: what it said before comes next (unix(7)). */
	if (n == -ECONNRESET)
		n = msg_receive(l->run.sock, ret, ret_fd);
	if (n == -ECONNRESET)
		n = 0;
	if (n > 0 && ret->kind == MSG_FAULT) {
		return fault_take(&l->run, &ret->fault);
	}
	return n;
}

static uint64_t to_micros(const struct __kernel_old_timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000U + (uint64_t)time->tv_usec;
}

static int can_take(const struct flow *flow)
{
	return flow->from >= 0 && flow->hung <= clock_now() && flow->start == flow->end;
}

static void flow_read(struct flow *flow)
{
	long n = sys_read(flow->from, flow->data, BUFFER);

	if (n > 0) {
		flow->start = 0;
		flow->end = flow->to < 0 ? 0 : (uint32_t)n;
	} else if (n == -EIO) {
		flow->hung = clock_now() + HUNG_MS * UINT64_C(1000000);
	} else if (n != -EINTR && n != -EAGAIN) {
		flow->from = -1;
	}
}

static void flow_write(struct flow *flow)
{
	long n = sys_write(flow->to, flow->data + flow->start, flow->end - flow->start);

	if (n > 0) {
		flow->start += (uint32_t)n;
	} else if (n != -EINTR && n != -EAGAIN) {
		/* Who writes to the terminal must not wait for a reader that is gone. */
		flow->to = -1;
		flow->start = flow->end;
	}
}

static void copy_window(int pty)
{
	struct winsize size;

	if (sys_ioctl(0, TIOCGWINSZ, &size) == 0)
		(void)sys_ioctl(pty, TIOCSWINSZ, &size);
}

/* cfmakeraw(3). 0 when stdin is a terminal and now raw; the old settings are in *ret_old. */
static int make_raw(struct termios *ret_old)
{
	struct termios raw;
	long err = sys_ioctl(0, TCGETS, ret_old);

	if (err < 0)
		return (int)err;
	raw = *ret_old;
	raw.c_iflag &=
	    ~(unsigned)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_oflag &= ~(unsigned)OPOST;
	raw.c_lflag &= ~(unsigned)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag &= ~(unsigned)(CSIZE | PARENB);
	raw.c_cflag |= CS8;
	return (int)sys_ioctl(0, TCSETS, &raw);
}

/* Passes signals on. 1 when one of them asks for the end. */
static int pass_signals(int pidfd, int pty)
{
	uint32_t signal;
	int ending = 0;

	while ((signal = next_signal()) != 0) {
		if (signal == SIGCHLD || signal == SIGURG_ || signal == SIGPIPE_) /* our own */
			continue;
		ending |= is_ending(signal);
		if (launch.args.die_with && signal == SIGNAL_PARENT_ENDED) {
			signal = SIGKILL;
			launch.killed_at = clock_now();
		}
		if (signal == SIGWINCH_ && pty >= 0)
			copy_window(pty);
		else
			(void)SYS4(pidfd_send_signal, pidfd, signal, 0, 0);
	}
	return ending;
}

enum turned { TURN_MORE, TURN_IDLE, TURN_ENDED };

/*
 * One turn of the relay: at most one read and one write each way, and only such as do not block, so
 * that signals go on passing. in: stdin to the terminal; out: the terminal to stdout. ENDED: the
 * process has, or it had (pidfd -1) and a signal asks us to end as well.
 */
static enum turned turn(int pidfd, int pty, struct flow *in, struct flow *out, int timeout_ms)
{
	int hung = in->hung > clock_now() || out->hung > clock_now();
	struct poll_fd fds[6] = {
	    {launch.signal_fd, POLLIN_, 0},
	    {pidfd, POLLIN_, 0},
	    {can_take(in) ? in->from : -1, POLLIN_, 0},
	    {in->start < in->end ? in->to : -1, POLLOUT_, 0},
	    {can_take(out) ? out->from : -1, POLLIN_, 0},
	    {out->start < out->end ? out->to : -1, POLLOUT_, 0},
	};
	long n = poll_fds(fds, 6, hung && timeout_ms < 0 ? HUNG_MS : timeout_ms);

	if (n < 0)
		return n == -EINTR ? TURN_MORE : TURN_ENDED;
	if (n == 0)
		return TURN_IDLE;
	if (fds[0].revents && pass_signals(pidfd, pty) && pidfd < 0)
		return TURN_ENDED;
	if (fds[2].revents)
		flow_read(in);
	if (fds[3].revents)
		flow_write(in);
	if (fds[4].revents)
		flow_read(out);
	if (fds[5].revents)
		flow_write(out);
	return fds[1].revents ? TURN_ENDED : TURN_MORE;
}

/*
 * What the terminal still holds after the process: until its last user is gone (EIO), nothing comes
 * for a moment, or somebody goes on writing. Who reads us may take as long as it likes: that time
 * does not count.
 */
static void drain(int pty, struct flow *in, struct flow *out)
{
	enum turned last = TURN_MORE;
	uint64_t end = clock_now() + DRAIN_MS * UINT64_C(1000000);

	in->from = -1;
	in->start = in->end;
	out->hung = 0;
	while (last != TURN_ENDED) {
		int waiting = out->start < out->end;
		uint64_t began = clock_now();

		if (!waiting && (out->from < 0 || out->hung || last == TURN_IDLE || began >= end))
			break;
		last = turn(-1, pty, in, out, HUNG_MS);
		end += waiting ? clock_now() - began : 0;
	}
}

/* How the container ended, as far as the kernel tells. 0, or -errno. */
static int take_status(int pidfd)
{
	struct rusage usage = {0};
	long status = process_status(pidfd, END_MS, &usage);

	if (status < 0)
		return (int)status;
	launch.user_micros = to_micros(&usage.ru_utime);
	launch.system_micros = to_micros(&usage.ru_stime);
	launch.peak_kib = (uint64_t)usage.ru_maxrss;
	launch.pidfd = -1;
	launch.waited = 1;
	launch.exit_status = (uint32_t)status;
	launch.late_op = OP_NONE;
	report_write(&launch, STATE_EXITED);
	return 0;
}

/* Whether the container was killed long enough ago: it hangs in the kernel. */
static int is_overdue(void)
{
	return launch.killed_at && clock_now() >= launch.killed_at + END_MS * UINT64_C(1000000);
}

int op_wait(struct run *run, const struct plan_op *op)
{
	static struct flow in, out;
	struct termios old;
	int pidfd = op_fd(run, op, OP_WAIT_SLOT_PROCESS);
	int pty = op_fd_or_none(run, op, OP_WAIT_SLOT_PTY);
	int raw = -1, err;

	in = (struct flow){.from = pty < 0 ? -1 : 0, .to = pty};
	out = (struct flow){.from = pty, .to = pty < 0 ? -1 : 1};
	if (pty >= 0) {
		/* Ours alone: its other end has an open file of its own. */
		(void)sys_fcntl(pty, F_SETFL, O_RDWR | O_NONBLOCK);
		copy_window(pty);
		raw = make_raw(&old);
	}
	/* Again where a poll(2) that failed has ended the loop: the container may still run. */
	do {
		while (!is_overdue() &&
		       turn(pidfd, pty, &in, &out, launch.killed_at ? END_MS : -1) != TURN_ENDED)
			;
		drain(pty, &in, &out);
		err = is_overdue() ? -ETIMEDOUT : take_status(pidfd);
	} while (err == -ETIMEDOUT && !is_overdue() && !process_ends(pidfd, -1, 0));
	if (raw == 0)
		(void)sys_ioctl(0, TCSETS, &old);
	if (err != -ETIMEDOUT)
		return err;
	/* The plan may kill whoever holds the container: then the status comes after all. */
	launch.late_op = run->fault.op;
	return 0;
}

int wait_again(struct launch *l)
{
	if (l->late_op == OP_NONE)
		return 0;
	l->run.fault.op = l->late_op;
	__builtin_memcpy(&l->run.fault.op_word, &l->run.plan.ops[l->late_op],
			 sizeof(l->run.fault.op_word));
	int err = take_status(l->pidfd);

	return err < 0 ? op_fault(&l->run, FAULT_CALL, -err, 0) : 0;
}

int op_await_end(struct run *run, const struct plan_op *op)
{
	int err = wait_readable(&launch, op_fd(run, op, 0), -1, (int)op->nums[0]);

	return err < 0 ? err : 0;
}
