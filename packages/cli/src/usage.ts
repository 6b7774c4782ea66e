// What is wrong with a command line, in the same words for every verb.
import { commands } from "./commands.ts";

/** What oclif's parser ends each of its messages with. */
const suffix = "\nSee more help with --help";

const rewordings: readonly (readonly [RegExp, string])[] = [
  [/^Missing \d+ required args?:\n\S+ +([^\n]+)[\s\S]*$/, "give $1"],
  [/^Unexpected arguments?: /, "unexpected argument: "],
  [/^Nonexistent flags?: /, "unknown flag: "],
  [/^Parsing (--\S+) *\n\tExpected /, "$1: expected "],
  [/^The following errors? occurred:\s+/, ""],
  [/^Expected (--[^=]+)=(.*) to be one of: /s, "$1: $2 is none of "],
];

const isHelp = (word: string): boolean => word === "--help" || word === "-h";

/** `kill -9 ID`: oclif would take the number for a word, and the id for the signal. */
function refuseNumbers(verb: string, words: string[]): string[] {
  const end = words.indexOf("--");
  const stray = words.slice(1, end < 0 ? undefined : end).find((word) => /^-\d/.test(word));
  if (stray === undefined) return words;
  throw new Error(`${verb}: unknown flag: ${stray}: see \`coffer ${verb} --help\``);
}

/** The verb and what follows it: `help VERB` is `VERB --help`. */
export function findVerb(argv: readonly string[]): string[] {
  const words = argv[0] === "help" ? [...argv.slice(1, 2), "--help"] : [...argv];
  const [verb] = words;
  if (verb === undefined) return words;
  if (Object.hasOwn(commands, verb)) return refuseNumbers(verb, words);
  if (verb.startsWith("-") && words.some(isHelp)) return ["--help"];
  const wrong = verb.startsWith("-") ? `no verb after ${verb}` : `there is no verb "${verb}"`;
  throw new Error(`${wrong}: \`coffer --help\` lists them`);
}

/** An error of oclif's parser in our words; any other as it is. */
export function rewordUsage(verb: string | undefined, error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.endsWith(suffix)) return error;
  const message = rewordings.reduce(
    (text, [pattern, words]) => text.replace(pattern, words),
    error.message.slice(0, -suffix.length),
  );
  return new Error(`${verb}: ${message}: see \`coffer ${verb} --help\``, { cause: error });
}
