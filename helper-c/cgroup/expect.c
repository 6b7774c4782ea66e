/* Which cgroup init is in. */
#include "../launch/launch.h"
#include "../sys/str.h"

static int begins(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strlen(line) >= n && memcmp(line, word, n) == 0;
}

/* The cgroup of a line of /proc/PID/cgroup, when it is of that controller's hierarchy; NULL: of the
 * unified one. Else NULL. */
static const char *cgroup_of(const char *line, const char *controller)
{
	if (!controller)
		return begins(line, "0::") ? line + 3 : NULL;
	while (*line && *line != ':')
		line++;
	while (*line) {
		size_t n = strlen(controller);

		/* After the colon, and after each comma. */
		line++;
		int found = begins(line, controller) && (line[n] == ',' || line[n] == ':');

		while (*line && *line != ':' && (found || *line != ','))
			line++;
		if (*line == ':')
			return found ? line + 1 : NULL;
	}
	return NULL;
}

int op_expect_cgroup(struct run *run, const struct plan_op *op)
{
	const char *want = plan_string(&run->plan, op, OP_EXPECT_CGROUP_DATA_PATH);
	const char *controller = plan_string(&run->plan, op, OP_EXPECT_CGROUP_DATA_CONTROLLER);
	char path[48], lines[8192];
	struct text text = {.data = path, .size = sizeof(path)};
	int err = init_check(run, op, OP_EXPECT_CGROUP_SLOT_PROCESS);

	text_add_number(&text, launch.pid);
	text_add(&text, "/cgroup");
	long n = err < 0 ? err
			 : file_read(op_fd(run, op, OP_EXPECT_CGROUP_SLOT_PROC), path, lines,
				     sizeof(lines));

	if (n < 0)
		return (int)n;
	for (char *line = lines; *line;) {
		char *end = line;

		while (*end && *end != '\n')
			end++;
		char *next = *end ? end + 1 : end;

		*end = 0;
		const char *found = cgroup_of(line, controller);

		if (found && str_equal(found, want))
			return 0;
		if (found)
			launch_told(found);
		line = next;
	}
	return op_fault(run, FAULT_DIFFERS, EXDEV, 0);
}
