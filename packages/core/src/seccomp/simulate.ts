import { INSTRUCTION_SIZE, op } from "./bpf.ts";

/** What the kernel shows a filter of one system call: struct seccomp_data. */
export interface SeccompData {
  /** As an unsigned 32-bit number; negative ones are wrapped. */
  readonly nr: number;
  /** AUDIT_ARCH_* token. */
  readonly arch: number;
  readonly instructionPointer?: bigint;
  /** Up to six 64-bit arguments; missing ones are 0. */
  readonly args?: readonly bigint[];
}

/** The words of seccomp_data: a number and an arch, a pointer and six arguments of two words each. */
const dataWords = 16;
const ipWord = 2;
const argsWord = 4;

function putWide(words: Uint32Array, index: number, value: bigint): void {
  words[index] = Number(value & 0xffffffffn);
  words[index + 1] = Number((value >> 32n) & 0xffffffffn);
}

function layOut({ nr, arch, instructionPointer, args = [] }: SeccompData): Uint32Array {
  const words = new Uint32Array(dataWords);
  words[0] = nr;
  words[1] = arch;
  if (instructionPointer !== undefined) putWide(words, ipWord, instructionPointer);
  for (const [index, arg] of args.slice(0, 6).entries()) putWide(words, argsWord + 2 * index, arg);
  return words;
}

function load(words: Uint32Array, offset: number): number {
  const word = words[offset / 4];
  if (word === undefined) throw new RangeError(`a load at ${offset} is not simulated`);
  return word;
}

function holds(code: number, accumulator: number, operand: number): boolean {
  switch (code) {
    case op.eq:
      return accumulator === operand;
    case op.gt:
      return accumulator > operand;
    case op.ge:
      return accumulator >= operand;
    case op.set:
      return (accumulator & operand) !== 0;
    default:
      throw new RangeError(`operation 0x${code.toString(16)} is not simulated`);
  }
}

/**
 * Runs a filter over one system call, as the kernel does.
 *
 * @returns the filter's 32-bit answer: the action in the high half, its data in the low half.
 * @throws {RangeError} when the program uses an operation no compiler of ours or libseccomp emits, or runs off its end.
 */
export function simulate(program: Uint8Array, data: SeccompData): number {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const words = layOut(data);
  let accumulator = 0;
  for (let at = 0; at < program.length; at += INSTRUCTION_SIZE) {
    const opcode = code.getUint16(at, true);
    const operand = code.getUint32(at + 4, true);
    if (opcode === op.return) return operand;
    if (opcode === op.loadWord) accumulator = load(words, operand);
    else if (opcode === op.and) accumulator = (accumulator & operand) >>> 0;
    else if (opcode === op.jump) at += operand * INSTRUCTION_SIZE;
    else at += code.getUint8(at + (holds(opcode, accumulator, operand) ? 2 : 3)) * INSTRUCTION_SIZE;
  }
  throw new RangeError("the program ran off its end");
}
