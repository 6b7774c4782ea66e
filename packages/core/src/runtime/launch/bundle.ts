// Reading a bundle: its config, and where its root directory is.
import type { Config } from "@coffer/spec";
import { checkConfig, parseJson } from "@coffer/spec";
import type { ConfigIssue } from "../../errors.ts";
import { CofferError, configInvalid, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldPath } from "../../system/held.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { warnUnknown } from "../policy/unknown-fields.ts";
import { readDocument } from "./errors/spec-error.ts";

const maxConfig = 16 * 1024 * 1024;

/** A config, and what is odd in it. */
export interface ReadConfig {
  readonly config: Config;
  readonly warnings: readonly ConfigIssue[];
  /** Where it was looked up, and what was read; absent where a program has made it. */
  readonly source?: { readonly file: string; readonly text: string };
}

/** A config and where it was found. */
export interface Bundle extends ReadConfig {
  /** The bundle's directory, absolute. */
  readonly path: string;
  /** The root directory, absolute. */
  readonly rootfs: string;
  /** Both directories, opened once: whoever may write to a parent of them gives their names to nothing else any more. */
  readonly held: { readonly dir: HeldPath; readonly root: HeldPath };
}

/** Lets go of what a bundle holds. */
export function closeBundle({ held: { dir, root } }: Bundle): void {
  root.close();
  dir.close();
}

/** Reads a file that the caller named; `at` is where to look it up, and `hint` what to do if it is missing. */
export function readUserFile(system: System, what: string, path: string, at: string = path, hint?: string): string {
  try {
    return system.readNamedText(at, maxConfig);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    const hints: Readonly<Record<string, string | undefined>> = { ENOENT: hint, EFBIG: "it may have 16 MiB" };
    const advice = hints[error.errno];
    throw new CofferError("E_IO", `cannot read ${what} ${quote(path)}: ${describeErrno(error.errno)}`, details, {
      cause: error,
      ...(advice === undefined ? {} : { hint: advice }),
    });
  }
}

const rootInvalid = (message: string, cause?: unknown): CofferError =>
  configInvalid("config", [{ pointer: "/root/path", message }], { cause });

/** Why what a path leads to cannot be held. */
export function whyNotHeld({ errno }: SystemError): string {
  if (errno === "ENOTDIR") return "is not a directory";
  return errno === "ESTALE" ? "its name leads to something else by now" : describeErrno(errno);
}

function holdRootfs(system: System, dir: HeldPath, bundle: string, rootfs: string): HeldPath {
  // Beneath the directory that is held, unless the config leads out of it.
  const word = rootfs.startsWith(`${bundle}/`) ? `${dir.at}${rootfs.slice(bundle.length)}` : rootfs;
  try {
    return system.openPath(word, rootfs, "directory");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const why = whyNotHeld(error);
    throw rootInvalid(`${quote(rootfs)}${why.startsWith("is ") ? "" : ":"} ${why}`, error);
  }
}

const noBundle =
  "name the bundle's directory with --bundle, or make a config with `coffer spec` (`coffer sandbox -- CMD` needs none)";

/** Holds the bundle's directory. `word` says where it is, which may be relative to the working directory. */
function holdBundle(system: System, word: string, path: string): HeldPath {
  try {
    // As elsewhere `..` is counted by words, not by what a link leads to.
    return system.openPath(word.split("/").includes("..") ? path : word, path, "directory");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    const what =
      error.errno === "ESTALE" ? `open the bundle ${quote(path)}` : `read the config ${quote(`${path}/config.json`)}`;
    const hint = error.errno === "ENOENT" ? { hint: noBundle } : {};
    throw new CofferError("E_IO", `cannot ${what}: ${whyNotHeld(error)}`, details, { cause: error, ...hint });
  }
}

/**
 * Makes a bundle of a config that `read` gives.
 *
 * @throws {CofferError} E_IO, E_CONFIG_INVALID
 */
export function makeBundle(
  system: System,
  directory: string,
  read: (dir: HeldPath, path: string) => ReadConfig,
): Bundle {
  const path = toAbsolute(system, directory);
  const dir = holdBundle(system, directory, path);
  try {
    const found = read(dir, path);
    const named = found.config.root?.path;
    if (named === undefined)
      throw configInvalid("config", [{ pointer: "/root", message: "is required to make a container" }]);
    const rootfs = toAbsolute(system, named.startsWith("/") ? named : `${path}/${named}`);
    return { ...found, path, rootfs, held: { dir, root: holdRootfs(system, dir, path, rootfs) } };
  } catch (error) {
    dir.close();
    throw error;
  }
}

/** Reads a value that `parseJson` gave, or that a program made, as a config. */
export function readWithWarnings(what: string, read: () => unknown): ReadConfig {
  return readDocument(what, () => {
    const value = read();
    return { config: checkConfig(value), warnings: warnUnknown(value, "config") };
  });
}

/** What texts are as configs, of those that were read last: a program runs the same bundle again and again. */
const known = new Map<string, ReadConfig>();
const mostKnown = 8;

function remember(text: string, read: ReadConfig): ReadConfig {
  const [oldest] = known.size < mostKnown ? [] : known.keys();
  if (oldest !== undefined) known.delete(oldest);
  known.set(text, read);
  return read;
}

const readText = (shown: string, text: string): ReadConfig =>
  readWithWarnings(`config ${shown}`, () => parseJson(text));

/** Reads the config of a bundle that is held. */
export function readConfig(system: System, { at }: HeldPath, path: string, name = "config.json"): ReadConfig {
  const isElsewhere = name.startsWith("/");
  const file = isElsewhere ? name : `${at}/${name}`;
  const shown = isElsewhere ? name : `${path}/${name}`;
  const text = readUserFile(system, "the config", shown, file, noBundle);
  const read = known.get(text) ?? remember(text, readText(shown, text));
  return { ...read, source: { file, text } };
}

/**
 * Reads a bundle, and holds it. `configFile` is absolute, or relative to the bundle.
 *
 * @throws {CofferError} E_IO, E_CONFIG_INVALID
 */
export function readBundle(system: System, directory: string, configFile?: string): Bundle {
  return makeBundle(system, directory, (dir, path) => readConfig(system, dir, path, configFile));
}
