// The entry for engines: runc's command line on Coffer's core, with nothing loaded that a call does not need.
import { readFileSync } from "node:fs";
import { refuseOtherBytes } from "../text-argv.ts";
import { watchOutput } from "../write-errors.ts";
import type { Parsed } from "./flags.ts";
import { parseFlags, readValues, UsageError } from "./flags.ts";
import type { LogOptions } from "./globals.ts";
import { globalFlags, readGlobals, readLogOptions } from "./globals.ts";
import { loadVerb } from "./load-verb.ts";
import { logError, logWarning } from "./log.ts";
import type { Verb, VerbName } from "./verb-table.ts";
import { isVerb, printUsage, verbTable } from "./verb-table.ts";

/** The newest version of the OCI runtime spec that is understood, without loading what understands it. */
const specVersion = "1.3.0";

/** The lines that engines read of `--version`. */
function printVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL(import.meta.resolve("#package")), "utf8"));
  return `coffer-oci version ${version}\nspec: ${specVersion}\n`;
}

function printHelp(): string {
  const flags = Object.keys(globalFlags).map((name) => `--${name}`);
  const usages = Object.values(verbTable).map(({ usage }) => `   ${usage}\n`);
  return `usage: coffer-oci [global flags] VERB\nglobal flags: ${flags.join(" ")}\nverbs:\n${usages.join("")}`;
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

async function callVerb(name: VerbName, argv: readonly string[], leading: Parsed): Promise<number> {
  const verb: Verb = verbTable[name];
  const flags = { ...verb.flags, help: { kind: "boolean", char: "h" } } as const;
  const parsed = parseFlags(argv, flags, { wordsBeforeRest: verb.wordsBeforeRest });
  const values = readValues(parsed);
  if (values.boolean("help")) return say(printUsage(name));
  const [least, most] = verb.words;
  const count = parsed.words.length;
  if (count < least || count > most) {
    throw new UsageError(`"${name}" takes the words of: ${verb.usage}; ${count} were given`);
  }
  const globals = readGlobals(readValues(leading));
  const [id = "", ...rest] = parsed.words;
  const run = await loadVerb(name);
  const log = readLogOptions(readValues(leading));
  return run({ globals, id, rest, values, warn: (warning) => logWarning(warning, log) });
}

async function dispatch(leading: Parsed): Promise<number> {
  const values = readValues(leading);
  const [name, ...argv] = leading.words;
  if (values.boolean("version")) return say(printVersion());
  if (values.boolean("help") || name === undefined || name === "help") return say(printHelp());
  if (!isVerb(name)) throw new UsageError(`unknown command ${JSON.stringify(name)}`);
  return callVerb(name, argv, leading);
}

function fail(error: unknown, options: LogOptions, status: number): number {
  process.stderr.write(logError(error, options));
  return status;
}

/** Runs a command line and gives the status to exit with. */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput("coffer-oci");
  let options: LogOptions = { file: undefined, format: "text", debug: false };
  let status = 1;
  try {
    const leading = parseFlags(argv, globalFlags, { wordsBeforeRest: 1 });
    options = readLogOptions(readValues(leading));
    const name = leading.words[0];
    const verb: Verb | undefined = isVerb(name) ? verbTable[name] : undefined;
    status = verb?.failure ?? 1;
    refuseOtherBytes(argv);
    return await dispatch(leading);
  } catch (error) {
    return fail(error, options, status);
  }
}
