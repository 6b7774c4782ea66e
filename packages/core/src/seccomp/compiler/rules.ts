import { SeccompError } from "../error.ts";
import type { SeccompProfile, SeccompSyscall } from "../profile.ts";
import { actionValue } from "./action.ts";
import type { Condition } from "./condition.ts";
import { readCondition, telling } from "./condition.ts";

/** What to answer when all conditions hold. */
export interface Rule {
  readonly conditions: readonly Condition[];
  /** The filter's return value. */
  readonly action: number;
}

/** An entry of the profile. */
export interface Entry {
  readonly names: readonly string[];
  readonly pointer: string;
  /** Empty where the action is the default one: such an entry only names calls. */
  readonly rules: readonly Rule[];
}

/** The conditions of one entry, as alternatives: an argument named twice makes each comparison a rule of its own. */
function readAlternatives({ args: given }: SeccompSyscall, pointer: string): readonly (readonly Condition[])[] {
  if (given === undefined || given.length === 0) return [[]];
  const args = given.map((arg, index) => readCondition(arg, `${pointer}/args/${index}`));
  const repeats = new Set(args.map((arg) => arg.index)).size < args.length;
  return (repeats ? args.map((arg) => [arg]) : [args]).map(telling);
}

function isAlways({ conditions }: Rule): boolean {
  return conditions.length === 0;
}

function readEntry(syscall: SeccompSyscall, index: number, defaultAction: number): Entry {
  const pointer = `/linux/seccomp/syscalls/${index}`;
  const action = actionValue({
    action: syscall.action,
    actionPointer: `${pointer}/action`,
    errnoRet: syscall.errnoRet,
    errnoPointer: `${pointer}/errnoRet`,
  });
  const alternatives = readAlternatives(syscall, pointer);
  const rules = action === defaultAction ? [] : alternatives.map((conditions) => ({ conditions, action }));
  return { names: syscall.names, pointer, rules };
}

function settledNames(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.flatMap(({ names, rules }) => (rules.some(isAlways) ? names : [])));
}

/**
 * Refuses two entries that answer differently under the very same conditions: runc and crun fail on them too.
 * Entries without conditions are no contradiction: the first answers, whatever else is said; profiles rely on it.
 */
function refuseContradictions(entries: readonly Entry[]): void {
  const actions = new Map<string, number>();
  let settled: ReadonlySet<string> | undefined;
  for (const { names, pointer, rules } of entries) {
    for (const { conditions, action } of rules.filter((rule) => !isAlways(rule))) {
      const parts = conditions.map(({ index, op, value, mask }) => `${index} ${op} ${value} ${mask}`).sort();
      for (const name of names) {
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
 * Reads `syscalls`, with everything checked.
 *
 * @throws {SeccompError} naming the field that is wrong.
 */
export function readEntries({ syscalls = [] }: SeccompProfile, defaultAction: number): readonly Entry[] {
  const entries = syscalls.map((syscall, index) => readEntry(syscall, index, defaultAction));
  refuseContradictions(entries);
  return entries;
}
