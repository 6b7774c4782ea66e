/** Conditional jumps of classic BPF, by their operation codes in linux/bpf_common.h. */
export const compare = { eq: 0x15, gt: 0x25, ge: 0x35 } as const;

/** A conditional jump. */
export type Compare = (typeof compare)[keyof typeof compare];

/** A node of the decision graph: its number. */
export type Node = number;

/** All bits of a word. */
export const ALL = 0xffffffff;

/** Stands for no node. */
export const nowhere = -1;

/** A power of two: a profile of an engine has some 300 tests. */
const buckets = 1024;

/**
 * One decision graph. Equal nodes are made once, so equal ends of different chains share their instructions, and a test whose
 * answer does not matter is never made. A node is either the end of a path, or one look at one 32-bit word of seccomp_data,
 * masked, and two ways on. What nodes consist of stands in lists by their numbers: an engine without a compiler takes long to make
 * objects.
 */
export class Graph {
  /** The bytes between the begin of seccomp_data and the word, a multiple of 4. */
  readonly offsets: number[] = [];
  readonly masks: number[] = [];
  readonly compares: number[] = [];
  /** What the word is compared with; the filter's answer at an end. */
  readonly operands: number[] = [];
  /** The ways on; `nowhere` at an end. */
  readonly yes: Node[] = [];
  readonly no: Node[] = [];
  /** The last test with a number that is made of what a test consists of, and the one before. */
  private readonly last = new Int32Array(buckets).fill(nowhere);
  private readonly before: Node[] = [];
  private readonly ends = new Map<number, Node>();

  /** How many nodes there are; their numbers are smaller. */
  get size(): number {
    return this.yes.length;
  }

  /** The node that ends with an answer. */
  end(answer: number): Node {
    const old = this.ends.get(answer);
    if (old !== undefined) return old;
    const node = this.yes.length;
    this.add(node, 0, 0, 0, answer);
    this.yes[node] = nowhere;
    this.no[node] = nowhere;
    this.ends.set(answer, node);
    return node;
  }

  /** The node that asks about a word. */
  ask(offset: number, mask: number, how: Compare, operand: number, yes: Node, no: Node): Node {
    if (yes === no) return yes;
    // Answers that hold for every word: no instruction is needed for them.
    if (how === compare.ge && operand === 0) return yes;
    if (how === compare.gt && operand >= mask) return no;
    if (mask === 0 && how === compare.eq) return operand === 0 ? yes : no;
    const { last, before } = this;
    const bucket = (operand ^ (yes << 5) ^ (no << 2)) & (buckets - 1);
    const alike = last[bucket] ?? nowhere;
    for (let old = alike; old !== nowhere; old = before[old] ?? nowhere)
      if (this.yes[old] === yes && this.no[old] === no && this.asks(old, offset, mask, how, operand)) return old;
    const node = this.yes.length;
    this.add(node, offset, mask, how, operand);
    this.yes[node] = yes;
    this.no[node] = no;
    before[node] = alike;
    last[bucket] = node;
    return node;
  }

  private asks(node: Node, offset: number, mask: number, how: number, operand: number): boolean {
    return (
      this.operands[node] === operand &&
      this.offsets[node] === offset &&
      this.masks[node] === mask &&
      this.compares[node] === how
    );
  }

  private add(node: Node, offset: number, mask: number, how: number, operand: number): void {
    this.offsets[node] = offset;
    this.masks[node] = mask;
    this.compares[node] = how;
    this.operands[node] = operand;
  }
}
