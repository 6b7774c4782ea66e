import type { Condition } from "./condition.ts";
import type { Rule } from "./rules.ts";

const WORD = 32n;
const LOW = 0xffffffffn;

/**
 * How operators rank on one argument: equality before upper bounds before lower bounds. Within a rank the smaller
 * upper bound and the larger other number come first, so of two bounds the tighter one answers.
 */
const ranks: ReadonlyMap<string, number> = new Map([
  ["EQ", 0],
  ["NE", 0],
  ["MASKED_EQ", 0],
  ["LT", 1],
  ["LE", 1],
  ["GE", 2],
  ["GT", 2],
]);
const upperBound = 1;

/** One 32-bit word of a condition: what two rules are compared by. */
interface Key {
  readonly index: number;
  readonly rank: number;
  readonly number: number;
  /** Two keys that rank alike are the same test only if this is equal too. */
  readonly test: string;
}

function keysOf({ index, op, value, mask }: Condition, wide: boolean): readonly Key[] {
  const rank = ranks.get(op) ?? 0;
  const low = { index, rank, number: Number(value & LOW), test: `${op} ${mask & LOW}` };
  return wide ? [{ index, rank, number: Number(value >> WORD), test: `high ${mask >> WORD}` }, low] : [low];
}

/** Below zero when `a` answers before `b`; 0 when neither has precedence. */
function compareKeys(a: Key, b: Key): number {
  if (a.index !== b.index) return b.index - a.index;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.rank === upperBound ? a.number - b.number : b.number - a.number;
}

function precedes(a: readonly Key[], b: readonly Key[]): boolean {
  for (let place = 0; place < a.length; place++) {
    const key = a[place];
    const other = b[place];
    if (key === undefined || other === undefined) return false;
    const order = compareKeys(key, other);
    if (order !== 0) return order < 0;
    if (key.test !== other.test) return false;
  }
  return a.length < b.length;
}

function rowOf(rule: Rule, wide: boolean) {
  const { conditions: given } = rule;
  const conditions = given.length < 2 ? given : given.toSorted((a, b) => a.index - b.index);
  return { rule: { ...rule, conditions }, keys: conditions.flatMap((condition) => keysOf(condition, wide)) } as const;
}

/**
 * Puts the rules of one call into the order of libseccomp, which was found by experiment. Two rules with different actions
 * may both hold. The verdict is then that of other runtimes, whatever the order in the profile.
 * Rules that say the same of their first arguments stand shortest first; the rest keep the profile's order.
 */
export function orderRules(rules: readonly Rule[], wide: boolean): readonly Rule[] {
  const rows: ReturnType<typeof rowOf>[] = [];
  for (const rule of rules) {
    const row = rowOf(rule, wide);
    const place = rows.findIndex((other) => precedes(row.keys, other.keys));
    rows.splice(place < 0 ? rows.length : place, 0, row);
  }
  return rows.map((row) => row.rule);
}
