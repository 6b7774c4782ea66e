import { SeccompError } from "../error.ts";
import type { SeccompProfile, SeccompSyscall } from "../profile.ts";
import { actionValue } from "./action.ts";
import type { Arch } from "./arch.ts";
import { multiplexers, rowOf, tableOf } from "./arch.ts";
import type { Condition } from "./condition.ts";
import { readCondition, telling } from "./condition.ts";
import type { Graph, Node } from "./graph.ts";
import { syscallRows } from "./syscalls.gen.ts";

/** What to answer when all conditions hold. */
export interface Rule {
  readonly conditions: readonly Condition[];
  /** The filter's return value. */
  readonly action: number;
  /** The node that gives it. */
  readonly end: Node;
}

/** A rule of one entry of the profile; all names of the entry share it. */
export interface EntryRule extends Rule {
  /** The index of the entry; after all for a rule of none. */
  readonly entry: number;
}

/** The rules of one call. */
export type Rules = readonly EntryRule[];

/** The rules of a profile with everything checked, by the rows of the system call tables. */
export interface ProfileRules {
  /** The rules of each row, in the profile's order. Behind a first rule without conditions the others are left out. */
  readonly byRow: readonly (Rules | undefined)[];
  /** By its row whether a call is named at all: 1, or 0. */
  readonly named: Uint8Array;
  /** The rows with rules that x86 programs can also call through socketcall or ipc, in the profile's order. */
  readonly multiplexed: readonly number[];
  /** The names that no table knows, each once. */
  readonly unknown: readonly string[];
}

/** The conditions of one entry, as alternatives: an argument named twice makes each comparison a rule of its own. */
function readAlternatives({ args: given }: SeccompSyscall, pointer: string): readonly (readonly Condition[])[] {
  if (given === undefined || given.length === 0) return [[]];
  const args = given.map((arg, index) => readCondition(arg, `${pointer}/args/${index}`));
  const repeats = new Set(args.map((arg) => arg.index)).size < args.length;
  return (repeats ? args.map((arg) => [arg]) : [args]).map(telling);
}

/** Whether a rule has no conditions. */
export function isAlways({ conditions }: Rule): boolean {
  return conditions.length === 0;
}

/** An entry of the profile that does something else than the default. */
interface Entry {
  readonly syscall: SeccompSyscall;
  readonly pointer: string;
  readonly rules: readonly EntryRule[];
}

/** Reads the entries in order. Those whose action is the default one are left out: they say nothing. */
function readEntries({ syscalls = [] }: SeccompProfile, defaultAction: number, graph: Graph): readonly Entry[] {
  return syscalls.flatMap((syscall, entry) => {
    const pointer = `/linux/seccomp/syscalls/${entry}`;
    const action = actionValue({
      action: syscall.action,
      actionPointer: `${pointer}/action`,
      errnoRet: syscall.errnoRet,
      errnoPointer: `${pointer}/errnoRet`,
    });
    const alternatives = readAlternatives(syscall, pointer);
    if (action === defaultAction) return [];
    const rule = { action, entry, end: graph.end(action) };
    return [{ syscall, pointer, rules: alternatives.map((conditions) => ({ ...rule, conditions })) }];
  });
}

function settledNames(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ syscall, rules }) => (rules.some(isAlways) ? syscall.names : [])));
}

/**
 * Refuses two entries that answer differently under the very same conditions: runc and crun fail on them too.
 * Entries without conditions are no contradiction: the first answers, whatever else is said; profiles rely on it.
 */
function refuseContradictions(entries: readonly Entry[]): void {
  const actions = new Map<string, number>();
  let settled: ReadonlySet<string> | undefined;
  for (const { syscall, pointer, rules } of entries) {
    for (const { conditions, action } of rules.filter((rule) => !isAlways(rule))) {
      const parts = conditions.map(({ index, op, value, mask }) => `${index} ${op} ${value} ${mask}`).sort();
      for (const name of syscall.names) {
        const key = [name, ...parts].join();
        const other = actions.get(key);
        if (other !== undefined && other !== action) settled ??= settledNames(entries);
        if (other !== undefined && other !== action && !settled?.has(name))
          throw new SeccompError(pointer, `"${name}" has another action under the same conditions in an earlier entry`);
        actions.set(key, other ?? action);
      }
    }
  }
}

/**
 * Reads `syscalls`.
 *
 * @throws {SeccompError} naming the field that is wrong.
 */
export function readRules(profile: SeccompProfile, defaultAction: number, graph: Graph): ProfileRules {
  const entries = readEntries(profile, defaultAction, graph);
  refuseContradictions(entries);
  // Filled from the start: an engine may store an array with holes as a map.
  const byRow: (Rules | undefined)[] = syscallRows.map(() => undefined);
  const own: EntryRule[][] = [];
  const multiplexed: number[] = [];
  for (const { syscall, rules } of entries) {
    for (const name of syscall.names) {
      const row = rowOf(name);
      if (row === undefined) continue;
      const old = byRow[row];
      if (old === undefined) {
        byRow[row] = rules;
        if (multiplexers[row] !== undefined) multiplexed.push(row);
      } else if (settledEnd(old) === undefined) {
        const list = own[row] ?? [...old];
        list.push(...rules);
        own[row] = list;
        byRow[row] = list;
      }
    }
  }
  return { byRow, multiplexed, ...readNames(profile) };
}

/** Where the first rule answers, whatever the others say, its end. */
export function settledEnd(rules: Rules): Node | undefined {
  const first = rules[0];
  return first?.conditions.length === 0 ? first.end : undefined;
}

function readNames({ syscalls = [] }: SeccompProfile): Pick<ProfileRules, "named" | "unknown"> {
  const named = new Uint8Array(syscallRows.length);
  const unknown = new Set<string>();
  for (const { names } of syscalls) {
    for (const name of names) {
      const row = rowOf(name);
      if (row === undefined) unknown.add(name);
      else named[row] = 1;
    }
  }
  return { named, unknown: [...unknown] };
}

/** The largest number of an architecture's table that the profile names; undefined if it names none. */
export function lastNamed({ named }: ProfileRules, { table }: Arch): number | undefined {
  const { rows, numbers, twins } = tableOf(table);
  const own = numbers[rows.findLastIndex((row) => named[row] === 1)] ?? -1;
  const twin = twins.findLast(({ row }) => named[row] === 1)?.number ?? -1;
  const last = Math.max(own, twin);
  return last < 0 ? undefined : last;
}
