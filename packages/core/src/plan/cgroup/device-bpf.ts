import type { DeviceRule } from "./device-rules.ts";
import { access, isTotal } from "./device-rules.ts";

/** BPF_DEVCG_DEV_* of linux/bpf.h. */
const deviceTypes = { b: 1, c: 2 } as const;

/** Opcodes of linux/bpf.h: class, size or operation, source. */
const op = {
  loadWord: 0x61,
  and: 0x57,
  or: 0x4f,
  shiftLeft: 0x67,
  shiftRight: 0x77,
  moveRegister: 0xbf,
  move: 0xb7,
  jumpIfEqual: 0x15,
  jumpIfNot: 0x55,
  exit: 0x95,
} as const;

/** The same jumps of the class BPF_JMP32: they compare the lower half of the register. */
const half = { jumpIfEqual: 0x16, jumpIfNot: 0x56 } as const;

/** Registers: what the program keeps where. `device` has major and minor in one, as the kernel's dev_t. */
const reg = { result: 0, context: 1, type: 2, access: 3, major: 4, minor: 5, scratch: 6, device: 7 } as const;

/** How many bits of a dev_t are the minor number. No device has a major number of more than 12 bits. */
const minorBits = 20;
const maxMajor = 0xfff;
const maxMinor = 0xfffff;

/**
 * A program in the making: two words for each instruction, as struct bpf_insn has them. The first is the code, the registers, and
 * for jumps how many instructions to skip; the second is a number. Plans are encoded on little-endian machines only.
 */
interface Program {
  readonly words: Uint32Array<ArrayBuffer>;
  end: number;
}

/** What reads the context, and what a rule and the last answer need at most: in words. */
const room = { first: 18, rule: 16, answer: 4 } as const;

function push(program: Program, code: number, dst: number, src: number, off: number, imm: number): void {
  const { words, end } = program;
  words[end] = code | (dst << 8) | (src << 12) | (off << 16);
  words[end + 1] = imm;
  program.end = end + 2;
}

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program with the meaning of the rules in order. The last rule about an access decides, and
 * an access without a rule is denied. An access of several letters needs all of them.
 *
 * The kernel follows every path of the program when it is loaded. So rules that give the same answer share one test of the type
 * and one answer, and each has one test of its device.
 */
export function deviceProgram(asked: readonly DeviceRule[]): Uint8Array {
  const rules = joinTypes(asked);
  const words = new Uint32Array(room.first + rules.length * room.rule + room.answer);
  const program: Program = { words, end: 0 };
  pushFirst(program);
  const last = rules.findLastIndex(isTotal);
  for (let index = rules.length - 1; index >= Math.max(last, 0); ) {
    const run = runBefore(rules, index);
    const [rule] = run;
    if (rule === undefined) break;
    if (run.length > 1) pushRun(program, run, rule);
    else pushRule(program, rule);
    index -= run.length;
  }
  // The kernel refuses instructions that cannot be reached.
  if (last < 0) pushAnswer(program, 0);
  return encode(program);
}

/** Two rules that differ only in the type are one about any type: the kernel has no third. */
function joinTypes(rules: readonly DeviceRule[]): readonly DeviceRule[] {
  const joined: DeviceRule[] = [];
  for (const rule of rules) {
    const before = joined.at(-1);
    if (before !== undefined && isTwin(before, rule)) joined[joined.length - 1] = { ...rule, type: undefined };
    else joined.push(rule);
  }
  return joined;
}

function isTwin(one: DeviceRule, other: DeviceRule): boolean {
  if (one.type === undefined || other.type === undefined || one.type === other.type) return false;
  return (
    one.allow === other.allow && one.major === other.major && one.minor === other.minor && one.access === other.access
  );
}

