// What a shell has to know about the command line of `coffer`, out of the verb table.
import type { Completes, Flag, Flags, Word } from "../table/flag.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags } from "../table/groups.ts";
import type { VerbName } from "../table/verbs.ts";
import { verbOf, verbsOf } from "../table/verbs.ts";

/** What is offered for a value or a word: a kind of name, or a list. */
export type Offer = Completes | readonly string[];

/** A flag as a shell sees it. */
export interface Option {
  readonly name: string;
  readonly char: string | undefined;
  readonly help: string;
  /** No value, a value behind `=` only, or a value. */
  readonly takes: "nothing" | "optional" | "value";
  /** The placeholder of the value. */
  readonly value: string;
  readonly offer: Offer;
  readonly repeats: boolean;
  readonly excludes: readonly string[];
}

/** A word as a shell sees it. */
export interface Operand {
  readonly name: string;
  readonly offer: Offer;
}

/** A verb as a shell sees it. */
export interface Subcommand {
  readonly name: VerbName;
  readonly summary: string;
  readonly options: readonly Option[];
  readonly operands: readonly Operand[];
  /** A command of the host follows, or something that only the container knows. */
  readonly rest: "host" | "other" | undefined;
}

/** The standard signals of Linux (signal(7)). */
export const signals: readonly string[] = (
  "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG " +
  "XCPU XFSZ VTALRM PROF WINCH IO PWR SYS"
).split(" ");

const face = "coffer";

const byPlaceholder: Readonly<Record<string, Completes>> = { DIR: "directories", FILE: "files", PATH: "files" };

function toOption([name, flag]: readonly [string, Flag]): Option {
  const { kind, help, char, value = "VALUE", choices, excludes = [] } = flag;
  const takes = kind === "boolean" ? "nothing" : kind === "optional" ? "optional" : "value";
  const offer = choices ?? byPlaceholder[value] ?? "none";
  return { name, char, help, takes, value, offer, repeats: kind === "texts", excludes };
}

const toOptions = (flags: Flags): readonly Option[] =>
  Object.entries(flagsOf(flags, face))
    .filter(([, { hidden }]) => !hidden)
    .map(toOption);

const toOperand = ({ name, completes, choices }: Word): Operand => ({ name, offer: choices ?? completes ?? "none" });

/** Flags that every verb has. */
export const globalOptions: readonly Option[] = toOptions(globalFlags);

/** Every verb. */
export const subcommands: readonly Subcommand[] = verbsOf(face).map((name) => {
  const { summary, flags, words, rest } = verbOf(name);
  const tail = rest === undefined ? undefined : rest.isHostCommand ? "host" : "other";
  return { name, summary, options: toOptions(flags), operands: words.map(toOperand), rest: tail };
});

/** The spellings of a flag. */
export const spellings = ({ name, char }: Option): readonly string[] => [
  `--${name}`,
  ...(char === undefined ? [] : [`-${char}`]),
];

/** A word for a shell, in single quotes. `escaped` is how that shell writes a single quote between two such words. */
export const quote = (text: string, escaped = "'\\''"): string => `'${text.replaceAll("'", escaped)}'`;
