// What a sandbox was denied, as lines for people.

import { shellWord } from "@coffer/core/escape";
import type { Answer } from "@coffer/core/verbs";
import { toOneLine } from "../../output/one-line.ts";

/** How much of what was denied is listed: a program may try as much as it likes. */
const mostListed = 20;
/** How much of it is remembered, for the same reason. */
const mostDenials = 10_000;

type Kind = "denied" | "failed" | "guess";

/** A target that could be taken for what follows it is one word of a shell: a command chooses the names that it asks for. */
const showTarget = (target: string): string =>
  /: |:$/.test(target.replaceAll(/\p{White_Space}/gu, " ")) ? shellWord(target) : target;

export function describe({ op, target, why, add }: Omit<Answer, "allowed">, kind: Kind): string {
  const advice = add === undefined ? "" : `: add ${add}`;
  return toOneLine(`${kind === "guess" ? "guess: denied" : kind}: ${op} ${showTarget(target)}: ${why}${advice}`);
}

type Named = Pick<Answer, "op" | "target">;
const keyOf = ({ op, target }: Named): string => `${op} ${target}`;

/** Remembers what was denied or has failed, each once. `log`: whether a log has all of it. */
export function makeDenials(kind: "denied" | "failed", log: boolean) {
  const denied = new Map<string, string>();
  return {
    add: (answer: Omit<Answer, "allowed">): string => {
      const line = describe(answer, kind);
      if (denied.size < mostDenials) denied.set(keyOf(answer), line);
      return line;
    },
    remove: (answer: Named): void => void denied.delete(keyOf(answer)),
    has: (answer: Named): boolean => denied.has(keyOf(answer)),
    /** All of it. */
    lines: (): readonly string[] => [...denied.values()],
    /** The first of it, and how much more there is. */
    list: (): readonly string[] => {
      const lines = [...denied.values()];
      const more = lines.length - mostListed;
      const rest = `and ${more} more ${kind === "denied" ? "was denied" : "failed"}: ${log ? "the log has all of it" : "--json-log FILE has all of it"}`;
      return more > 0 ? [...lines.slice(0, mostListed), rest] : lines;
    },
  };
}
