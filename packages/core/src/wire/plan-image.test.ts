import test from "ava";
import fc from "fast-check";
import { anyPlan } from "./_arbitrary.test.ts";
import { decodePlan } from "./decode.ts";
import { encodePlan } from "./encode.ts";
import { WireError } from "./error.ts";
import type { Plan } from "./op.ts";
import { provenanceOf, withProvenance } from "./provenance.ts";

const signal: Plan = {
  kind: "host",
  inputs: [],
  ops: [
    { op: "open-procfs", phase: "host", out: "proc" },
    { op: "open-process", phase: "host", proc: "proc", pid: 5, startTime: 2n ** 63n, inode: 0, out: "process" },
    { op: "signal", phase: "host", process: "process", signal: 9, from: "/process", why: "as asked" },
  ],
};

test("decoding is the inverse of encoding", (t) => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      t.deepEqual(decodePlan(encodePlan(plan)), plan);
    }),
    { numRuns: 300 },
  );
});

test("encoding is deterministic, and an image decodes to itself", (t) => {
  fc.assert(
    fc.property(anyPlan, (plan) => {
      const image = encodePlan(plan);
      t.deepEqual(encodePlan(plan), image);
      t.deepEqual(encodePlan(decodePlan(image)), image);
    }),
    { numRuns: 100 },
  );
});

test("a damaged image decodes or throws a WireError, nothing else", (t) => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(anyPlan, damage, fc.nat(64), (plan, changes, cut) => {
      const image = encodePlan(plan);
      for (const [at, byte] of changes) image[at % image.length] = byte;
      try {
        decodePlan(image.subarray(0, image.length - (cut % 2 === 0 ? 0 : cut)));
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
      }
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

test("the image does not depend on the names of slots, nor on provenance", (t) => {
  const other: Plan = {
    ...signal,
    ops: [
      { op: "open-procfs", phase: "host", out: "a", why: "for another reason" },
      { op: "open-process", phase: "host", proc: "a", pid: 5, startTime: 2n ** 63n, inode: 0, out: "b" },
      { op: "signal", phase: "host", process: "b", signal: 9 },
    ],
  };
  t.deepEqual(encodePlan(other), encodePlan(signal));
});

const early = { op: "enter-dir", phase: "host", dir: "later" } as const;
const openRoot = (out: string) => ({ op: "open-root", phase: "host", out }) as const;

test("slots are numbered in the order of the ops that define them, also where an op names one before that", (t) => {
  const plan: Plan = { ...signal, ops: [openRoot("first"), early, openRoot("between"), openRoot("later"), early] };
  t.deepEqual(decodePlan(encodePlan(plan)).ops, [
    openRoot("s0"),
    { ...early, dir: "s2" },
    openRoot("s1"),
    openRoot("s2"),
    { ...early, dir: "s2" },
  ]);
  const own: Plan["ops"][number] = { op: "open-dir", phase: "host", at: "own", path: "a", resolve: 0, out: "own" };
  t.like(decodePlan(encodePlan({ ...signal, ops: [own] })).ops[0], { at: "s0", out: "s0" });
});

test("what is wrong with a slot behind the op that names one is told of that slot's op", (t) => {
  const twice: Plan = { ...signal, ops: [openRoot("first"), early, openRoot("later"), openRoot("first")] };
  t.throws(() => encodePlan(twice), { instanceOf: WireError, message: "op 3: the slot `first` is defined twice" });
  const ops = Array.from({ length: 2049 }, (_, index) => openRoot(index === 2048 ? "later" : `r${index}`));
  t.throws(() => encodePlan({ ...signal, ops: [early, ...ops] }), { message: /^op 2049: the plan needs 2049 slots/ });
});

test("an input that is called as a decoded slot keeps its name", (t) => {
  const plan: Plan = { ...signal, inputs: [{ name: "s1", type: "dir" }] };
  const decoded = decodePlan(encodePlan(plan));
  t.deepEqual(decoded.inputs, plan.inputs);
  t.like(decoded.ops[0], { out: "s1_" });
});

test("equal strings and equal blobs are stored once", (t) => {
  const name = (n: number): Plan => ({
    ...signal,
    ops: Array.from(
      { length: n },
      () => ({ op: "set-hostname", phase: "inside", name: "long name of a host" }) as const,
    ),
  });
  t.is(encodePlan(name(5)).length - encodePlan(name(4)).length, 80);
  const filter = (n: number): Plan => ({
    ...signal,
    ops: Array.from(
      { length: n },
      () => ({ op: "load-seccomp", phase: "exec", program: new Uint8Array(800), filterFlags: 0 }) as const,
    ),
  });
  t.is(encodePlan(filter(2)).length - encodePlan(filter(1)).length, 80);
});

const exec = (args: readonly string[]): Plan["ops"][number] => ({ op: "exec", phase: "exec", args });

test("a run of one string is stored with that string, and other runs as a whole", (t) => {
  const size = (...runs: readonly (readonly string[])[]): number =>
    encodePlan({ ...signal, ops: runs.map(exec) }).length - 80 * runs.length;
  const long = "x".repeat(800);
  t.is(size([long], [long]), size([long]));
  t.is(size([long, long], [long, long]), size([long, long]));
  t.true(size([long], [long, long]) >= size([long, long]) + 800);
  // The bytes are there already, of a run that has them honestly.
  t.throws(() => size(["a", "b", "c"], ["a\0b", "c"]), { message: /has a NUL/ });
  t.throws(() => size(["a", "b"], ["a\0b"]), { message: /has a NUL/ });
});

test("strings of any size keep their places", (t) => {
  const args = ["é", "x".repeat(8191), "y".repeat(8192), "", "z".repeat(20_000), "\udcff", "é"];
  const plan: Plan = { ...signal, ops: [...args.map((text) => exec(text === "" ? ["w"] : [text])), exec(args)] };
  t.deepEqual(decodePlan(encodePlan(plan)).ops, plan.ops);
});

test("provenance goes into a side table and back", (t) => {
  const table = provenanceOf(signal);
  t.deepEqual(table, [{}, {}, { from: "/process", why: "as asked" }]);
  t.deepEqual(provenanceOf(withProvenance(decodePlan(encodePlan(signal)), table)), table);
});
