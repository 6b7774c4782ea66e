import type { Compare, Graph, Node, Test } from "./graph.ts";
import { ALL, isEnd } from "./graph.ts";

/** Bytes of one struct sock_filter. */
export const INSTRUCTION_SIZE = 8;

/** Operation codes of linux/bpf_common.h that filters are made of. */
export const op = {
  loadWord: 0x20,
  and: 0x54,
  jump: 0x05,
  return: 0x06,
  eq: 0x15,
  gt: 0x25,
  ge: 0x35,
  set: 0x45,
} as const;

const maxShortJump = 255;
const jumpCode: Readonly<Record<Compare, number>> = { eq: op.eq, gt: op.gt, ge: op.ge, set: op.set };

const entered = 1;
const done = 2;

/** Orders the graph so that every node stands behind the nodes it leads to. Not recursive: chains can be long. */
function sorted(graph: Graph, root: Node): readonly Node[] {
  const states = new Uint8Array(graph.size);
  const order: Node[] = [];
  const waiting: Node[] = [root];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const state = states[node.id];
    if (state === done) continue;
    if (state === entered || isEnd(node)) {
      states[node.id] = done;
      order.push(node);
    } else {
      states[node.id] = entered;
      waiting.push(node, node.no, node.yes);
    }
  }
  return order;
}

/** Which word the tests look at that lead to a node, by the node's id: offset and mask in one number, above 0. */
type Arriving = Float64Array;

const differing = -1;

/** Finds the tests before which the word they look at is already in the accumulator, whichever way they are reached. */
function loadedBefore(order: readonly Node[], size: number): Uint8Array {
  const loaded = new Uint8Array(size);
  const arriving: Arriving = new Float64Array(size);
  for (let place = order.length - 1; place >= 0; place--) {
    const node = order[place];
    if (node === undefined || isEnd(node)) continue;
    const word = (node.offset + 1) * 2 ** 32 + node.mask;
    if (arriving[node.id] === word) loaded[node.id] = 1;
    const yes = arriving[node.yes.id];
    arriving[node.yes.id] = yes === 0 || yes === word ? word : differing;
    const no = arriving[node.no.id];
    arriving[node.no.id] = no === 0 || no === word ? word : differing;
  }
  return loaded;
}

/** Instructions from the last to the first, so that every jump's target is already placed. */
interface Backward {
  /** The operation code, and the distances of both jumps in bits 16 to 31. */
  readonly codes: number[];
  readonly operands: number[];
  /** By a node's id how many instructions there are from its own to the end. */
  readonly places: Uint32Array;
}

function push({ codes, operands }: Backward, code: number, operand: number): void {
  codes.push(code);
  operands.push(operand);
}

/** Pushes a step on the way to a node, and gives its place. */
function pushStep(backward: Backward, node: Node): number {
  if (isEnd(node)) push(backward, op.return, node.answer);
  else push(backward, op.jump, distance(backward, node));
  return backward.codes.length;
}

/** How many instructions a jump pushed now would skip. */
function distance({ codes, places }: Backward, node: Node): number {
  return codes.length - (places[node.id] ?? 0);
}

/** Pushes a test whose ways on may be out of reach: these are reached from steps placed right behind it. */
function pushFarTest(backward: Backward, node: Test): void {
  // One step for "no" may push "yes" out of reach, hence the margin of one.
  const noStep = distance(backward, node.no) > maxShortJump - 1 ? pushStep(backward, node.no) : undefined;
  const yesStep = distance(backward, node.yes) > maxShortJump ? pushStep(backward, node.yes) : undefined;
  const here = backward.codes.length;
  const yes = yesStep === undefined ? distance(backward, node.yes) : here - yesStep;
  const no = noStep === undefined ? distance(backward, node.no) : here - noStep;
  push(backward, testCode(node, yes, no), node.operand);
}

function testCode({ compare }: Test, yes: number, no: number): number {
  return jumpCode[compare] | (yes << 16) | (no << 24);
}

/** Places all nodes, each behind those that it leads to. Nearly all tests are near their ways on. */
function placeAll(order: readonly Node[], loaded: Uint8Array): Backward {
  const backward: Backward = { codes: [], operands: [], places: new Uint32Array(loaded.length) };
  const { codes, operands, places } = backward;
  for (const node of order) {
    if (isEnd(node)) {
      codes.push(op.return);
      operands.push(node.answer);
    } else {
      const yes = codes.length - (places[node.yes.id] ?? 0);
      const no = codes.length - (places[node.no.id] ?? 0);
      if (yes >= maxShortJump || no >= maxShortJump) {
        pushFarTest(backward, node);
      } else {
        codes.push(testCode(node, yes, no));
        operands.push(node.operand);
      }
      if (loaded[node.id] !== 1) pushLoad(backward, node);
    }
    places[node.id] = codes.length;
  }
  return backward;
}

function pushLoad(backward: Backward, { mask, offset }: Test): void {
  if (mask !== ALL) push(backward, op.and, mask);
  push(backward, op.loadWord, offset);
}

/** Turns a decision graph into a program: an array of struct sock_filter, little-endian. */
export function emitProgram(graph: Graph, root: Node): Uint8Array {
  const order = sorted(graph, root);
  const { codes, operands } = placeAll(order, loadedBefore(order, graph.size));
  const bytes = new Uint8Array(codes.length * INSTRUCTION_SIZE);
  const view = new DataView(bytes.buffer);
  for (let index = codes.length - 1, at = 0; index >= 0; index--, at += INSTRUCTION_SIZE) {
    view.setUint32(at, codes[index] ?? 0, true);
    view.setUint32(at + 4, operands[index] ?? 0, true);
  }
  return bytes;
}
