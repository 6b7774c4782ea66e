// Golden plans: readable JSON of every kind of plan, in test/golden. `UPDATE_GOLDEN=1` writes them anew.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { env } from "node:process";
import test from "ava";
import { verifyPlan } from "../verify/index.ts";
import { encodePlan } from "../wire/encode.ts";
import type { Plan } from "../wire/op.ts";
import { printPlanJson } from "./show/json.ts";
import { planCases } from "./testing/cases.ts";

const folder = new URL("../../../../test/golden/", import.meta.url);

function make(name: string): Plan {
  const plan = planCases[name]?.();
  if (plan === undefined) throw new Error(`no case ${name}`);
  return plan;
}

const golden = test.macro({
  title: (_, name: string) => `${name} is as it was`,
  exec(t, name: string) {
    const text = `${printPlanJson(make(name))}\n`;
    const file = new URL(`${name}.json`, folder);
    if (env.UPDATE_GOLDEN === "1") {
      mkdirSync(folder, { recursive: true });
      writeFileSync(file, text);
    }
    t.is(text, readFileSync(file, "utf8"));
  },
});

const verified = test.macro({
  title: (_, name: string) => `${name} passes the verifier`,
  exec(t, name: string) {
    const plan = make(name);
    const verdict = verifyPlan(encodePlan(plan));
    const op = verdict.ok || verdict.op === undefined ? undefined : plan.ops[verdict.op];
    t.deepEqual({ ...verdict, at: op }, { ok: true, at: undefined });
  },
});

const repeated = test.macro({
  title: (_, name: string) => `${name} is the same each time`,
  exec(t, name: string) {
    t.deepEqual(encodePlan(make(name)), encodePlan(make(name)));
  },
});

for (const name of Object.keys(planCases)) {
  test(golden, name);
  test(verified, name);
  test(repeated, name);
}
