/* Between the files of the verifier. Each check returns 0, or -EINVAL after fail() has filled the
 * result. */
#pragma once

#include "decode.h"
#include "verify.h"

#define VERIFY_EINVAL 22 /* the same on every architecture; the verifier has no system headers */
#define PLAN_MAX_INPUTS 256
#define PLAN_MAX_USERNS 64
#define PLAN_MAX_IDMAPS 4 /* a plan needs two: of users and of groups */
#define PLAN_MAX_REFERRED (2u * PLAN_MAX_SIZE)
#define PATH_MAX_LENGTH 4095
#define NAME_MAX_LENGTH 255

#define NS_MOUNT 0x00020000u /* CLONE_NEWNS */
#define NS_USER 0x10000000u  /* CLONE_NEWUSER */
#define NS_PID 0x20000000u   /* CLONE_NEWPID */
#define NS_NET 0x40000000u   /* CLONE_NEWNET */

/* How often an op occurs, and where first. */
struct op_seen {
	uint16_t count;
	uint16_t first;
};

struct verifier {
	struct plan_view view;
	struct verify_state *state;
	struct verify_result *ret;
	uint32_t n_ops;
	uint32_t n_slots;
	uint32_t referred; /* bytes that data references named so far */
	struct op_seen seen[OP_LAST + 1];
};

/* Fills the result. Always -EINVAL, for `return fail(…)`. */
int fail(struct verifier *v, enum verify_rule rule, uint32_t op, uint32_t detail);

/* Header, sections, padding, slot table; sets v->view and the counts. */
int verify_image(struct verifier *v, const void *base, size_t size);
/* A string reference: bounds, its NUL, none inside. */
int verify_string(struct verifier *v, const struct plan_ref *ref, uint32_t op);
/* One path component, not `.` or `..`. */
int verify_name(struct verifier *v, const struct plan_ref *ref, uint32_t op);

/* Every op against its row. Fills v->seen. */
int verify_ops(struct verifier *v);
/* The op of the launcher that defines a slot; NULL for an input. */
const struct plan_op *op_defining(const struct verifier *v, uint16_t slot);
/* True where the op closes the slot at that position. */
int op_moves(const struct plan_op *op, unsigned int position);
/* What single ops ask of their numbers beyond their row. */
int verify_numbers(struct verifier *v, uint32_t op);
/* Phases, kinds, and how the two sides meet. */
int verify_flow(struct verifier *v);
/* What asks CRIU, and a plan of kind restore. */
int verify_criu(struct verifier *v);
/* The text of every id map. Uses the scratch memory. */
int verify_idmaps(struct verifier *v);
/* Slots from definition to end, peers, what is alive at the root transition. Uses the scratch
 * memory. */
int verify_slots(struct verifier *v);
/* The mount namespace and the root transition. */
int verify_mounts(struct verifier *v);
/* Whose network namespace interfaces are moved into. */
int verify_network(struct verifier *v);
/* In whose namespaces names, networks and parameters are set. */
int verify_own(struct verifier *v);
/* What init is before anybody may see it. */
int verify_unseen(struct verifier *v);
/* Ids, capabilities, id maps, what comes after the drop. */
int verify_rights(struct verifier *v);
/* The Landlock ruleset: its rights, its rules, and that it is enforced. */
int verify_landlock(struct verifier *v);
/* Filters: their order and their instructions. */
int verify_seccomp(struct verifier *v);
/* Labels: once each, in order, of init's own attributes. */
int verify_labels(struct verifier *v);
/* True for an op that loads a filter. */
int is_filter(const struct plan_op *op);

/* True where the plan makes a process, with an init of ours. */
static inline int makes_process(const struct verifier *v)
{
	return v->view.header->kind == KIND_CREATE || v->view.header->kind == KIND_JOIN;
}

static inline const struct plan_op *op_at(const struct verifier *v, uint32_t i)
{
	return &v->view.ops[i];
}

static inline uint32_t op_count(const struct verifier *v, enum op_code code)
{
	return v->seen[code].count;
}

/* The index of the first op of that code; OP_NONE without such an op. */
static inline uint32_t op_first(const struct verifier *v, enum op_code code)
{
	return v->seen[code].count ? v->seen[code].first : OP_NONE;
}

/* True where the plan makes init's user namespace: nobody but init is in it, and looks on. */
static inline int makes_userns(const struct verifier *v)
{
	uint64_t made = op_at(v, op_first(v, OP_CLONE))->nums[OP_CLONE_NUM_NAMESPACES];

	if (op_count(v, OP_FORK))
		made |= op_at(v, op_first(v, OP_FORK))->nums[OP_FORK_NUM_NAMESPACES];
	return (made & NS_USER) != 0;
}

/* True for an op that makes a procfs (verify-own.c). */
int makes_procfs(const struct verifier *v, const struct plan_op *op);

/* True for an op that takes init into the container's root. */
static inline int is_transition(const struct plan_op *op)
{
	return op->code == OP_PIVOT || op->code == OP_CHROOT;
}

/* The op at which init enters the container: the root transition, or else the first op after phase
 * inside. OP_NONE if the plan has no init. */
static inline uint32_t op_entering(const struct verifier *v)
{
	for (uint32_t i = 0; i < v->n_ops; i++)
		if (is_transition(op_at(v, i)) || op_at(v, i)->phase > PHASE_INSIDE)
			return i;
	return OP_NONE;
}

static inline int ref_is_null(const struct plan_ref *ref)
{
	return ref->offset == 0 && ref->length == 0;
}

static inline int code_in(uint16_t code, const uint8_t *codes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (codes[i] == code)
			return 1;
	return 0;
}

#define CODE_IN(code, list) code_in((code), (list), sizeof(list))
