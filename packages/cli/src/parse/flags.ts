// The command line as runc reads it: one dash or two, `--flag value` or `--flag=value`, `--flag=false`. Only tables and
// strings here: it is loaded for every call.

import { nearFlag } from "../help/near.ts";
import type { Flag, Flags } from "../table/flag.ts";
import type { Wording } from "./wording.ts";

/** What a command line said. */
export interface Parsed {
  readonly words: readonly string[];
  /** `--` has ended the flags. */
  readonly isDashed: boolean;
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** How to read a command line. */
export interface ParseOptions {
  /** After that many words flags end: what follows is another program's. */
  readonly wordsBeforeRest?: number | undefined;
  readonly wording: Wording;
  /** `--` is no value of a flag, whose value is missing then. For Go it is one. */
  readonly dashesEnd?: boolean;
}

function findFlag(flags: Flags, name: string): readonly [string, Flag] | undefined {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag !== undefined) return [name, flag];
  return Object.entries(flags).find(([, { char }]) => char === name);
}

/** The words of Go for a boolean, in any case. */
const booleans: ReadonlyMap<string, string> = new Map([
  ...["true", "t", "1"].map((word) => [word, "true"] as const),
  ...["false", "f", "0"].map((word) => [word, "false"] as const),
]);

function checkValue(name: string, { kind, choices }: Flag, value: string, wording: Wording): string {
  if (kind === "number" && !/^\d{1,9}$/.test(value)) throw new UsageError(wording.noNumber(name, value));
  if (choices !== undefined && !choices.includes(value)) throw new UsageError(wording.noChoice(name, value, choices));
  return value;
}

/** The value of a flag that may not take the next word. */
function ownValue(name: string, { kind, choices }: Flag, value: string | undefined, wording: Wording): string {
  if (kind === "optional") return value ?? choices?.[0] ?? "";
  const is = booleans.get((value ?? "true").toLowerCase());
  if (is === undefined) throw new UsageError(wording.noBoolean(name, value ?? ""));
  return is;
}

/** The flag that was probably meant. Of one or two letters nothing can be told. */
function meant(name: string, flags: Flags): string | undefined {
  const shown = Object.keys(flags).filter((one) => flags[one]?.hidden !== true);
  return name.length > 2 ? nearFlag(name, shown) : undefined;
}

/**
 * Reads flags and words.
 *
 * @throws {UsageError} for a flag that does not exist, or whose value is missing or of another kind
 */
export function parseFlags(argv: readonly string[], flags: Flags, options: ParseOptions): Parsed {
  const values = new Map<string, readonly string[]>();
  const words: string[] = [];
  const { wordsBeforeRest = Number.POSITIVE_INFINITY, wording, dashesEnd = false } = options;
  let at = 0;
  while (at < argv.length) {
    const word = argv[at++] ?? "";
    if (word === "--") return { words: [...words, ...argv.slice(at)], isDashed: true, values };
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      if (words.length >= wordsBeforeRest) return { words: [...words, ...argv.slice(at)], isDashed: false, values };
      continue;
    }
    const [, name = "", value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const found = findFlag(flags, name);
    if (found === undefined) throw new UsageError(wording.noFlag(name, word, meant(name, flags)));
    const [fullName, flag] = found;
    const takesWord = flag.kind !== "boolean" && flag.kind !== "optional";
    const given = takesWord ? (value ?? argv[at++]) : ownValue(fullName, flag, value, wording);
    if (given === undefined || (dashesEnd && value === undefined && given === "--"))
      throw new UsageError(wording.noValue(name));
    const before = flag.kind === "texts" ? (values.get(fullName) ?? []) : [];
    values.set(fullName, [...before, checkValue(fullName, flag, given, wording)]);
  }
  return { words, isDashed: false, values };
}

/**
 * Checks that no two flags are given that exclude each other.
 *
 * @throws {UsageError} naming both
 */
export function checkExclusive({ values }: Parsed, flags: Flags, wording: Wording): void {
  for (const name of values.keys()) {
    const other = flags[name]?.excludes?.find((one) => values.has(one));
    if (other !== undefined) throw new UsageError(wording.notBoth(other, name));
  }
}

/** The values of a command line, by their kind. */
export interface Values {
  boolean(name: string): boolean;
  text(name: string): string | undefined;
  texts(name: string): readonly string[] | undefined;
  number(name: string): number | undefined;
  /** The flags that were given. */
  names(): readonly string[];
}

/** Reads values by their kind. */
export function readValues({ values }: Pick<Parsed, "values">): Values {
  const text = (name: string): string | undefined => values.get(name)?.at(-1);
  return {
    text,
    boolean: (name) => text(name) === "true",
    texts: (name) => values.get(name),
    names: () => [...values.keys()],
    number: (name) => {
      const value = text(name);
      return value === undefined ? undefined : Number(value);
    },
  };
}
