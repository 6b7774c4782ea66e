#include "json.h"
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static void three_ids(const char *name, unsigned int r, unsigned int e, unsigned int s)
{
	json_open(name, '[');
	json_number(NULL, r);
	json_number(NULL, e);
	json_number(NULL, s);
	json_close(']');
}

void facts_identity(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;
	gid_t groups[1024];
	int n = getgroups(1024, groups);
	mode_t mask = umask(0);

	umask(mask);
	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	json_number("pid", getpid());
	json_number("ppid", getppid());
	json_number("sid", getsid(0));
	json_number("pgid", getpgid(0));
	three_ids("uid", r, e, s);
	three_ids("gid", rg, eg, sg);
	json_open("groups", '[');
	for (int i = 0; i < n; i++)
		json_number(NULL, groups[i]);
	json_close(']');
	json_number("umask", mask);
	json_number("noNewPrivs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	json_number("seccomp", prctl(PR_GET_SECCOMP, 0, 0, 0, 0));
	json_number("dumpable", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
	json_number("secureBits", prctl(PR_GET_SECUREBITS, 0, 0, 0, 0));
	json_number("sessionKeyring", syscall(SYS_keyctl, 0, -3, 0, 0, 0));
}

static uint64_t bits(int (*is_set)(int cap))
{
	uint64_t set = 0;

	for (int cap = 0; cap < 64; cap++) {
		if (is_set(cap) == 1)
			set |= UINT64_C(1) << cap;
	}
	return set;
}

static int in_bounding(int cap)
{
	return prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
}

static int in_ambient(int cap)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0);
}

void facts_caps(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};

	json_open("caps", '{');
	if (syscall(SYS_capget, &head, data) == 0) {
		json_hex("effective", (uint64_t)data[1].effective << 32 | data[0].effective);
		json_hex("permitted", (uint64_t)data[1].permitted << 32 | data[0].permitted);
		json_hex("inheritable", (uint64_t)data[1].inheritable << 32 | data[0].inheritable);
	}
	json_hex("bounding", bits(in_bounding));
	json_hex("ambient", bits(in_ambient));
	json_close('}');
}

void facts_descriptors(void)
{
	json_open("fds", '[');
	for (int fd = 0; fd < 4096; fd++) {
		int flags = fcntl(fd, F_GETFL);
		char path[32], link[4097];
		struct stat st;
		ssize_t n;

		if (flags < 0)
			continue;
		json_open(NULL, '{');
		json_number("fd", fd);
		json_number("flags", flags);
		json_number("cloexec", fcntl(fd, F_GETFD) & FD_CLOEXEC);
		if (fstat(fd, &st) == 0)
			json_number("type", st.st_mode >> 12);
		if (fstat(fd, &st) == 0)
			json_number("uid", st.st_uid);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link) - 1);
		if (n < 0)
			json_null("link");
		else
			json_bytes("link", link, n);
		json_close('}');
	}
	json_close(']');
}

static const char *const limit_names[] = {
    "cpu",     "fsize", "data",	 "stack",      "core",	   "rss",  "nproc",  "nofile",
    "memlock", "as",	"locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};

void facts_limits(void)
{
	long length;
	const char *text;

	json_open("rlimits", '{');
	for (int i = 0; i < 16; i++) {
		struct rlimit limit;

		if (getrlimit(i, &limit) < 0)
			continue;
		json_open(limit_names[i], '[');
		json_u64(NULL, limit.rlim_cur);
		json_u64(NULL, limit.rlim_max);
		json_close(']');
	}
	json_close('}');
	text = read_file("/proc/self/oom_score_adj", &length);
	if (text)
		json_number("oomScoreAdj", atoi(text));
	else
		json_null("oomScoreAdj");
}

void facts_signals(void)
{
	sigset_t blocked;
	uint64_t masks[3] = {0, 0, 0};
	int death = 0;

	(void)sigprocmask(SIG_BLOCK, NULL, &blocked);
	for (int sig = 1; sig < 64; sig++) {
		struct sigaction action;
		uint64_t bit = UINT64_C(1) << (sig - 1);

		if (sigismember(&blocked, sig) == 1)
			masks[0] |= bit;
		if (sigaction(sig, NULL, &action) < 0)
			continue;
		if (action.sa_handler == SIG_IGN)
			masks[1] |= bit;
		else if (action.sa_handler != SIG_DFL)
			masks[2] |= bit;
	}
	(void)prctl(PR_GET_PDEATHSIG, &death, 0, 0, 0);
	json_open("signals", '{');
	json_hex("blocked", masks[0]);
	json_hex("ignored", masks[1]);
	json_hex("caught", masks[2]);
	json_number("death", death);
	json_close('}');
}

void facts_terminal(void)
{
	struct winsize size = {0};
	char name[4097];
	ssize_t n = readlink("/proc/self/fd/0", name, sizeof(name) - 1);
	int tty;

	if (!isatty(0)) {
		json_null("terminal");
		return;
	}
	json_open("terminal", '{');
	if (n >= 0)
		json_bytes("name", name, n);
	(void)ioctl(0, TIOCGWINSZ, &size);
	json_number("rows", size.ws_row);
	json_number("columns", size.ws_col);
	json_number("session", tcgetsid(0));
	json_number("foreground", tcgetpgrp(0));
	tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	json_number("devTty", tty < 0 ? -errno : 0);
	if (tty >= 0)
		(void)close(tty);
	world_stat("console", "/dev/console");
	json_close('}');
}
