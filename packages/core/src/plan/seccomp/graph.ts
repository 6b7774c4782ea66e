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
  readonly #nodes = new Map<string, Node>();

  /** The node that ends with an answer. */
  end(value: number): Node {
    return this.#intern(`r${value}`, (id) => ({ kind: "return", id, value }));
  }

  /** The node that asks a question. */
  ask(question: Question, yes: Node, no: Node): Node {
    const known = knownAnswer(question);
    if (known !== undefined) return known ? yes : no;
    if (yes === no) return yes;
    const { offset, mask, compare, operand } = question;
    return this.#intern(`${offset},${mask},${compare},${operand},${yes.id},${no.id}`, (id) => {
      return { kind: "test", id, offset, mask, compare, operand, yes, no };
    });
  }

  #intern(key: string, make: (id: number) => Node): Node {
    const old = this.#nodes.get(key);
    if (old !== undefined) return old;
    const node = make(this.#nodes.size);
    this.#nodes.set(key, node);
    return node;
  }
}

/** Answers that hold for every word: no instruction is needed for them. */
function knownAnswer({ compare, operand, mask }: Question): boolean | undefined {
  if (compare === "ge" && operand === 0) return true;
  if (compare === "gt" && operand >= mask) return false;
  if (compare === "eq" && mask === 0) return operand === 0;
  return undefined;
}
