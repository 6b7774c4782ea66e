#include "../verify-internal.h"

#define MAX_INSTRUCTIONS 4096 /* BPF_MAXINSNS */
#define DATA_SIZE 64	      /* sizeof(struct seccomp_data) */

struct bpf_instruction {
	uint16_t code;
	uint8_t jt;
	uint8_t jf;
	uint32_t k;
};

/* What seccomp_check_filter() in the kernel allows, less the memory words M[], whose use it would
 * have to follow. */
static const uint8_t plain_codes[] = {
    0x80, 0x81, 0x00, 0x01, 0x07, 0x87,			  /* length, immediate, tax, txa */
    0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x3c,		  /* add, sub, mul, div by x */
    0x44, 0x4c, 0x54, 0x5c, 0xa4, 0xac, 0x6c, 0x7c, 0x84, /* or, and, xor, shifts by x, neg */
};

static const uint8_t branch_codes[] = {0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d};

#define CODE_LOAD 0x20
#define CODE_RETURN_K 0x06
#define CODE_RETURN_A 0x16
#define CODE_JUMP 0x05
#define CODE_DIVIDE 0x34
#define CODE_SHIFT_LEFT 0x64
#define CODE_SHIFT_RIGHT 0x74

/* `room`: how many instructions come after this one. */
static int good_instruction(const struct bpf_instruction *in, uint32_t room)
{
	if (in->code > UINT8_MAX)
		return 0;
	if (CODE_IN(in->code, branch_codes))
		return in->jt < room && in->jf < room;
	switch (in->code) {
	case CODE_RETURN_K:
	case CODE_RETURN_A:
		return 1;
	case CODE_LOAD:
		return in->k % 4 == 0 && in->k < DATA_SIZE;
	case CODE_JUMP:
		return in->k < room;
	case CODE_DIVIDE:
		return in->k != 0;
	case CODE_SHIFT_LEFT:
	case CODE_SHIFT_RIGHT:
		return in->k < 32;
	default:
		return CODE_IN(in->code, plain_codes);
	}
}

int is_filter(const struct plan_op *op)
{
	_Static_assert((int)OP_LOAD_SECCOMP_DATA_PROGRAM == (int)OP_LOAD_LISTENER_DATA_PROGRAM &&
			   (int)OP_LOAD_SECCOMP_DATA_PROGRAM == (int)OP_CONFINE_DATA_PROGRAM,
		       "one position");
	return op->code == OP_LOAD_SECCOMP || op->code == OP_LOAD_LISTENER;
}

/* What the launcher may still do when it has given up the rest. */
static const uint8_t confined[] = {
    OP_WAIT,	    OP_REPORT,	      OP_CLOSE,	      OP_OPEN_CGROUP,
    OP_KILL_CGROUP, OP_REMOVE_CGROUP, OP_CONNECT_BUS, OP_CALL_BUS,
};

static int check_confine(struct verifier *v, uint32_t i)
{
	uint32_t n = i + 1;

	if (op_count(v, OP_CONFINE) != 1 || n == v->n_ops || op_at(v, n)->code != OP_WAIT)
		return fail(v, RULE_CONFINED, i, n);
	for (; n < v->n_ops && op_at(v, n)->phase == PHASE_PARENT; n++)
		if (!CODE_IN(op_at(v, n)->code, confined))
			return fail(v, RULE_CONFINED, n, op_at(v, n)->code);
	return 0;
}

static int check_filter(struct verifier *v, uint32_t i)
{
	uint32_t length, n;
	const void *bytes =
	    plan_bytes(&v->view, op_at(v, i), OP_LOAD_SECCOMP_DATA_PROGRAM, &length);
	const struct bpf_instruction *filter = bytes;

	n = length / sizeof(*filter);
	if (length % sizeof(*filter) || n == 0 || n > MAX_INSTRUCTIONS)
		return fail(v, RULE_BAD_BPF, i, n);
	for (uint32_t at = 0; at < n; at++)
		if (!good_instruction(&filter[at], n - at - 1))
			return fail(v, RULE_BAD_BPF, i, at);
	if (filter[n - 1].code != CODE_RETURN_K && filter[n - 1].code != CODE_RETURN_A)
		return fail(v, RULE_BAD_BPF, i, n - 1);
	return 0;
}

/* An eBPF program: whole instructions; the kernel's own verifier reads the rest before it runs. */
static int check_device_filter(struct verifier *v, uint32_t i)
{
	uint32_t length;

	(void)plan_bytes(&v->view, op_at(v, i), OP_SET_DEVICE_FILTER_DATA_PROGRAM, &length);
	if (length % sizeof(uint64_t) || length / sizeof(uint64_t) > MAX_INSTRUCTIONS)
		return fail(v, RULE_BAD_BPF, i, length);
	return 0;
}

/*
 * With no_new_privs a filter needs no right, and is loaded last, so that it need not allow what
 * init still does. Without it, loading needs CAP_SYS_ADMIN, so it comes before the ids and the
 * capabilities go.
 */
static int check_place(struct verifier *v, uint32_t i)
{
	int good;

	if (op_count(v, OP_SET_NO_NEW_PRIVS))
		good = op_at(v, i)->phase == PHASE_EXEC;
	else
		good = op_at(v, i)->phase == PHASE_DROP && i < op_first(v, OP_SET_IDS);
	return good ? 0 : fail(v, RULE_SECCOMP_ORDER, i, op_at(v, i)->phase);
}

static int check_spawn(struct verifier *v, uint32_t i)
{
	if (op_at(v, i)->flags & OPF_GO_ON && v->view.header->kind != KIND_HOST)
		return fail(v, RULE_SPAWN_ORDER, i, OPF_GO_ON);
	for (uint32_t n = i; op_at(v, i)->phase == PHASE_EXEC && n < v->n_ops; n++)
		if (is_filter(op_at(v, n)))
			return fail(v, RULE_SPAWN_ORDER, i, n);
	return 0;
}

int verify_seccomp(struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++) {
		int r = 0;

		if (op_at(v, i)->code == OP_SET_DEVICE_FILTER)
			r = check_device_filter(v, i);
		if (op_at(v, i)->code == OP_CONFINE)
			r = check_confine(v, i);
		if (r == 0 && (is_filter(op_at(v, i)) || op_at(v, i)->code == OP_CONFINE))
			r = check_filter(v, i);
		if (r == 0 && is_filter(op_at(v, i)))
			r = check_place(v, i);
		if (r == 0 && op_at(v, i)->code == OP_SPAWN)
			r = check_spawn(v, i);
		if (r < 0)
			return r;
	}
	return 0;
}
