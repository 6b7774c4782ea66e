// Help of the native front: in plain text, as oclif is not there.
import { verbUsageText } from "../help/text.ts";
import { findVerb } from "../table/verbs.ts";

/** Prints help; `words` are a verb and `--help`. Gives the exit status. */
export async function printHelp([word]: readonly string[]): Promise<number> {
  const verb = findVerb(word, "coffer");
  if (verb !== undefined) process.stdout.write(verbUsageText(verb, "coffer"));
  return 0;
}
