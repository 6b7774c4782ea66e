#include "json.h"
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct verb {
	const char *name;
	int args;
	int (*run)(char **argv);
};

/* Tells how a call ended: `ok`, or the errno by name; the status is 0 or 1. */
static int tell(int result)
{
	if (result >= 0) {
		puts("ok");
		return 0;
	}
	printf("errno %d %s\n", errno, strerror(errno));
	return 1;
}

static int do_sleep(char **argv)
{
	struct timespec left = {atoi(argv[0]), 0};

	puts("ready");
	(void)fflush(stdout);
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return 0;
}

/* Runs without end, so that the time it gets can be measured. */
static int do_spin(char **argv)
{
	(void)argv;
	for (volatile unsigned long i = 0;; i++)
		;
}

/* Counts in a file and, more slowly, on standard output, without end: what a checkpoint must go on
 * with. A second word `lock` holds a lock on the file, `unlinked` has it without a name. */
static int do_count(char **argv)
{
	const struct timespec moment = {0, 20 * 1000 * 1000};
	int fd = open(argv[0], O_RDWR | O_CREAT, 0644);
	const char *how = argv[1] ? argv[1] : "";

	if (fd < 0 || (strcmp(how, "lock") == 0 && flock(fd, LOCK_EX) < 0))
		return tell(-1);
	if (strcmp(how, "unlinked") == 0 && unlink(argv[0]) < 0)
		return tell(-1);
	for (int i = 1;; i++) {
		if (dprintf(fd, "%08d\n", i) < 0 || lseek(fd, 0, SEEK_SET) < 0)
			return tell(-1);
		if (i % 10 == 0)
			printf("count %d\n", i);
		(void)fflush(stdout);
		(void)nanosleep(&moment, NULL);
	}
}

static int do_exit(char **argv)
{
	return atoi(argv[0]);
}

/* Ends itself by a signal. As pid 1 of a namespace only SIGKILL from outside would do: run a child.
 */
static int do_raise(char **argv)
{
	(void)signal(atoi(argv[0]), SIG_DFL);
	(void)kill(getpid(), atoi(argv[0]));
	return 99;
}

static volatile sig_atomic_t last;

static void on_signal(int sig)
{
	last = sig;
}

/* Prints each signal that comes; ends after `count` of them with the status 42. */
static int do_signals(char **argv)
{
	sigset_t all, none;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_BLOCK, &all, NULL);
	for (int sig = 1; sig < 32; sig++)
		(void)signal(sig, on_signal);
	puts("ready");
	(void)fflush(stdout);
	for (int left = atoi(argv[0]); left > 0; left--) {
		(void)sigsuspend(&none);
		printf("signal %d\n", (int)last);
		(void)fflush(stdout);
	}
	return 42;
}

static int do_write(char **argv)
{
	int fd = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	return tell(fd < 0 ? fd : (int)write(fd, argv[1], strlen(argv[1])));
}

static int do_read(char **argv)
{
	long length;
	const char *text = read_file(argv[0], &length);

	if (!text)
		return tell(-1);
	(void)fwrite(text, 1, (size_t)length, stdout);
	return 0;
}

static int do_dir(char **argv)
{
	world_directory(NULL, argv[0]);
	putchar('\n');
	return 0;
}

static int do_stat(char **argv)
{
	world_stat(NULL, argv[0]);
	putchar('\n');
	return 0;
}

static int do_echo(char **argv)
{
	for (; *argv; argv++)
		printf("%s%s", *argv, argv[1] ? " " : "\n");
	return 0;
}

static int do_cat(char **argv)
{
	char buffer[65536];
	ssize_t n;

	(void)argv;
	while ((n = read(0, buffer, sizeof(buffer))) > 0) {
		for (ssize_t done = 0; done < n;) {
			ssize_t wrote = write(1, buffer + done, (size_t)(n - done));

			if (wrote < 0)
				return 1;
			done += wrote;
		}
	}
	return n < 0;
}

/* Writes `count` bytes to stdout: a known pattern. */
static int do_bytes(char **argv)
{
	for (long i = 0, n = atol(argv[0]); i < n; i++)
		putchar('a' + (int)(i % 26));
	return fflush(stdout) != 0;
}

static int do_stderr(char **argv)
{
	(void)fprintf(stderr, "%s\n", argv[0]);
	return 0;
}

static int do_tiocsti(char **argv)
{
	(void)argv;
	return tell(ioctl(0, TIOCSTI, "x"));
}

/* The size of the terminal, again at each SIGWINCH, `count` times. */
static int do_window(char **argv)
{
	sigset_t set;
	int sig;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGWINCH);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	for (int left = atoi(argv[0]);; left--) {
		struct winsize size = {0};

		(void)ioctl(0, TIOCGWINSZ, &size);
		printf("%dx%d\n", size.ws_row, size.ws_col);
		(void)fflush(stdout);
		if (left <= 0)
			return 0;
		(void)sigwait(&set, &sig);
	}
}

/* Makes `count` children that sleep; prints how many there are. */
static int do_fork(char **argv)
{
	int made = 0;

	for (int i = atoi(argv[0]); i > 0; i--) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)pause();
			_exit(0);
		}
		made += pid > 0;
	}
	printf("forked %d\n", made);
	(void)fflush(stdout);
	if (argv[1])
		(void)sleep((unsigned int)atoi(argv[1]));
	return 0;
}

