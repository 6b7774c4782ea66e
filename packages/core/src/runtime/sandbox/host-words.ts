// What a sandbox gets of the caller and the host, besides the facts of every plan. All of it is looked up, nothing is
// needed.
import type { Account } from "../../defaults/sandbox/etc.ts";
import { shortFiles, systemDirs, systemFiles } from "../../defaults/sandbox/places.ts";
import { certificateEnv } from "../../egress/secrets.ts";
import type { HostFacts } from "../../host/facts.ts";
import type { MountLine } from "../../host/mountinfo.ts";
import { readMountinfo } from "../../host/mountinfo.ts";
import { baseName, cleanPath, hasDotDot, isBeneath } from "../../paths.ts";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import { isUtf8 } from "../../wire/utf8.ts";
import type { Runtime } from "../runtime.ts";
import { isOpen } from "./downloads/open.ts";
import { variables } from "./downloads/table.ts";

const fileLimit = 1 << 20;

/** The fields of the line of passwd(5) or group(5) whose id, its third field, is that. */
function findLine({ readLines }: Pick<System, "readLines">, path: string, id: number): readonly string[] | undefined {
  return optional(() => {
    for (const line of readLines(path)) {
      const fields = line.split(":");
      if (fields[2] === `${id}`) return fields;
    }
    return undefined;
  });
}

const shells = ["/bin/bash", "/bin/sh"];

/** The caller's name, group and shell, as this host's own files say. */
export function callerAccount(system: System): Account {
  const { uid, gid, env } = system.caller;
  const user = findLine(system, "/etc/passwd", uid);
  const group = findLine(system, "/etc/group", gid);
  const name = user?.[0] ?? env.USER ?? "";
  const shell = user?.[6]?.startsWith("/usr/bin/") || user?.[6]?.startsWith("/bin/") ? user[6] : undefined;
  const found = shells.find((path) => optional(() => system.stat(path)) !== undefined) ?? "/bin/sh";
  return { name, group: group?.[0] ?? name, shell: shell ?? found };
}

/**
 * The variables of every sandbox. By the first, programs learn that they are in one: its name, or 1. With the second, npm does not look
 * for a newer npm: it would do so in each sandbox, as it notes in its cache that it has. With the third, npm and tsc keep no compiled
 * code in /tmp, which ends with the sandbox: `npm ls` writes 540 files there, and takes twice its time for that.
 */
export const sandboxVariables = (name: string | undefined, env: Readonly<Record<string, string | undefined>> = {}) => ({
  COFFER_SANDBOX: name ?? "1",
  npm_config_update_notifier: "false",
  ...(env.NODE_COMPILE_CACHE === undefined ? { NODE_DISABLE_COMPILE_CACHE: "1" } : {}),
});

/** Without a network, nobody answers a second request either: npm and pnpm would ask for 72 s, cargo for 11 s and pip for 8 s. */
export const offlineVariables = {
  CARGO_NET_RETRY: "0",
  PIP_RETRIES: "0",
  YARN_HTTP_RETRY: "0",
  npm_config_fetch_retries: "0",
  pnpm_config_fetch_retries: "0",
};

/** What programs show, and how. None holds a secret. */
const shown = ["CI", "COLORTERM", "FORCE_COLOR", "NO_COLOR", "TZ"];

const certificates = [
  ...Object.keys(certificateEnv),
  "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
  "NPM_CONFIG_CAFILE",
  "SSL_CERT_DIR",
];

const isOfSystem = (path: string): boolean =>
  path.startsWith("/") &&
  !hasDotDot(path) &&
  [...systemDirs, ...systemFiles].some((dir) => isBeneath(cleanPath(path), dir));

/** The caller's variables that a sandbox has too, and the values that it may have. */
const callerChecks: readonly (readonly [name: string, mayHave: (value: string) => boolean])[] = [
  ...shown.map((name) => [name, () => true] as const),
  ...certificates.map((name) => [name, isOfSystem] as const),
  ...Object.entries(variables).map(([name, kind]) => [name, isOpen[kind]] as const),
];

/**
 * The caller's variables that every sandbox has as well. A variable of certificates must name a file of the system, and one of servers
 * must have no secret.
 */
