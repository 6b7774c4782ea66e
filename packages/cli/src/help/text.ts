// Help in plain text: that of coffer-oci, and of `coffer` where oclif is not installed.
import type { FaceName } from "../table/flag.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags } from "../table/groups.ts";
import type { Row } from "../table/rows.ts";
import { flagGroups, flagRows } from "../table/rows.ts";
import type { VerbName } from "../table/verbs.ts";
import { usageOf, verbOf, verbsOf } from "../table/verbs.ts";

/** The width of help, which every terminal has. */
const width = 80;

/** Breaks a text into lines; a word that is longer than a line stays whole. */
const wrap = (text: string, longest: number): string[] =>
  text
    .replace(new RegExp(`(.{1,${longest}})(?: +|$)`, "g"), "$1\n")
    .trimEnd()
    .split("\n");

/** Rows in two columns. What is longer than the first column has a line of its own. */
function columns(rows: readonly Row[], atLeast = 0): string {
  const longest = Math.max(atLeast, ...rows.map(({ written }) => written.length));
  const column = Math.max(atLeast, Math.min(longest, 24));
  return rows
    .flatMap(({ written, help }) => {
      const lines = wrap(help, width - column - 6);
      const first = written.length > column ? [`   ${written}`] : [];
      const left = (index: number): string => (index === 0 && first.length === 0 ? written : "").padEnd(column);
      return [...first, ...lines.map((line, index) => `   ${left(index)}   ${line}`)];
    })
    .map((line) => `${line}\n`)
    .join("");
}

/** What `coffer-oci --help` prints. */
export function usageText(face: FaceName): string {
  const flags = Object.keys(flagsOf(globalFlags, face)).map((name) => `--${name}`);
  const usages = verbsOf(face).map((name) => `   ${usageOf(name, face)}\n`);
  return `usage: ${face} [global flags] VERB\nglobal flags: ${flags.join(" ")}\nverbs:\n${usages.join("")}`;
}

/** Verbs by what they are for: whoever needs a sandbox needs none of a container. */
const overview: Readonly<Record<string, readonly VerbName[]>> = {
  "a sandbox for commands of this host": ["sandbox", "shell", "why"],
  "settings of a project": ["init", "accept"],
  "what a sandbox has changed in an overlay": ["diff", "apply", "undo", "overlay"],
  containers: [
    "run",
    "create",
    "start",
    "exec",
    "list",
    "ps",
    "state",
    "logs",
    "events",
    "kill",
    "pause",
    "resume",
    "update",
    "checkpoint",
    "restore",
    "delete",
    "wasm",
  ],
  "before a container runs": ["spec", "plan", "explain", "audit"],
  "this host and this program": ["doctor", "features", "completion"],
};

const firstCalls: readonly Row[] = [
  { written: "coffer sandbox -- CMD", help: "the command reads the current directory, and reaches no host" },
  { written: "coffer sandbox --rw -- CMD", help: "it writes there as well" },
  { written: "coffer sandbox --explain -- CMD", help: "what it was denied, with the flags that allow it" },
];

/** What `coffer --help` prints. */
export function overviewText(): string {
  const rowOf = (name: VerbName): Row => ({ written: name, help: verbOf(name).summary });
  const longest = Math.max(...verbsOf("coffer").map((name) => name.length));
  const lists = Object.entries(overview).map(([title, names]) => `\n${title}:\n${columns(names.map(rowOf), longest)}`);
  const start = "usage: coffer [FLAGS] VERB\nRun commands in sandboxes, and containers.\n";
  const calls = `\nbegin with:\n${columns(firstCalls, 32)}`;
  const flags = `\nflags:\n${columns(flagRows(globalFlags, "coffer"))}`;
  return [start, calls, ...lists, flags, "\n`coffer VERB --help` tells more of a verb.\n"].join("");
}

/** What `VERB --help` prints. */
export function verbUsageText(name: VerbName, face: FaceName): string {
  const { summary, flags, words, examples = [] } = verbOf(name);
  const about = words.map(({ name: word, help }): Row => ({ written: word.toUpperCase(), help }));
  const shown = examples.length === 0 ? [] : ["examples:\n", ...examples.map((one) => `   ${face} ${one}\n`)];
  const more = face === "coffer" ? [...shown, "coffer(1) tells more of each flag.\n"] : [];
  const usage = `usage: ${face} [global flags] ${usageOf(name, face)}\n${summary}\n`;
  const lists = flagGroups(flags, face).map(({ group, rows }) =>
    group === undefined ? columns([...about, ...rows]) : `${group} FLAGS\n${columns(rows)}`,
  );
  const end = lists.length > 1 && more.length > 0 ? "\n" : "";
  return [usage, lists.join("\n"), end, ...more].join("");
}
