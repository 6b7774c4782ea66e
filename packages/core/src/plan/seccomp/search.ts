import type { Graph, Node } from "./graph.ts";
import { ALL } from "./graph.ts";

/** Offset of `nr` in seccomp_data. */
const numberOffset = 0;

/** From this system call number on, up to the next range, the node decides. */
export interface Range {
  readonly from: number;
  readonly node: Node;
}

/** Puts neighbours with the same decision together. */
function merged(ranges: readonly Range[]): readonly Range[] {
  return ranges.filter((range, index) => range.node !== ranges[index - 1]?.node);
}

/** Fills the numbers between known calls with the node for all others. `from` and `end` bound the numbers covered. */
export function rangesOf(nodes: ReadonlyMap<number, Node>, from: number, end: number, other: Node): readonly Range[] {
  const ranges: Range[] = [];
  let next = from;
  for (const [number, node] of [...nodes].sort(([a], [b]) => a - b)) {
    if (number > next) ranges.push({ from: next, node: other });
    ranges.push({ from: number, node });
    next = number + 1;
  }
  if (next < end) ranges.push({ from: next, node: other });
  return ranges;
}

/** A balanced search tree over the ranges: the kernel evaluates about log2(n) comparisons for each system call. */
export function searchTree(graph: Graph, ranges: readonly Range[]): Node {
  return split(graph, merged(ranges));
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
