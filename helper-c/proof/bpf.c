/* Any filter that is accepted, over any system call. It reads only inside of seccomp_data, and
 * never leaves the filter. It returns after at most as many steps as it is long. */
#include "plan/verify/seccomp.c"

#define INSTRUCTIONS 5
#define BLOBS (INSTRUCTIONS * sizeof(struct bpf_instruction))
#include "world.h"

#define CLASS 0x07
#define CLASS_JUMP 0x05
#define CLASS_RETURN 0x06
#define OPERATION 0xf0
#define BY_X 0x08

static uint32_t a, x;

/* The conditions themselves do not matter: either way may be gone. */
static uint32_t step(const struct bpf_instruction *in)
{
	if (in->code == CODE_JUMP)
		return in->k;
	if ((in->code & CLASS) == CLASS_JUMP)
		return nondet_u32() % 2 ? in->jt : in->jf;
	if (in->code == CODE_LOAD)
		PROVE(in->k % 4 == 0 && in->k + 4 <= DATA_SIZE, "a load inside of seccomp_data");
	if (in->code == CODE_DIVIDE)
		PROVE(in->k != 0, "no division by zero");
	if (in->code == CODE_SHIFT_LEFT || in->code == CODE_SHIFT_RIGHT)
		PROVE(in->k < 32, "no shift past the word");
	return 0;
}

static void interpret(const struct bpf_instruction *filter, uint32_t n)
{
	uint32_t pc = 0;

	for (uint32_t steps = 0; steps < INSTRUCTIONS; steps++) {
		uint32_t skip;

		PROVE(pc < n, "inside of the program");
		if ((filter[pc].code & CLASS) == CLASS_RETURN)
			return;
		skip = step(&filter[pc]);
		PROVE(skip < n - pc, "jumps end in the program");
		pc += 1 + skip;
	}
	PROVE(0, "it returns");
}

void harness(void)
{
	struct verifier v;

	any_world(&v);
	ops[0].code = OP_LOAD_SECCOMP;
	ops[0].data[0].offset = 0;
	ASSUME(ops[0].data[0].length <= BLOBS && ops[0].data[0].length > 0);
	if (check_filter(&v, 0) == 0)
		interpret((const void *)blobs,
			  ops[0].data[0].length / sizeof(struct bpf_instruction));
}
