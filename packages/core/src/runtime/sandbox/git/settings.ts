// What of the caller's git settings a sandbox has: who commits, and how git behaves. Anything that names a program, a server or a
// key stays outside.
import { joinPath } from "../../../paths.ts";
import { SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

const fileLimit = 1 << 20;

/** Settings that hold no secret and run nothing, in lower case. */
const harmless: ReadonlySet<string> = new Set([
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

/** A setting of git-config(1): its section with a subsection, its name, and its value. */
export interface Setting {
  readonly key: string;
  readonly value: string;
}

const unquote = (value: string): string => value.replace(/^"(.*)"$/, "$1");

/** Reads settings that take one line each. Others are ignored. */
export function readSettings(text: string): readonly Setting[] {
  const settings: Setting[] = [];
  let section = "";
  for (const line of text.split("\n")) {
    const head = /^\s*\[\s*([\w.-]+)(?:\s+"(.*)")?\s*\]\s*(?:[#;].*)?$/.exec(line);
    if (head !== null) section = [head[1]?.toLowerCase(), head[2]].filter((part) => part !== undefined).join(".");
    const cut = line.indexOf("=");
    const name = line.slice(0, Math.max(cut, 0)).trim();
    if (!/^[A-Za-z][\w-]*$/.test(name)) continue;
    settings.push({ key: `${section}.${name.toLowerCase()}`, value: unquote(line.slice(cut + 1).trim()) });
  }
  return settings;
}

/** The settings of a file; none where it cannot be read. */
export function settingsOf(system: System, path: string): readonly Setting[] {
  try {
    return readSettings(system.readText(path, fileLimit));
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
