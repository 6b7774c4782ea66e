import type { DeviceRule } from "./device-rules.ts";
import { access } from "./device-rules.ts";

/** BPF_DEVCG_DEV_* of linux/bpf.h. */
const deviceTypes = { b: 1, c: 2 } as const;

/** Opcodes of linux/bpf.h: class, size or operation, source. */
const op = {
  loadWord: 0x61,
  and: 0x57,
  shiftRight: 0x77,
  moveRegister: 0xbf,
  move: 0xb7,
  jumpIfEqual: 0x15,
  jumpIfNot: 0x55,
  exit: 0x95,
} as const;

/** Registers: what the program keeps where. */
const reg = { result: 0, context: 1, type: 2, access: 3, major: 4, minor: 5, scratch: 6 } as const;

interface Instruction {
  readonly code: number;
  readonly dst?: number;
  readonly src?: number;
  /** Jumps: how many instructions to skip. */
  readonly off?: number;
  readonly imm?: number;
}

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program with the meaning of the rules in order. The last rule about an access decides, and
 * an access without a rule is denied. An access of several letters needs all of them.
 */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const body: Instruction[] = [
    { code: op.loadWord, dst: reg.type, src: reg.context, off: 0 },
    { code: op.moveRegister, dst: reg.access, src: reg.type },
    { code: op.and, dst: reg.type, imm: 0xffff },
    { code: op.shiftRight, dst: reg.access, imm: 16 },
    { code: op.loadWord, dst: reg.major, src: reg.context, off: 4 },
    { code: op.loadWord, dst: reg.minor, src: reg.context, off: 8 },
  ];
  for (const rule of rules.toReversed()) {
    const code = ruleCode(rule);
    body.push(...code);
    // The kernel refuses instructions that cannot be reached.
    if (isUnconditional(rule)) return encode(body);
  }
  return encode([...body, ...answer(0)]);
}

function isUnconditional(rule: DeviceRule): boolean {
  return rule.type === undefined && rule.major === undefined && rule.minor === undefined && rule.access === access.all;
}

function answer(value: 0 | 1): readonly Instruction[] {
  return [{ code: op.move, dst: reg.result, imm: value }, { code: op.exit }];
}

function ruleCode(rule: DeviceRule): readonly Instruction[] {
  const tests: readonly (readonly [number, number | undefined])[] = [
    [reg.type, rule.type === undefined ? undefined : deviceTypes[rule.type]],
    [reg.major, rule.major],
    [reg.minor, rule.minor],
  ];
  const then = rule.allow ? allow(rule.access) : deny(rule.access);
  const asked = tests.filter((test): test is readonly [number, number] => test[1] !== undefined);
  return [
    ...asked.map(([dst, imm], index) => ({
      code: op.jumpIfNot,
      dst,
      imm,
      off: asked.length - index - 1 + then.length,
    })),
    ...then,
  ];
}

/** Takes the allowed accesses off what is still asked for; when nothing is left, the answer is yes. */
function allow(bits: number): readonly Instruction[] {
  if (bits === access.all) return answer(1);
  return [
    { code: op.and, dst: reg.access, imm: access.all & ~bits },
    { code: op.jumpIfNot, dst: reg.access, imm: 0, off: 2 },
    ...answer(1),
  ];
}

/** Denies when one of the accesses is still asked for. */
function deny(bits: number): readonly Instruction[] {
  if (bits === access.all) return answer(0);
  return [
    { code: op.moveRegister, dst: reg.scratch, src: reg.access },
    { code: op.and, dst: reg.scratch, imm: bits },
    { code: op.jumpIfEqual, dst: reg.scratch, imm: 0, off: 2 },
    ...answer(0),
  ];
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, dst = 0, src = 0, off = 0, imm = 0 }, index) => {
    view.setUint8(index * 8, code);
    view.setUint8(index * 8 + 1, dst | (src << 4));
    view.setInt16(index * 8 + 2, off, true);
    view.setInt32(index * 8 + 4, imm, true);
  });
  return bytes;
}
