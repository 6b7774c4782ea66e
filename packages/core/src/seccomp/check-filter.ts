import { INSTRUCTION_SIZE, op } from "./bpf.ts";

const maxInstructions = 4096;
const dataSize = 64;
const conditional: ReadonlySet<number> = new Set([op.eq, op.gt, op.ge, op.set]);

/**
 * Says why the kernel would reject a filter, or undefined. A filter has only the operations that our compiler uses, and
 * loads words inside seccomp_data. Its jumps go forward inside the program, and a return is at its end. The kernel checks
 * this in seccomp_check_filter and bpf_check_classic.
 */
export function checkFilter(program: Uint8Array): string | undefined {
  const count = program.length / INSTRUCTION_SIZE;
  if (!Number.isInteger(count)) return "the length is not a multiple of 8";
  if (count === 0 || count > maxInstructions)
    return `${count} instructions: between 1 and ${maxInstructions} are allowed`;
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  for (let index = 0; index < count; index++) {
    const fault = checkInstruction(view, index, count);
    if (fault !== undefined) return `instruction ${index}: ${fault}`;
  }
  return view.getUint16((count - 1) * INSTRUCTION_SIZE, true) === op.return ? undefined : "the last one is no return";
}

function checkInstruction(view: DataView, index: number, count: number): string | undefined {
  const at = index * INSTRUCTION_SIZE;
  const code = view.getUint16(at, true);
  const operand = view.getUint32(at + 4, true);
  const room = count - index - 1;
  if (code === op.loadWord) return operand % 4 === 0 && operand < dataSize ? undefined : `load at ${operand}`;
  if (code === op.jump) return operand < room ? undefined : `jump over ${operand}`;
  if (conditional.has(code)) {
    const far = Math.max(view.getUint8(at + 2), view.getUint8(at + 3));
    return far < room ? undefined : `jump over ${far}`;
  }
  return code === op.return || code === op.and ? undefined : `operation 0x${code.toString(16)}`;
}
