// Two plans compared: in words first, then op by op, aligned by what the ops do and not by their places.

import { describeOp } from "../plan/index.ts";
import type { Plan, PlanOp } from "../wire/op.ts";
import type { Explanation } from "./explain.ts";
import type { Sentence } from "./sentence.ts";

/** What the second explanation says otherwise about one thing; one side is absent where only the other says something. */
export interface Change {
  readonly title: string;
  readonly before?: Sentence;
  readonly after?: Sentence;
}

/** What differs between two explanations, part by part. */
export function compareWords(left: Explanation, right: Explanation): readonly Change[] {
  const titles = [...new Set([...left.parts, ...right.parts].map(({ title }) => title))];
  const of = ({ parts }: Explanation, title: string): ReadonlyMap<string, Sentence> =>
    new Map(parts.find((part) => part.title === title)?.sentences.map((one) => [one.key, one]));
  return titles.flatMap((title) => {
    const [before, after] = [of(left, title), of(right, title)];
    const keys = [...new Set([...before.keys(), ...after.keys()])];
    return keys.flatMap((key): readonly Change[] => {
      const [was, is] = [before.get(key), after.get(key)];
      if (was?.text === is?.text) return [];
      return [{ title, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
    });
  });
}

/** An op of either plan, or one of each that do the same or nearly the same. */
export interface Pair {
  readonly left?: number;
  readonly right?: number;
  /** Both do exactly the same. */
  readonly same: boolean;
}

/** What an op does, without the numbers that only say when. */
const exact = (op: PlanOp): string => `${op.phase} ${op.op === "sync" ? "sync" : describeOp(op)}`;

/** What an op is about: ops of one name about one field, or one path, are two versions of the same. */
function about(op: PlanOp): string {
  const values = new Map<string, unknown>(Object.entries(op));
  const name = ["path", "file", "key", "resource"].map((field) => values.get(field)).find((one) => one !== undefined);
  return `${op.phase} ${op.op} ${String(name ?? op.from ?? "")}`;
}

function queues(
  ops: readonly PlanOp[],
  indexes: readonly number[],
  key: (op: PlanOp) => string,
): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const index of indexes) {
    const op = ops[index];
    if (op === undefined) continue;
    const name = key(op);
    const list = found.get(name);
    if (list === undefined) found.set(name, [index]);
    else list.push(index);
  }
  return found;
}

/** Aligns the ops of two plans. The order is that of the second plan; what only the first has stands where it was. */
export function alignOps(left: Plan, right: Plan): readonly Pair[] {
  const partner = new Map<number, Pair>();
  const taken = new Set<number>();
  for (const [key, same] of [
    [exact, true],
    [about, false],
  ] as const) {
    const free = left.ops.flatMap((_, index) => (taken.has(index) ? [] : [index]));
    const waiting = queues(left.ops, free, key);
    right.ops.forEach((op, index) => {
      if (partner.has(index)) return;
      const found = waiting.get(key(op))?.shift();
      if (found === undefined) return;
      taken.add(found);
      partner.set(index, { left: found, right: index, same });
    });
  }
  return interleave(left, right, partner, taken);
}

function interleave(
  left: Plan,
  right: Plan,
  partner: ReadonlyMap<number, Pair>,
  taken: ReadonlySet<number>,
): readonly Pair[] {
  const out: Pair[] = [];
  let next = 0;
  const giveUntil = (end: number): void => {
    for (; next < end; next += 1) if (!taken.has(next)) out.push({ left: next, same: false });
  };
  right.ops.forEach((_, index) => {
    const pair = partner.get(index) ?? { right: index, same: false };
    if (pair.left !== undefined) giveUntil(pair.left);
    out.push(pair);
  });
  giveUntil(left.ops.length);
  return out;
}
