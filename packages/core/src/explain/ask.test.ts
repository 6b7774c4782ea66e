// Questions about ops, and the alignment of two plans.
import test from "ava";
import { made } from "../audit/_rows.test.ts";
import { planCases } from "../plan/testing/cases.ts";
import { alignOps, callsOf, detailsOf, opsOfCall, opsOfField } from "./index.ts";

const names = (ops: readonly { readonly op: { readonly op: string } }[]): readonly string[] =>
  ops.map(({ op }) => op.op);

test("a field has the ops that it asks for, with those of what is in it", (t) => {
  const { plan } = made();
  t.deepEqual(names(opsOfField(plan, "/hostname")), ["set-hostname"]);
  t.true(opsOfField(plan, "/mounts").length > opsOfField(plan, "/mounts/1").length);
  t.true(opsOfField(plan, "/mounts/1").every(({ op }) => op.from === "/mounts/1"));
});

test("a field that no op is about alone has those of the field around it", (t) => {
  const { plan } = made();
  t.deepEqual(opsOfField(plan, "/hostname/x"), opsOfField(plan, "/hostname"));
  t.deepEqual(opsOfField(plan, "/no/such"), []);
});

test("a system call has the ops that make it", (t) => {
  const { plan } = made();
  t.deepEqual(names(opsOfCall(plan, "pivot_root")), ["pivot"]);
  t.deepEqual(opsOfCall(plan, "reboot"), []);
});

test("only the process of its phase makes the system calls of an op", (t) => {
  for (const make of Object.values(planCases))
    for (const op of make().ops) {
      const who = callsOf(op).map(({ by }) => by);
      t.false(who.includes(op.phase === "host" || op.phase === "parent" ? "init" : "launcher"), op.op);
    }
});

test("slots lead to the ops that define and use them", (t) => {
  for (const make of Object.values(planCases)) {
    const plan = make();
    const details = detailsOf(plan);
    for (const { index, slots, usedBy } of details) {
      for (const { slot, definedBy } of slots)
        t.is(
          definedBy === undefined,
          plan.inputs.some(({ name }) => name === slot),
        );
      for (const user of usedBy) t.true(details[user]?.slots.some(({ definedBy }) => definedBy === index));
    }
  }
});

test("plans are aligned by what their ops do: every op is in one pair", (t) => {
  const [left, right] = [made().plan, made({ linux: { maskedPaths: [] }, top: { hostname: "other" } }).plan];
  const pairs = alignOps(left, right);
  const of = (side: "left" | "right") => pairs.flatMap((pair) => pair[side] ?? []).toSorted((a, b) => a - b);
  t.deepEqual(of("left"), [...left.ops.keys()]);
  t.deepEqual(of("right"), [...right.ops.keys()]);
  const changed = pairs.filter(({ same }) => !same);
  const hostname = changed.find(({ right: at = -1 }) => right.ops[at]?.op === "set-hostname");
  t.is(left.ops[hostname?.left ?? -1]?.op, "set-hostname");
  t.true(changed.some(({ left: at = -1, right: other }) => other === undefined && left.ops[at]?.op === "mask"));
});

test("a plan aligned with itself is the same", (t) => {
  const { plan } = made();
  t.true(alignOps(plan, plan).every(({ left, right, same }) => same && left === right));
});
