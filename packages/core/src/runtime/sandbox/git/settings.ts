// What of the caller's git settings a sandbox has: who commits, and how git behaves. Anything that names a program but git-lfs,
// a server or a key stays outside.
import { home } from "../../../defaults/sandbox/places.ts";
import { isLfs } from "../../../overlay/named/git-words.ts";
import { joinPath } from "../../../paths.ts";
import { optional, SystemError } from "../../../system/error.ts";
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

const publicKey = /^(?:key::)?((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]+ [\w+/=]+)/;

/** The public key that `user.signingKey` is, or whose file it names. Of the private key git takes that beside. */
function signingKey(system: System, own: string, value: string): string | undefined {
  const path = value.startsWith("~/") ? joinPath(own, value.slice(2)) : value;
  const file = path.endsWith(".pub") ? path : `${path}.pub`;
  const read = (): string | undefined => (path.startsWith("/") ? system.readText(file, fileLimit) : undefined);
  return publicKey.exec(value)?.[1] ?? publicKey.exec(optional(read) ?? "")?.[1];
}

/** What has an agent sign commits: the key is public, and no program is named. */
function signing(system: System, own: string, settings: readonly Setting[]): readonly (readonly [string, string])[] {
  const of = (key: string): string | undefined => settings.findLast((one) => one.key === key)?.value;
  if (of("gpg.format") !== "ssh") return [];
  const key = signingKey(system, own, of("user.signingkey") ?? "");
  if (key === undefined) return [];
  const wanted = ["commit.gpgsign", "tag.gpgsign"].flatMap((name) => {
    const value = of(name);
    return value === undefined || !isPlain(value) ? [] : [[name, value] as const];
  });
  return [["gpg.format", "ssh"], ["user.signingkey", `key::${key}`], ...wanted];
}

/** Without these git would store large files themselves. git-lfs is a program of PATH, or git says that it is not there. */
function ofLfs(settings: readonly Setting[]): readonly (readonly [string, string])[] {
  const found = settings.filter((one) => one.key.startsWith("filter.lfs.") && isLfs(one));
  return found.length === 0
    ? []
    : [...found.map(({ key, value }) => [key, value] as const), ["filter.lfs.required", "true"]];
}

/**
 * The git config of a sandbox, as a file of its home directory; none where the caller has set nothing of it.
 *
 * @param signs it can ask an agent for signatures
 */
export function gitFiles(system: System, homes: readonly string[], signs: boolean): Readonly<Record<string, string>> {
  const files = [
    "/etc/gitconfig",
    ...homes.flatMap((own) => [joinPath(own, ".config/git/config"), joinPath(own, ".gitconfig")]),
  ];
  const settings = files.flatMap((file) => settingsOf(system, file));
  const signed = signs ? signing(system, homes[0] ?? "/", settings) : [];
  const found = new Map<string, string>([...signed, ...ofLfs(settings)]);
  for (const { key, value } of settings) if (harmless.has(key) && isPlain(value)) found.set(key, value);
  if (found.size === 0) return {};
  const lines = [...found].map(([key, value]) => {
    const [section = "", ...rest] = key.split(".");
    const name = rest.pop();
    const part = rest.length === 0 ? "" : ` "${rest.join(".")}"`;
    return `[${section}${part}]\n\t${name} = "${value}"\n`;
  });
  return { [`${home}/.gitconfig`]: lines.join("") };
}
