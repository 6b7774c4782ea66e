// Both fronts: words in, words out. The one place that prints errors and decides the exit status.
import { basename } from "node:path";
import { nearVerb } from "./help/near.ts";
import { overviewText, usageText, verbUsageText } from "./help/text.ts";
import { loadVerb } from "./load-verb.ts";
import { logDebug, logError, logWarning, openLog } from "./output/log.ts";
import { failureStatus } from "./output/status.ts";
import { leaveTerminals } from "./output/terminals.ts";
import { watchOutput } from "./output/write-errors.ts";
import type { Parsed } from "./parse/flags.ts";
import { readValues, UsageError } from "./parse/flags.ts";
import type { LogOptions } from "./parse/globals.ts";
import { readEnginePolicy, readGlobals, readLogOptions } from "./parse/globals.ts";
import { readLeading, readVerb, showsSandbox, showVerbs } from "./parse/line.ts";
import { refuseOtherBytes } from "./parse/text.ts";
import { wordings } from "./parse/wording.ts";
import type { FaceName } from "./table/flag.ts";
import type { VerbName } from "./table/verbs.ts";
import { findVerb, verbsOf } from "./table/verbs.ts";
import { readVersion } from "./version.ts";

export { leaveLater } from "./output/leave.ts";

/** The newest version of the OCI runtime spec that is understood, without loading what understands it. */
const specVersion = "1.3.0";

/** What is known about a call so far: how its error is reported, and with which status it ends. */
interface Progress {
  verb: VerbName | undefined;
  log: LogOptions;
  /** What is left of the command line when the options before the verb are read. */
  words: readonly string[];
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** What crun's last line tells of it, as far as it is true of this runtime. Engines look for `+CRIU`. */
const abilities = "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +CRIU";

/** The lines that engines read of `--version`. An engine may know only runc or crun, and call a link of that name. */
function printVersion(face: FaceName): number {
  const version = readVersion();
  const name = basename(process.argv[1] ?? "");
  if (face === "coffer" || (name !== "runc" && name !== "crun"))
    return say(`${face} version ${version}\nspec: ${specVersion}\n`);
  const last = name === "crun" ? `${abilities}\n` : "";
  return say(`${name} version ${version}\ncommit: coffer-${version}\nspec: ${specVersion}\n${last}`);
}

/** Prints help: for people in oclif's form, which is loaded for that alone. */
async function printHelp(face: FaceName, verb: VerbName | undefined): Promise<number> {
  if (face === "coffer-oci") return say(verb === undefined ? usageText(face) : verbUsageText(verb, face));
  // Both fronts have the same: oclif knows no groups of verbs.
  if (verb === undefined) return say(overviewText());
  const { printHelp: print } = await import("#help");
  return print([verb, "--help"]);
}

async function callVerb(name: VerbName, argv: readonly string[], leading: Parsed, face: FaceName, progress: Progress) {
  const line = readVerb(name, argv, leading, face);
  progress.log = readLogOptions(line.values);
  if (line.wantsHelp) return printHelp(face, name);
  progress.log = openLog(face, progress.log);
  const globals = readGlobals(line.values);
  const policy = face === "coffer" ? line.values.text("policy") : readEnginePolicy(readValues(leading));
  const [id = "", ...words] = line.words;
  const run = await loadVerb(name);
  const warn = (warning: Error): void => logWarning(face, warning, progress.log);
  const debug = (message: string): void => logDebug(face, message, progress.log);
  debug(id === "" ? name : `${name} ${id}`);
  const status = await run({ face, globals, policy, id, words, rest: line.rest, values: line.values, warn, debug });
  debug(`${name} ends with status ${status}`);
  return status;
}

function noVerb(word: string, face: FaceName): UsageError {
  return new UsageError(wordings[face].noVerb(word, nearVerb(word, verbsOf(face))));
}

async function dispatch(leading: Parsed, face: FaceName, progress: Progress): Promise<number> {
  const values = readValues(leading);
  const [word, ...argv] = showsSandbox(leading.words, face);
  if (values.boolean("version")) return printVersion(face);
  if (values.boolean("help") || word === undefined) return printHelp(face, undefined);
  const isHelp = word === "help";
  const asked = isHelp ? argv[0] : word;
  const name = findVerb(asked, face);
  if (name === undefined) {
    if (isHelp && asked === undefined) return printHelp(face, undefined);
    throw noVerb(asked ?? "", face);
  }
  if (isHelp) return printHelp(face, name);
  progress.verb = name;
  return callVerb(name, argv, leading, face, progress);
}

/** `plan sandbox ls` lacks the word that begins a command: then `sandbox` is the name of a bundle, and there rarely is one. */
function lacksDashes(error: Error, [verb = "", word, ...rest]: readonly string[], face: FaceName): boolean {
  const isMeant = face === "coffer" && showVerbs.includes(verb) && word === "sandbox" && !rest.includes("--");
  return isMeant && (error.name === "UsageError" || ("code" in error && error.code === "E_IO"));
}

/** An error of a command line says, to people, of which verb it is and where the help is. */
function addHelp(error: unknown, face: FaceName, verb: VerbName | undefined, words: readonly string[]): unknown {
  if (!(error instanceof Error)) return error;
  if (lacksDashes(error, words, face)) {
    const example = `\`coffer ${verb} sandbox -- npm test\``;
    const message = `${verb} sandbox: ${error.message}: for a sandbox write -- before its command, as in ${example}`;
    return new UsageError(`${message}; for a bundle of that name write ./sandbox`, { cause: error });
  }
  // Not by its class: each file of the bundle has one of its own.
  if (error.name !== "UsageError") return error;
  if (face !== "coffer" || verb === undefined) return error;
  return new UsageError(`${verb}: ${error.message}: see \`coffer ${verb} --help\``, { cause: error });
}

/** With a mask such as 0777 an ordinary caller could not enter the state directory that the front makes. */
function keepOwnersBits(): void {
  const mask = process.umask();
  if ((mask & 0o700) !== 0) process.umask(mask & 0o077);
}

/** Runs a command line and gives the status to exit with. `tell` gets the status that a failure of the program itself has. */
export async function main(
  argv: readonly string[],
  face: FaceName,
  tell: (status: number) => void = () => {},
): Promise<number> {
  watchOutput(face);
  keepOwnersBits();
  const progress: Progress = { verb: undefined, log: { file: undefined, format: "text", debug: false }, words: [] };
  try {
    const leading = readLeading(argv, face);
    progress.log = readLogOptions(readValues(leading));
    progress.words = leading.words;
    progress.verb = findVerb(leading.words[0], face);
    tell(failureStatus(undefined, face, progress.verb));
    refuseOtherBytes(argv);
    const status = await dispatch(leading, face, progress);
    leaveTerminals();
    return status;
  } catch (error) {
    process.stderr.write(logError(face, addHelp(error, face, progress.verb, progress.words), progress.log));
    return failureStatus(error, face, progress.verb);
  }
}
