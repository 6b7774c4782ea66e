// npm as the caller has configured it: see scripts/npm.mjs.
import { join } from "node:path";
import { repository } from "../build.ts";
import type { CommandOptions, Outcome } from "../command.ts";
import { command } from "../command.ts";

/** Runs npm with all of this process's environment: it may name a registry, a proxy and certificates. */
export function npm(words: readonly string[], options: CommandOptions): Promise<Outcome> {
  const own = Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  const env: Record<string, string> = { ...Object.fromEntries(own), ...options.env };
  return command([process.execPath, join(repository, "scripts/npm.mjs"), ...words], { ...options, env });
}
