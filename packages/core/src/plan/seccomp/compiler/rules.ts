import { SeccompError } from "../error.ts";
import type { SeccompProfile, SeccompSyscall } from "../profile.ts";
import { actionValue } from "./action.ts";
import type { Arch } from "./arch.ts";
import { multiplexerOf, syscallsOf } from "./arch.ts";
import type { Condition } from "./condition.ts";
import { narrow, readCondition, telling } from "./condition.ts";

/** What to answer when all conditions hold. */
export interface Rule {
  readonly conditions: readonly Condition[];
  /** The filter's return value. */
  readonly action: number;
}

/** A profile entry with everything checked, before it is looked up in an architecture's table. */
export interface NamedRule extends Rule {
  readonly name: string;
  /** JSON pointer of the entry. */
  readonly pointer: string;
}

/** The conditions of one entry, as alternatives: an argument named twice makes each comparison a rule of its own. */
function readAlternatives(syscall: SeccompSyscall, pointer: string): readonly (readonly Condition[])[] {
  const args = (syscall.args ?? []).map((arg, index) => readCondition(arg, `${pointer}/args/${index}`));
  const repeats = new Set(args.map((arg) => arg.index)).size < args.length;
  return (repeats ? args.map((arg) => [arg]) : [args]).map(telling);
}

/**
 * Refuses two entries that answer differently under the very same conditions: runc and crun fail on them too.
 * Entries without conditions are no contradiction: the first answers, whatever else is said; profiles rely on it.
 */
function refuseContradictions(rules: readonly NamedRule[]): void {
  const actions = new Map<string, number>();
  const conditional = rules.filter((rule) => rule.conditions.length > 0);
  if (conditional.length === 0) return;
  const settled = new Set(rules.filter((rule) => rule.conditions.length === 0).map((rule) => rule.name));
  for (const { name, conditions, action, pointer } of conditional) {
    if (settled.has(name)) continue;
    const parts = conditions.map(({ index, op, value, mask }) => `${index} ${op} ${value} ${mask}`);
    const key = [name, ...parts.sort()].join();
    const other = actions.get(key);
    if (other !== undefined && other !== action)
      throw new SeccompError(pointer, `"${name}" has another action under the same conditions in an earlier entry`);
    actions.set(key, action);
  }
}

/**
 * Reads `syscalls` in order. Entries whose action is the default one are left out: they say nothing.
 *
 * @throws {SeccompError} naming the field that is wrong.
 */
export function readRules(profile: SeccompProfile, defaultAction: number): readonly NamedRule[] {
  const read = (profile.syscalls ?? []).flatMap((syscall, index) => {
    const pointer = `/linux/seccomp/syscalls/${index}`;
    const action = actionValue({
      action: syscall.action,
      actionPointer: `${pointer}/action`,
      errnoRet: syscall.errnoRet,
      errnoPointer: `${pointer}/errnoRet`,
    });
    const alternatives = readAlternatives(syscall, pointer);
    if (action === defaultAction) return [];
    return syscall.names.flatMap((name) => alternatives.map((conditions) => ({ name, conditions, action, pointer })));
  });
  refuseContradictions(read);
  return read;
}

/** All names a profile mentions, each once, in its order. */
export function mentionedNames(profile: SeccompProfile): ReadonlySet<string> {
  return new Set((profile.syscalls ?? []).flatMap((syscall) => syscall.names));
}

/** The largest number of the names in an architecture's table; undefined if it has none of them. */
export function lastOf(names: ReadonlySet<string>, arch: Arch): number | undefined {
  const table = syscallsOf(arch.table);
  let last: number | undefined;
  for (const name of names) {
    const number = table.get(name);
    if (number !== undefined && (last === undefined || number > last)) last = number;
  }
  return last;
}

/** The list under a key, made when it is first asked for. */
function listOf<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  const old = lists.get(key);
  if (old !== undefined) return old;
  const made: Item[] = [];
  lists.set(key, made);
  return made;
}

/** Groups the rules by system call number for one architecture, in order. */
export function rulesByNumber(
  rules: readonly NamedRule[],
  arch: Arch,
  defaultAction: number,
): ReadonlyMap<number, readonly Rule[]> {
  const table = syscallsOf(arch.table);
  const multiplexed = new Map<string, Rule[]>();
  const byNumber = new Map<number, Rule[]>();
  for (const named of rules) {
    const { name, conditions, action } = named;
    const rule = arch.wide || conditions.length === 0 ? named : { conditions: narrow(conditions), action };
    const number = table.get(name);
    if (number !== undefined) listOf(byNumber, number).push(rule);
    if (arch.multiplexed && multiplexerOf(name) !== undefined) listOf(multiplexed, name).push(rule);
  }
  for (const [name, list] of multiplexed) {
    const way = multiplexerOf(name);
    const number = way === undefined ? undefined : table.get(way.name);
    if (way === undefined || number === undefined) continue;
    const action = blindAction(list, defaultAction);
    listOf(byNumber, number).push({ conditions: [firstArgumentIs(way.value)], action });
  }
  return byNumber;
}

function firstArgumentIs(value: number): Condition {
  return { index: 0, op: "EQ", value: BigInt(value), mask: 0xffffffffn };
}

/**
 * The action for a call made through socketcall or ipc: its arguments lie behind a pointer there. A rule without
 * conditions holds all the same; else the strictest action answers, since no condition can be seen to hold.
 */
function blindAction(rules: readonly Rule[], defaultAction: number): number {
  const always = rules.find((rule) => rule.conditions.length === 0);
  if (always !== undefined) return always.action;
  return [...rules.map((rule) => rule.action), defaultAction].reduce((strictest, action) =>
    strictness(action) < strictness(strictest) ? action : strictest,
  );
}

/** The kernel's own order: the smaller, as a signed number, the stricter. */
function strictness(action: number): number {
  return action >> 16;
}
