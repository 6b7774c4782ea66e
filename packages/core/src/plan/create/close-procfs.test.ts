// The launcher's procfs is closed while init works: after its last use, before the launcher waits, and never where init has it too.
import test from "ava";
import type { Plan, PlanOp } from "../../wire/op.ts";
import { planCases } from "../testing/cases.ts";
import { closeProcfs } from "./close-procfs.ts";

const open: PlanOp = { op: "open-procfs", phase: "host", out: "proc" };
const meet = (number: number): PlanOp => ({ op: "sync", phase: "parent", number });
const record: PlanOp = { op: "record-process", phase: "parent", state: "state", proc: "proc", process: "init" };
const label: PlanOp = { op: "open-label", phase: "inside", proc: "proc", path: "self/attr/exec", out: "label" };
const own: PlanOp = { op: "make-fs", phase: "inside", type: "proc", source: "proc", attrs: 0, out: "proc" };
const exec: PlanOp = { op: "await-exec", phase: "parent", process: "init" };
const report: PlanOp = { op: "report", phase: "parent", process: "init", state: 2 };

const plan = (...ops: readonly PlanOp[]): Plan => ({ kind: "create", inputs: [], ops });

/** Before which op the procfs is closed. */
const closedBefore = (ops: readonly PlanOp[]): PlanOp | undefined => {
  const at = ops.findIndex((op) => op.op === "close" && op.slot === "proc");
  return at < 0 ? undefined : ops[at + 1];
};

const closes = test.macro({
  title: (_, what: string) => `${what}: closed before the launcher waits`,
  exec(t, _what: string, given: Plan, before: PlanOp) {
    const { ops } = closeProcfs(given, false);
    t.is(closedBefore(ops), before);
    t.deepEqual(
      ops.filter(({ op }) => op !== "close"),
      given.ops,
    );
  },
});
const [second, third] = [meet(2), meet(3)];
test(closes, "a use before the first meeting", plan(open, record, meet(1), second, exec), second);
test(closes, "no use but in phase host", plan(open, meet(1), exec, report), exec);
test(closes, "a use between two meetings", plan(open, meet(1), second, record, third, exec), third);
test(closes, "a use after the last meeting", plan(open, meet(1), record, exec, report), exec);

const stays = test.macro({
  title: (_, what: string) => `${what}: nothing is closed`,
  exec(t, _what: string, given: Plan, isShared?: boolean) {
    t.is(closeProcfs(given, isShared === true), given);
  },
});
test(stays, "no procfs of the launcher", plan(meet(1), exec));
test(stays, "a use when nothing is waited for any more", plan(open, meet(1), exec, record, report));
test(stays, "no meeting", plan(open, exec));
test(stays, "init has it too", plan(open, meet(1), exec, label), true);
test(stays, "a procfs that is init's own", plan(meet(1), exec, own));

test("no plan uses the launcher's procfs once it is closed, and containers with an id map close it", (t) => {
  const seen = Object.entries(planCases).flatMap(([name, make]) => {
    const { ops } = make();
    const at = ops.findIndex(
      ({ op, phase, ...rest }) => op === "close" && phase === "parent" && "slot" in rest && rest.slot === "proc",
    );
    if (at < 0) return [];
    t.false(
      ops.slice(at + 1).some((op) => op.phase === "parent" && "proc" in op && op.proc === "proc"),
      name,
    );
    return [name];
  });
  for (const name of ["sandbox-root", "sandbox-user", "userns-root", "root-gate"]) t.true(seen.includes(name), name);
});
