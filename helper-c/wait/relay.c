/* The container in the foreground: its end, signals for it, and the relay of its terminal. */
#include <linux/resource.h>

#include "../network/user-network.h"
#include "wait.h"

#define SIGWINCH_ 28
#define SIGURG_ 23
#define SIGPIPE_ 13
#define BUFFER 4096
#define HUNG_MS 50
#define DRAIN_MS 2000

/* Bytes on their way from one descriptor to another. */
struct flow {
	int from, to;  /* -1: that end is closed; what still comes then is dropped */
	uint64_t hung; /* nobody has the terminal open, or another reads: it is not asked before */
	uint32_t start, end;
	char *data;
};

/* A container that is waited for. */
static struct relay {
	int process;	     /* its pidfd, -1 once it has ended */
	int pty;	     /* its terminal, -1: none */
	struct flow in, out; /* standard input to the terminal, the terminal to standard output */
} relay __attribute__((section(".bss.hot")));

/* By itself: a page that no terminal needs is not touched. */
static char buffers[2][BUFFER];

static uint64_t to_micros(const struct __kernel_old_timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000U + (uint64_t)time->tv_usec;
}

/* Whether it may be read: what was read before has been written. */
static int can_take(const struct flow *flow)
{
	return flow->from >= 0 && flow->hung <= clock_now() && flow->start == flow->end;
}

