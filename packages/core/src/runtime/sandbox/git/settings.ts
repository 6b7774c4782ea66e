// What of the caller's git settings a sandbox has: who commits, and how git behaves. Anything that names a program, a server or a
// key stays outside.
import { joinPath } from "../../../paths.ts";
import { SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { Setting } from "./config.ts";
import { readConfig } from "./config.ts";

const fileLimit = 1 << 20;

/** Settings that hold no secret and run nothing, in lower case. */
export const harmless: ReadonlySet<string> = new Set([
  "commit.verbose",
  "core.autocrlf",
  "core.eol",
  "core.quotepath",
  "diff.algorithm",
  "diff.renames",
  "fetch.prune",
  "init.defaultbranch",
  "log.date",
  "merge.conflictstyle",
  "merge.ff",
  "pull.ff",
  "pull.rebase",
  "push.autosetupremote",
  "push.default",
  "rebase.autosquash",
  "rebase.autostash",
  "rerere.enabled",
  "user.email",
  "user.name",
]);

/** The settings of a file; none where it cannot be read. */
export function settingsOf(system: System, path: string): readonly Setting[] {
  try {
    return readConfig(system.readText(path, fileLimit)).settings;
  } catch (error) {
    if (SystemError.is(error)) return [];
    throw error;
  }
}

/** A value that needs no quotes but its own: without what git-config(1) gives a meaning. */
const isPlain = (value: string): boolean => value !== "" && !/["\\\0\n#;]/.test(value);

/** The git config of a sandbox; undefined where the caller has set nothing of it. */
export function gitConfig(system: System, homes: readonly string[]): string | undefined {
  const files = [
    "/etc/gitconfig",
    ...homes.flatMap((home) => [joinPath(home, ".config/git/config"), joinPath(home, ".gitconfig")]),
  ];
  const found = new Map<string, string>();
  for (const { key, value } of files.flatMap((file) => settingsOf(system, file)))
    if (harmless.has(key) && isPlain(value)) found.set(key, value);
  if (found.size === 0) return undefined;
  const lines = [...found].map(([key, value]) => {
    const [section, name] = key.split(".");
    return `[${section}]\n\t${name} = "${value}"\n`;
  });
  return lines.join("");
}
