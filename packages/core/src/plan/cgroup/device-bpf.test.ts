// The device program against what its rules mean, by running it in a small simulator.
import test from "ava";
import fc from "fast-check";
import { deviceProgram } from "./device-bpf.ts";
import type { DeviceRule } from "./device-rules.ts";

interface Request {
  readonly type: number;
  readonly access: number;
  readonly major: number;
  readonly minor: number;
}

/** The few instructions that the generator uses. */
function run(program: Uint8Array, request: Request): number {
  const view = new DataView(program.buffer);
  const context = [(request.access << 16) | request.type, request.major, request.minor];
  const regs = Array.from({ length: 11 }, () => 0);
  for (let pc = 0; pc < program.length / 8; pc += 1) {
    const code = view.getUint8(pc * 8);
    const dst = view.getUint8(pc * 8 + 1) & 0xf;
    const src = view.getUint8(pc * 8 + 1) >> 4;
    const off = view.getInt16(pc * 8 + 2, true);
    const imm = view.getInt32(pc * 8 + 4, true);
    const now = regs[dst] ?? 0;
    if (code === 0x61) regs[dst] = context[off / 4] ?? 0;
    else if (code === 0x57) regs[dst] = now & imm;
    else if (code === 0x4f) regs[dst] = now | (regs[src] ?? 0);
    else if (code === 0x67) regs[dst] = now << imm;
    else if (code === 0x77) regs[dst] = now >>> imm;
    else if (code === 0xbf) regs[dst] = regs[src] ?? 0;
    else if (code === 0xb7) regs[dst] = imm;
    else if (code === 0x15) pc += now === imm ? off : 0;
    else if (code === 0x16) pc += (now | 0) === imm ? off : 0;
    else if (code === 0x55) pc += now !== imm ? off : 0;
    else if (code === 0x56) pc += (now | 0) !== imm ? off : 0;
    else if (code === 0x95) return regs[0] ?? 0;
    else throw new Error(`unknown instruction ${code}`);
  }
  throw new Error("fell off the end");
}

/** What the rules mean, word for word: for each access the last rule about it decides. */
function means(rules: readonly DeviceRule[], { type, access, major, minor }: Request): number {
  const decide = (bit: number): boolean => {
    const last = rules.findLast(
      (rule) =>
        (rule.type === undefined || (rule.type === "b" ? 1 : 2) === type) &&
        (rule.major ?? major) === major &&
        (rule.minor ?? minor) === minor &&
        (rule.access & bit) !== 0,
    );
    return last?.allow ?? false;
  };
  return [1, 2, 4].filter((bit) => (access & bit) !== 0).every(decide) ? 1 : 0;
}

// Numbers that a device can have, the largest too; a rule may have numbers that no device has.
const majors = [0, 1, 2, 0xfff] as const;
const minors = [0, 1, 2, 0xfffff] as const;
const rule = fc.record({
  allow: fc.boolean(),
  type: fc.constantFrom("b" as const, "c" as const, undefined),
  major: fc.constantFrom(undefined, ...majors, 0x1000, 0x1001),
  minor: fc.constantFrom(undefined, ...minors, 0x100000, 0x100001, 0x200002),
  // Rules about all accesses are the usual ones, and are put together.
  access: fc.oneof(fc.constant(7), fc.integer({ min: 1, max: 7 })),
  from: fc.constant("/r"),
});
const request = fc.record({
  type: fc.constantFrom(1, 2),
  access: fc.integer({ min: 1, max: 7 }),
  major: fc.constantFrom(...majors, 3),
  minor: fc.constantFrom(...minors, 3),
});

test("the program decides as the rules do", (t) => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 8 }),
      request,
      (rules, asked) => run(deviceProgram(rules), asked) === means(rules, asked),
    ),
    { numRuns: 5000 },
  );
  t.pass();
});

test("no rules deny everything", (t) => {
  t.is(run(deviceProgram([]), { type: 2, access: 2, major: 1, minor: 3 }), 0);
});

const only = (type: "b" | "c", major: number, minor: number): DeviceRule => ({
  allow: true,
  type,
  major,
  minor,
  access: 7,
  from: "/r",
});

test("rules with the same answer for the same type take an instruction each", (t) => {
  const lengthOf = (count: number): number =>
    deviceProgram(Array.from({ length: count }, (_, minor) => only("c", 1, minor))).length / 8;
  t.is(lengthOf(12) - lengthOf(2), 10);
});

test("two rules that differ only in the type are one", (t) => {
  t.is(deviceProgram([only("b", 1, 2), only("c", 1, 2)]).length, deviceProgram([only("b", 1, 2)]).length - 8);
});
