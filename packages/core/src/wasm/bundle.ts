// Bundles whose program is a module: the program is compiled and bound in the place of the module. The rest of the config stays.
import type { Config } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import { CofferError, quote } from "../errors.ts";
import type { Bundle } from "../runtime/launch/bundle.ts";
import { toProgramError } from "../runtime/launch/errors/launch-error.ts";
import { asksModule, moduleWords, programPath } from "../runtime/launch/module-bundle.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { SeccompProfile } from "../seccomp/index.ts";
import { optional, SystemError } from "../system/error.ts";
import type { Dir } from "../system/port.ts";
import { programOf } from "./build/cache.ts";
import { invalidModule } from "./module/bytes.ts";
import type { Command } from "./module/check.ts";
import { checkCommand } from "./module/check.ts";
import { hasMagic } from "./module/head.ts";
import { readModule } from "./module/read.ts";
import { mostModule, pagesOf } from "./run.ts";
import { profileOf } from "./wasi/profile.ts";

/** The directory of a name, whose path the kernel must tell as it was asked for: whoever may write there could put a link. */
function enter(dir: Dir, name: string): Dir {
  const isDirectory = dir.stat(name).kind === "directory";
  const found = dir.openDir(name);
  if (isDirectory && found.path === `${dir.path === "/" ? "" : dir.path}/${name}`) return found;
  found.close();
  throw invalidModule(`is not looked for through links: ${quote(name)} is one`);
}

/** Reads a file of the root directory, through no link. */
function readInRoot({ system }: Runtime, { held }: Bundle, path: string): Uint8Array {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  const name = parts.pop() ?? "";
  if (name === "" || name === ".." || parts.includes("..")) throw invalidModule(`is not at ${quote(path)}`);
  let dir = system.openDir(`${held.root.at}/.`);
  try {
    for (const part of parts) {
      const next = enter(dir, part);
      dir.close();
      dir = next;
    }
    return dir.readBytes(name, mostModule);
  } catch (error) {
    if (SystemError.is(error) && ["ELOOP", "EPERM"].includes(error.errno))
      throw invalidModule(`is no regular file: ${quote(path)}`);
    throw error;
  } finally {
    dir.close();
  }
}

/** What the kernel says of a program that is not there, or that nobody may read. */
const programErrnos: Readonly<Record<string, number>> = { ENOENT: 2, EACCES: 13, ENOTDIR: 20, EISDIR: 21 };

/** The bytes of a program that must be a module. One that is missing fails as every other program does. */
function readDemanded(runtime: Runtime, bundle: Bundle, word: string, path: string): Uint8Array {
  try {
    return readInRoot(runtime, bundle, path);
  } catch (error) {
    const errno = SystemError.is(error) ? programErrnos[error.errno] : undefined;
    throw errno === undefined ? error : toProgramError(word, [path], errno);
  }
}

/**
 * The filter of the module, narrowed by that of the config: what either denies is denied. With hooks in the container the
 * config's own stays, since init has to run them.
 */
function filterOf({ linux, hooks }: Config, { imports }: Command): SeccompProfile {
  const own = linux?.seccomp;
  const derived = profileOf(imports, true, false);
  const [rule] = derived.syscalls ?? [];
  const names = rule?.names ?? [];
  if (own === undefined) return derived;
  if ((hooks?.startContainer ?? []).length > 0) return own;
  const wide = own.defaultAction === "SCMP_ACT_ALLOW" || own.defaultAction === "SCMP_ACT_LOG";
  const kept = (own.syscalls ?? []).map((one) =>
    one.action === "SCMP_ACT_ALLOW" ? { ...one, names: one.names.filter((name) => names.includes(name)) } : one,
  );
  const left = wide ? names.filter((name) => !kept.some((one) => one.names.includes(name))) : [];
  const more = left.length === 0 ? [] : [{ names: left, action: "SCMP_ACT_ALLOW" }];
  const syscalls = [...kept.filter((one) => one.names.length > 0), ...more];
  return { ...own, defaultAction: wide ? "SCMP_ACT_KILL_PROCESS" : own.defaultAction, syscalls };
}

/** Whether addresses are limited: 8 GiB of them cannot be reserved then. */
function limitsAddresses({ process }: Config): boolean {
  return (process?.rlimits ?? []).some(({ type, soft }) => type === "RLIMIT_AS" && BigInt(soft) < 1n << 40n);
}

function configOf(config: Config, path: string, program: string, command: Command): Config {
  const { process, mounts = [], linux } = config;
  const [name = "", ...args] = process?.args ?? [];
  const pages = pagesOf(memoryOf(config));
  const bind = {
    destination: path,
    type: "bind",
    source: program,
    options: ["bind", "rprivate", "ro", "nosuid", "nodev"],
  };
  return checkConfig({
    ...config,
    mounts: [...mounts, bind],
    process: {
      ...process,
      cwd: process?.cwd ?? "/",
      args: [path, ...moduleWords(pages), name, ...args],
      noNewPrivileges: true,
    },
    linux: { ...linux, seccomp: filterOf(config, command) },
  });
}

function memoryOf({ linux }: Config): bigint | undefined {
  const limit = linux?.resources?.memory?.limit;
  return limit === undefined || BigInt(limit) <= 0n ? undefined : BigInt(limit);
}

/**
 * Gives the bundle a native program in the place of its module. A program that is no module stays, unless the config demands one.
 *
 * @throws {CofferError} E_MODULE_INVALID, E_COMPILE_FAILED, E_HOST_UNSUPPORTED
 */
export async function adaptBundle(runtime: Runtime, bundle: Bundle): Promise<Bundle> {
  const { config } = bundle;
  const demanded = asksModule(config) === "yes";
  const [word] = config.process?.args ?? [];
  if (word === undefined) return bundle;
  const path = programPath(word, config.process?.cwd ?? "/");
  const bytes = demanded
    ? readDemanded(runtime, bundle, word, path)
    : optional(() => readQuietly(runtime, bundle, path));
  if (bytes === undefined || (!demanded && !hasMagic(bytes))) return bundle;
  const command = checkCommand(readModule(bytes), pagesOf(memoryOf(config)));
  const arch = runtime.system.uname().machine;
  const options = { checked: limitsAddresses(config), arch, tier: "best" } as const;
  const { path: program } = await programOf(runtime, { bytes, command }, options);
  return { ...bundle, config: configOf(config, path, program, command) };
}

/** What cannot be read is no module, and is the kernel's to refuse. */
function readQuietly(runtime: Runtime, bundle: Bundle, path: string): Uint8Array | undefined {
  try {
    return readInRoot(runtime, bundle, path);
  } catch (error) {
    if (CofferError.is(error, "E_MODULE_INVALID")) return undefined;
    throw error;
  }
}
