// Calls of a message bus: what the helper makes of good answers, and of bad ones.
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { marshalCall } from "../../packages/core/src/plan/cgroup/systemd/dbus.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import type { Report } from "../../packages/core/src/wire/report/report.ts";
import { makeBundle } from "../helpers/bundle.ts";
import type { BusMessage, BusScript } from "./bus.ts";
import { marshal, startBus } from "./bus.ts";
import { launch } from "./launch.ts";

const serial = 7;
const job = "/org/freedesktop/systemd1/job/5";
const [EACCES, EPROTO, EMSGSIZE, ECONNRESET, ETIMEDOUT, EREMOTEIO] = [13, 71, 90, 104, 110, 121];
const call = { destination: "a.b", path: "/a", interface: "a.b", member: "Stop", body: [] } as const;
const { message, pidAt } = marshalCall(call, serial);

/** All tests run at the same time, and this process answers them all. */
const answeredMs = 15_000;
const silenceMs = 1000;

const planFor = (path: string, timeoutMs = answeredMs): Plan => ({
  kind: "host",
  inputs: [],
  ops: [
    { op: "open-root", phase: "host", out: "root" },
    { op: "connect-bus", phase: "host", at: "root", path, timeoutMs: answeredMs, out: "bus" },
    { op: "call-bus", phase: "host", bus: "bus", message, except: "a.b.Gone", pidAt, job: 1, timeoutMs },
  ],
});

const answer: BusMessage = { type: 2, answerTo: serial, sender: ":1.2", signature: "o", body: [job] };
const refusal: BusMessage = {
  type: 3,
  answerTo: serial,
  sender: ":1.2",
  error: "a.b.No",
  signature: "s",
  body: ["why"],
};
const removed: BusMessage = {
  type: 4,
  sender: ":1.2",
  member: "JobRemoved",
  signature: "uoss",
  body: [5, job, "x.scope", "done"],
};
const { sender: _sender, ...unnamed } = removed;
const ended = (result: string): BusMessage => ({ ...removed, body: [5, job, "x.scope", result] });
const all = (...messages: readonly BusMessage[]): readonly Buffer[] => messages.map(marshal);

/** A message with bytes changed. */
const poked = (of: BusMessage, at: number, ...bytes: readonly number[]): readonly Buffer[] => {
  const buffer = marshal(of);
  buffer.set(bytes, at);
  return [buffer];
};

async function tell(t: ExecutionContext, script: BusScript, timeoutMs = answeredMs): Promise<Report | undefined> {
  const bundle = makeBundle(t);
  const path = join(bundle.base, "bus");
  const server = await startBus(path, script);
  t.teardown(() => server.close());
  const { reports } = await launch(bundle, planFor(path, timeoutMs), { inputs: [] });
  t.is(reports.length, 1);
  return reports[0];
}

const takes = test.macro({
  exec: async (t, script: BusScript) => {
    const report = await tell(t, script);
    t.is(report?.state, "done", `${report?.errno} ${report?.told}`);
  },
  title: (title = "") => `takes ${title}`,
});

test("a job that is done", takes, { answers: all(answer, removed) });
test("what comes byte by byte", takes, { answers: all(answer, removed), slow: true });
test("other messages before", takes, {
  answers: all(
    { type: 4, sender: "org.freedesktop.DBus", member: "NameAcquired", signature: "s", body: [":1.9"] },
    { ...answer, answerTo: 6 },
    answer,
    removed,
  ),
});
test("an error that is none", takes, { answers: all({ ...refusal, error: "a.b.Gone" }) });
test("the end of another job before", takes, {
  answers: all(answer, { ...removed, body: [4, `${job}4`, "x.scope", "failed"] }, removed),
});
test("a failure that somebody else tells", takes, {
  answers: all(answer, { ...ended("failed"), sender: ":1.66" }, removed),
});
test("answers of systemd itself, which has no name", takes, {
  answers: all({ type: 2, answerTo: serial, signature: "o", body: [job] }, unnamed),
});

type Want = { readonly errno: number; readonly op?: 1 | 2; readonly told?: string };

const refuses = test.macro({
  exec: async (t, script: BusScript, want: Want) => {
    const report = await tell(t, script, want.errno === ETIMEDOUT ? silenceMs : answeredMs);
    t.is(report?.state, "failed");
    t.is(report?.errno, want.errno, report?.told);
    t.is(report?.op, want.op ?? 2);
    t.is(report?.told, want.told);
  },
  title: (title = "") => `refuses ${title}`,
});

