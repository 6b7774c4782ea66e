import test from "ava";
import { decodePlan } from "./decode.ts";
import { encodePlan } from "./encode.ts";
import { WireError } from "./error.ts";
import { headerPlaces, headerSize, opPlaces } from "./image.ts";
import type { Plan } from "./op.ts";

const ops = [
  { op: "open-procfs", phase: "host", out: "proc" },
  { op: "open-process", phase: "host", proc: "proc", pid: 5, startTime: 1, inode: 0, out: "process" },
  { op: "write-cgroup", phase: "host", cgroup: "cgroup", file: "memory.max", value: "max" },
  { op: "load-seccomp", phase: "exec", program: new Uint8Array(8), filterFlags: 0 },
  { op: "exec", phase: "exec", args: ["a"] },
  { op: "enter-dir", phase: "host", dir: "dir" },
] as const;

const inputs = [
  { name: "cgroup", type: "cgroup" },
  { name: "dir", type: "dir" },
] as const;

const good: Plan = { kind: "host", inputs, ops };

const cannotEncode = test.macro({
  exec(t, index: number, fields: Readonly<Record<string, unknown>>, message: RegExp) {
    const changed = ops.map((op, at) => (at === index ? { ...op, ...fields } : op));
    const error = t.throws(() => encodePlan({ ...good, ops: changed } as Plan), { instanceOf: WireError, message });
    t.is(error.code, "bad-plan");
  },
  title: (name = "") => `refuses to encode ${name}`,
});

test("an op that does not exist", cannotEncode, 0, { op: "mount" }, /op 0: there is no op `mount`/);
test("a field that does not exist", cannotEncode, 1, { uid: 3 }, /op 1: `open-process` has no field `uid`/);
test("a phase that is not its", cannotEncode, 0, { phase: "exec" }, /op 0: `open-procfs` cannot be in phase exec/);
test("a flag that is not its", cannotEncode, 0, { flags: ["keep"] }, /op 0: .* does not take the flag `keep`/);
test("flags that are no list", cannotEncode, 5, { flags: "keep" }, /op 5: `enter-dir`: `flags` is not a list/);
test("a slot that does not exist", cannotEncode, 1, { proc: "none" }, /op 1: .*`proc` names no slot .*"none"/);
test("no slot", cannotEncode, 2, { cgroup: undefined }, /op 2: .*`cgroup` names no slot/);
test("a slot of another type", cannotEncode, 1, { proc: "dir" }, /op 1: .*`proc` is a dir, not proc/);
test("a slot that is defined twice", cannotEncode, 1, { out: "proc" }, /op 1: .*`proc` is defined twice/);
test("no out", cannotEncode, 1, { out: undefined }, /names no slot/);
test("a fraction", cannotEncode, 1, { pid: 1.5 }, /op 1: .*`pid` is not a whole number: 1.5/);
test("a number that is not exact", cannotEncode, 1, { startTime: 2 ** 53 }, /`startTime` is not a whole number/);
test("no number", cannotEncode, 1, { pid: undefined }, /`pid` is not a whole number/);
test("a number that is too large", cannotEncode, 1, { pid: 0x80000000 }, /`pid` is out of range: 2147483648/);
test("a number of 65 bits", cannotEncode, 1, { startTime: 2n ** 64n }, /`startTime` is out of range/);
test("a negative number", cannotEncode, 1, { startTime: -1 }, /`startTime` is out of range: -1/);
test("a bit that is not allowed", cannotEncode, 3, { filterFlags: 64 }, /`filterFlags` is out of range: 64/);
test("a string that is none", cannotEncode, 2, { value: 5 }, /`value` is not a string/);
test("a NUL", cannotEncode, 2, { value: "a\0b" }, /`value` has a NUL, or a lone surrogate that is no byte/);
test(
  "a lone high surrogate",
  cannotEncode,
  2,
  { value: "\ud83d" },
  /`value` has a NUL, or a lone surrogate that is no byte/,
);
test(
  "a lone low surrogate",
  cannotEncode,
  2,
  { value: "\ude00x" },
  /`value` has a NUL, or a lone surrogate that is no byte/,
);
test("a name with a slash", cannotEncode, 2, { file: "a/b" }, /`file` is not a name: "a\/b"/);
test("the name ..", cannotEncode, 2, { file: ".." }, /`file` is not a name/);
test("a name of 256 bytes", cannotEncode, 2, { file: "é".repeat(128) }, /`file` is not a name/);
test("bytes that are none", cannotEncode, 3, { program: [1] }, /`program` is not bytes/);
test("no bytes", cannotEncode, 3, { program: new Uint8Array(0) }, /`program` is empty/);
test("strings that are none", cannotEncode, 4, { args: "sh" }, /`args` is not a list of strings/);
test("no strings", cannotEncode, 4, { args: [] }, /`args` has no string/);
test("a NUL in one of the strings", cannotEncode, 4, { args: ["a", "\0"] }, /`args` has a NUL/);

