import { SeccompError } from "../error.ts";
import type { SeccompArg } from "../profile.ts";
import type { Graph, Node } from "./graph.ts";
import { ALL, compare } from "./graph.ts";

const WORD = 32n;
const LOW = 0xffffffffn;
const maxValue = (1n << 64n) - 1n;
/** Offset of args[0] in seccomp_data; each argument has 8 bytes, low word first on the architectures supported. */
const argsOffset = 16;

const operators: ReadonlySet<string> = new Set(["NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]);

/** A comparison with its numbers checked and its operator without the prefix. */
export interface Condition {
  readonly index: number;
  readonly op: string;
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
  const op = arg.op.replace(/^SCMP_CMP_/, "");
  if (op === arg.op || !operators.has(op)) throw new SeccompError(`${pointer}/op`, `unknown operator "${arg.op}"`);
  const value = unsigned64(arg.value, `${pointer}/value`);
  const two = unsigned64(arg.valueTwo ?? 0, `${pointer}/valueTwo`);
  // Bits of valueTwo outside the mask are dropped, as libseccomp does: they could never be met.
  return op === "MASKED_EQ"
    ? { index: arg.index, op, value: two & value, mask: value }
    : { index: arg.index, op, value, mask: maxValue };
}

/** Conditions as a 32-bit architecture sees them: the low words only, of arguments and operands. */
export function narrow(conditions: readonly Condition[]): readonly Condition[] {
  return telling(
    conditions.map((condition) => ({ ...condition, value: condition.value & LOW, mask: condition.mask & LOW })),
  );
}

/** Leaves out conditions that mask all bits away: they always hold and say nothing. */
export function telling(conditions: readonly Condition[]): readonly Condition[] {
  return conditions.filter((condition) => condition.mask !== 0n);
}

/** Adds the tests of one condition in front of two ways on. */
export function askCondition(graph: Graph, condition: Condition, wide: boolean, yes: Node, no: Node): Node {
  switch (condition.op) {
    case "NE":
      return askEqual(graph, condition, wide, no, yes);
    case "GT":
    case "GE":
      return askOrder(graph, condition, wide, yes, no);
    case "LE":
      return askOrder(graph, { ...condition, op: "GT" }, wide, no, yes);
    case "LT":
      return askOrder(graph, { ...condition, op: "GE" }, wide, no, yes);
    default:
      return askEqual(graph, condition, wide, yes, no);
  }
}

function halves({ value, mask, index }: Condition) {
  const offset = argsOffset + 8 * index;
  return {
    low: { offset, mask: Number(mask & LOW), operand: Number(value & LOW) },
    high: { offset: offset + 4, mask: Number(mask >> WORD), operand: Number(value >> WORD) },
  } as const;
}

function askEqual(graph: Graph, condition: Condition, wide: boolean, yes: Node, no: Node): Node {
  const { low, high } = halves(condition);
  const rest = graph.ask(low.offset, low.mask, compare.eq, low.operand, yes, no);
  return wide ? graph.ask(high.offset, high.mask, compare.eq, high.operand, rest, no) : rest;
}

function askOrder(graph: Graph, condition: Condition, wide: boolean, yes: Node, no: Node): Node {
  const { low, high } = halves(condition);
  const how = condition.op === "GT" ? compare.gt : compare.ge;
  const rest = graph.ask(low.offset, ALL, how, low.operand, yes, no);
  if (!wide) return rest;
  const { offset, mask, operand } = high;
  return graph.ask(offset, mask, compare.gt, operand, yes, graph.ask(offset, mask, compare.eq, operand, rest, no));
}
