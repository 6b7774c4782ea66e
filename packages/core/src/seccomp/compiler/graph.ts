/** Conditional jumps of classic BPF. */
export type Compare = "eq" | "gt" | "ge" | "set";

/** What a test looks at and compares with. */
export interface Question {
  /** Byte offset in seccomp_data, a multiple of 4. */
  readonly offset: number;
  readonly mask: number;
  readonly compare: Compare;
  readonly operand: number;
}

/** The end of a path: the filter's answer. */
export interface Return {
  readonly id: number;
  readonly answer: number;
}

/** One look at one 32-bit word of seccomp_data, masked, and two ways on. */
export interface Test extends Question {
  readonly id: number;
  readonly yes: Node;
  readonly no: Node;
}

/** A test of a graph, and another that the same number is made of. */
interface Known extends Test {
  readonly next: Known | undefined;
}

/** A node of the decision graph. */
export type Node = Return | Test;

/** All bits of a word. */
export const ALL = 0xffffffff;

/** Whether a node ends a path. */
export function isEnd(node: Node): node is Return {
  return "answer" in node;
}

/**
 * Makes the nodes of one decision graph. Equal nodes are made once, so equal ends of different chains share their
 * instructions, and a test whose answer does not matter is never made.
 */
export class Graph {
  /** Tests by a number made of what they consist of; few share one. */
  readonly #tests = new Map<number, Known>();
  readonly #ends = new Map<number, Return>();
  #size = 0;

  /** How many nodes there are; their ids are smaller. */
  get size(): number {
    return this.#size;
  }

  /** The node that ends with an answer. */
  end(answer: number): Node {
    const old = this.#ends.get(answer);
    if (old !== undefined) return old;
    const node = { id: this.#size++, answer };
    this.#ends.set(answer, node);
    return node;
  }

  /** The node that asks a question. */
  ask(question: Question, yes: Node, no: Node): Node {
    const known = knownAnswer(question);
    if (known !== undefined) return known ? yes : no;
    if (yes === no) return yes;
    const { operand } = question;
    const key = (operand * 31 + yes.id) * 31 + no.id;
    const alike = this.#tests.get(key);
    for (let old = alike; old !== undefined; old = old.next)
      if (old.yes === yes && old.no === no && isSame(old, question)) return old;
    const { offset, mask, compare } = question;
    const node = { id: this.#size++, offset, mask, compare, operand, yes, no, next: alike };
    this.#tests.set(key, node);
    return node;
  }
}

function isSame(a: Question, b: Question): boolean {
  return a.operand === b.operand && a.offset === b.offset && a.mask === b.mask && a.compare === b.compare;
}

/** Answers that hold for every word: no instruction is needed for them. */
function knownAnswer({ compare, operand, mask }: Question): boolean | undefined {
  if (compare === "ge" && operand === 0) return true;
  if (compare === "gt" && operand >= mask) return false;
  if (compare === "eq" && mask === 0) return operand === 0;
  return undefined;
}