export function callerVariables({ caller: { env } }: Pick<System, "caller">): Readonly<Record<string, string>> {
  return Object.fromEntries(
    callerChecks.flatMap(([name, mayHave]) => {
      const value = env[name];
      return value !== undefined && mayHave(value) ? [[name, value]] : [];
    }),
  );
}

/** Not what accounts have that nobody may log in to. */
const isShell = (path: string): boolean => path.startsWith("/") && !/\/(?:nologin|false|true|sync)$/.test(path);

/** The caller's shell: of `$SHELL`, else of passwd(5), else sh(1). */
function callerShell({ caller, readLines }: Pick<System, "caller" | "readLines">): string {
  const own = (): string => findLine({ readLines }, "/etc/passwd", caller.uid)?.[6] ?? "";
  return [caller.env.SHELL ?? "", own()].find(isShell) ?? "/bin/sh";
}

interface Shell {
  /** Lets it read no file of the host that sets a prompt, and ask a new user nothing: the home directory is always new. */
  readonly quiet: readonly string[];
  /** The directory that it is in, and whether it is root's, in its words. */
  readonly prompt: string;
}

const otherShell: Shell = { quiet: [], prompt: "$PWD \\$ " };
const knownShells: ReadonlyMap<string, Shell> = new Map([
  ["bash", { quiet: ["--norc"], prompt: "\\w \\$ " }],
  ["zsh", { quiet: ["-f"], prompt: "%~ %# " }],
]);

/**
 * The caller's shell as the command of a sandbox. The prompt tells that it is one. A shell whose prompt is not in the
 * environment, such as fish, shows the host name.
 */
export function shellCommand({ system }: Pick<Runtime, "system">, words: readonly string[], name: string | undefined) {
  const shell = callerShell(system);
  const { quiet, prompt } = knownShells.get(baseName(shell)) ?? otherShell;
  const PS1 = `(sandbox${name === undefined ? "" : ` ${name}`}) ${prompt}`;
  return { args: [shell, ...quiet, ...words], env: { SHELL: shell, PS1 } };
}

/** How names are looked up on the host: for a sandbox that has its network. */
export function hostNames({ readText }: System) {
  const read = (path: string): string | undefined => optional(() => readText(path, fileLimit));
  return { hosts: read("/etc/hosts"), resolv: read("/etc/resolv.conf") };
}

/** A copy is in each plan of a sandbox. */
const mostCopied = 16384;
/** Whoever is others may read the file. */
const othersRead = 0o4;

/** Short files of the host's /etc that everybody may read, path → content. */
export function hostCopies(system: System, { paths, rootLinks }: HostFacts): Readonly<Record<string, string>> {
  const copyOf = (path: string): string | undefined => {
    if (paths[path] !== "file" || path in rootLinks) return undefined;
    return optional(() => {
      const isOpen = (system.stat(path).mode & othersRead) !== 0;
      const text = isOpen ? system.readText(path, fileLimit) : undefined;
      return text !== undefined && text.length <= mostCopied && isUtf8(text) ? text : undefined;
    });
  };
  const found = shortFiles.map((path) => [path, copyOf(path)] as const);
  return Object.fromEntries(found.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
}

/** File systems of which Linux maps the ids in a mount (mount_setattr(2)). The overlay's own mount is none of them. */
const mapping: ReadonlySet<string> = new Set([
  "bcachefs",
  "btrfs",
  "cephfs",
  "erofs",
  "exfat",
  "ext2",
  "ext3",
  "ext4",
  "f2fs",
  "fat",
  "ntfs3",
  "squashfs",
  "tmpfs",
  "vfat",
  "xfs",
  "zfs",
]);

/** The type of the file system that a path is on; undefined where that cannot be told. A later mount covers an earlier one. */
function typeOf(mounts: readonly MountLine[], path: string): string | undefined {
  let found: MountLine | undefined;
  for (const mount of mounts)
    if (isBeneath(path, mount.point) && mount.point.length >= (found?.point.length ?? 0)) found = mount;
  return found?.type;
}

/**
 * Tells whether files of root at a path can be the sandbox's own: where the file system maps the ids of mounts. Only root of the
 * host has another id inside than outside.
 */
export function mapsIdsOf(system: System): (path: string) => boolean {
  if (system.caller.uid !== 0) return () => false;
  const mounts = optional(() => readMountinfo(system, "self", (mount) => mount)) ?? [];
  return (path) => mapping.has(typeOf(mounts, path) ?? "");
}