const badPath = (path: string): Plan => ({
  ...good,
  ops: [{ op: "open-dir", phase: "host", at: "dir", path, resolve: 0, out: "x" }],
});

test("paths are neither empty nor longer than 4095 bytes", (t) => {
  t.throws(() => encodePlan(badPath("")), { message: /is an empty path/ });
  t.throws(() => encodePlan(badPath("é".repeat(2048))), { message: /is a path of 4096 bytes/ });
  t.notThrows(() => encodePlan(badPath("a".repeat(4095))));
});

test("a name has up to 255 bytes, of an op as of an input", (t) => {
  const file = "x".repeat(255);
  const plan = (name: string): Plan => ({
    ...good,
    inputs: [{ name, type: "cgroup" }],
    ops: [{ ...ops[2], cgroup: name, file: name }],
  });
  t.deepEqual(decodePlan(encodePlan(plan(file))), plan(file));
});

test("the largest image is decoded, and a larger one is refused", (t) => {
  const empty = encodePlan({ ...good, ops: [{ ...ops[3], program: new Uint8Array(8) }] }).length - 8;
  const program = new Uint8Array((16 << 20) - empty);
  const largest = encodePlan({ ...good, ops: [{ ...ops[3], program }] });
  t.is(largest.length, 16 << 20);
  t.is(decodePlan(largest).ops.length, 1);
  t.throws(() => decodePlan(new Uint8Array((16 << 20) + 1)), { message: /16777217 bytes are not a plan/ });
});

const numbers: readonly (readonly [row: "score" | "startTime" | "mask", value: number | bigint, taken: boolean])[] = [
  ["score", -1000, true],
  ["score", -1n, true],
  ["score", Number.MIN_SAFE_INTEGER, true],
  ["score", -(2n ** 63n), true],
  ["score", 2n ** 63n - 1n, true],
  ["score", 2n ** 63n, false],
  ["score", -(2n ** 63n) - 1n, false],
  ["startTime", -1, false],
  ["startTime", -1n, false],
  ["startTime", 2 ** 32, true],
  ["startTime", Number.MAX_SAFE_INTEGER, true],
  ["startTime", 2n ** 64n - 1n, true],
  ["mask", 0x2000ff, true],
  ["mask", 0x2000ffn, true],
  ["mask", 0x100, false],
  ["mask", 0x100n, false],
  ["mask", -1, false],
  ["mask", 2 ** 32, false],
  ["mask", 2 ** 32 + 1, false],
];
for (const [row, value, taken] of numbers)
  test(`the ${row} ${typeof value} ${value} is ${taken ? "encoded" : "refused"}`, (t) => {
    const op: Plan["ops"][number] =
      row === "score"
        ? { op: "set-oom-score", phase: "parent", proc: "proc", process: "process", score: value }
        : row === "mask"
          ? { op: "make-fs", phase: "host", type: "tmpfs", attrs: value, out: "fs" }
          : { ...ops[1], startTime: value, out: "other" };
    const plan: Plan = { ...good, ops: [...ops.slice(0, 2), op] };
    if (!taken) t.throws(() => encodePlan(plan), { code: "bad-plan", message: /is out of range/ });
    else {
      const last = decodePlan(encodePlan(plan)).ops.at(-1);
      const found = last && Object.entries(last).find(([key]) => key === (row === "mask" ? "attrs" : row))?.[1];
      t.is(BigInt(`${found}`), BigInt(value));
    }
  });

