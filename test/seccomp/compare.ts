import { isKnownSyscall, multiplexerOf, numberOf } from "../../packages/core/src/seccomp/compiler/arch.ts";
import type { SeccompProfile, SeccompSyscall } from "../../packages/core/src/seccomp/profile.ts";
import { simulate } from "../../packages/core/src/seccomp/simulate.ts";
import type { Random } from "./random.ts";
import { Reference } from "./reference.ts";

/** The tokens a kernel may show, and one no table has. */
export const tokens = {
  x86_64: 0xc000003e,
  x86: 0x40000003,
  aarch64: 0xc00000b7,
  arm: 0x40000028,
  riscv64: 0xc00000f3,
  s390x: 0x80000016,
} as const;

const x32 = 0x40000000;
const armPrivate = 0x000f0000;
const tableEnd = 1101;

/** Every number a table could hold, both sides of each boundary, and negative ones. */
export const numbers: readonly number[] = [
  ...Array.from({ length: tableEnd }, (_, number) => number),
  ...Array.from({ length: tableEnd }, (_, number) => x32 + number),
  ...Array.from({ length: 8 }, (_, number) => armPrivate + number),
  x32 - 1,
  0x7fffffff,
  0x80000000,
  0xfffffffe,
  0xffffffff,
];

/** One system call to ask both filters about. */
export interface Probe {
  readonly arch: number;
  readonly nr: number;
  readonly args: readonly bigint[];
}

/** A call and both answers. */
export interface Difference extends Probe {
  readonly ours: number;
  readonly theirs: number;
}

/** What came out of running both filters. */
export interface Comparison {
  /** Answers of ours that the profile does not give, or that are not libseccomp's without a reason below. */
  readonly wrong: readonly Difference[];
  /** How often a call behind socketcall or ipc got a stricter answer from ours. */
  readonly blind: number;
  /** How often libseccomp's answer is none the profile gives: it loses rules behind NE, and where bounds merge. */
  readonly unjustified: number;
  /** How often the profile gives both answers, and merging bounds put libseccomp's rules in another order. */
  readonly reordered: number;
}

/** For each argument, the numbers the profile compares it with and their neighbours. */
function edges(profile: SeccompProfile): readonly (readonly bigint[])[] {
  const args = (profile.syscalls ?? []).flatMap((syscall) => syscall.args ?? []);
  return [0, 1, 2, 3, 4, 5].map((index) =>
    args
      .filter((arg) => arg.index === index)
      .flatMap((arg) => [BigInt(arg.value), BigInt(arg.valueTwo ?? 0)])
      .flatMap((value) => [value, value - 1n, value + 1n, value ^ (1n << 32n), value ^ (1n << 63n)])
      .map((value) => BigInt.asUintN(64, value)),
  );
}

/** The numbers whose verdict may depend on arguments, in any table. */
function conditional(profile: SeccompProfile): ReadonlySet<number> {
  const names = (profile.syscalls ?? [])
    .filter((syscall) => (syscall.args ?? []).length > 0)
    .flatMap((syscall) => syscall.names)
    .flatMap((name) => [name, multiplexerOf(name)?.name ?? name]);
  const tables = ["x86_64", "x86", "x32", "aarch64", "arm", "riscv64"] as const;
  return new Set(names.flatMap((name) => tables.flatMap((table) => numberOf(table, name) ?? [])));
}

function* probes(profile: SeccompProfile, random: Random, rounds: number): Generator<Probe> {
  const interesting = edges(profile);
  const deep = conditional(profile);
  const word = (index: number): bigint => {
    const known = interesting[index] ?? [];
    if (index === 0 && random.once(4)) return BigInt(random.below(26));
    return known.length > 0 && !random.once(4) ? random.pick(known) : random.word();
  };
  for (const arch of Object.values(tokens))
    for (const nr of numbers)
      for (let round = 0; round < (deep.has(nr) ? rounds : 1); round++)
        yield { arch, nr, args: [0, 1, 2, 3, 4, 5].map(word) };
}

/** Runs both programs over the whole table and random arguments. */
export function compareFilters(
  profile: SeccompProfile,
  ours: Uint8Array,
  theirs: Uint8Array,
  random: Random,
  rounds: number,
): Comparison {
  const reference = new Reference(profile, "x86_64");
  const wrong: Difference[] = [];
  const meant = { blind: 0, unjustified: 0, reordered: 0 };
  for (const probe of probes(profile, random, rounds)) {
    const difference = { ...probe, ours: simulate(ours, probe), theirs: simulate(theirs, probe) };
    const kind = judge(difference, reference, profile);
    if (kind === "wrong") wrong.push(difference);
    else if (kind !== "same") meant[kind]++;
  }
  return { wrong, ...meant };
}

function judge(difference: Difference, reference: Reference, profile: SeccompProfile) {
  const same = difference.ours === difference.theirs;
  if (isBlindCall(difference, profile)) return same ? "same" : "blind";
  const right = reference.answers(difference);
  if (!right.has(difference.ours)) return "wrong";
  if (same) return "same";
  if (!right.has(difference.theirs)) return "unjustified";
  return reference.boundsTwice(difference) ? "reordered" : "wrong";
}

/**
 * Deliberate difference: a call that x86 programs make through socketcall or ipc when the profile has conditions on such
 * calls. libseccomp goes on comparing registers there, which do not hold the call's arguments. We give the strictest answer.
 * So ours must be at least as strict, unless the profile also has socketcall or ipc itself.
 */
function isBlindCall({ arch, nr, args, ours, theirs }: Difference, profile: SeccompProfile): boolean {
  const name =
    arch === tokens.x86 ? multiplexers.find((multiplexer) => numberOf("x86", multiplexer) === nr) : undefined;
  if (name === undefined) return false;
  const through = (profile.syscalls ?? []).filter(({ names }) =>
    names.some((inner) => {
      const way = multiplexerOf(inner);
      return way?.name === name && BigInt(way.value) === (args[0] ?? 0n) % (1n << 32n);
    }),
  );
  const said = (profile.syscalls ?? []).some(({ names }) => names.includes(name));
  const stricter = ours >> 16 <= theirs >> 16;
  return through.length > 0 && (ours === theirs || ((stricter || said) && through.some(hasConditions)));
}

const multiplexers = ["socketcall", "ipc"] as const;
const hasConditions = ({ args }: SeccompSyscall): boolean => (args ?? []).length > 0;

/** The profile without the names given. */
export function withoutNames(profile: SeccompProfile, left: ReadonlySet<string>): SeccompProfile {
  const syscalls = (profile.syscalls ?? []).map((entry) => ({
    ...entry,
    names: entry.names.filter((name) => !left.has(name) && isKnownSyscall(name)),
  }));
  return { ...profile, syscalls };
}