/** Reads the context. */
function pushFirst(program: Program): void {
  push(program, op.loadWord, reg.type, reg.context, 0, 0);
  push(program, op.moveRegister, reg.access, reg.type, 0, 0);
  push(program, op.and, reg.type, 0, 0, 0xffff);
  push(program, op.shiftRight, reg.access, 0, 0, 16);
  push(program, op.loadWord, reg.major, reg.context, 4, 0);
  push(program, op.loadWord, reg.minor, reg.context, 8, 0);
  push(program, op.moveRegister, reg.device, reg.major, 0, 0);
  push(program, op.shiftLeft, reg.device, 0, 0, minorBits);
  push(program, op.or, reg.device, reg.minor, 0, 0);
}

/** Whether a rule is about every access of one device, or of all with a major number. A longer number would be that of another device. */
function isShort({ access: bits, major, minor = 0 }: DeviceRule): boolean {
  return bits === access.all && major !== undefined && major <= maxMajor && minor <= maxMinor;
}

/** The rules that end at an index and have the same answer for the same type, the last one first; or that rule alone. */
function runBefore(rules: readonly DeviceRule[], index: number): readonly DeviceRule[] {
  const last = rules[index];
  if (last === undefined) return [];
  let first = index;
  while (first > 0 && isShort(last) && isLike(rules[first - 1], last)) first--;
  return rules.slice(first, index + 1).reverse();
}

const isLike = (rule: DeviceRule | undefined, other: DeviceRule): boolean =>
  rule !== undefined && isShort(rule) && rule.type === other.type && rule.allow === other.allow;

/** Rules with one answer: each but the last one jumps to it, and the last one jumps over it. */
function pushRun(program: Program, run: readonly DeviceRule[], { type, allow }: DeviceRule): void {
  if (type !== undefined) push(program, op.jumpIfNot, reg.type, 0, run.length + 2, deviceTypes[type]);
  run.forEach(({ major = 0, minor }, index) => {
    const isLast = index === run.length - 1;
    const skip = isLast ? 2 : run.length - 1 - index;
    if (minor === undefined) push(program, isLast ? op.jumpIfNot : op.jumpIfEqual, reg.major, 0, skip, major);
    else {
      const device = (major << minorBits) | minor;
      push(program, isLast ? half.jumpIfNot : half.jumpIfEqual, reg.device, 0, skip, device);
    }
  });
  pushAnswer(program, allow ? 1 : 0);
}

function pushAnswer(program: Program, value: 0 | 1): void {
  push(program, op.move, reg.result, 0, 0, value);
  push(program, op.exit, 0, 0, 0, 0);
}

/** What follows the tests: how many instructions `pushThen` pushes. */
function lengthOfThen(rule: DeviceRule): number {
  if (rule.access === access.all) return 2;
  return rule.allow ? 4 : 5;
}

function pushRule(program: Program, rule: DeviceRule): void {
  const { type, major, minor } = rule;
  let skip = lengthOfThen(rule);
  if (major !== undefined) skip++;
  if (minor !== undefined) skip++;
  if (type !== undefined) push(program, op.jumpIfNot, reg.type, 0, skip, deviceTypes[type]);
  if (major !== undefined) push(program, op.jumpIfNot, reg.major, 0, --skip, major);
  if (minor !== undefined) push(program, op.jumpIfNot, reg.minor, 0, --skip, minor);
  pushThen(program, rule);
}

/**
 * Takes the allowed accesses off what is still asked for; when nothing is left, the answer is yes. Or denies when one of the
 * accesses is still asked for.
 */
function pushThen(program: Program, { allow, access: bits }: DeviceRule): void {
  if (bits !== access.all && allow) {
    push(program, op.and, reg.access, 0, 0, access.all & ~bits);
    push(program, op.jumpIfNot, reg.access, 0, 2, 0);
  } else if (bits !== access.all) {
    push(program, op.moveRegister, reg.scratch, reg.access, 0, 0);
    push(program, op.and, reg.scratch, 0, 0, bits);
    push(program, op.jumpIfEqual, reg.scratch, 0, 2, 0);
  }
  pushAnswer(program, allow ? 1 : 0);
}

function encode({ words, end }: Program): Uint8Array {
  return new Uint8Array(words.buffer, 0, 4 * end);
}
