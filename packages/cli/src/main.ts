// The one place that prints errors and decides the exit status.
import { run } from "@oclif/core";
import type { VerbShape } from "./argv.ts";
import { rewriteArgv } from "./argv.ts";
import { commands } from "./commands.ts";
import { globalFlags } from "./global-flags.ts";
import type { LogOptions } from "./render-error.ts";
import { renderError } from "./render-error.ts";

/** How many words stand before the command, for the verbs that take one. */
const commandAfter: Readonly<Record<string, number>> = { exec: 1, sandbox: 0 };
/** As runc has it: an `exec` that could not start its program is told apart from any status that one can have had. */
const failureStatus: Readonly<Record<string, number>> = { exec: 255 };

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

/** Runs a command line and gives the status to exit with. */
export async function main(argv: readonly string[]): Promise<number> {
  const rewritten = rewriteArgv(argv, globalFlags, verbShapes());
  try {
    await run(rewritten, import.meta.url);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const exit = exitOf(error);
    if (exit !== undefined) return exit;
    process.stderr.write(renderError(error, readLogOptions(rewritten)));
    return failureStatus[rewritten[0] ?? ""] ?? 1;
  }
}