/* Touches `count` MiB of memory. */
static int do_memory(char **argv)
{
	size_t size = (size_t)atol(argv[0]) << 20;
	char *memory = malloc(size);

	if (!memory)
		return tell(-1);
	memset(memory, 1, size);
	puts("ok");
	return memory[size - 1] != 1;
}

static int do_socket(char **argv)
{
	return tell(socket(atoi(argv[0]), SOCK_STREAM, 0));
}

/* Makes one system call with the given number and arguments. */
static int do_syscall(char **argv)
{
	long a[7] = {0};

	for (int i = 0; i < 7 && argv[i]; i++)
		a[i] = strtol(argv[i], NULL, 0);
	return tell((int)syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
}

static int do_unmount(char **argv)
{
	return tell(umount2(argv[0], 0));
}

static int do_remount_rw(char **argv)
{
	return tell(mount(NULL, argv[0], NULL, MS_REMOUNT | MS_BIND, NULL));
}

static int do_mount_tmpfs(char **argv)
{
	return tell(mount("tmpfs", argv[0], "tmpfs", 0, NULL));
}

static int do_mknod(char **argv)
{
	return tell(mknod(argv[0], S_IFCHR | 0600, (dev_t)((atoi(argv[1]) << 8) | atoi(argv[2]))));
}

/* What may be done with a device `c:1:3`: makes a node of it, and opens the node /nodes/c:1:3. Only
 * EPERM says no: what else can go wrong is the driver's. */
static int do_devices(char **argv)
{
	for (; *argv; argv++) {
		unsigned int major = 0, minor = 0;
		char type = 0, made[64], there[64];

		if (sscanf(*argv, "%c:%u:%u", &type, &major, &minor) != 3)
			return 64;
		(void)snprintf(made, sizeof(made), "/tmp/%s", *argv);
		(void)snprintf(there, sizeof(there), "/nodes/%s", *argv);
		int m = mknod(made, (type == 'b' ? S_IFBLK : S_IFCHR) | 0600,
			      (dev_t)((major << 8) | minor)) == 0 ||
			errno != EPERM;
		int r = open(there, O_RDONLY | O_NONBLOCK | O_NOCTTY) >= 0 || errno != EPERM;
		int w = open(there, O_WRONLY | O_NONBLOCK | O_NOCTTY) >= 0 || errno != EPERM;

		printf("%s %s%s%s\n", *argv, r ? "r" : "", w ? "w" : "", m ? "m" : "");
	}
	return 0;
}

static int do_unshare_user(char **argv)
{
	(void)argv;
	return tell(unshare(CLONE_NEWUSER));
}

/* Runs another verb as a child, so that it is not pid 1; passes its end on. */
static int do_child(char **argv)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int result;

		for (result = 0; argv[result]; result++)
			;
		_exit(verb_run(result + 1, argv - 1));
	}
	if (waitpid(pid, &status, 0) < 0)
		return 98;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Takes a name that is not UTF-8, and runs another verb. */
static int do_renamed(char **argv)
{
	int argc = 1;

	while (argv[argc - 1])
		argc++;
	return prctl(PR_SET_NAME, "a\377b") ? errno : verb_run(argc, argv - 1);
}

/*
 * Tells whoever waits for it, as sd_notify(3) does, and is there for a moment more. Then it tells
 * more than a socket keeps (net.unix.max_dgram_qlen).
 */
static int do_notify(char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = getenv("NOTIFY_SOCKET");
	int sock = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, path);
	(void)usleep(100000);
	if (sendto(sock, argv[0], strlen(argv[0]), 0, (struct sockaddr *)&address,
		   sizeof(address)) < 0)
		return errno;
	(void)usleep((unsigned int)atoi(argv[1]) * 1000);
	for (int left = 1000; left > 0; left--)
		(void)sendto(sock, "WATCHDOG=1", 10, 0, (struct sockaddr *)&address,
			     sizeof(address));
	return 0;
}

static const struct verb verbs[] = {
    {"notify", 2, do_notify},
    {"spin", 0, do_spin},
    {"count", 1, do_count},
    {"sleep", 1, do_sleep},
    {"exit", 1, do_exit},
    {"raise", 1, do_raise},
    {"signals", 1, do_signals},
    {"write", 2, do_write},
    {"read", 1, do_read},
    {"dir", 1, do_dir},
    {"stat", 1, do_stat},
    {"echo", 0, do_echo},
    {"cat", 0, do_cat},
    {"bytes", 1, do_bytes},
    {"stderr", 1, do_stderr},
    {"tiocsti", 0, do_tiocsti},
    {"window", 1, do_window},
    {"fork", 1, do_fork},
    {"memory", 1, do_memory},
    {"socket", 1, do_socket},
    {"syscall", 1, do_syscall},
    {"unmount", 1, do_unmount},
    {"remount-rw", 1, do_remount_rw},
    {"mount-tmpfs", 1, do_mount_tmpfs},
    {"mknod", 3, do_mknod},
    {"devices", 1, do_devices},
    {"unshare-user", 0, do_unshare_user},
    {"child", 1, do_child},
    {"nest-cgroups", 4, cgroups_nest},
    {"renamed", 1, do_renamed},
    {"set-id", 1, set_id_run},
};

int verb_run(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		int status;

		if (strcmp(verbs[i].name, argv[1]) != 0)
			continue;
		if (argc - 2 < verbs[i].args)
			return 64;
		status = verbs[i].run(argv + 2);
		return fflush(stdout) == 0 ? status : 1;
	}
	return attempt_run(argc, argv);
}
