// Help in plain text: that of coffer-oci, and of `coffer` where oclif is not installed.
import type { FaceName } from "../table/flag.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags } from "../table/groups.ts";
import type { VerbName } from "../table/verbs.ts";
import { usageOf, verbOf, verbsOf } from "../table/verbs.ts";

/** What `--help` prints. */
export function usageText(face: FaceName): string {
  const flags = Object.keys(flagsOf(globalFlags, face)).map((name) => `--${name}`);
  const usages = verbsOf(face).map((name) => `   ${usageOf(name, face)}\n`);
  return `usage: ${face} [global flags] VERB\nglobal flags: ${flags.join(" ")}\nverbs:\n${usages.join("")}`;
}

/** What `VERB --help` prints. */
export function verbUsageText(name: VerbName, face: FaceName): string {
  const { summary, flags, words, examples = [] } = verbOf(name);
  const rows = Object.entries(flagsOf(flags, face))
    .filter(([, { hidden }]) => !hidden)
    .map(([flag, { kind, char, value, help }]): readonly [string, string] => {
      const short = char === undefined ? "" : `, -${char}`;
      const word = kind === "boolean" ? "" : kind === "optional" ? `[=${value}]` : ` ${value ?? "VALUE"}`;
      return [`--${flag}${short}${word}`, help];
    });
  const about = words.map(({ name: word, help }): readonly [string, string] => [word.toUpperCase(), help]);
  const all = [...about, ...rows];
  const width = Math.max(0, ...all.map(([left]) => left.length));
  const lines = all.map(([left, help]) => `   ${left.padEnd(width)}   ${help}\n`);
  const shown = examples.length === 0 ? [] : ["examples:\n", ...examples.map((one) => `   ${face} ${one}\n`)];
  const more = face === "coffer" ? [...shown, "coffer(1) tells more of each flag.\n"] : [];
  return [`usage: ${face} [global flags] ${usageOf(name, face)}\n${summary}\n`, ...lines, ...more].join("");
}
