// Help of the native front: in plain text, as oclif is not there.
import { verbUsageText } from "../help/text.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags } from "../table/groups.ts";
import { findVerb, verbOf, verbsOf } from "../table/verbs.ts";

function rows(entries: readonly (readonly [string, string])[]): string {
  const column = Math.max(...entries.map(([name]) => name.length)) + 1;
  return entries.map(([name, text]) => `  ${name.padEnd(column)} ${text}\n`).join("");
}

/** What `coffer --help` prints. */
function overview(): string {
  const verbs = verbsOf("coffer").map((name) => [name, verbOf(name).summary] as const);
  const flags = Object.entries(flagsOf(globalFlags, "coffer"))
    .filter(([, { hidden }]) => !hidden)
    .map(([name, { help }]) => [`--${name}`, help] as const);
  return `Run containers and sandboxes\n\nUSAGE\n  coffer [FLAGS] VERB\n\nVERBS\n${rows(verbs)}\nFLAGS\n${rows(flags)}`;
}

/** Prints help; `words` are `--help`, or a verb and `--help`. Gives the exit status. */
export async function printHelp([word]: readonly string[]): Promise<number> {
  const verb = findVerb(word, "coffer");
  process.stdout.write(verb === undefined ? overview() : verbUsageText(verb, "coffer"));
  return 0;
}
