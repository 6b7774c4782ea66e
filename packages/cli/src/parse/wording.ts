// What is said of a command line that cannot be understood: each front in the words that its callers know.
import type { FaceName } from "../table/flag.ts";

/** The sentences of one front. */
export interface Wording {
  /** `word` is the flag as it was written, `near` one that was probably meant. */
  noFlag(name: string, word: string, near: string | undefined): string;
  noBoolean(name: string, value: string): string;
  noNumber(name: string, value: string): string;
  noChoice(name: string, value: string, choices: readonly string[]): string;
  noWord(name: string, word: string, choices: readonly string[]): string;
  noValue(name: string): string;
  notBoth(a: string, b: string): string;
  noVerb(word: string, near: string | undefined): string;
  /** The verb lacks a word, which `help` describes. */
  tooFew(verb: string, usage: string, help: string, count: number): string;
  tooMany(verb: string, usage: string, word: string, count: number): string;
}

const quote = (text: string): string => JSON.stringify(text);

/** For who has meant another program than a container of a bundle. */
const aCommand = "`coffer sandbox -- CMD` runs a command of this host";

/** Sentences for people. */
const people: Wording = {
  noFlag: (_name, word, near) =>
    `unknown flag: ${word.replace(/=.*$/s, "")}${near === undefined ? "" : `: did you mean --${near}?`}`,
  noBoolean: (name, value) => `--${name}: expected true or false but received: ${value}`,
  noNumber: (name, value) => `--${name}: expected an integer but received: ${value}`,
  noChoice: (name, value, choices) => `--${name}: ${value} is not one of ${choices.join(", ")}`,
  noWord: (name, word, choices) => `${name}: ${word} is not one of ${choices.join(", ")}`,
  noValue: (name) => `--${name}: the value is missing`,
  notBoth: (a, b) => `--${a} and --${b} exclude each other`,
  noVerb: (word, near) =>
    near === undefined
      ? `there is no verb ${quote(word)}: \`coffer --help\` lists them, and ${aCommand}`
      : `there is no verb ${quote(word)}: did you mean ${near}?: \`coffer --help\` lists them`,
  tooFew: (verb, _usage, help) => `give ${help}${verb === "ps" ? " (`coffer list` lists all containers)" : ""}`,
  tooMany: (verb, _usage, word) => `unexpected argument: ${word}${verb === "run" ? `: ${aCommand}` : ""}`,
};

/** runc's, which engines print as they are. */
const engines: Wording = {
  noFlag: (name) => `flag provided but not defined: -${name}`,
  noBoolean: (name, value) => `invalid boolean value ${quote(value)} for -${name}`,
  noNumber: (name, value) => `invalid value ${quote(value)} for flag -${name}`,
  noChoice: (name, value) => (name === "format" ? "invalid format option" : `invalid ${name}: ${quote(value)}`),
  noWord: (name, word) => `invalid ${name}: ${quote(word)}`,
  noValue: (name) => `flag needs an argument: -${name}`,
  notBoth: (a, b) => `-${a} and -${b} exclude each other`,
  noVerb: (word) => `unknown command ${quote(word)}`,
  tooFew: (verb, usage, _help, count) => `"${verb}" takes the words of: ${usage}; ${count} were given`,
  tooMany: (verb, usage, _word, count) => `"${verb}" takes the words of: ${usage}; ${count} were given`,
};

/** The sentences of each front. */
export const wordings: Readonly<Record<FaceName, Wording>> = { coffer: people, "coffer-oci": engines };
