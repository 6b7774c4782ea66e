// Command lines at random: flags of the verb and of all verbs, right and wrong values, on a state directory without containers.
import { flagsOf } from "../../packages/cli/src/table/flag.ts";
import { globalFlags } from "../../packages/cli/src/table/groups.ts";
import { verbOf, verbsOf } from "../../packages/cli/src/table/verbs.ts";

/** Those that run a program of this machine, or write where they are called. */
const without: readonly string[] = ["sandbox", "shell", "spec", "init", "accept", "doctor", "completion"];
/** `--debug` prints stacks, which name the files of each front; a log would be one for all calls. */
const omitted: readonly string[] = ["debug", "log", "help", "version"];
/** The other verbs. */
export const safeVerbs = verbsOf("coffer").filter((name) => !without.includes(name));
const ids = ["none", "a", "/nowhere", "\u0001", "..", "\u{1f600}"];
const values = [
  ...ids,
  ...[
    "",
    "-1",
    "0",
    "1",
    "true",
    "json",
    "a\tb",
    "é",
    "--",
    "/dev/null",
    "65536",
    "99999999999",
    "100ms",
    "TERM",
    "a=b",
  ],
];

/** Makes a command line. */
export function anyLine(root: string, random: (limit: number) => number): readonly string[] {
  const pick = (list: readonly string[]): string => list[random(list.length)] ?? "";
  const verb = safeVerbs[random(safeVerbs.length)] ?? "state";
  const flags = [...Object.keys(flagsOf(verbOf(verb).flags, "coffer")), ...Object.keys(globalFlags)];
  const known = flags.filter((flag) => !omitted.includes(flag));
  const words: string[] = [];
  for (let count = random(3); count > 0; count--) {
    const flag = pick(known);
    words.push(random(2) === 0 ? `--${flag}` : `--${flag}=${pick(values)}`);
    if (random(2) === 0) words.push(pick(values));
  }
  if (random(3) > 0) words.push(pick(ids));
  if (random(4) === 0) words.push(pick(values));
  return [verb, "--root", root, ...words];
}
