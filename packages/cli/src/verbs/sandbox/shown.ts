// Flags that ask for an answer instead of a launch. Without `--show` the command would run.
import type { Values } from "../../parse/flags.ts";
import { UsageError } from "../../parse/flags.ts";

/** What each answer takes. */
const flagsOf: Readonly<Record<string, readonly string[]>> = {
  plan: ["json"],
  audit: ["json", "fail-on"],
  explain: ["json", "ops", "field", "op", "syscall", "html"],
};

const known = new Set(Object.values(flagsOf).flat());

/**
 * The answer that `--show` asks for, of those that a verb has.
 *
 * @throws {UsageError} for a flag of another answer
 */
export function shownOf(values: Values, has = Object.keys(flagsOf)): string | undefined {
  const shown = values.text("show");
  const own = shown === undefined ? [] : (flagsOf[shown] ?? []);
  const strange = values.names().find((name) => known.has(name) && !own.includes(name));
  if (strange === undefined) return shown;
  const answers = has.filter((name) => flagsOf[name]?.includes(strange));
  throw new UsageError(`--${strange} is only for --show ${answers.join(" or --show ")}; nothing has run`);
}
