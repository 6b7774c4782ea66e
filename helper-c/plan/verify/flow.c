#include "../verify-internal.h"

/* What passes between launcher and init at one place of their streams. */
enum meeting {
	MEETING_NONE,
	MEETING_SYNC,
	MEETING_SLOT,
	MEETING_FORK,
};

/* One side's stream, read meeting by meeting. */
struct stream {
	uint32_t next;
	uint32_t end;
	uint32_t at; /* the op of the meeting found last */
};

static enum meeting meeting_of(uint16_t code)
{
	switch (code) {
	case OP_SYNC:
		return MEETING_SYNC;
	case OP_GIVE_SLOT:
	case OP_TAKE_SLOT:
		return MEETING_SLOT;
	case OP_FORK:
	case OP_ADOPT:
		return MEETING_FORK;
	default:
		return MEETING_NONE;
	}
}

static enum meeting next_meeting(const struct verifier *v, struct stream *stream)
{
	while (stream->next < stream->end) {
		enum meeting meeting = meeting_of(op_at(v, stream->next)->code);

		stream->at = stream->next++;
		if (meeting != MEETING_NONE)
			return meeting;
	}
	return MEETING_NONE;
}

static int check_number(struct verifier *v, uint32_t i, uint64_t number)
{
	if (op_at(v, i)->nums[OP_SYNC_NUM_NUMBER] != number)
		return fail(v, RULE_SYNC_ORDER, i, (uint32_t)number);
	return 0;
}

/* Both sides' meetings, in lockstep: what one awaits the other does, so that neither waits for
 * ever. */
static int check_meetings(struct verifier *v, struct stream launcher, struct stream init)
{
	uint64_t number = 1;

	for (;;) {
		enum meeting outside = next_meeting(v, &launcher);
		enum meeting inside = next_meeting(v, &init);
		int r = 0;

		if (outside == MEETING_NONE && inside == MEETING_NONE)
			return 0;
		if (outside == MEETING_SYNC)
			r = check_number(v, launcher.at, number);
		if (r == 0 && inside == MEETING_SYNC)
			r = check_number(v, init.at, number);
		if (r < 0)
			return r;
		if (outside == inside) {
			number += outside == MEETING_SYNC;
			continue;
		}
		if (outside == MEETING_FORK || inside == MEETING_FORK)
			return fail(v, RULE_FORK_ADOPT,
				    inside == MEETING_FORK ? init.at : launcher.at, 0);
		if (outside == MEETING_SLOT || inside == MEETING_SLOT)
			return fail(v, RULE_GIVE_TAKE,
				    inside == MEETING_SLOT ? init.at : launcher.at, 0);
		return fail(v, RULE_SYNC_UNPAIRED, inside == MEETING_SYNC ? init.at : launcher.at,
			    (uint32_t)number);
	}
}

static int check_phases(struct verifier *v)
{
	for (uint32_t i = 1; i < v->n_ops; i++)
		if (op_at(v, i)->phase < op_at(v, i - 1)->phase)
			return fail(v, RULE_PHASE_ORDER, i, op_at(v, i)->phase);
	return 0;
}

static int check_host_kind(struct verifier *v)
{
	uint8_t last = v->view.header->kind == KIND_RESTORE ? PHASE_PARENT : PHASE_HOST;

	for (uint32_t i = 0; i < v->n_ops; i++)
		if (op_at(v, i)->phase > last || op_at(v, i)->code == OP_CLONE)
			return fail(v, RULE_KIND_PHASE, i, op_at(v, i)->phase);
	return 0;
}

static int makes_pid_namespace(const struct verifier *v)
{
	uint64_t made = op_at(v, op_first(v, OP_CLONE))->nums[OP_CLONE_NUM_NAMESPACES];

	if (op_count(v, OP_FORK))
		made |= op_at(v, op_first(v, OP_FORK))->nums[OP_FORK_NUM_NAMESPACES];
	return (made & NS_PID) != 0;
}

/* Ops that a plan which makes a process has exactly once. */
static int check_once(struct verifier *v)
{
	uint32_t clone = op_first(v, OP_CLONE), last = v->n_ops - 1;

	if (op_count(v, OP_CLONE) != 1)
		return fail(v, RULE_CLONE_ONCE, clone, op_count(v, OP_CLONE));
	if (clone != last && op_at(v, clone + 1)->phase == PHASE_HOST)
		return fail(v, RULE_CLONE_ONCE, clone, 0);
	if (op_count(v, OP_RELEASE) != 1)
		return fail(v, RULE_RELEASE_ONCE, op_first(v, OP_RELEASE), op_count(v, OP_RELEASE));
	if (op_count(v, OP_EXEC) != 1 || op_at(v, last)->code != OP_EXEC)
		return fail(v, RULE_EXEC_ONCE, op_first(v, OP_EXEC), op_count(v, OP_EXEC));
	/* Whose children does the first process take, if not of a pid namespace of its own? */
	if (op_at(v, last)->flags & OPF_INIT && !makes_pid_namespace(v))
		return fail(v, RULE_EXEC_ONCE, last, NS_PID);
	/* What waits at a gate may have nothing to execute: exec fails then. */
	if (op_count(v, OP_FIND_EXEC) != 1 && (op_count(v, OP_FIND_EXEC) || !op_count(v, OP_GATE)))
		return fail(v, RULE_FIND_EXEC, op_first(v, OP_FIND_EXEC),
			    op_count(v, OP_FIND_EXEC));
	if (op_count(v, OP_GATE) > (v->view.header->kind == KIND_CREATE))
		return fail(v, RULE_GATE_ONCE, op_first(v, OP_GATE), op_count(v, OP_GATE));
	if (op_count(v, OP_FORK) > 1)
		return fail(v, RULE_FORK_ADOPT, op_first(v, OP_FORK), op_count(v, OP_FORK));
	return 0;
}

