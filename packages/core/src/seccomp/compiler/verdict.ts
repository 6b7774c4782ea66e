import { simulate } from "../simulate.ts";
import { archOf, numberOf } from "./arch.ts";

/** What a filter does with a call. */
export type Verdict = "allow" | "log" | "errno" | "trap" | "trace" | "notify" | "kill-thread" | "kill-process";

const ACTION_MASK = 0xffff0000;

const verdicts: ReadonlyMap<number, Verdict> = new Map<number, Verdict>([
  [0x00000000, "kill-thread"],
  [0x80000000, "kill-process"],
  [0x00030000, "trap"],
  [0x00050000, "errno"],
  [0x7fc00000, "notify"],
  [0x7ff00000, "trace"],
  [0x7ffc0000, "log"],
  [0x7fff0000, "allow"],
]);

/** Names a filter's answer; the kernel kills the process for an action it does not know. */
export function verdictOf(answer: number): Verdict {
  return verdicts.get((answer & ACTION_MASK) >>> 0) ?? "kill-process";
}

/** Asks a filter about a call by name; undefined when the architecture's table lacks the call. */
export function verdictFor(
  program: Uint8Array,
  arch: string,
  name: string,
  args: readonly bigint[] = [],
): Verdict | undefined {
  const table = archOf(arch);
  const nr = table === undefined ? undefined : numberOf(table.table, name);
  if (table === undefined || nr === undefined) return undefined;
  return verdictOf(simulate(program, { nr, arch: table.audit, args }));
}

/** The calls of `names` whose verdict for an arbitrary caller is not among `good`. Calls the table lacks are left out. */
function otherCalls(
  program: Uint8Array,
  arch: string,
  names: readonly string[],
  good: readonly Verdict[],
): readonly string[] {
  return names.filter((name) => {
    const verdict = verdictFor(program, arch, name);
    return verdict !== undefined && !good.includes(verdict);
  });
}

/** The calls of `names` that a filter does not let through, also not by way of a listener. */
export function refusedCalls(program: Uint8Array, arch: string, names: readonly string[]): readonly string[] {
  return otherCalls(program, arch, names, ["allow", "log", "notify"]);
}

/** The calls of `names` that a filter does not let through at once: it refuses them, or hands them to a listener. */
export function heldCalls(program: Uint8Array, arch: string, names: readonly string[]): readonly string[] {
  return otherCalls(program, arch, names, ["allow", "log"]);
}
