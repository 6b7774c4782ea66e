/* Beside the translation of a module: its one instance. compile.sh adds the names of its functions.
 */
#include "guest-impl.h"
#if defined(GUEST_CAPTURE) || defined(GUEST_RESTORE)
#include "snapshot.h"
#endif

static w2c_guest guest;

struct function_name {
	const void *at;
	const char *name;
	const char *exported;
};

#ifdef WASM_CHECKED
const bool guest_is_checked = true;
#else
const bool guest_is_checked = false;
#endif

/* The guard is more than one frame of translated code may skip. */
const u64 guest_stack_size = (u64)GUEST_STACK_MIB << 20;
const u64 guest_guard_size = (u64)GUEST_GUARD_MIB << 20;

#if defined(GUEST_CAPTURE) || defined(GUEST_RESTORE)
/* What is kept of an instance besides its memory. fields.h, of snapshot.sh, has its fields by kind.
 */
struct fields {
#define PLAIN(type, name) type name;
#define BIT(name) bool name;
#include "fields.h"
};
#endif

#if defined(GUEST_CAPTURE)
/* Tables are made again whenever the program starts: they have addresses of its code. */
bool guest_restore(void)
{
#define REFERENCE(name) snapshot_hold(&guest.name, sizeof(guest.name));
#define TABLE(name)                                                                      \
	snapshot_hold(guest.name.data, (u64)guest.name.size * sizeof(*guest.name.data)); \
	snapshot_hold(&guest.name, sizeof(guest.name));
#include "fields.h"
	return false;
}

void guest_run(void)
{
	static struct fields kept;

	wasm2c_guest_instantiate(&guest GUEST_IMPORTS);
	guest_initialise(&guest);
#define PLAIN(type, name) kept.name = guest.name;
#define BIT(name) kept.name = guest.name;
#include "fields.h"
	snapshot_write(w2c_guest_memory(&guest), &kept, sizeof(kept));
}
#else
#if defined(GUEST_RESTORE)
extern const u8 guest_image[] __attribute__((visibility("hidden")));

bool guest_restore(void)
{
	const struct fields *kept =
	    snapshot_restore(guest_image, w2c_guest_memory(&guest), sizeof(struct fields));

#define PLAIN(type, name) guest.name = kept->name;
#define BIT(name) guest.name = kept->name;
#include "fields.h"
	(void)kept;
	return true;
}
#endif

/* It ends with the status 0, unless the module calls proc_exit or traps. */
void guest_run(void)
{
	wasm2c_guest_instantiate(&guest GUEST_IMPORTS);
	guest_start(&guest);
}
#endif