/* Whether there is something to be written. */
static int is_full(const struct flow *flow)
{
	return flow->start < flow->end;
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

/* Reads the caller's input, which may be a terminal. */
static void take_input(void)
{
	if (relay.pty < 0 || relay.process < 0)
		return;
	terminal_take();
	relay.in.from = 0;
	relay.in.hung = 0;
}

/* Leaves the input to another job of the caller's. */
static void leave_input(void)
{
	terminal_leave();
	relay.in.from = -1;
}

/* Stops the container as a job is stopped. The caller reads the record, and stops after it. */
static void stop_job(void)
{
	(void)SYS4(pidfd_send_signal, relay.process, SIGTSTP, 0, 0);
	leave_input();
	report_write(&launch, STATE_STOPPED);
}

/* The key that stops is not passed on; all else is. */
static void watch_keys(struct flow *in)
{
	uint32_t at =
	    launch.args.suspend && is_full(in) ? terminal_stop_key(in->data, in->end) : in->end;

	if (at < in->end) {
		for (in->end--; at < in->end; at++)
			in->data[at] = in->data[at + 1];
		stop_job();
	}
}

/* Passes signals on. 1 when one of them asks for the end. */
static int pass_signals(void)
{
	uint32_t signal;
	int ending = 0;

	while ((signal = next_signal()) != 0) {
		if (signal == SIGCHLD)
			user_network_look();
		if (signal == SIGCHLD || signal == SIGURG_ || signal == SIGPIPE_) /* our own */
			continue;
		ending |= is_ending(signal);
		if (launch.args.die_with && signal == SIGNAL_PARENT_ENDED) {
			signal = SIGKILL;
			launch.killed_at = clock_now();
			/* Whoever has waited for the caller goes on with the terminal at once. */
			leave_input();
		}
		/* Whoever passes signals on has the terminal again, or goes on without it. */
		if (signal == SIGCONT && relay.pty >= 0) {
			terminal_resize();
			take_input();
		}
		if (signal == SIGTTIN && relay.pty >= 0) {
			leave_input();
			signal = SIGCONT;
		}
		if (signal == SIGWINCH_ && relay.pty >= 0)
			terminal_resize();
		else if (signal == SIGTSTP && launch.args.suspend)
			stop_job();
		else
			(void)SYS4(pidfd_send_signal, relay.process, signal, 0, 0);
	}
	return ending;
}

/* What can be ready. */
enum source { SIGNALS, PROCESS, IN_FROM, IN_TO, OUT_FROM, OUT_TO, WINDOW, SOURCES };

enum turned {
	TURN_MORE, /* something was ready, and was done */
	TURN_IDLE, /* nothing was, in that time */
	TURN_ENDED /* the process has ended; once it had, a signal asks us to end as well */
};

/*
 * One turn: waits until something is ready, and does it. That is at most one read and one write
 * each way, none of which blocks, so that signals go on passing.
 */
static enum turned turn(int timeout_ms)
{
	struct flow *in = &relay.in, *out = &relay.out;
	struct poll_fd fds[SOURCES] = {
	    [SIGNALS] = {launch.signal_fd, POLLIN_, 0},
	    [PROCESS] = {relay.process, POLLIN_, 0},
	    [IN_FROM] = {can_take(in) ? in->from : -1, POLLIN_, 0},
	    [IN_TO] = {is_full(in) ? in->to : -1, POLLOUT_, 0},
	    [OUT_FROM] = {can_take(out) ? out->from : -1, POLLIN_, 0},
	    [OUT_TO] = {is_full(out) ? out->to : -1, POLLOUT_, 0},
	    [WINDOW] = {relay.pty >= 0 ? launch.args.window_fd : -1, POLLIN_, 0},
	};
	int is_hung = in->hung > clock_now() || out->hung > clock_now();
	long n = poll_fds(fds, SOURCES, is_hung && timeout_ms < 0 ? HUNG_MS : timeout_ms);

	if (n < 0)
		return n == -EINTR ? TURN_MORE : TURN_ENDED;
	if (n == 0)
		return TURN_IDLE;
	if (fds[SIGNALS].revents && pass_signals() && relay.process < 0)
		return TURN_ENDED;
	if (fds[IN_FROM].revents && terminal_is_others()) {
		/* The caller was stopped by force, and its shell reads the next line. */
		in->hung = clock_now() + HUNG_MS * UINT64_C(1000000);
	} else if (fds[IN_FROM].revents) {
		flow_read(in);
		watch_keys(in);
	}
	if (fds[IN_TO].revents)
		flow_write(in);
	if (fds[OUT_FROM].revents)
		flow_read(out);
	if (fds[OUT_TO].revents)
		flow_write(out);
	if (fds[WINDOW].revents && terminal_take_size(launch.args.window_fd) < 0)
		launch.args.window_fd = -1;
	return fds[PROCESS].revents ? TURN_ENDED : TURN_MORE;
}

/* Whether the container was killed long enough ago: it hangs in the kernel. */
static int is_overdue(void)
{
	return launch.killed_at && clock_now() >= launch.killed_at + END_MS * UINT64_C(1000000);
}

/* Relays until the process ends, or is so long overdue that it hangs in the kernel. */
static void relay_process(void)
{
	while (!is_overdue() && turn(launch.killed_at ? END_MS : -1) != TURN_ENDED)
		;
}

/*
 * Relays what the terminal still holds after the process. It ends when the terminal has no user any
 * more (EIO), when nothing comes for a moment, when somebody goes on writing for DRAIN_MS, or with
 * a signal. Who reads us may take as long as it likes: that time does not count.
 */
static void relay_rest(void)
{
	uint64_t spent = 0;

	relay.process = -1;
	relay.in.from = -1;
	relay.in.start = relay.in.end;
	relay.out.hung = 0;
	while (is_full(&relay.out) ||
	       (relay.out.from >= 0 && !relay.out.hung && spent < DRAIN_MS * UINT64_C(1000000))) {
		int is_reader_slow = is_full(&relay.out);
		uint64_t began = clock_now();
		enum turned turned = turn(HUNG_MS);

		if (turned == TURN_ENDED || (turned == TURN_IDLE && !is_reader_slow))
			return;
		if (!is_reader_slow)
			spent += clock_now() - began;
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
	user_network_look();
	report_write(&launch, STATE_EXITED);
	return 0;
}

int op_wait(struct run *run, const struct plan_op *op)
{
	int pidfd = op_fd(run, op, OP_WAIT_SLOT_PROCESS);
	int pty = op_fd_or_none(run, op, OP_WAIT_SLOT_PTY);
	int err;

	relay.pty = pty;
	relay.in.data = buffers[0];
	relay.out.data = buffers[1];
	relay.process = pidfd;
	relay.in.from = -1;
	relay.in.to = relay.out.from = pty;
	relay.out.to = pty < 0 ? -1 : 1;
	if (pty >= 0) {
		/* Ours alone: its other end has an open file of its own. */
		(void)sys_fcntl(pty, F_SETFL, O_RDWR | O_NONBLOCK);
		terminal_begin(pty);
		if (!launch.args.background)
			take_input();
	}
	/* Again where a poll(2) that failed has ended the relay: the container may still run. */
	do {
		relay.process = pidfd;
		relay_process();
		relay_rest();
		err = is_overdue() ? -ETIMEDOUT : take_status(pidfd);
	} while (err == -ETIMEDOUT && !is_overdue() && !process_ends(pidfd, -1, 0));
	terminal_leave();
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
