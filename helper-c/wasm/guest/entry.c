/* Beside the translation of a module: its one instance. compile.sh adds the names of its functions.
 */
#include "guest-impl.h"

static w2c_guest guest;

struct function_name {
	const void *at;
	const char *name;
};

#ifdef WASM_CHECKED
const bool guest_is_checked = true;
#else
const bool guest_is_checked = false;
#endif

/* The guard is more than one frame of translated code may skip. */
const u64 guest_stack_size = (u64)GUEST_STACK_MIB << 20;
const u64 guest_guard_size = (u64)GUEST_GUARD_MIB << 20;

/* It ends with the status 0, unless the module calls proc_exit or traps. */
void guest_run(void)
{
	wasm2c_guest_instantiate(&guest GUEST_IMPORTS);
	w2c_guest_0x5Fstart(&guest);
}
