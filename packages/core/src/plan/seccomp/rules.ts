import { actionValue } from "./action.ts";
import type { Arch } from "./arch.ts";
import { isKnownSyscall, multiplexerOf, syscallsOf } from "./arch.ts";
import type { Condition } from "./condition.ts";
import { narrow, readCondition } from "./condition.ts";
import type { SeccompProfile, SeccompSyscall } from "./profile.ts";

/** What to answer when all conditions hold. */
export interface Rule {
  readonly conditions: readonly Condition[];
  /** The filter's return value. */
  readonly action: number;
}

/** A profile entry with everything checked, before it is looked up in an architecture's table. */
export interface NamedRule extends Rule {
  readonly name: string;
}

/** The conditions of one entry, as alternatives: an argument named twice makes each comparison a rule of its own. */
function readAlternatives(syscall: SeccompSyscall, pointer: string): readonly (readonly Condition[])[] {
  const args = (syscall.args ?? []).map((arg, index) => readCondition(arg, `${pointer}/args/${index}`));
  const repeats = new Set(args.map((arg) => arg.index)).size < args.length;
  return repeats ? args.map((arg) => [arg]) : [args];
}

/**
 * Reads `syscalls` in order. Entries whose action is the default one are left out: they say nothing.
 *
 * @throws {SeccompError} naming the field that is wrong.
 */
export function readRules(profile: SeccompProfile, defaultAction: number): readonly NamedRule[] {
  return (profile.syscalls ?? []).flatMap((syscall, index) => {
    const pointer = `/linux/seccomp/syscalls/${index}`;
    const action = actionValue({
      action: syscall.action,
      actionPointer: `${pointer}/action`,
      errnoRet: syscall.errnoRet,
      errnoPointer: `${pointer}/errnoRet`,
    });
    const alternatives = readAlternatives(syscall, pointer);
    if (action === defaultAction) return [];
    return syscall.names.flatMap((name) => alternatives.map((conditions) => ({ name, conditions, action })));
  });
}

/** The names no table knows, each once, in the profile's order. They are ignored, as other runtimes do. */
export function unknownNames(profile: SeccompProfile): readonly string[] {
  const names = (profile.syscalls ?? []).flatMap((syscall) => syscall.names);
  return [...new Set(names)].filter((name) => !isKnownSyscall(name));
}

/** The largest number the profile mentions in an architecture's table; undefined if it mentions none. */
export function lastMentioned(profile: SeccompProfile, arch: Arch): number | undefined {
  const table = syscallsOf(arch.table);
  const names = (profile.syscalls ?? []).flatMap((syscall) => syscall.names);
  return names.reduce<number | undefined>((last, name) => {
    const number = table.get(name);
    return number === undefined || (last !== undefined && last > number) ? last : number;
  }, undefined);
}

/** Groups the rules by system call number for one architecture, in order. */
export function rulesByNumber(rules: readonly NamedRule[], arch: Arch): ReadonlyMap<number, readonly Rule[]> {
  const table = syscallsOf(arch.table);
  const byNumber = new Map<number, Rule[]>();
  const add = (number: number | undefined, rule: Rule): void => {
    if (number === undefined) return;
    const list = byNumber.get(number);
    if (list === undefined) byNumber.set(number, [rule]);
    else list.push(rule);
  };
  for (const { name, conditions, action } of rules) {
    const seen = arch.wide ? conditions : conditions.map(narrow);
    add(table.get(name), { conditions: seen, action });
    const way = arch.multiplexed ? multiplexerOf(name) : undefined;
    if (way === undefined) continue;
    // The real arguments lie behind a pointer there, so the rule can only look at which call it is.
    add(table.get(way.name), { conditions: [firstArgumentIs(way.value)], action });
  }
  return byNumber;
}

function firstArgumentIs(value: number): Condition {
  return { index: 0, op: "EQ", value: BigInt(value), mask: 0xffffffffn };
}
