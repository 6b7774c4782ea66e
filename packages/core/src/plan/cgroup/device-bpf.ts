import type { DeviceRule } from "./device-rules.ts";
import { access, isTotal } from "./device-rules.ts";

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

/**
 * A program in the making: two words for each instruction, as struct bpf_insn has them. The first is the code, the registers, and
 * for jumps how many instructions to skip; the second is a number. Plans are encoded on little-endian machines only.
 */
interface Program {
  readonly words: Uint32Array<ArrayBuffer>;
  end: number;
}

/** What reads the context, and what a rule and the last answer need at most: in words. */
const room = { first: 12, rule: 16, answer: 4 } as const;

function push(program: Program, code: number, dst: number, src: number, off: number, imm: number): void {
  const { words, end } = program;
  words[end] = code | (dst << 8) | (src << 12) | (off << 16);
  words[end + 1] = imm;
  program.end = end + 2;
}

/**
 * A BPF_PROG_TYPE_CGROUP_DEVICE program with the meaning of the rules in order. The last rule about an access decides, and
 * an access without a rule is denied. An access of several letters needs all of them.
 */
export function deviceProgram(rules: readonly DeviceRule[]): Uint8Array {
  const words = new Uint32Array(room.first + rules.length * room.rule + room.answer);
  const program: Program = { words, end: 0 };
  push(program, op.loadWord, reg.type, reg.context, 0, 0);
  push(program, op.moveRegister, reg.access, reg.type, 0, 0);
  push(program, op.and, reg.type, 0, 0, 0xffff);
  push(program, op.shiftRight, reg.access, 0, 0, 16);
  push(program, op.loadWord, reg.major, reg.context, 4, 0);
  push(program, op.loadWord, reg.minor, reg.context, 8, 0);
  for (let index = rules.length - 1; index >= 0; index--) {
    const rule = rules[index];
    if (rule === undefined) break;
    pushRule(program, rule);
    // The kernel refuses instructions that cannot be reached.
    if (isTotal(rule)) return encode(program);
  }
  pushAnswer(program, 0);
  return encode(program);
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
