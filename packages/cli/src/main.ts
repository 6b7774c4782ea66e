// The one place that prints errors and decides the exit status.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "@oclif/core";
import type { VerbShape } from "./argv.ts";
import { rewriteArgv } from "./argv.ts";
import { commands } from "./commands.ts";
import { globalFlags } from "./global-flags.ts";
import type { LogOptions } from "./render-error.ts";
import { renderError } from "./render-error.ts";
import { refuseOtherBytes } from "./text-argv.ts";
import { findVerb, rewordUsage } from "./usage.ts";
import { watchOutput } from "./write-errors.ts";

/** How many words stand before the command, for the verbs that take one. */
const commandAfter: Readonly<Record<string, number>> = { exec: 1, ps: 1, sandbox: 0 };
/** As runc has it: an `exec` that could not start its program is told apart from any status that one can have had. */
const failureStatus: Readonly<Record<string, number>> = { exec: 255 };

/** The newest version of the OCI runtime spec that is understood, without loading what understands it. */
const specVersion = "1.3.0";

const root = new URL("..", import.meta.url);

/** The package's own description; from a checkout that is not built, the commands are the sources. */
function readPackage() {
  const pjson = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  if (import.meta.url.endsWith(".ts")) pjson.oclif.commands.target = "./src/commands.ts";
  return pjson;
}

function verbShapes(): Readonly<Record<string, VerbShape>> {
  const shapes = Object.entries(commands).map(([name, command]): readonly [string, VerbShape] => {
    const flags = { ...globalFlags, ...command.flags };
    const words = commandAfter[name];
    return [name, words === undefined ? { flags } : { flags, commandAfter: words }];
  });
  return Object.fromEntries(shapes);
}

function flagValue(argv: readonly string[], name: string): string | undefined {
  const separator = argv.indexOf("--");
  const own = separator < 0 ? argv : argv.slice(0, separator);
  return own.findLast((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
}

/** The log options, found without parsing, since the parser's own errors are logged too. */
function readLogOptions(argv: readonly string[]): LogOptions {
  const format = flagValue(argv, "log-format") === "json" ? "json" : "text";
  return { file: flagValue(argv, "log"), format, debug: argv.includes("--debug") };
}

function exitOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("code" in error) || error.code !== "EEXIT") return undefined;
  return "oclif" in error && typeof error.oclif === "object" && error.oclif !== null && "exit" in error.oclif
    ? Number(error.oclif.exit)
    : 0;
}

/** The lines that engines read of `--version`. */
function printVersion(): string {
  return `coffer version ${readPackage().version}\nspec: ${specVersion}\n`;
}

/** Runs a command line and gives the status to exit with. */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput("coffer");
  const rewritten = rewriteArgv(argv, globalFlags, verbShapes());
  if (argv[0] === "--version" || argv[0] === "-v") {
    process.stdout.write(printVersion());
    return 0;
  }
  try {
    // No plugins: oclif would look for them in the caller's home directory, and load code from there.
    const alone = { userPlugins: false, devPlugins: false };
    refuseOtherBytes(argv);
    await run(findVerb(rewritten), { root: fileURLToPath(root), pjson: readPackage(), ...alone });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const exit = exitOf(error);
    if (exit !== undefined) return exit;
    process.stderr.write(renderError(rewordUsage(rewritten[0], error), readLogOptions(rewritten)));
    return failureStatus[rewritten[0] ?? ""] ?? 1;
  }
}
