// Plan files that must be refused: cut, grown, changed, of another version, with inputs missing.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { snapshot } from "../helpers/leftovers.ts";
import { coffer, helperPath } from "../helpers/peers/runtimes.ts";
import { refused } from "./refused.ts";

const patchAt = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(value, at);
  return copy;
};

const opAt = (bytes: Buffer, index: number): number => bytes.readUInt32LE(16) + index * 80;
const slotAt = (bytes: Buffer): number => bytes.readUInt32LE(24);

type PlanRow = readonly [title: string, change: (plan: Buffer) => Buffer, rule: RegExp];

const planRows: readonly PlanRow[] = [
  ["empty", () => Buffer.alloc(0), /./],
  ["one byte", () => Buffer.alloc(1), /./],
  ["half a header", (plan) => plan.subarray(0, 32), /bad-size/],
  ["only a header", (plan) => plan.subarray(0, 64), /bad-size/],
  ["one byte short", (plan) => plan.subarray(0, -1), /bad-size/],
  ["half", (plan) => plan.subarray(0, plan.length >> 1), /bad-size/],
  ["one byte long", (plan) => Buffer.concat([plan, Buffer.alloc(1)]), /bad-size|trailing-bytes/],
  ["17 MiB", () => Buffer.alloc(17 << 20), /./],
  ["another magic", (plan) => patchAt(plan, 0, 0x464c457f), /bad-magic/],
  ["another major version", (plan) => patchAt(plan, 4, 2), /bad-version/],
  ["another minor version", (plan) => patchAt(plan, 4, 0x00010001), /bad-version/],
  ["an unknown kind", (plan) => patchAt(plan, 12, 99), /unknown-kind/],
  ["flags", (plan) => patchAt(plan, 12, 0x00010001), /nonzero-padding/],
  ["ops beyond the image", (plan) => patchAt(plan, 16, 0xfffffff8), /bad-bounds|bad-alignment/],
  ["too many ops", (plan) => patchAt(plan, 20, 0xffffffff), /too-many|bad-bounds/],
  ["no ops", (plan) => patchAt(plan, 20, 0), /./],
  ["slots not aligned", (plan) => patchAt(plan, 24, slotAt(plan) + 4), /bad-alignment|bad-bounds/],
  ["an unknown op", (plan) => patchAt(plan, opAt(plan, 0), 0x0000ffff), /unknown-op/],
  ["op 0", (plan) => patchAt(plan, opAt(plan, 0), 0), /unknown-op/],
  ["an op in another phase", (plan) => patchAt(plan, opAt(plan, 0), 0x00060001), /op-phase/],
  ["an op's unknown flag", (plan) => patchAt(plan, opAt(plan, 0), 0x80000001), /op-flags|op-phase/],
  ["a slot of an unknown type", (plan) => patchAt(plan, slotAt(plan), 0x000000ff), /bad-slot/],
  [
    "a slot of another type",
    (plan) => patchAt(plan, slotAt(plan), (plan.readUInt32LE(slotAt(plan)) & 0xff00) | 9),
    /slot|./,
  ],
];

/** The helper's own verdict: the same as the planner's side gives, as it is the same C source. */
async function helperRefuses(t: ExecutionContext, file: string): Promise<void> {
  const outcome = await command(["sh", "-c", `exec "$1" verify --plan-fd 3 3<"$2"`, "sh", helperPath(), file]);
  t.not(outcome.exitCode, 0, "the helper refuses it too");
}

async function storePlan(t: ExecutionContext, bundle: Bundle): Promise<string> {
  const file = join(bundle.base, "plan");
  const outcome = await coffer(bundle, "plan", [bundle.path, "--raw", file]);
  t.is(outcome.exitCode, 0, outcome.stderr);
  return file;
}

const runPlan = (bundle: Bundle, file: string, ...more: readonly string[]): Promise<Outcome> =>
  coffer(bundle, "run", ["--plan", file, ...more]);

const planIsRefused = test.macro({
  exec: async (t, [_title, change, error]: PlanRow) => {
    const bundle = makeBundle(t);
    const file = await storePlan(t, bundle);
    writeFileSync(file, change(readFileSync(file)));
    const before = snapshot(bundle);
    await refused(t, bundle, before, await runPlan(bundle, file), { error });
    await helperRefuses(t, file);
  },
  title: (_provided, [title]: PlanRow) => `a plan: ${title}`,
});

for (const row of planRows) test.serial(planIsRefused, row);

test.serial("a plan that is not there", async (t) => {
  const bundle = makeBundle(t);
  const before = snapshot(bundle);
  await refused(t, bundle, before, await runPlan(bundle, join(bundle.base, "none")), {
    error: /none.*(ENOENT|no such file)/i,
  });
});

test.serial("a plan without its inputs", async (t) => {
  const bundle = makeBundle(t);
  const file = await storePlan(t, bundle);
  const before = snapshot(bundle);
  await refused(t, bundle, before, await runPlan(bundle, file), { error: /input/ });
});

test.serial("a plan with an input of the wrong type", async (t) => {
  const bundle = makeBundle(t);
  const file = await storePlan(t, bundle);
  const before = snapshot(bundle);
  const outcome = await runPlan(bundle, file, "--input", `rootfs=${bundle.path}/config.json`);
  await refused(t, bundle, before, outcome, { error: /input|rootfs/ });
});

test.serial("an input that no plan asks for", async (t) => {
  const bundle = makeBundle(t);
  const file = await storePlan(t, bundle);
  const before = snapshot(bundle);
  const outcome = await runPlan(bundle, file, "--input", `nonesuch=${bundle.path}`);
  await refused(t, bundle, before, outcome, { error: /nonesuch/ });
});
