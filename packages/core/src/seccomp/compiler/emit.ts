import type { Graph, Node } from "./graph.ts";
import { ALL, compare, nowhere } from "./graph.ts";

/** Bytes of one struct sock_filter. */
export const INSTRUCTION_SIZE = 8;

/** Operation codes of linux/bpf_common.h that filters are made of. */
export const op = {
  loadWord: 0x20,
  and: 0x54,
  jump: 0x05,
  return: 0x06,
  ...compare,
  set: 0x45,
} as const;

const maxShortJump = 255;

const entered = 1;
const done = 2;

/** Orders the graph so that every node stands behind the nodes it leads to. Not recursive: chains can be long. */
function sorted({ size, yes, no }: Graph, root: Node): readonly Node[] {
  const states = new Uint8Array(size);
  const order: Node[] = [];
  const waiting: Node[] = [root];
  for (let top = 0; top >= 0; ) {
    const node = waiting[top] ?? root;
    const state = states[node];
    const on = yes[node] ?? nowhere;
    if (state === done) {
      top--;
    } else if (state === entered || on === nowhere) {
      states[node] = done;
      order[order.length] = node;
      top--;
    } else {
      states[node] = entered;
      waiting[top + 1] = no[node] ?? nowhere;
      waiting[top + 2] = on;
      top += 2;
    }
  }
  return order;
}

const differing = -1;

/** Finds the tests before which the word they look at is already in the accumulator, whichever way they are reached. */
function loadedBefore({ size, offsets, masks, yes, no }: Graph, order: readonly Node[]): Uint8Array {
  const loaded = new Uint8Array(size);
  // Which word the tests look at that lead to a node: offset and mask in one number, above 0.
  const arriving = new Float64Array(size);
  for (let place = order.length - 1; place >= 0; place--) {
    const node = order[place] ?? 0;
    const onYes = yes[node] ?? nowhere;
    if (onYes === nowhere) continue;
    const onNo = no[node] ?? nowhere;
    const word = ((offsets[node] ?? 0) + 1) * 2 ** 32 + (masks[node] ?? 0);
    if (arriving[node] === word) loaded[node] = 1;
    const atYes = arriving[onYes];
    arriving[onYes] = atYes === 0 || atYes === word ? word : differing;
    const atNo = arriving[onNo];
    arriving[onNo] = atNo === 0 || atNo === word ? word : differing;
  }
  return loaded;
}

/** Each node has a jump, a load and a mask at most, and two steps on ways that are far. */
const mostOfNode = 5;

/**
 * Instructions from the last to the first, so that the target of each jump is already placed: two words for each instruction, as
 * struct sock_filter has them.
 */
interface Placed {
  readonly words: Uint32Array;
  /** By a node where its first instruction is. */
  readonly places: Uint32Array;
}

/** Puts a step on the way to a node before what is there, and gives its place. */
function putStep({ yes, operands }: Graph, { words, places }: Placed, at: number, node: Node): number {
  const isEnd = yes[node] === nowhere;
  words[at - 1] = isEnd ? (operands[node] ?? 0) : ((places[node] ?? 0) - at) >> 1;
  words[at - 2] = isEnd ? op.return : op.jump;
  return at - 2;
}

/** Puts a test whose ways on may be out of reach: these are reached from steps right behind it. Gives its place. */
function putFarTest(graph: Graph, placed: Placed, before: number, node: Node): number {
  const { words, places } = placed;
  let at = before;
  const skipped = (to: number): number => (to - at) >> 1;
  let no = places[graph.no[node] ?? 0] ?? 0;
  let yes = places[graph.yes[node] ?? 0] ?? 0;
  // One step for "no" may push "yes" out of reach, hence the margin of one.
  if (skipped(no) > maxShortJump - 1) at = no = putStep(graph, placed, at, graph.no[node] ?? 0);
  if (skipped(yes) > maxShortJump) at = yes = putStep(graph, placed, at, graph.yes[node] ?? 0);
  words[at - 1] = graph.operands[node] ?? 0;
  words[at - 2] = (graph.compares[node] ?? 0) | (skipped(yes) << 16) | (skipped(no) << 24);
  return at - 2;
}

/** Places all nodes, each behind those that it leads to. Nearly all tests are near their ways on. Gives where the first one is. */
function placeAll(graph: Graph, order: readonly Node[], loaded: Uint8Array, placed: Placed): number {
  const { yes, no, compares, operands, masks, offsets } = graph;
  const { words, places } = placed;
  let at = words.length;
  for (let index = 0; index < order.length; index++) {
    const node = order[index] ?? 0;
    const onYes = yes[node] ?? nowhere;
    if (onYes === nowhere) {
      at = putStep(graph, placed, at, node);
      places[node] = at;
      continue;
    }
    const far = ((places[onYes] ?? 0) - at) >> 1;
    const other = ((places[no[node] ?? 0] ?? 0) - at) >> 1;
    if (far < maxShortJump && other < maxShortJump) {
      words[at - 1] = operands[node] ?? 0;
      at -= 2;
      words[at] = (compares[node] ?? 0) | (far << 16) | (other << 24);
    } else {
      at = putFarTest(graph, placed, at, node);
    }
    if (loaded[node] === 0) {
      const mask = masks[node] ?? 0;
      if (mask !== ALL) {
        words[at - 1] = mask;
        at -= 2;
        words[at] = op.and;
      }
      words[at - 1] = offsets[node] ?? 0;
      at -= 2;
      words[at] = op.loadWord;
    }
    places[node] = at;
  }
  return at;
}

/** Turns a decision graph into a program: an array of struct sock_filter. All machines that have coffer are little-endian. */
export function emitProgram(graph: Graph, root: Node): Uint8Array {
  const order = sorted(graph, root);
  const words = new Uint32Array(2 * mostOfNode * order.length);
  const at = placeAll(graph, order, loadedBefore(graph, order), { words, places: new Uint32Array(graph.size) });
  return new Uint8Array(words.slice(at).buffer);
}
