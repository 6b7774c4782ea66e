/*
 * Counts what each function of JavaScript costs, for scripts/front/trace/profile.mjs; no part of the
 * program. The compiler puts a call into each edge of the engine's own code. An edge is counted for
 * the function whose frame is the innermost, for the innermost one of the script, and in all for
 * each function whose frame is around it.
 */
#include "quickjs.h"

#include <stdbool.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define UNCOUNTED __attribute__((no_sanitize("coverage")))
#define FUNCTIONS_MAX 16384u
#define DEPTH_MAX 512u

/* frames.inc */
const void *front_innermost(JSRuntime *runtime);
const void *front_around(const void *frame, const void **ret_code);
int front_is_script(const void *code);
const char *front_name_of(JSRuntime *runtime, const void *code);
int front_line_of(JSRuntime *runtime, const void *code);

struct cost {
	const void *code;
	uint32_t self, own, all, calls, stamp;
};

static struct cost costs[FUNCTIONS_MAX];
/* The functions of all frames, each once: the innermost first. */
static struct cost *around[DEPTH_MAX];
/* The innermost one that is no function of C. */
static struct cost *owner;
static uint32_t depth, stamp, pending, taken;
static const void *innermost;
static JSRuntime *engine;
static bool counts;

/* What JS_SetStripInfo calls instead of having functions lose their lines. */
void profile_engine(JSRuntime *runtime);
void profile_engine(JSRuntime *runtime)
{
	engine = runtime;
}

UNCOUNTED static struct cost *cost_of(const void *code)
{
	uint32_t at = (uint32_t)((uintptr_t)code >> 3) * 2654435761u % FUNCTIONS_MAX;

	while (costs[at].code != code && costs[at].code != NULL)
		at = (at + 1) % FUNCTIONS_MAX;
	costs[at].code = code;
	return &costs[at];
}

/* Books what was counted since the frame changed. */
UNCOUNTED static void settle(void)
{
	if (depth > 0)
		around[0]->self += pending;
	if (owner != NULL)
		owner->own += pending;
	for (uint32_t index = 0; index < depth; index++)
		around[index]->all += pending;
	pending = 0;
}

UNCOUNTED static void look_around(const void *frame)
{
	uint32_t before = depth;

	settle();
	depth = 0;
	owner = NULL;
	stamp++;
	while (frame != NULL && depth < DEPTH_MAX) {
		const void *code = NULL;
		const void *outer = front_around(frame, &code);
		struct cost *cost = code == NULL ? NULL : cost_of(code);

		if (owner == NULL && cost != NULL && front_is_script(code))
			owner = cost;
		if (cost != NULL && cost->stamp != stamp) {
			around[depth++] = cost;
			cost->stamp = stamp;
		}
		frame = outer;
	}
	if (depth > before)
		around[0]->calls++;
}

void __sanitizer_cov_trace_pc(void);
UNCOUNTED void __sanitizer_cov_trace_pc(void)
{
	const void *frame;

	if (!counts)
		return;
	frame = front_innermost(engine);
	if (frame != innermost) {
		innermost = frame;
		look_around(frame);
	}
	pending++;
	taken++;
}

EXPORT("profile_begin") UNCOUNTED void profile_begin(void)
{
	counts = true;
}

/* Ends the counting: where the costs are. */
EXPORT("profile_end") UNCOUNTED const struct cost *profile_end(void)
{
	settle();
	counts = false;
	return costs;
}

/* How many edges were taken so far. */
EXPORT("profile_edges") UNCOUNTED uint32_t profile_edges(void)
{
	return taken;
}

EXPORT("profile_size") UNCOUNTED uint32_t profile_size(void)
{
	return sizeof(costs);
}

EXPORT("profile_name") const char *profile_name(const void *code)
{
	return front_name_of(engine, code);
}

EXPORT("profile_line") int profile_line(const void *code)
{
	return front_line_of(engine, code);
}
