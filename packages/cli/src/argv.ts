// The command line as runc reads it, rewritten into what oclif parses: global flags may stand before the verb, one dash
// may introduce a long flag, and for verbs that take a command the flags end where the command begins.

/** What of a flag matters here: oclif's own flag objects have these fields. */
export interface FlagShape {
  readonly type: "boolean" | "option";
  readonly char?: string | undefined;
}

export type FlagShapes = Readonly<Record<string, FlagShape>>;

/** A verb: its flags and, when a command follows, how many words stand before the command. */
export interface VerbShape {
  readonly flags: FlagShapes;
  readonly commandAfter?: number;
}

interface Token {
  readonly words: readonly string[];
  readonly next: number;
}

function findFlag(flags: FlagShapes, word: string): readonly [string, FlagShape] | undefined {
  const match = /^--?([A-Za-z][^=]*)/.exec(word);
  const name = match?.[1];
  if (name === undefined) return undefined;
  const named = flags[name];
  if (named !== undefined) return [name, named];
  if (word.startsWith("--")) return undefined;
  return Object.entries(flags).find(([, flag]) => flag.char === name);
}

/** Takes one flag, with its value when it has one. A flag that is not known is left for oclif to refuse. */
function takeFlag(argv: readonly string[], at: number, flags: FlagShapes): Token {
  const word = argv[at] ?? "";
  const found = findFlag(flags, word);
  if (found === undefined) return { words: [word], next: at + 1 };
  const [name, flag] = found;
  const equals = word.indexOf("=");
  if (flag.type === "boolean") {
    const value = equals < 0 ? undefined : word.slice(equals + 1);
    // `--trace=FILE`: oclif has no flag whose value may be left out, so that this is one of its own.
    if (value !== undefined && Object.hasOwn(flags, `${name}-to`))
      return { words: [`--${name}-to=${value}`], next: at + 1 };
    return takeBoolean(name, value ?? "true", at);
  }
  if (equals >= 0) return { words: [`--${name}=${word.slice(equals + 1)}`], next: at + 1 };
  const value = argv[at + 1];
  return { words: value === undefined ? [`--${name}`] : [`--${name}=${value}`], next: at + 2 };
}

/** The words of Go for a boolean, in any case. What is none is left for oclif to refuse. */
const booleans: Readonly<Record<string, boolean>> = { true: true, t: true, 1: true, false: false, f: false, 0: false };

function takeBoolean(name: string, value: string, at: number): Token {
  const is = Object.hasOwn(booleans, value.toLowerCase()) ? booleans[value.toLowerCase()] : undefined;
  const words = is === undefined ? [`--${name}=${value}`] : is ? [`--${name}`] : [];
  return { words, next: at + 1 };
}

/** runc's global `--rootless=true|false|auto`: what a caller may do is found out, so that it says nothing here. */
const leadingOnly: FlagShapes = { rootless: { type: "option" } };

const isFlag = (word: string): boolean => word.startsWith("-") && word !== "-" && word !== "--";

/** Rewrites the words after the verb. */
function rewriteVerb(argv: readonly string[], shape: VerbShape): readonly string[] {
  const flags: string[] = [];
  const words: string[] = [];
  let at = 0;
  while (at < argv.length) {
    const word = argv[at] ?? "";
    if (word === "--") return [...flags, ...words, ...argv.slice(at)];
    // Flags end with the first word, as in runc; a verb whose first word is the command still has its own before it.
    if (words.length === shape.commandAfter && (words.length > 0 || !isFlag(word))) {
      const command = argv.slice(at);
      return [...flags, ...words, "--", ...command];
    }
    if (isFlag(word)) {
      const token = takeFlag(argv, at, shape.flags);
      flags.push(...token.words);
      at = token.next;
    } else {
      words.push(word);
      at++;
    }
  }
  return [...flags, ...words];
}

/** Rewrites a whole command line: verb first, its flags, its words, `--`, a command. */
export function rewriteArgv(
  argv: readonly string[],
  globals: FlagShapes,
  verbs: Readonly<Record<string, VerbShape>>,
): string[] {
  const leading: string[] = [];
  let at = 0;
  while (at < argv.length && isFlag(argv[at] ?? "")) {
    const token = takeFlag(argv, at, { ...globals, ...leadingOnly });
    leading.push(...token.words.filter((word) => !word.startsWith("--rootless=")));
    at = token.next;
  }
  const verb = argv[at];
  const shape = verb === undefined ? undefined : verbs[verb];
  if (verb === undefined) return leading;
  const rest = argv.slice(at + 1);
  return [verb, ...leading, ...(shape === undefined ? rest : rewriteVerb(rest, shape))];
}