test(
  "a user that the bus does not let in",
  refuses,
  { greeting: "REJECTED EXTERNAL\r\n" },
  {
    errno: EACCES,
    op: 1,
    told: "REJECTED EXTERNAL",
  },
);
test("a line without end", refuses, { greeting: "x".repeat(1000) }, { errno: EPROTO, op: 1 });
test("an error", refuses, { answers: all(refusal) }, { errno: EREMOTEIO, told: "a.b.No: why" });
test(
  "an error without a text",
  refuses,
  { answers: all({ type: 3, answerTo: serial, error: "a.b.No" }) },
  {
    errno: EREMOTEIO,
    told: "a.b.No",
  },
);
test(
  "an error of many words",
  refuses,
  { answers: all({ ...refusal, body: ["y".repeat(5000)] }) },
  {
    errno: EREMOTEIO,
    told: `a.b.No: ${"y".repeat(447 - 8)}`,
  },
);
test(
  "a job that failed",
  refuses,
  { answers: all(answer, ended("failed")) },
  {
    errno: EREMOTEIO,
    told: "x.scope: failed",
  },
);
test(
  "a job that was canceled",
  refuses,
  { answers: all(answer, ended("canceled")) },
  {
    errno: EREMOTEIO,
    told: "x.scope: canceled",
  },
);
test("an answer that is no job", refuses, { answers: all({ ...answer, signature: "s" }) }, { errno: EPROTO });
test(
  "a job without a name",
  refuses,
  { answers: all({ type: 2, answerTo: serial, signature: "o" }) },
  { errno: EPROTO },
);
test("the end of the connection", refuses, { ends: true }, { errno: ECONNRESET });
test("half a message", refuses, { answers: [marshal(answer).subarray(0, 20)], ends: true }, { errno: ECONNRESET });
test("silence", refuses, {}, { errno: ETIMEDOUT });
test("silence about the job", refuses, { answers: all(answer) }, { errno: ETIMEDOUT });
test("the other byte order", refuses, { answers: poked(answer, 0, 0x42) }, { errno: EPROTO });
test("another version", refuses, { answers: poked(answer, 3, 2) }, { errno: EPROTO });
test("a body of 4 GiB", refuses, { answers: poked(answer, 4, 255, 255, 255, 255) }, { errno: EPROTO });
test("a body of 1 MiB", refuses, { answers: poked(answer, 4, 0, 0, 16, 0) }, { errno: EMSGSIZE });
test("fields of 4 GiB", refuses, { answers: poked(answer, 12, 255, 255, 255, 255) }, { errno: EPROTO });
test("a field of an unknown type", refuses, { answers: poked(answer, 18, 0x76) }, { errno: EPROTO });
test("a field without a type", refuses, { answers: poked(answer, 17, 0) }, { errno: EPROTO });
test("a string beyond the fields", refuses, { answers: poked(answer, 28, 200) }, { errno: EPROTO });
test("a string of 4 GiB", refuses, { answers: poked(answer, 28, 255, 255, 255, 255) }, { errno: EPROTO });
test("a string with a NUL in it", refuses, { answers: poked(answer, 33, 0) }, { errno: EPROTO });
test("a job whose name is cut", refuses, { answers: poked(answer, marshal(answer).length - 1, 1) }, { errno: EPROTO });

test("a failure is told in its own words, not in those of what undoes it", async (t) => {
  const bundle = makeBundle(t);
  const path = join(bundle.base, "bus");
  const second = { ...refusal, answerTo: serial + 1, error: "a.b.Another", body: ["because"] };
  const server = await startBus(path, { answers: all(refusal, second) });
  t.teardown(() => server.close());
  const { ops, ...rest } = planFor(path);
  const undo = ops.slice(2).map((op) => {
    const again = marshalCall(call, serial + 1);
    return op.op === "call-bus" ? { ...op, message: again.message, job: 0, flags: ["undo"] as const } : op;
  });
  const plan = { ...rest, ops: [...ops.slice(0, 2), ...undo, ...ops.slice(2)] };
  const { reports } = await launch(bundle, plan, { inputs: [] });
  t.is(reports[0]?.op, 3);
  t.is(reports[0]?.told, "a.b.No: why");
});

test("nothing listens", async (t) => {
  const bundle = makeBundle(t);
  const { reports } = await launch(bundle, planFor(join(bundle.base, "bus")), { inputs: [] });
  t.is(reports[0]?.errno, 2);
  t.is(reports[0]?.op, 1);
});
