import test from "ava";
import { CofferError } from "../../errors.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import type { Report } from "../../wire/report/report.ts";
import { openRuntime } from "../open.ts";
import { letGoDirectly, signalDirectly } from "./without-launcher.ts";

const target = { pid: 7, startTime: 99n, inode: 5n };
const guard = { policy: { version: 1 as const }, find: () => [] };

/** What a front that sends signals by itself was asked for. */
const sends = test.macro((t, answer: boolean, change: { readonly inode?: bigint; readonly guard?: typeof guard }) => {
  const sent: unknown[] = [];
  const system = { ...makeMemorySystem(0), signalProcess: (...all: unknown[]) => sent.push(all) > 0 && answer };
  const runtime = { ...openRuntime({ system }), ...(change.guard === undefined ? {} : { guard: change.guard }) };
  const isSent = signalDirectly(runtime, { ...target, ...change }, 9);
  const isAsked = change.inode === undefined && change.guard === undefined;
  t.is(isSent, answer && isAsked);
  t.deepEqual(sent, isAsked ? [[7, 5n, 9]] : []);
});

test("a front that can send a signal to a process by its inode does so", sends, true, {});
test("what the front could not send is left to a launcher", sends, false, {});
test("a process without an inode is left to a launcher", sends, true, { inode: 0n });
test("under a policy a signal is a plan", sends, true, { guard });

test("a front that cannot send signals so leaves them to a launcher", (t) => {
  t.false(signalDirectly(openRuntime({ system: makeMemorySystem(0) }), target, 9));
});

const place = "/run/coffer/box";

const report: Report = {
  state: "done",
  phase: "host",
  errno: 0,
  code: "none",
  pid: 0,
  status: { kind: "exited", code: 0 },
  startTime: 0n,
  inode: 0n,
  detail: 0n,
  nanoseconds: 0n,
};

/** What a front that opens gates was asked for, and what came of it. */
function letGo(answer: Report | undefined, change: { readonly inode?: bigint; readonly guard?: typeof guard } = {}) {
  const asked: unknown[] = [];
  const memory = makeMemorySystem(0);
  memory.put(place);
  const system = { ...memory, letGo: (...all: unknown[]) => (asked.push(all) > 0 ? answer : undefined) };
  const runtime = { ...openRuntime({ system }), ...(change.guard === undefined ? {} : { guard: change.guard }) };
  return { asked, call: () => letGoDirectly(runtime, "box", { ...target, ...change }) };
}

test("a front that can let a container go on does so", (t) => {
  const { asked, call } = letGo(report);
  t.true(call());
  t.is(asked.length, 1);
  t.like(asked[0], { 1: { pid: 7, inode: 5n }, 2: 30_000 });
});

const left = test.macro((t, answer: Report | undefined, change: Parameters<typeof letGo>[1], times: number) => {
  const { asked, call } = letGo(answer, change);
  t.false(call());
  t.is(asked.length, times);
});

test("a gate at which nobody listens is left to a launcher", left, undefined, {}, 1);
test("a gate of a process without an inode is left to a launcher", left, report, { inode: 0n }, 0);
test("under a policy a start is a plan", left, report, { guard }, 0);

test("a front that cannot let a container go on leaves that to a launcher", (t) => {
  const memory = makeMemorySystem(0);
  memory.put(place);
  t.false(letGoDirectly(openRuntime({ system: memory }), "box", target));
});

const failed = { ...report, state: "failed", errno: 110, code: "call-failed", opName: "start-container" } as const;

test("a failure is told as that of the plan", (t) => {
  const error = t.throws(letGo(failed).call, { instanceOf: CofferError });
  t.like(error?.details, { op: "start-container", phase: "host", errnoName: "ETIMEDOUT", index: 1 });
});

test("a failure of init is told as that of the container's plan", (t) => {
  const inits = { ...failed, phase: "exec", op: 90, opName: "exec", errno: 2 } as const;
  const error = t.throws(letGo(inits).call, { instanceOf: CofferError });
  t.like(error?.details, { op: "exec", index: 90, phase: "exec", errno: 2 });
});
