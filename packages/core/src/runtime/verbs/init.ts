// The verb `init`: writes a project's file of settings by looking at what the project is made with.
import type { SandboxProfile } from "@coffer/spec";
import { escapeControl } from "@coffer/spec";
import { CofferError, quote } from "../../errors.ts";
import { joinPath } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { optional, SystemError } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { Runtime } from "../runtime.ts";
import type { BuiltInName } from "../sandbox/profile/built-in.ts";
import { builtIn } from "../sandbox/profile/built-in.ts";
import { projectNames } from "../sandbox/profile/find.ts";

/** Files of projects, and the profile for the tools that read them. */
const signs: readonly (readonly [file: string, profile: BuiltInName])[] = [
  ["package.json", "node"],
  ["pyproject.toml", "python"],
  ["requirements.txt", "python"],
  ["setup.py", "python"],
  ["Cargo.toml", "rust"],
  ["go.mod", "go"],
];

const isFile = ({ stat }: System, path: string): boolean => optional(() => stat(path).kind) === "file";

function textOf(found: readonly (readonly [file: string, profile: BuiltInName])[]): string {
  const names = [...new Set(found.map(([, profile]) => profile))];
  const because = found.map(([file]) => file).join(", ");
  return [
    "// What `coffer sandbox` gives the commands of this project. `coffer sandbox --help` names the manual.",
    "{",
    ...(names.length === 0 ? [] : [`  "extends": ${JSON.stringify(names)}, // ${because}`]),
    '  "writable": true, // commands may write here; hooks and settings that the host runs stay as they are',
    '  // "read": ["../shared"],',
    '  // "cache": ["npm"],',
    '  // "network": { "allow": ["example.org:443"] },',
    '  "limits": { "pids": 4096 }',
    "}",
    "",
  ].join("\n");
}

/** What one's own settings have to grant for that file. */
function grantOf(names: readonly BuiltInName[]): string {
  const allow = [...new Set(names.flatMap((name) => hostsOf(name)))];
  return JSON.stringify({ projects: { writable: true, ...(allow.length === 0 ? {} : { allow }) } });
}

function hostsOf(name: BuiltInName): readonly string[] {
  const profile: SandboxProfile = builtIn[name];
  return profile.network?.allow ?? [];
}

/**
 * Writes `coffer.jsonc` for the project in the working directory. Gives lines about it.
 *
 * @throws {CofferError} E_USAGE if there is a file of settings, E_IO
 */
export function initProject({ system }: Runtime): string {
  const dir = toAbsolute(system, ".");
  const old = projectNames
    .map((name) => joinPath(dir, name))
    .find((path) => optional(() => system.stat(path, { follow: false })) !== undefined);
  if (old !== undefined)
    throw new CofferError("E_USAGE", `${quote(old)} is there already`, {}, { hint: "change that file" });
  const found = signs.filter(([file]) => isFile(system, joinPath(dir, file)));
  const path = joinPath(dir, "coffer.jsonc");
  try {
    system.writeFile(path, textOf(found), { mode: 0o644, exclusive: true });
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const why = error.reason ?? describeErrno(error.errno);
    throw new CofferError(
      "E_IO",
      `cannot write ${quote(path)}: ${why}`,
      { path, errnoName: error.errno },
      { cause: error },
    );
  }
  return [
    `wrote ${escapeControl(path)}`,
    "to accept it for one call: coffer sandbox --profile coffer.jsonc -- COMMAND",
    `to let every project have as much, in ~/.config/coffer/sandbox.json: ${grantOf(found.map(([, name]) => name))}`,
  ].join("\n");
}
