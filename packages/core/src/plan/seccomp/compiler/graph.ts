/** Conditional jumps of classic BPF. */
export type Compare = "eq" | "gt" | "ge" | "set";

/** The end of a path: the filter's answer. */
export interface Return {
  readonly kind: "return";
  readonly id: number;
  readonly value: number;
}

/** One look at one 32-bit word of seccomp_data, masked, and two ways on. */
export interface Test {
  readonly kind: "test";
  readonly id: number;
  /** Byte offset in seccomp_data, a multiple of 4. */
  readonly offset: number;
  readonly mask: number;
  readonly compare: Compare;
  readonly operand: number;
  readonly yes: Node;
  readonly no: Node;
}

/** A node of the decision graph. */
export type Node = Return | Test;

/** What a test looks at and compares with. */
export type Question = Pick<Test, "offset" | "mask" | "compare" | "operand">;

/** All bits of a word. */
export const ALL = 0xffffffff;

/**
 * Makes the nodes of one decision graph. Equal nodes are made once, so equal ends of different chains share their
 * instructions, and a test whose answer does not matter is never made.
 */
export class Graph {
  readonly #tests = new Map<string, Node>();
  readonly #ends = new Map<number, Node>();

  /** The node that ends with an answer. */
  end(value: number): Node {
    const old = this.#ends.get(value);
    if (old !== undefined) return old;
    const node: Node = { kind: "return", id: this.#nextId(), value };
    this.#ends.set(value, node);
    return node;
  }

  /** The node that asks a question. */
  ask(question: Question, yes: Node, no: Node): Node {
    const known = knownAnswer(question);
    if (known !== undefined) return known ? yes : no;
    if (yes === no) return yes;
    const { offset, mask, compare, operand } = question;
    const key = `${offset},${mask},${compare},${operand},${yes.id},${no.id}`;
    const old = this.#tests.get(key);
    if (old !== undefined) return old;
    const node: Node = { kind: "test", id: this.#nextId(), offset, mask, compare, operand, yes, no };
    this.#tests.set(key, node);
    return node;
  }

  #nextId(): number {
    return this.#tests.size + this.#ends.size;
  }
}

/** Answers that hold for every word: no instruction is needed for them. */
function knownAnswer({ compare, operand, mask }: Question): boolean | undefined {
  if (compare === "ge" && operand === 0) return true;
  if (compare === "gt" && operand >= mask) return false;
  if (compare === "eq" && mask === 0) return operand === 0;
  return undefined;
}
