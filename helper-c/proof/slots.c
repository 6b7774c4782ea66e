/* Any slot table: what is accepted has types, and names of their own for inputs. */
#include "plan/verify/image.c"

#include "world.h"

void harness(void)
{
	struct verifier v;

	any_world(&v);
	if (check_slot_table(&v) < 0) {
		PROVE(result.rule != RULE_NONE, "who refuses says why");
		return;
	}
	for (uint16_t i = 0; i < SLOTS; i++) {
		const char *name = plan_slot_name(&v.view, i);

		PROVE(slots[i].type >= SLOT_DIR && slots[i].type <= SLOT_TYPE_LAST, "a type");
		PROVE((slots[i].origin == ORIGIN_INPUT) == (name != NULL), "inputs have names");
		PROVE(!name || (slots[i].type != SLOT_TREE && slots[i].type != SLOT_LABEL &&
				slots[i].type != SLOT_LISTENER && slots[i].type != SLOT_RULESET),
		      "no input is a tree, a label, a listener or a ruleset");
		if (name)
			PROVE(name[0] && name[slots[i].name.length] == 0, "that end");
	}
	if (slots[0].origin == ORIGIN_INPUT && slots[1].origin == ORIGIN_INPUT)
		PROVE(!same_string(&v, &slots[0].name, &slots[1].name), "no two are the same");
}
