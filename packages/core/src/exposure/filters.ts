import type { TableName } from "../seccomp/compiler/arch.ts";
import { archOf, numberOf } from "../seccomp/compiler/arch.ts";
import type { Verdict } from "../seccomp/index.ts";
import { simulate, verdictOf } from "../seccomp/index.ts";
import type { Plan } from "../wire/op.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";
import { strangersOf } from "./supervised.ts";

/** The seccomp filters of a plan's process, of which the strictest answer counts. */
export interface Filters {
  readonly programs: readonly Uint8Array[];
  readonly notifies: boolean;
  readonly at: Place;
}

/** A system call to ask filters about. */
export interface Call {
  readonly name: string;
  readonly args?: readonly bigint[];
}

const tables: readonly TableName[] = ["x86_64", "x86", "x32", "aarch64", "arm", "riscv64"];
/** From the strictest down (seccomp(2)). `unknown`: a program that cannot be simulated. */
const strictness: readonly (Verdict | "unknown")[] = [
  "kill-process",
  "kill-thread",
  "trap",
  "errno",
  "notify",
  "trace",
  "log",
  "allow",
  "unknown",
];
/** One of these is let through by whatever runs a program at all. */
const ordinary = ["read", "write", "getpid", "exit_group", "execve", "close"];

/** Reads the filters of a plan. That of a supervisor denies nothing: the supervisor lets calls go on. */
export function readFilters(plan: Plan): Filters {
  const plain = findOps(plan, "load-seccomp");
  const listening = strangersOf(plan);
  const found = [...plain, ...listening];
  return {
    programs: found.map(({ op }) => op.program),
    notifies: listening.length > 0,
    at: found[0]?.at ?? {},
  };
}

function askOne(program: Uint8Array, nr: number, arch: number, args: readonly bigint[]): Verdict | "unknown" {
  try {
    return verdictOf(simulate(program, { nr, arch, args }));
  } catch (error) {
    if (error instanceof RangeError) return "unknown";
    throw error;
  }
}

/** What the filters answer to a call by its number. */
export function askNumber(
  { programs }: Filters,
  nr: number,
  arch: number,
  args: readonly bigint[] = [],
): Verdict | "unknown" {
  const answers = programs.map((program) => askOne(program, nr, arch, args));
  return strictness.find((verdict) => answers.includes(verdict)) ?? "allow";
}

/** Whether an answer lets the call reach the kernel. With `trace` a tracer decides, which a process of the container can be. */
export function passes(verdict: Verdict | "unknown"): boolean {
  return verdict === "allow" || verdict === "log" || verdict === "trace" || verdict === "unknown";
}

function ask(filters: Filters, table: TableName, { name, args = [] }: Call): boolean {
  const arch = archOf(table);
  const nr = numberOf(table, name);
  return arch !== undefined && nr !== undefined && passes(askNumber(filters, nr, arch.audit, args));
}

/** The architectures whose programs can run under the filters. */
export function servedTables(filters: Filters): readonly TableName[] {
  return tables.filter((table) => ordinary.some((name) => ask(filters, table, { name })));
}

/** The architectures on which a call gets through. */
export function letThrough(filters: Filters, served: readonly TableName[], call: Call): readonly TableName[] {
  return served.filter((table) => ask(filters, table, call));
}
