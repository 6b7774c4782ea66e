// The command line as runc reads it: one dash or two, `--flag value` or `--flag=value`, `--flag=false`. Only tables and
// strings here: it is loaded for every call.

/** A flag of a verb. */
export interface Flag {
  readonly kind: "boolean" | "text" | "texts" | "number";
  readonly char?: string;
  /** Taken and passed over: it asks for nothing that this runtime does differently. */
  readonly ignored?: true;
}

export type Flags = Readonly<Record<string, Flag>>;

/** What a command line said. */
export interface Parsed {
  readonly words: readonly string[];
  readonly values: ReadonlyMap<string, readonly string[]>;
}

/** A command line that cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** When flags end: `first`, with the first word; a number, after that many words; without one, nowhere. */
export interface ParseOptions {
  readonly wordsBeforeRest?: number | undefined;
}

function findFlag(flags: Flags, name: string): readonly [string, Flag] | undefined {
  const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
  if (flag !== undefined) return [name, flag];
  return Object.entries(flags).find(([, { char }]) => char === name);
}

function readBoolean(name: string, text: string | undefined): string {
  if (text === undefined || ["true", "t", "T", "TRUE", "True", "1"].includes(text)) return "true";
  if (["false", "f", "F", "FALSE", "False", "0"].includes(text)) return "false";
  throw new UsageError(`invalid boolean value ${JSON.stringify(text)} for -${name}`);
}

function checkValue(name: string, { kind }: Flag, value: string): string {
  if (kind === "number" && !/^\d{1,9}$/.test(value)) {
    throw new UsageError(`invalid value ${JSON.stringify(value)} for flag -${name}`);
  }
  return value;
}

/** Reads flags and words. */
export function parseFlags(argv: readonly string[], flags: Flags, options: ParseOptions = {}): Parsed {
  const values = new Map<string, readonly string[]>();
  const words: string[] = [];
  const { wordsBeforeRest = Number.POSITIVE_INFINITY } = options;
  let at = 0;
  while (at < argv.length) {
    const word = argv[at++] ?? "";
    if (word === "--") return { words: [...words, ...argv.slice(at)], values };
    if (!word.startsWith("-") || word === "-") {
      words.push(word);
      if (words.length >= wordsBeforeRest) return { words: [...words, ...argv.slice(at)], values };
      continue;
    }
    const [, name = "", value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    const found = findFlag(flags, name);
    if (found === undefined) throw new UsageError(`flag provided but not defined: -${name}`);
    const [fullName, flag] = found;
    const isBoolean = flag.kind === "boolean";
    const given = isBoolean ? readBoolean(fullName, value) : (value ?? argv[at++]);
    if (given === undefined) throw new UsageError(`flag needs an argument: -${name}`);
    const before = flag.kind === "texts" ? (values.get(fullName) ?? []) : [];
    values.set(fullName, [...before, checkValue(fullName, flag, given)]);
  }
  return { words, values };
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
