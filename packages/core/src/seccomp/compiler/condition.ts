import { SeccompError } from "../error.ts";
import type { SeccompArg } from "../profile.ts";

const maxValue = (1n << 64n) - 1n;

/** The operators without their prefix, as `enum operator` of helper-c/filter/internal.h numbers them. */
const operators = ["EQ", "NE", "MASKED_EQ", "LT", "LE", "GE", "GT"];
const MASKED_EQ = operators.indexOf("MASKED_EQ");

/** A comparison with its numbers checked. */
export interface Condition {
  readonly index: number;
  /** The number of its operator. */
  readonly op: number;
  readonly value: bigint;
  readonly mask: bigint;
}

function unsigned64(value: number | bigint, pointer: string): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new SeccompError(pointer, `${value} is not an exact integer: pass a bigint`);
  const exact = BigInt(value);
  if (exact < 0n || exact > maxValue) throw new SeccompError(pointer, `${exact} is not an unsigned 64-bit number`);
  return exact;
}

/**
 * Checks one `args` entry.
 *
 * @throws {SeccompError} for an index above 5, an unknown operator or a number outside 64 bits.
 */
export function readCondition(arg: SeccompArg, pointer: string): Condition {
  if (!Number.isInteger(arg.index) || arg.index < 0 || arg.index > 5)
    throw new SeccompError(`${pointer}/index`, `${arg.index} is not between 0 and 5`);
  const op = arg.op.startsWith("SCMP_CMP_") ? operators.indexOf(arg.op.slice("SCMP_CMP_".length)) : -1;
  if (op < 0) throw new SeccompError(`${pointer}/op`, `unknown operator "${arg.op}"`);
  const value = unsigned64(arg.value, `${pointer}/value`);
  const two = unsigned64(arg.valueTwo ?? 0, `${pointer}/valueTwo`);
  // Bits of valueTwo outside the mask are dropped, as libseccomp does: they could never be met.
  return op === MASKED_EQ
    ? { index: arg.index, op, value: two & value, mask: value }
    : { index: arg.index, op, value, mask: maxValue };
}

/** Leaves out conditions that mask all bits away: they always hold and say nothing. */
export function telling(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.filter((condition) => condition.mask !== 0n);
}