test("inputs have names that can be written as NAME=PATH", (t) => {
  for (const name of ["", ".", "a=b", "a/b", "x".repeat(256)]) {
    t.throws(() => encodePlan({ ...good, inputs: [...inputs, { name, type: "dir" }] }), { instanceOf: WireError });
  }
  t.throws(() => encodePlan({ ...good, inputs: [...inputs, { name: "\0", type: "dir" }] }), { message: /is not text/ });
});

test("plans have an end", (t) => {
  const many = (n: number, op: object): Plan => ({ ...good, ops: Array.from({ length: n }, () => op) as Plan["ops"] });
  t.throws(() => encodePlan(many(4097, ops[0])), { message: /4097 ops/ });
  t.is(decodePlan(encodePlan(many(4096, ops[5]))).ops.length, 4096);
  const outs = Array.from({ length: 2049 }, (_, n) => ({ op: "open-root", phase: "host", out: `r${n}` }) as const);
  t.throws(() => encodePlan({ ...good, inputs: [], ops: outs }), { message: /2049 slots/ });
  t.is(decodePlan(encodePlan({ ...good, inputs: [], ops: outs.slice(1) })).ops.length, 2048);
  t.throws(() => encodePlan(many(1, { ...ops[3], program: new Uint8Array(16 << 20) })), {
    message: /more than 16777216/,
  });
});

const image = encodePlan(good);

const cannotDecode = test.macro({
  exec(t, change: (view: DataView) => void, message: RegExp) {
    const bytes = image.slice();
    change(new DataView(bytes.buffer));
    const error = t.throws(() => decodePlan(bytes), { instanceOf: WireError, message });
    t.is(error.code, "bad-image");
  },
  title: (name = "") => `refuses to decode ${name}`,
});

const opPlace = (index: number, place: number): number => headerSize + 80 * index + place;

test("another magic", cannotDecode, (view) => view.setUint8(0, 0), /no magic number/);
test("another version", cannotDecode, (view) => view.setUint8(4, 9), /unknown version 9.0/);
test("another size", cannotDecode, (view) => view.setUint8(8, 1), /cut short or has bytes after its end/);
test("another kind", cannotDecode, (view) => view.setUint8(12, 9), /unknown kind/);
test("a section outside", cannotDecode, (view) => view.setUint32(headerPlaces.ops, 1 << 24, true), /outside the plan/);
test("too many ops", cannotDecode, (view) => view.setUint32(headerPlaces.ops + 4, 5000, true), /outside the plan/);
test("an unknown op", cannotDecode, (view) => view.setUint16(opPlace(0, 0), 999, true), /op 0: unknown op 999/);
test("an unknown phase", cannotDecode, (view) => view.setUint8(opPlace(0, opPlaces.phase), 9), /op 0: unknown phase/);
test(
  "a slot outside",
  cannotDecode,
  (view) => view.setUint16(opPlace(2, opPlaces.slots), 99, true),
  /op 2: .* no `cgroup`/,
);
test(
  "a string outside",
  cannotDecode,
  (view) => view.setUint32(opPlace(2, opPlaces.data), 9999, true),
  /not in the plan/,
);
test(
  "a string without NUL",
  cannotDecode,
  (view) => view.setUint32(opPlace(2, opPlaces.data + 4), 3, true),
  /not in the plan/,
);
test("a blob outside", cannotDecode, (view) => view.setUint32(opPlace(3, opPlaces.data), 9999, true), /a blob is not/);
test(
  "no data",
  cannotDecode,
  (view) => view.setBigUint64(opPlace(2, opPlaces.data), 0n, true),
  /op 2: .* has no `file`/,
);

test(
  "a slot of an unknown type",
  cannotDecode,
  (view) => {
    view.setUint8(view.getUint32(headerPlaces.slots, true), 99);
  },
  /slot 0 has an unknown type/,
);

test("refuses bytes that are too few", (t) => {
  t.throws(() => decodePlan(new Uint8Array(9)), { message: /9 bytes are not a plan/ });
});

test("refuses references that together name more than a plan can hold", (t) => {
  const name = "x".repeat(1 << 20);
  const hosts = Array.from({ length: 33 }, () => ({ op: "set-hostname", phase: "inside", name }) as const);
  t.throws(() => decodePlan(encodePlan({ kind: "host", inputs: [], ops: hosts })), { message: /name too much/ });
});
