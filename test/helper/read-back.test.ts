// What is written as text is read back, and a difference is fatal.
import test from "ava";
import type { Plan, PlanOp } from "../../packages/core/src/wire/op.ts";
import { failed, hello, succeeded, tryPlan } from "./expect.ts";

const EPERM = 1;

/** Writes one kernel parameter before the root transition. */
function parameter(key: string, value: string, expect?: string): Plan {
  const wanted = expect === undefined ? {} : { expect };
  const ops: readonly PlanOp[] = [
    { op: "make-fs", phase: "inside", type: "proc", source: "proc", attrs: 0, out: "params-proc" },
    { op: "open-dir", phase: "inside", at: "params-proc", path: "sys", resolve: 2, out: "params" },
    { op: "sysctl", phase: "inside", parameters: "params", key, value, ...wanted },
    { op: "close", phase: "inside", slot: "params" },
    { op: "close", phase: "inside", slot: "params-proc" },
  ];
  const at = hello.ops.findIndex(({ op }) => op === "pivot");
  return { ...hello, ops: [...hello.ops.slice(0, at), ...ops, ...hello.ops.slice(at)] };
}

const good: readonly (readonly [what: string, key: string, value: string, expect?: string])[] = [
  ["a number", "kernel/shmmax", "65536", "65536"],
  ["several numbers", "kernel/sem", "250 32000  32 128", "250\t32000\t32\t128"],
  ["the first of several numbers", "kernel/sem", "251", "251"],
  ["a number that the kernel puts otherwise", "kernel/msgmax", "0x10", "16"],
  ["a word", "kernel/domainname", "example.org", "example.org"],
  ["what is not read back", "kernel/msgmax", "0x10"],
];

for (const [what, key, value, expect] of good)
  test.serial(`${what} is as it was written`, async (t) => {
    succeeded(t, await tryPlan(t, parameter(key, value, expect)));
  });

const bad: readonly (readonly [what: string, key: string, value: string, expect: string])[] = [
  ["another number", "kernel/shmmax", "65536", "65537"],
  ["less digits", "kernel/shmmax", "65536", "6553"],
  ["more digits", "kernel/shmmax", "65536", "655360"],
  ["more numbers than there are", "kernel/sem", "250", "250\t32000\t32\t500\t7"],
  ["a word that the kernel has cut", "kernel/domainname", "a".repeat(70), "a".repeat(70)],
  ["nothing", "kernel/shmmax", "65536", ""],
];

for (const [what, key, value, expect] of bad)
  test.serial(`a parameter that does not say ${what} is fatal`, async (t) => {
    const plan = parameter(key, value, expect);
    failed(t, await tryPlan(t, plan), { code: "read-back", errno: EPERM, op: "sysctl" }, plan);
  });
