import test from "ava";
import { WireError } from "../error.ts";
import { decodeReports, makeReportReader, reportSize } from "./report.ts";

interface Record {
  readonly state: number;
  readonly phase: number;
  readonly op: number;
  readonly code: number;
  readonly status: number;
  readonly opCode: number;
}

const base: Record = { state: 4, phase: 2, op: 17, code: 4, status: 0, opCode: 21 };

/** A record as the launcher writes it. */
function record(change: Partial<Record> = {}): Uint8Array {
  const { state, phase, op, code, status, opCode } = { ...base, ...change };
  const view = new DataView(new ArrayBuffer(reportSize));
  view.setUint32(0, 0x54525043, true);
  view.setUint16(4, 1, true);
  view.setUint8(6, state);
  view.setUint8(7, phase);
  view.setUint32(8, op, true);
  view.setInt32(12, 2, true);
  view.setUint32(16, code, true);
  view.setUint32(20, 4711, true);
  view.setUint32(24, status, true);
  view.setUint16(28, opCode, true);
  view.setBigUint64(32, 5n, true);
  view.setBigUint64(40, 6n, true);
  view.setBigUint64(48, 7n, true);
  view.setBigUint64(56, 2n ** 60n, true);
  return new Uint8Array(view.buffer);
}

test("reads a record", (t) => {
  t.deepEqual(decodeReports(record()), [
    {
      state: "failed",
      phase: "inside",
      op: 17,
      opName: "pivot",
      errno: 2,
      code: "call-failed",
      pid: 4711,
      status: { kind: "exited", code: 0 },
      startTime: 5n,
      inode: 6n,
      detail: 7n,
      nanoseconds: 2n ** 60n,
    },
  ]);
});

test("the record of an end tells what was used", (t) => {
  const [end] = decodeReports(record({ state: 3 }));
  t.deepEqual(end?.usage, { userMicros: 5n, systemMicros: 6n, peakKib: 7n });
  t.like(end, { startTime: 0n, inode: 0n, detail: 0n });
});

test("tells an exit code from a signal, and no op from op 0", (t) => {
  t.like(decodeReports(record({ status: 137 }))[0], { status: { kind: "exited", code: 137 } });
  t.like(decodeReports(record({ status: 0x80000089 }))[0], { status: { kind: "signaled", signal: 9 } });
  t.false("op" in (decodeReports(record({ op: 0xffffffff }))[0] ?? { op: 1 }));
  t.like(decodeReports(record({ op: 0 }))[0], { op: 0 });
  t.false("opName" in (decodeReports(record({ opCode: 0 }))[0] ?? { opName: 1 }));
});

test("refuses what is no record", (t) => {
  t.throws(() => decodeReports(new Uint8Array(63)), { instanceOf: WireError, message: /63 bytes/ });
  t.throws(() => decodeReports(new Uint8Array(64)), { message: /no magic number/ });
  t.throws(() => decodeReports(record().fill(9, 4, 6)), { message: /unknown version/ });
  t.throws(() => decodeReports(record({ state: 99 })), { message: /unknown state 99/ });
  t.throws(() => decodeReports(record({ phase: 9 })), { message: /unknown phase 9/ });
  t.throws(() => decodeReports(record({ code: 99 })), { message: /unknown code 99/ });
  t.throws(() => decodeReports(record({ opCode: 9999 })), { message: /unknown op 9999/ });
});

/** A failure, and what somebody else said about it. */
function told(text: string, length?: number): Uint8Array {
  const words = Buffer.from(text);
  const bytes = new Uint8Array(reportSize + Math.ceil(words.length / reportSize) * reportSize);
  bytes.set(record());
  bytes.set(words, reportSize);
  new DataView(bytes.buffer).setUint16(30, length ?? words.length, true);
  return bytes;
}

test("reads what somebody else said", (t) => {
  t.is(decodeReports(told("a.b.Error: no"))[0]?.told, "a.b.Error: no");
  t.is(decodeReports(told("x".repeat(447)))[0]?.told, "x".repeat(447));
  t.is(decodeReports(told("bell\u0007, cut \u00e9", 12))[0]?.told, "bell?, cut ");
  t.false("told" in (decodeReports(record())[0] ?? { told: "" }));
  t.deepEqual(
    decodeReports(new Uint8Array([...told("a"), ...record({ op: 3 })])).map(({ op }) => op),
    [17, 3],
  );
  t.is(decodeReports(told("x".repeat(448)))[0]?.told, "x".repeat(448));
  for (const length of [2, 3, 4]) t.is(decodeReports(told("a\u{1f600}", length))[0]?.told, "a");
  t.is(decodeReports(told("a\u{1f600}", 5))[0]?.told, "a\u{1f600}");
  t.is(decodeReports(told("~\u007f "))[0]?.told, "~? ");
  t.throws(() => decodeReports(told("x", 449)), { message: /449 bytes of text/ });
  t.throws(() => decodeReports(told("x").subarray(0, 64)), { message: /not a whole number/ });
});

test("what is said in no UTF-8 is read all the same", (t) => {
  const bytes = told("abcd");
  bytes.set([0xff, 0x62, 0xff, 0x64], reportSize);
  t.is(decodeReports(bytes)[0]?.told, "\udcffb\udcffd");
});

test("a stream may be cut anywhere", (t) => {
  const bytes = new Uint8Array([...record({ op: 1 }), ...record({ op: 2 }), ...told("a.b")]);
  const reader = makeReportReader();
  const ops: (number | undefined)[] = [];
  for (let at = 0; at < bytes.length; at += 37)
    for (const report of reader.push(bytes.subarray(at, at + 37))) ops.push(report.op);
  t.deepEqual(ops, [1, 2, 17]);
  t.is(reader.pending(), 0);
  reader.push(bytes.subarray(0, 5));
  t.is(reader.pending(), 5);
});
