// Every rule has a case that breaks it, and the verifier names exactly that rule.
import test from "ava";
import { encodePlan } from "../wire/encode.ts";
import { headerSize, opPlaces, opSize } from "../wire/image.ts";
import type { Plan, PlanOp } from "../wire/op.ts";
import { rulesTable } from "../wire/tables/rules-table.ts";
import { imageCases } from "./_image-cases.test.ts";
import { planCases } from "./_plan-cases.test.ts";
import type { Change } from "./_plans.test.ts";
import { before, changed, samples } from "./_plans.test.ts";
import type { RuleName } from "./index.ts";
import { verifyPlan } from "./index.ts";

const refuses = test.macro({
  exec(t, rule: RuleName, make: () => Uint8Array) {
    const verdict = verifyPlan(make());
    t.false(verdict.ok);
    if (!verdict.ok) t.is(verdict.rule, rule);
  },
  title: (name = "", rule) => `${rule}: ${name}`,
});

function broken(sample: keyof typeof samples, change: Change): Uint8Array {
  const plan: Plan = changed(samples[sample], change);
  return encodePlan(plan);
}

for (const [rule, name, sample, change] of planCases) test(name, refuses, rule, () => broken(sample, change));

for (const [rule, name, change] of imageCases) test(name, refuses, rule, () => change(encodePlan(samples.create)));

test("257 inputs", refuses, "too-many", () =>
  encodePlan({
    ...samples.host,
    inputs: [
      ...samples.host.inputs,
      ...Array.from({ length: 256 }, (_, n) => ({ name: `i${n}`, type: "dir" }) as const),
    ],
  }),
);

test("two inputs of one name", refuses, "bad-slot", () => {
  const inputs = [...samples.host.inputs, { name: "aa", type: "dir" }, { name: "ab", type: "dir" }] as const;
  const image = encodePlan({ ...samples.host, inputs });
  const text = new TextDecoder("latin1").decode(image);
  image[text.indexOf("ab\0") + 1] = 0x61;
  return image;
});

// The encoder refuses them as well, so the number is put into the image.
for (const [position, name, value] of [
  [1, "a major number of 13 bits", 0x1000],
  [2, "a minor number of 21 bits", 0x100000],
] as const)
  test(name, refuses, "bad-number", () => {
    const node = { op: "make-node", phase: "inside", at: "root", path: "x", mode: 0o20666, uid: 0, gid: 0 } as const;
    const plan = changed(samples.create, before("pivot", { ...node, major: 0xfff, minor: 0xfffff }));
    const image = encodePlan(plan);
    const op = plan.ops.findIndex((candidate) => candidate.op === "make-node");
    new DataView(image.buffer, image.byteOffset).setUint32(64 + 80 * op + 40 + 8 * position, value, true);
    return image;
  });

// The encoder knows the types of slots as well.
test("a listener in the place of a tree that moves", refuses, "slot-type", () => {
  const plan = changed(samples.create, before("attach", { op: "listen", phase: "inside", port: 1, out: "l" }));
  const image = encodePlan(plan);
  const view = new DataView(image.buffer, image.byteOffset);
  const placeOf = (name: PlanOp["op"]): number =>
    headerSize + opSize * plan.ops.findIndex((candidate) => candidate.op === name);
  view.setUint16(placeOf("attach") + opPlaces.slots, view.getUint16(placeOf("listen") + opPlaces.out, true), true);
  return image;
});

test("every rule has a case", (t) => {
  const covered = new Set<string>([...planCases, ...imageCases].map(([rule]) => rule));
  t.deepEqual(
    Object.keys(rulesTable).filter((rule) => !covered.has(rule)),
    [],
  );
});

test("an op at fault is named by its index", (t) => {
  const ops: readonly PlanOp[] = samples.create.ops;
  const index = ops.findIndex((op) => op.op === "sync");
  const bytes = broken("create", (list) => list.map((op) => (op.op === "sync" ? { ...op, number: 7 } : op)));
  t.deepEqual(verifyPlan(bytes), { ok: false, rule: "sync-order", op: index, detail: 1 });
});
