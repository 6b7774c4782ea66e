/* The caller's terminal, while a container in the foreground has one of its own. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <asm/termios.h>

#include "wait.h"

#define SIZE_BYTES 4
#define CONTROL_Z 26 /* what a terminal has when it is new */

static struct {
	int is_there;
	int pty;    /* the container's */
	int is_raw; /* the caller's, whose settings before are `old` */
	int was_raw;
	int leader; /* the foreground of the pty while the program has no jobs; 0: not seen yet */
	struct termios old;
} terminal __attribute__((section(".bss.hot")));

/* Whether init has set the size, which stays until the caller's changes. */
static int has_size(const struct plan_view *plan)
{
	for (uint32_t i = 0; i < plan->header->ops.length; i++)
		if (plan->ops[i].code == OP_SET_WINDOW)
			return 1;
	return 0;
}

/* A caller without a terminal has no size. */
static void copy_size(int pty)
{
	struct winsize size;

	if (sys_ioctl(0, TIOCGWINSZ, &size) == 0)
		(void)sys_ioctl(pty, TIOCSWINSZ, &size);
}

void terminal_size(int pty)
{
	if (!has_size(&launch.run.plan))
		copy_size(pty);
}

void terminal_begin(int pty)
{
	terminal.pty = pty;
	terminal.is_there = 1;
	terminal_size(pty);
}

void terminal_resize(void)
{
	if (terminal.is_there)
		copy_size(terminal.pty);
}

int terminal_take_size(int from)
{
	struct winsize size = {0};
	long n = sys_read(from, (char *)&size, SIZE_BYTES);

	if (n == SIZE_BYTES)
		(void)sys_ioctl(terminal.pty, TIOCSWINSZ, &size);
	return n == SIZE_BYTES || n == -EINTR || n == -EAGAIN ? 0 : -EPIPE;
}

/* Keys that send signals are for somebody else: they are turned off for as long as we read. */
static int has_signals(const struct termios *settings)
{
	return (settings->c_lflag & ISIG) != 0;
}

int terminal_is_others(void)
{
	struct termios now;

	return terminal.is_raw && sys_ioctl(0, TCGETS, &now) == 0 && has_signals(&now);
}

/* As cfmakeraw(3). */
void terminal_take(void)
{
	struct termios raw;

	if (sys_ioctl(0, TCGETS, &raw) < 0 || (terminal.is_raw && !has_signals(&raw)))
		return;
	/* A shell gives a job that was stopped the settings back that the job had: ours. */
	if (!terminal.was_raw || has_signals(&raw))
		terminal.old = raw;
	raw.c_iflag &=
	    ~(unsigned)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	raw.c_oflag &= ~(unsigned)OPOST;
	raw.c_lflag &= ~(unsigned)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_cflag &= ~(unsigned)(CSIZE | PARENB);
	raw.c_cflag |= CS8;
	terminal.is_raw = sys_ioctl(0, TCSETS, &raw) == 0;
	terminal.was_raw |= terminal.is_raw;
}

/* Whoever reads there now keeps its settings. */
void terminal_leave(void)
{
	if (terminal.is_raw && !terminal_is_others())
		(void)sys_ioctl(0, TCSETS, &terminal.old);
	terminal.is_raw = 0;
}

/*
 * A program that reads keys one by one gets them all, and so does a shell with jobs: its key stops
 * a job, which has a group of its own.
 */
uint32_t terminal_stop_key(const char *keys, uint32_t size)
{
	struct termios inside;
	int group = 0;
	uint32_t at = 0;

	if (!terminal.is_raw || sys_ioctl(terminal.pty, TIOCGPGRP, &group) < 0 ||
	    sys_ioctl(terminal.pty, TCGETS, &inside) < 0)
		return size;
	/* Until there is a program, the first process is the foreground itself. */
	if (terminal.leader == 0 || (uint32_t)terminal.leader == launch.pid)
		terminal.leader = group;
	if (group != terminal.leader || (inside.c_lflag & (ISIG | ICANON)) != (ISIG | ICANON))
		return size;
	/* The caller's own key: the program does not choose what a key of the caller does. */
	unsigned char key = terminal.old.c_cc[VSUSP];

	if (key == 0 || (inside.c_cc[VSUSP] != key && inside.c_cc[VSUSP] != CONTROL_Z))
		return size;
	while (at < size && (unsigned char)keys[at] != key)
		at++;
	return at;
}