/* Of the launcher's stream: the release comes before any meeting and after any change of a mount.
 * Waiting for the exec comes after the last meeting, waiting for the container's end after that. */
static int check_launcher(struct verifier *v, struct stream launcher)
{
	uint32_t release = op_first(v, OP_RELEASE), await = op_first(v, OP_AWAIT_EXEC),
		 wait = op_first(v, OP_WAIT), n = op_count(v, OP_AWAIT_EXEC), last = release;

	if (n != !op_count(v, OP_GATE))
		return fail(v, RULE_AWAIT_EXEC, await, n);
	for (uint32_t i = release; i < launcher.end; i++)
		if (op_at(v, i)->code == OP_SET_MOUNT)
			return fail(v, RULE_RELEASE_ONCE, release, i);
	while (next_meeting(v, &launcher) != MEETING_NONE) {
		last = launcher.at;
		if (last < release)
			return fail(v, RULE_RELEASE_ONCE, release, last);
	}
	if (n && await < last)
		return fail(v, RULE_AWAIT_EXEC, await, last);
	if (wait < last || (n && wait < await))
		return fail(v, RULE_AWAIT_EXEC, wait, last);
	return 0;
}

/* Init stands at a meeting that the launcher comes to when its caller says so. */
static int check_hold(struct verifier *v, struct stream launcher)
{
	uint32_t hold = op_first(v, OP_HOLD), n = op_count(v, OP_HOLD), i = launcher.end;

	if (n == 0)
		return 0;
	if (n > 1 || v->view.header->kind != KIND_CREATE || op_count(v, OP_GATE) ||
	    hold < op_first(v, OP_RELEASE))
		return fail(v, RULE_HOLD_ONCE, hold, n);
	while (i > hold && op_at(v, i - 1)->code != OP_SYNC)
		i--;
	return i > hold ? 0 : fail(v, RULE_HOLD_ONCE, hold, OP_SYNC);
}

static int check_gate(struct verifier *v)
{
	uint32_t gate = op_first(v, OP_GATE);
	const struct plan_op *maker;

	if (gate == OP_NONE)
		return 0;
	maker = op_defining(v, op_at(v, gate)->slots[OP_GATE_SLOT_SOCKET]);
	return maker && maker->code == OP_MAKE_GATE ? 0 : fail(v, RULE_GATE_ONCE, gate, 0);
}

/*
 * A container that goes on is on record, so that it is found whatever becomes of the launcher. What
 * init forks is its own process, and stands still from its adoption to the next meeting.
 */
static int check_record(struct verifier *v, struct stream launcher)
{
	uint32_t after = 0, until = op_first(v, OP_RELEASE);

	if (op_count(v, OP_ADOPT)) {
		after = op_first(v, OP_ADOPT);
		until = after;
		while (until < launcher.end && op_at(v, until)->code != OP_SYNC)
			until++;
	}
	for (uint32_t i = launcher.next; i < launcher.end; i++)
		if (op_at(v, i)->code == OP_RECORD_PROCESS && (i < after || i > until))
			return fail(v, RULE_RECORD_ORDER, i, until);
	return 0;
}

int verify_flow(struct verifier *v)
{
	struct stream launcher, init;
	int r = check_phases(v);

	if (r == 0)
		r = verify_criu(v);
	if (r < 0)
		return r;
	if (!makes_process(v))
		return check_host_kind(v);
	if (v->n_ops == 0)
		return fail(v, RULE_CLONE_ONCE, OP_NONE, 0);
	r = check_once(v);
	if (r < 0)
		return r;

	launcher.next = op_first(v, OP_CLONE) + 1;
	launcher.at = launcher.next;
	launcher.end = launcher.next;
	while (launcher.end < v->n_ops && op_at(v, launcher.end)->phase == PHASE_PARENT)
		launcher.end++;
	init.next = launcher.end;
	init.at = init.next;
	init.end = v->n_ops;
	r = check_launcher(v, launcher);
	if (r == 0)
		r = check_hold(v, launcher);
	if (r == 0)
		r = check_meetings(v, launcher, init);
	if (r == 0)
		r = check_gate(v);
	return r < 0 ? r : check_record(v, launcher);
}
