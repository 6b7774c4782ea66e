/*
 * How another orchestrator uses the helper: it launches a stored plan, follows the reports, and
 * ends with the container's status. No library is needed, only plan/format.h; the protocol is
 * docs/formats/protocol.md.
 *
 *     cc -Ihelper-c -o launch helper-c/example/launch.c
 *     coffer plan BUNDLE --raw my.plan
 *     ./launch coffer-helper my.plan rootfs=/some/rootfs
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plan/format.h"

/* The helper's descriptors in the child: any numbers above stdio will do, they are passed as words.
 */
enum { PLAN_FD = 10, REPORT_FD = 11 };

static void fail(const char *what)
{
	fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
	exit(125);
}

static pid_t start_helper(const char *helper, const char *plan, char **inputs, int report)
{
	const char *args[64] = {helper, "launch", "--plan-fd", "10", "--report-fd", "11"};
	int count = 6;

	for (; *inputs && count < 62; inputs++) {
		args[count++] = "--input";
		args[count++] = *inputs;
	}
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	int fd = open(plan, O_RDONLY);

	if (fd < 0)
		fail(plan);
	/* dup2 gives descriptors without close-on-exec. The plan is copied and sealed by the
	 * helper. */
	if (dup2(fd, PLAN_FD) < 0 || dup2(report, REPORT_FD) < 0)
		fail("dup2");
	execv(helper, (char *const *)args);
	fail(helper);
	return -1;
}

static void print_failure(const struct report_record *record)
{
	if (record->code == 2)
		fprintf(stderr, "launch: the plan was refused at op %u by rule %llu\n", record->op,
			(unsigned long long)record->detail);
	else
		fprintf(stderr, "launch: op %u failed (code %u): %s\n", record->op, record->code,
			strerror(record->error));
}

/* Follows the reports until the helper closes its end. The status to end with. */
static int follow(int report)
{
	static const char *const states[] = {"?", "created", "running", "exited", "failed", "done"};
	struct report_record record;
	int status = 125;

	/* Records have a fixed size and are written whole: a short read is the end. */
	while (read(report, &record, sizeof(record)) == sizeof(record)) {
		if (record.magic != REPORT_MAGIC || record.version != REPORT_VERSION ||
		    record.state > 5)
			break;
		if (record.state == 4)
			print_failure(&record);
		else
			fprintf(stderr, "launch: %s, pid %u, %llu us\n", states[record.state],
				record.pid, (unsigned long long)record.nanoseconds / 1000);
		if (record.state == 3)
			status = (int)(record.status & 0xff);
		else if (record.state != 4)
			status = 0;
	}
	return status;
}

int main(int argc, char **argv)
{
	int report[2];

	if (argc < 3) {
		fprintf(stderr, "usage: %s HELPER PLAN [NAME=PATH | NAME=fd:N]...\n", argv[0]);
		return 125;
	}
	if (pipe2(report, O_CLOEXEC) < 0)
		fail("pipe2");
	pid_t pid = start_helper(argv[1], argv[2], argv + 3, report[1]);

	if (pid < 0)
		fail("fork");
	close(report[1]);
	int status = follow(report[0]);

	if (waitpid(pid, NULL, 0) < 0)
		fail("waitpid");
	return status;
}
