import type { Graph, Node } from "./graph.ts";
import { ALL } from "./graph.ts";

/** Offset of `nr` in seccomp_data. */
const numberOffset = 0;

/** From this system call number on, up to the next range, the node decides. */
export interface Range {
  readonly from: number;
  readonly node: Node;
}

/** Adds a range unless the one before decides the same. */
function append(ranges: Range[], from: number, node: Node): void {
  if (ranges.at(-1)?.node !== node) ranges.push({ from, node });
}

/** Fills the numbers between known calls with the node for all others. `from` and `end` bound the numbers covered. */
export function rangesOf(nodes: ReadonlyMap<number, Node>, from: number, end: number, other: Node): readonly Range[] {
  const ranges: Range[] = [];
  let next = from;
  for (const number of Uint32Array.from(nodes.keys()).sort()) {
    if (number > next) append(ranges, next, other);
    append(ranges, number, nodes.get(number) ?? other);
    next = number + 1;
  }
  if (next < end) append(ranges, next, other);
  return ranges;
}

/** A balanced search tree over the ranges: the kernel evaluates about log2(n) comparisons for each system call. */
export function searchTree(graph: Graph, ranges: readonly Range[]): Node {
  const merged = ranges.filter((range, index) => range.node !== ranges[index - 1]?.node);
  return split(graph, merged);
}

function split(graph: Graph, ranges: readonly Range[]): Node {
  const [first, second, third] = ranges;
  if (first === undefined) throw new RangeError("a search tree needs at least one range");
  if (second === undefined) return first.node;
  if (third !== undefined && ranges.length === 3 && first.node === third.node && third.from === second.from + 1)
    return askNumber(graph, "eq", second.from, second.node, first.node);
  const middle = Math.ceil(ranges.length / 2);
  const upper = ranges.slice(middle);
  return askNumber(graph, "ge", upper[0]?.from ?? 0, split(graph, upper), split(graph, ranges.slice(0, middle)));
}

function askNumber(graph: Graph, compare: "eq" | "ge", operand: number, yes: Node, no: Node): Node {
  return graph.ask({ offset: numberOffset, mask: ALL, compare, operand }, yes, no);
}
