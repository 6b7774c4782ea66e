// The connections that a proxy denied, as answers.

import { shellWord } from "@coffer/spec";
import { printTarget } from "../../../egress/rules.ts";
import type { Denied } from "../../egress/serve.ts";
import type { Answer } from "../why.ts";

/** So many different ones are remembered: a program may try as much as it likes. */
const mostDenials = 10_000;

/** A connection that was denied. */
export const toAnswer = ({ target, why, add }: Denied): Answer => ({
  op: "connect",
  target: printTarget(target),
  allowed: false,
  why,
  ...(add === undefined ? {} : { add: `--allow ${shellWord(add)}` }),
});

/** Remembers connections that were denied, each once. `tell` gets them all. */
export function rememberDenied(tell: ((denied: Denied) => void) | undefined) {
  const found = new Map<string, Answer>();
  return {
    take: (denied: Denied): void => {
      const answer = toAnswer(denied);
      if (found.size < mostDenials) found.set(answer.target, answer);
      tell?.(denied);
    },
    /** These connections, and what else was denied. */
    with: (more: readonly Answer[]): readonly Answer[] => [
      ...found.values(),
      ...more.filter(({ op, target }) => op !== "connect" || !found.has(target)),
    ],
  };
}
