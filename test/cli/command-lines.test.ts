// Each command line of coffer in the documentation, read with the tables and readers of the real parser. Nothing is run.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { UsageError } from "../../packages/cli/src/parse/flags.ts";
import { readGlobals } from "../../packages/cli/src/parse/globals.ts";
import { readLeading, readVerb, showsSandbox } from "../../packages/cli/src/parse/line.ts";
import type { FaceName } from "../../packages/cli/src/table/flag.ts";
import { findVerb, usageOf } from "../../packages/cli/src/table/verbs.ts";
import { sandboxOptions } from "../../packages/cli/src/verbs/sandbox/sandbox-options.ts";
import { optionsOf } from "../../packages/cli/src/verbs/wasm.ts";
import { readRules } from "../../packages/core/src/runtime/egress/sandbox-network.ts";
import { repository } from "../helpers/build.ts";

/** A line to type, or words in a sentence, such as `coffer sandbox --memory`, which may lack what is not spoken of. */
type Kind = "typed" | "mentioned";

interface Line {
  readonly file: string;
  readonly kind: Kind;
  readonly text: string;
}

const documents = ["README.md", "docs/**/*.md", "examples/**/*", "packages/*/README.md", "man/*"];
const fence = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;
const isShell = (language: string): boolean => !/^(?:ts|js|jsonc?|yaml|diff)$/.test(language);

/** What stands before a command: a prompt, variables, programs that run another. A unit of systemd names its programs so. */
const prefix = /^\s*(?:[$#] |Exec\w+=|- run: )?\s*/;

const joined = (text: string): string => text.replaceAll("\\\n", " ");

function linesOfMarkdown(file: string, text: string): readonly Line[] {
  const fenced = [...text.matchAll(fence)]
    .filter(([, , language = ""]) => isShell(language))
    .flatMap(([, , , body = ""]) => joined(body).split("\n"));
  const spans = [...text.replaceAll(fence, "").matchAll(/(?<!`)`([^`]+)`/g)].map(([, span = ""]) => span);
  return [
    ...fenced.map((line): Line => ({ file, kind: "typed", text: line.replace(prefix, "") })),
    ...spans.map((span): Line => ({ file, kind: "mentioned", text: span.replaceAll("\n", " ") })),
  ];
}

/** The examples of a manual page, which stand between .EX and .EE or begin a line. */
function linesOfRoff(file: string, text: string): readonly Line[] {
  const plain = text.replaceAll("\\(ti", "~").replaceAll("\\(aq", "'").replaceAll(/\\(.)/g, "$1");
  const examples = [...plain.matchAll(/^\.EX\n([\s\S]*?)^\.EE$/gm)].flatMap(([, body = ""]) => body.split("\n"));
  return examples.map((line) => ({ file, kind: "typed", text: line.replace(prefix, "") }));
}

const linesOfText = (file: string, text: string): readonly Line[] =>
  joined(text)
    .split("\n")
    .map((line) => ({ file, kind: "typed", text: line.replace(prefix, "") }));

function linesOf(file: string): readonly Line[] {
  const text = readFileSync(join(repository, file), "utf8");
  if (file.endsWith(".md")) return linesOfMarkdown(file, text);
  return /\.[18]$/.test(file) ? linesOfRoff(file, text) : linesOfText(file, text);
}

/** The commands of a shell's line, as words. A comment ends it. */
function commandsOf(text: string): readonly (readonly string[])[] {
  const token = /\s+|(?:[|&;()<>]|\$\()+|(?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s|&;()<>'"\\])+/g;
  const commands: string[][] = [[]];
  for (const [word] of text.matchAll(token)) {
    if (word.startsWith("#")) break;
    if (/^(?:[|&;()<>]|\$\()+$/.test(word)) commands.push([]);
    else if (word.trim() !== "") commands.at(-1)?.push(word.replaceAll(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, "$1$2"));
  }
  return commands;
}

/** The words from the name of a front on. */
function callOf(words: readonly string[]): { readonly face: FaceName; readonly argv: readonly string[] } | undefined {
  const at = words.findIndex((word) => !/^(?:sudo|exec|time|env|!|\w+=.*)$/.test(word));
  const [, face] = /^(?:\/\S+\/)?(coffer|coffer-oci)$/.exec(words[at] ?? "") ?? [];
  if (face !== "coffer" && face !== "coffer-oci") return undefined;
  const said = words.slice(at + 1).filter((word) => !/^(?:…|\.\.\.)$/.test(word));
  return { face, argv: said.map((word) => word.replace(/(?<=\w)\[=\w+\]$/, "")) };
}

/** A word in capitals stands for a verb of the reader's choice. */
const isPlaceholder = (word: string): boolean => /^[A-Z]+$|^\[/.test(word);

/** Reads a command line as the front does. @throws {UsageError} */
function readLine(face: FaceName, argv: readonly string[], kind: Kind): void {
  const leading = readLeading(argv, face);
  const [first, ...rest] = showsSandbox(leading.words, face);
  if (first === undefined || isPlaceholder(first)) return;
  const [word = "help", ...words] = first === "help" ? rest : [first, ...rest];
  if (word === "help" || isPlaceholder(word)) return;
  const verb = findVerb(word, face);
  if (verb === undefined) throw new UsageError(`there is no verb ${JSON.stringify(word)}`);
  if ([first, ...rest].join(" ") === usageOf(verb, face)) return;
  const { values, rest: behind } = readVerb(verb, kind === "mentioned" ? ["--help", ...words] : words, leading, face);
  readGlobals(values);
  if (verb === "sandbox" || verb === "shell" || verb === "why") {
    sandboxOptions(values);
    readRules({ allow: values.texts("allow") ?? [], deny: values.texts("deny-host") ?? [] });
  }
  if (verb === "wasm") optionsOf({ id: "module.wasm", rest: behind, values });
}

/** A sentence may name a flag without its value. */
const lacksValue = /: the value is missing$|^flag needs an argument: /;

/** What is wrong with a line. */
function wrongWith({ file, kind, text }: Line): readonly string[] {
  return commandsOf(text).flatMap((words) => {
    const call = callOf(words);
    if (call === undefined) return [];
    try {
      readLine(call.face, call.argv, kind);
      return [];
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return kind === "mentioned" && lacksValue.test(message) ? [] : [`${file}: ${text}: ${message}`];
    }
  });
}

const lines = documents
  .flatMap((pattern) => globSync(pattern, { cwd: repository }))
  .filter((file) => /\.(?:md|yml|yaml|sh|mjs|json|[18])$/.test(file))
  .flatMap(linesOf);

test("each command line in the documentation has a verb, flags and values that exist", (t) => {
  // `--secret` takes its value from a variable of the caller.
  process.env.ANTHROPIC_API_KEY ??= "none";
  const calls = lines.filter(({ text }) => commandsOf(text).some((words) => callOf(words) !== undefined));
  t.true(calls.filter(({ kind }) => kind === "typed").length > 100, `${calls.length} lines`);
  t.true(calls.some(({ file }) => file.startsWith("man/")));
  t.deepEqual(calls.flatMap(wrongWith), []);
});
