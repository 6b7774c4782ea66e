// `audit --fix`: the config of a bundle with the changes that remove findings.
import type { JsonValue } from "@coffer/spec";
import { escapeControl, parseJson, stringifyJson } from "@coffer/spec";
import type { Finding } from "../../audit/index.ts";
import { auditPlan } from "../../audit/index.ts";
import { CofferError, quote } from "../../errors.ts";
import { fixAll } from "../../explain/index.ts";
import type { Bundle } from "../launch/bundle.ts";
import { closeBundle, readBundle, readUserFile, readWithWarnings } from "../launch/bundle.ts";
import { adaptedBundle } from "../launch/module-bundle.ts";
import { writeUserFile } from "../policy/user-file.ts";
import type { Runtime } from "../runtime.ts";
import type { AuditVerbOptions } from "./audit.ts";
import { planSubject } from "./audit.ts";

/** What `audit --fix` would change. */
export interface Proposal {
  /** The changes, a line each; without one there is nothing to write. */
  readonly lines: readonly string[];
  /** The file that would be written. */
  readonly path: string;
  /** Writes the file, and gives the findings that are left. */
  write(): readonly Finding[];
}

/** Changes as long as a change brings others: a namespace of its own brings files of procfs that were not there. */
const rounds = 3;

function isJson(value: unknown): value is JsonValue {
  return typeof value === "object" && value !== null;
}

function indentOf(text: string): string | number {
  return /^[{[]\r?\n([ \t]{1,8})/.exec(text)?.[1] ?? 2;
}

/** What an audit finds in the bundle with this config. */
async function findingsOf(
  runtime: Runtime,
  bundle: Bundle,
  value: JsonValue,
  options: AuditVerbOptions,
): Promise<readonly Finding[]> {
  const changed = { ...bundle, ...readWithWarnings("the changed config", () => value) };
  return auditPlan(planSubject(runtime, await adaptedBundle(runtime, changed), options)).findings;
}

/**
 * Finds the changes of a bundle's config that remove findings of its audit. Nothing is written before `write` is called.
 *
 * @throws {CofferError} E_IO, E_CONFIG_INVALID, E_UNSUPPORTED
 */
export async function proposeFixes(
  runtime: Runtime,
  options: Omit<AuditVerbOptions, "failOn" | "form">,
): Promise<Proposal> {
  const { system } = runtime;
  const { bundle: directory = ".", configFile = "config.json" } = options;
  const bundle = readBundle(system, directory, configFile);
  const isElsewhere = configFile.startsWith("/");
  const path = isElsewhere ? configFile : `${bundle.path}/${configFile}`;
  try {
    const text = readUserFile(system, "the config", path, isElsewhere ? path : `${bundle.held.dir.at}/${configFile}`);
    const value = parseJson(text);
    if (!isJson(value)) throw new CofferError("E_USAGE", "the config is no object", { argument: "bundle" });
    const host = { arch: system.uname().machine };
    const lines: string[] = [];
    let now: JsonValue = value;
    let left = await findingsOf(runtime, bundle, now, options);
    for (let round = 0; round < rounds; round += 1) {
      const { fixes, config } = fixAll(now, left, host);
      if (fixes.length === 0) break;
      lines.push(...fixes.map(({ finding, says }) => escapeControl(`${finding.check}: ${says}`)));
      now = config;
      left = await findingsOf(runtime, bundle, now, options);
    }
    return { lines, path, write: () => writeConfig(runtime, path, text, now, left) };
  } finally {
    closeBundle(bundle);
  }
}

function writeConfig(
  { system }: Runtime,
  path: string,
  text: string,
  value: JsonValue,
  left: readonly Finding[],
): readonly Finding[] {
  if (readUserFile(system, "the config", path) !== text)
    throw new CofferError("E_USAGE", `the config ${quote(path)} has changed meanwhile`, { argument: "fix" });
  const { mode } = system.stat(path);
  const end = text.endsWith("\n") ? "\n" : "";
  writeUserFile(system, "the config", path, `${stringifyJson(value, indentOf(text))}${end}`, mode & 0o777);
  return left;
}
