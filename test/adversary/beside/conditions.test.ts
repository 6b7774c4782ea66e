// Every verb, in every hostile environment, project directory and machine of the table.
import type { ExecutionContext } from "ava";
import test from "ava";
import type { VerbName } from "../../../packages/cli/src/table/verbs.ts";
import { verbsOf, verbTable } from "../../../packages/cli/src/table/verbs.ts";
import { needs } from "../../helpers/needs.ts";
import { isWhole } from "./attack.ts";
import { calls } from "./calls.ts";
import { meetCondition } from "./condition-cells.ts";
import type { Condition } from "./conditions.ts";
import { conditions } from "./conditions.ts";
import { canRun } from "./path-cells.ts";
import type { Caller } from "./types.ts";

const verbs = verbsOf("coffer");
/** In `npm test` each verb meets a condition, and a few conditions a verb. */
const isSampled = (verb: VerbName, condition: Condition): boolean =>
  isWhole || (verbs.indexOf(verb) * 5 + conditions.indexOf(condition)) % (conditions.length * 2) === 1;

const holds = test.macro({
  exec: async (t: ExecutionContext, condition: Condition, as: Caller) => {
    t.timeout(900_000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const met: VerbName[] = [];
    for (const verb of verbs)
      if (isSampled(verb, condition) && (calls[verb].only ?? as) === as && (await canRun(verb))) met.push(verb);
    if (met.length === 0) t.pass();
    else t.deepEqual(await meetCondition(t, condition, as, met), []);
  },
  title: (_provided, { attacker }: Condition, as: Caller) => `verbs of ${as} beside: ${attacker}`,
});

for (const condition of conditions)
  for (const as of ["root", "user"] as const) if ((condition.as ?? as) === as) test.serial(holds, condition, as);

test("every verb of the table is called", (t) => {
  t.deepEqual(Object.keys(calls).sort(), Object.keys(verbTable).sort());
});
