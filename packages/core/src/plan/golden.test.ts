// Golden plans: the text of `coffer plan` for every kind of plan, with the hash of the encoded plan, in test/golden. Some
// are there as JSON too. `UPDATE_GOLDEN=1` writes them.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { env } from "node:process";
import test from "ava";
import { verifyPlan } from "../verify/index.ts";
import { encodePlan } from "../wire/encode.ts";
import type { Plan } from "../wire/op.ts";
import { printPlanJson } from "./show/json.ts";
import { printPlan } from "./show/print.ts";
import { planCases } from "./testing/cases.ts";

const folder = new URL("../../../../test/golden/", import.meta.url);
const isUpdate = env.UPDATE_GOLDEN === "1";

/** The form of `plan --json` has fewer changes than the plans: one plan of each kind, and what test/model reads. */
const asJson = ["root-gate", "host-start", "host-delete", "exec-default", "restore-root"];

function make(name: string): Plan {
  const plan = planCases[name]?.();
  if (plan === undefined) throw new Error(`no case ${name}`);
  return plan;
}

/** Without the numbers of the ops: a new op changes one place. The text cuts long values; the hash is of all of them. */
function textOf(name: string): string {
  const plan = make(name);
  const hash = createHash("sha256").update(encodePlan(plan)).digest("hex");
  const text = printPlan(plan).replaceAll(/^ *\d+ {2}/gm, "  ");
  return `${text}\nsha256 of the encoded plan: ${hash}\n`;
}

const files = new Map<string, () => string>([
  ...Object.keys(planCases).map((name) => [`${name}.txt`, () => textOf(name)] as const),
  ...asJson.map((name) => [`${name}.json`, () => `${printPlanJson(make(name))}\n`] as const),
]);

/** The lines of both from the first to the last that differ: a reader wants no more. */
function differing(a: readonly string[], b: readonly string[]): readonly [readonly string[], readonly string[]] {
  const first = a.findIndex((line, index) => line !== b[index]);
  if (first < 0 && a.length === b.length) return [[], []];
  const from = first < 0 ? a.length : first;
  const shorter = Math.min(a.length, b.length) - from;
  let end = 0;
  while (end < shorter && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return [a.slice(from, a.length - end), b.slice(from, b.length - end)];
}

const golden = test.macro({
  title: (_, name: string) => `${name} is as it was`,
  exec(t, name: string) {
    const text = files.get(name)?.() ?? "";
    if (isUpdate) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(new URL(name, folder), text);
    }
    const [now, was] = differing(text.split("\n"), readFileSync(new URL(name, folder), "utf8").split("\n"));
    t.deepEqual({ now, was }, { now: [], was: [] });
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

for (const name of files.keys()) test(golden, name);

for (const name of Object.keys(planCases)) {
  test(verified, name);
  test(repeated, name);
}

test("every golden file is of a plan that is made", (t) => {
  const others = readdirSync(folder).filter((name) => !files.has(name));
  if (isUpdate) for (const name of others) rmSync(new URL(name, folder));
  else t.deepEqual(others, []);
  t.pass();
});
