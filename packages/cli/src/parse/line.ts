// A whole command line: global flags, a verb, its flags and words, a command.
import type { FaceName, Flags, Verb } from "../table/flag.ts";
import { flagsOf } from "../table/flag.ts";
import { globalFlags, helpFlag } from "../table/groups.ts";
import type { VerbName } from "../table/verbs.ts";
import { usageOf, verbOf } from "../table/verbs.ts";
import type { Parsed, Values } from "./flags.ts";
import { checkExclusive, parseFlags, readValues, UsageError } from "./flags.ts";
import { wordings } from "./wording.ts";

/** A verb as it was called. */
export interface VerbLine {
  readonly name: VerbName;
  readonly words: readonly string[];
  /** What follows the words: the container's command. */
  readonly rest: readonly string[];
  readonly values: Values;
  readonly wantsHelp: boolean;
}

const readingOf = (face: FaceName) => ({ wording: wordings[face], dashesEnd: face === "coffer" });

/**
 * Reads what stands before the verb. `words` are the verb and all that follows.
 *
 * @throws {UsageError}
 */
export function readLeading(argv: readonly string[], face: FaceName): Parsed {
  return parseFlags(argv, flagsOf(globalFlags, face), { wordsBeforeRest: 1, ...readingOf(face) });
}

/** Verbs that show a bundle, and a sandbox too. */
export const showVerbs: readonly string[] = ["plan", "audit", "explain"];

/** `plan sandbox … -- COMMAND` is `sandbox --show plan … -- COMMAND`. A bundle that is named sandbox has no command behind it. */
export function showsSandbox(words: readonly string[], face: FaceName): readonly string[] {
  const [verb = "", word, ...rest] = words;
  const isShown = face === "coffer" && showVerbs.includes(verb) && word === "sandbox" && rest.includes("--");
  return isShown ? ["sandbox", "--show", verb, ...rest] : words;
}

/** `coffer` takes the global flags behind the verb as well. The verb's own flags of the same name come first. */
function flagsBehind(verb: Verb, face: FaceName): Flags {
  const globals = face === "coffer" ? flagsOf(globalFlags, face) : { help: helpFlag };
  return { ...globals, ...flagsOf(verb.flags, face) };
}

/**
 * Splits a command off; `--` right before it is left out. A verb without words of its own takes nothing else before
 * `--`: such a word is a mistake, for instance the value of a flag that has none. Engines write commands as runc does.
 */
function splitRest(parsed: Parsed, { words: own }: Verb, face: FaceName): readonly [string[], string[]] {
  const words = parsed.words.slice(0, own.length);
  const rest = parsed.words.slice(own.length);
  if (face === "coffer-oci" || parsed.isDashed) return [words, rest];
  const dashes = rest.indexOf("--");
  if (dashes > 0 && own.length === 0)
    throw new UsageError(`unexpected argument: ${rest[0]}: the command stands behind --`);
  return [words, dashes === 0 ? rest.slice(1) : rest];
}

function checkWords(name: VerbName, line: VerbLine, face: FaceName): void {
  const { words, rest } = verbOf(name);
  const wording = wordings[face];
  const usage = (): string => usageOf(name, face);
  const count = line.words.length;
  const missing = words.find((word, index) => !word.optional && index >= count);
  if (missing !== undefined) throw new UsageError(wording.tooFew(name, usage(), missing.help, count));
  if (rest?.required && line.rest.length === 0)
    throw new UsageError(wording.tooFew(name, usage(), "the command to run", 0));
  const extra = line.words[words.length];
  if (extra !== undefined) throw new UsageError(wording.tooMany(name, usage(), extra, count));
  for (const [index, { name: word, choices }] of words.entries()) {
    const given = line.words[index];
    if (given !== undefined && choices !== undefined && !choices.includes(given))
      throw new UsageError(wording.noWord(word, given, choices));
  }
}

/**
 * Reads what stands behind a verb.
 *
 * @throws {UsageError}
 */
export function readVerb(name: VerbName, argv: readonly string[], leading: Parsed, face: FaceName): VerbLine {
  const verb = verbOf(name);
  const reading = readingOf(face);
  const flags = flagsBehind(verb, face);
  const wordsBeforeRest = verb.rest === undefined || verb.rest.isOwn ? undefined : verb.words.length;
  const parsed = parseFlags(argv, flags, { wordsBeforeRest, ...reading });
  const values = readValues({ values: new Map([...leading.values, ...parsed.values]) });
  const wantsHelp = parsed.values.has("help");
  const [words, rest] = verb.rest === undefined ? [parsed.words, []] : splitRest(parsed, verb, face);
  const line: VerbLine = { name, words, rest, values, wantsHelp };
  if (wantsHelp) return line;
  checkExclusive(parsed, flags, reading.wording);
  checkWords(name, line, face);
  return line;
}
