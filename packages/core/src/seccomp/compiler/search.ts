import type { Graph, Node } from "./graph.ts";
import { ALL, compare } from "./graph.ts";

/** Offset of `nr` in seccomp_data. */
const numberOffset = 0;

/** Ranges of system call numbers: from each number up to the next one, its node decides. */
export interface Ranges {
  readonly from: number[];
  readonly nodes: Node[];
}

/** Adds a range, unless the one before decides the same. */
export function addRange({ from, nodes }: Ranges, start: number, node: Node): void {
  const count = nodes.length;
  if (nodes[count - 1] === node) return;
  from[count] = start;
  nodes[count] = node;
}

/** A balanced search tree over the ranges: the kernel evaluates about log2(n) comparisons for each system call. */
export function searchTree(graph: Graph, ranges: Ranges): Node {
  if (ranges.nodes.length === 0) throw new RangeError("a search tree needs at least one range");
  return split(graph, ranges, 0, ranges.nodes.length);
}

function split(graph: Graph, ranges: Ranges, start: number, end: number): Node {
  const { from, nodes } = ranges;
  const first = nodeAt(nodes, start);
  if (end - start === 1) return first;
  const next = from[start + 1] ?? 0;
  if (end - start === 3 && first === nodes[start + 2] && from[start + 2] === next + 1)
    return graph.ask(numberOffset, ALL, compare.eq, next, nodeAt(nodes, start + 1), first);
  const middle = start + ((end - start + 1) >> 1);
  const upper = split(graph, ranges, middle, end);
  const lower = split(graph, ranges, start, middle);
  return graph.ask(numberOffset, ALL, compare.ge, from[middle] ?? 0, upper, lower);
}

function nodeAt(nodes: readonly Node[], index: number): Node {
  const node = nodes[index];
  if (node === undefined) throw new RangeError(`there is no range ${index}`);
  return node;
}
