import type { Compare, Node, Test } from "./graph.ts";
import { ALL } from "./graph.ts";

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

interface Instruction {
  readonly code: number;
  readonly yes: number;
  readonly no: number;
  readonly operand: number;
}

/** Orders the graph so that every node stands before the nodes it leads to. Not recursive: chains can be long. */
function sorted(root: Node): readonly Node[] {
  const seen = new Set<Node>();
  const order: Node[] = [];
  const waiting: { readonly node: Node; readonly left: boolean }[] = [{ node: root, left: false }];
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    const { node, left } = step;
    if (left) order.push(node);
    if (left || seen.has(node)) continue;
    seen.add(node);
    waiting.push({ node, left: true });
    if (node.kind === "test") waiting.push({ node: node.no, left: false }, { node: node.yes, left: false });
  }
  return order.reverse();
}

/** What the accumulator holds, as a key: a word of seccomp_data and the mask on it. */
const holds = (node: Test): string => `${node.offset}&${node.mask}`;

/** Finds the tests before which the word they look at is already in the accumulator, whichever way they are reached. */
function loadedBefore(order: readonly Node[]): ReadonlySet<Node> {
  const arriving = new Map<Node, string>();
  const loaded = new Set<Node>();
  for (const node of order) {
    if (node.kind !== "test") continue;
    if (arriving.get(node) === holds(node)) loaded.add(node);
    for (const next of [node.yes, node.no]) {
      const other = arriving.get(next);
      arriving.set(next, other === undefined || other === holds(node) ? holds(node) : "mixed");
    }
  }
  return loaded;
}

/** Writes instructions from the last to the first, so that every jump's target is already placed. */
class BackwardWriter {
  readonly #backward: Instruction[] = [];
  readonly #places = new Map<Node, number>();

  place(node: Node, loaded: boolean): void {
    if (node.kind === "return") {
      this.#push(op.return, 0, 0, node.value);
    } else {
      this.#pushTest(node);
      if (!loaded) {
        if (node.mask !== ALL) this.#push(op.and, 0, 0, node.mask);
        this.#push(op.loadWord, 0, 0, node.offset);
      }
    }
    this.#places.set(node, this.#backward.length);
  }

  instructions(): readonly Instruction[] {
    return this.#backward.toReversed();
  }

  #push(code: number, yes: number, no: number, operand: number): void {
    this.#backward.push({ code, yes, no, operand });
  }

  /** How many instructions a jump pushed now would skip. */
  #distance(node: Node): number {
    return this.#backward.length - (this.#places.get(node) ?? 0);
  }

  /** A conditional jump reaches 255 instructions. What is further away is reached from a step placed right behind it. */
  #pushTest(node: Test): void {
    // One step for "no" may push "yes" out of reach, hence the margin of one.
    const noStep = this.#distance(node.no) > maxShortJump - 1 ? this.#pushStep(node.no) : undefined;
    const yesStep = this.#distance(node.yes) > maxShortJump ? this.#pushStep(node.yes) : undefined;
    const here = this.#backward.length;
    const yes = yesStep === undefined ? this.#distance(node.yes) : here - yesStep;
    const no = noStep === undefined ? this.#distance(node.no) : here - noStep;
    this.#push(jumpCode[node.compare], yes, no, node.operand);
  }

  #pushStep(node: Node): number {
    if (node.kind === "return") this.#push(op.return, 0, 0, node.value);
    else this.#push(op.jump, 0, 0, this.#distance(node));
    return this.#backward.length;
  }
}

function encode(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(instructions.length * INSTRUCTION_SIZE);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, yes, no, operand }, index) => {
    const at = index * INSTRUCTION_SIZE;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, yes);
    view.setUint8(at + 3, no);
    view.setUint32(at + 4, operand, true);
  });
  return bytes;
}

/** Turns a decision graph into a program: an array of struct sock_filter, little-endian. */
export function emitProgram(root: Node): Uint8Array {
  const order = sorted(root);
  const loaded = loadedBefore(order);
  const writer = new BackwardWriter();
  for (const node of order.toReversed()) writer.place(node, loaded.has(node));
  return encode(writer.instructions());
}
