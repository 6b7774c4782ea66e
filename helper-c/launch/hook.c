/* Hooks that run on the host. */
#include "../sys/spawn.h"
#include "../sys/str.h"
#include "launch.h"

int spawn_wait(int pidfd, int timeout_ms)
{
	int err = wait_readable(&launch, pidfd, -1, timeout_ms);

	return err < 0 ? err : 0;
}

/* Warns of a failure that the plan ignores. */
static void warn(const struct fault *fault, const char *program)
{
	char line[512];
	struct text text = {.data = line, .size = sizeof(line)};

	text_add(&text, "coffer-helper: the hook ");
	text_add(&text, program);
	text_add(&text, fault->code == FAULT_PROGRAM ? " failed, status " : " failed, errno ");
	text_add_number(&text, fault->code == FAULT_PROGRAM ? fault->detail & 0xff
							    : (uint64_t)fault->error);
	/* The path is the config's, and this may be a terminal. */
	for (size_t i = 0; i < text.used; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[text.used++] = '\n';
	launch_write(2, line, text.used);
}

int op_spawn_launch(struct run *run, const struct plan_op *op)
{
	run->pid = launch.pid;
	int err = op_spawn(run, op);

	if (err == 0 || !(op->flags & OPF_GO_ON))
		return err;
	(void)op_fault(run, FAULT_CALL, -err, 0);
	warn(&run->fault, plan_string(&run->plan, op, OP_SPAWN_DATA_ARGS));
	report_write(&launch, STATE_WARNED);
	run->fault.code = FAULT_NONE;
	return 0;
}
