// The settings of git that count on the host: of the system, of the caller, of repositories, and of every file that one of these
// includes. Conditions are taken for true: whoever can write the tree can often make them so. Nothing is run.
import type { Setting } from "../../../overlay/named/git-words.ts";
import { isInclude } from "../../../overlay/named/git-words.ts";
import { foldDotDot, isBeneath, joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { leadsTo } from "../real-path.ts";
import { homesOf } from "../secrets.ts";
import { settingsOf } from "./settings.ts";

/** Files of settings, and settings of variables. */
const mostFiles = 64;
const mostOfEnv = 256;

/** Where a git that is not the distribution's has the settings of the system. */
export const elsewhere = ["/usr/local/etc/gitconfig", "/opt/homebrew/etc/gitconfig"];

/** What files of settings come to. */
export interface GitSettings {
  readonly settings: readonly Setting[];
  /** The files, there or not, and what they lead to: whoever writes one of them has git read it. */
  readonly files: readonly string[];
}

/** Where a path of a setting may lead, of the words alone and by way of links: `%(prefix)` is where git itself is. */
export function placesOf(system: System, word: string, dirs: readonly string[]): readonly string[] {
  const { HOME: home } = system.caller.env;
  // `~me` too: whose that is does not matter where it is nobody's.
  const ofHome = /^~[^/]*(?=\/|$)/.exec(word)?.[0];
  if (ofHome !== undefined && home === undefined) return [];
  const named = ofHome === undefined ? word.replace(/^%\(prefix\)/, "/usr") : `${home}${word.slice(ofHome.length)}`;
  const paths = named.startsWith("/") ? [named] : dirs.map((dir) => `${dir}/${named}`);
  return [...new Set(paths.flatMap((path) => [foldDotDot(path), leadsTo(system, path)]))];
}

const dirOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/** Reads files of settings, and those that they include: whether their conditions hold or not. */
export function readFiles(system: System, first: readonly string[], given: readonly Setting[] = []): GitSettings {
  const files = new Set<string>();
  const settings: Setting[] = [];
  const queue = [...first];
  const take = (found: readonly Setting[], dirs: readonly string[]): void => {
    settings.push(...found);
    for (const { value } of found.filter(isInclude)) queue.push(...placesOf(system, value, dirs));
  };
  take(given, []);
  // What is put into the queue meanwhile is read as well.
  for (const path of queue) {
    if (files.has(path) || files.size >= mostFiles) continue;
    files.add(path);
    // A pipe is waited for, and so are some files of the kernel.
    const isOfKernel = ["/proc", "/sys", "/dev"].some((dir) => isBeneath(leadsTo(system, path), dir));
    if (isOfKernel || optional(() => system.stat(path).kind) !== "file") continue;
    const found = settingsOf(system, path).map((one): Setting => ({ ...one, origin: `file:${path}` }));
    take(found, [...new Set([dirOf(path), dirOf(leadsTo(system, path))])]);
  }
  return { settings, files: [...new Set([...files, ...[...files].map((path) => leadsTo(system, path))])] };
}

const folded = (key: string): string => {
  const [from, to] = [key.indexOf("."), key.lastIndexOf(".")];
  return from < 0 ? "" : key.slice(0, from).toLowerCase() + key.slice(from, to) + key.slice(to).toLowerCase();
};

/** One word of git's own quotes: `'a'`, `'a'='b'`, `'a'\''b'`. */
const quoted = /(?:'[^']*'|\\.|[^\s'\\])+/gs;

/** Settings of variables: `GIT_CONFIG_COUNT`, and what `git -c` hands on. */
function settingsOfVariables({ env }: System["caller"]): readonly Setting[] {
  const count = Math.min(Number(env.GIT_CONFIG_COUNT) || 0, mostOfEnv);
  const counted = Array.from({ length: count }, (_, at): Setting => {
    return { origin: "", key: folded(env[`GIT_CONFIG_KEY_${at}`] ?? ""), value: env[`GIT_CONFIG_VALUE_${at}`] ?? "" };
  });
  const handedOn = (env.GIT_CONFIG_PARAMETERS?.match(quoted) ?? []).map((word): Setting => {
    const text = word.replace(/'([^']*)'|\\(.)/gs, "$1$2");
    const at = text.indexOf("=");
    const [key, value] = at < 0 ? [text, "true"] : [text.slice(0, at), text.slice(at + 1)];
    return { origin: "", key: folded(key), value };
  });
  return [...counted, ...handedOn];
}

/** Variables that name a program of git's, or where it has such. */
const programs = [
  ...["GIT_SSH", "GIT_SSH_COMMAND", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER", "GIT_EXTERNAL_DIFF"],
  ...["GIT_ASKPASS", "GIT_PROXY_COMMAND", "GIT_MAN_VIEWER", "GIT_TEMPLATE_DIR", "GIT_EXEC_PATH"],
  ...["EDITOR", "VISUAL", "PAGER", "SSH_ASKPASS"],
] as const;

/** What counts in every repository of the caller. */
export function callersSettings(system: System): GitSettings {
  const { env } = system.caller;
  const absolute = (path: string | undefined): readonly string[] => (path?.startsWith("/") === true ? [path] : []);
  const found = readFiles(
    system,
    [
      ...["/etc/gitconfig", ...elsewhere],
      ...absolute(env.GIT_CONFIG_SYSTEM),
      ...absolute(env.XDG_CONFIG_HOME).map((dir) => joinPath(dir, "git/config")),
      ...homesOf(system).flatMap((home) => [joinPath(home, ".config/git/config"), joinPath(home, ".gitconfig")]),
      ...absolute(env.GIT_CONFIG_GLOBAL),
    ],
    settingsOfVariables(system.caller),
  );
  const named = programs.flatMap((name): readonly Setting[] => {
    const value = env[name];
    return value === undefined ? [] : [{ origin: "", key: `program.${name.toLowerCase()}`, value }];
  });
  return { files: found.files, settings: [...found.settings, ...named] };
}
