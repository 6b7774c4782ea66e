import type { Arch, CallTable } from "./arch.ts";
import { multiplexers, numberOf, tableOf } from "./arch.ts";
import { chainRules } from "./chain.ts";
import type { Condition } from "./condition.ts";
import { narrow } from "./condition.ts";
import type { Graph, Node } from "./graph.ts";
import type { EntryRule, ProfileRules, Rule, Rules } from "./rules.ts";
import { isAlways, settledEnd } from "./rules.ts";

/** What the calls of a profile's architectures are decided by. */
export interface CallContext {
  readonly graph: Graph;
  readonly rules: ProfileRules;
  readonly defaultAction: number;
  readonly otherwise: Node;
}

/** What the rules of a call are on an architecture. */
function narrowRules(rules: Rules, arch: Arch): Rules {
  if (arch.wide || rules.every(isAlways)) return rules;
  return rules.map((rule) => ({ ...rule, conditions: narrow(rule.conditions) }));
}

function firstArgumentIs(value: number): Condition {
  return { index: 0, op: "EQ", value: BigInt(value), mask: 0xffffffffn };
}

/** The kernel's own order: the smaller, as a signed number, the stricter. */
function strictness(action: number): number {
  return action >> 16;
}

/**
 * The action for a call made through socketcall or ipc: its arguments lie behind a pointer there. A rule without
 * conditions holds all the same; else the strictest action answers, since no condition can be seen to hold.
 */
function blindAction(rules: readonly Rule[], defaultAction: number): number {
  const always = rules.find(isAlways);
  if (always !== undefined) return always.action;
  return [...rules.map((rule) => rule.action), defaultAction].reduce((strictest, action) =>
    strictness(action) < strictness(strictest) ? action : strictest,
  );
}

/** Rules that a number has besides those of its own row. */
type OtherRules = Map<number, EntryRule[]>;

function addOthers(others: OtherRules, number: number, rules: Rules): void {
  const old = others.get(number);
  if (old === undefined) others.set(number, [...rules]);
  else old.push(...rules);
}

function addMultiplexed(others: OtherRules, { graph, rules, defaultAction }: CallContext, arch: Arch): void {
  for (const row of rules.multiplexed) {
    const way = multiplexers[row];
    const number = way === undefined ? undefined : numberOf(arch.table, way.name);
    if (way === undefined || number === undefined) continue;
    const action = blindAction(narrowRules(rules.byRow[row] ?? [], arch), defaultAction);
    const rule = { action, entry: Number.MAX_SAFE_INTEGER, end: graph.end(action) };
    addOthers(others, number, [{ ...rule, conditions: [firstArgumentIs(way.value)] }]);
  }
}

function findOthers(context: CallContext, arch: Arch, { twins }: CallTable): OtherRules {
  const others: OtherRules = new Map();
  for (const { row, number } of twins) {
    const rules = context.rules.byRow[row];
    if (rules !== undefined) addOthers(others, number, rules);
  }
  if (arch.multiplexed) addMultiplexed(others, context, arch);
  return others;
}

/**
 * Calls `visit` for the system calls of an architecture that have rules, in the order of the numbers: once for numbers that follow
 * each other and have one node. `end` is the number behind them.
 */
export function visitCalls(
  context: CallContext,
  arch: Arch,
  visit: (start: number, end: number, node: Node) => void,
): void {
  const { byRow } = context.rules;
  const table = tableOf(arch.table);
  const { rows, numbers } = table;
  const others = findOthers(context, arch, table);
  const otherNumbers = [...others.keys()].sort((a, b) => a - b);
  const chain = (all: Rules): Node => chainRules(context.graph, narrowRules(all, arch), arch.wide, context.otherwise);
  let nextOther = otherNumbers.shift() ?? Number.POSITIVE_INFINITY;
  let start = 0;
  let end = -1;
  let node = context.otherwise;
  // All names of an entry have the same rules, and often stand together: their node is made once.
  let last: Rules | undefined;
  let lastNode = node;
  for (let index = 0; index < rows.length; index++) {
    const own = byRow[rows[index] ?? -1];
    const number = numbers[index] ?? -1;
    let next = lastNode;
    while (number > nextOther) nextOther = otherNumbers.shift() ?? Number.POSITIVE_INFINITY;
    if (number === nextOther) {
      next = chain([...(own ?? []), ...(others.get(number) ?? [])].sort((a, b) => a.entry - b.entry));
    } else if (own === undefined) {
      continue;
    } else if (own !== last) {
      next = settledEnd(own) ?? chain(own);
      last = own;
      lastNode = next;
    }
    if (number !== end || next !== node) {
      if (end >= 0) visit(start, end, node);
      start = number;
      node = next;
    }
    end = number + 1;
  }
  if (end >= 0) visit(start, end, node);
}
