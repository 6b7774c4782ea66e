// Which files of settings count for a sandbox, and whose they are.
import type { SandboxProfile } from "@coffer/spec";
import { parseSandboxProfile, parseSandboxSettings } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { SystemError } from "../../../system/error.ts";
import type { FileStat, System } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import { readDocument } from "../../launch/spec-error.ts";
import { ownDirs } from "../git/tree.ts";
import { homesOf } from "../secrets.ts";
import { builtIn, isBuiltIn } from "./built-in.ts";
import type { Layer, ToPath } from "./layer.ts";
import { toLayer } from "./layer.ts";

const maxFile = 256 * 1024;
/** As many files may extend each other. */
const mostExtended = 16;

/** Names of a project's file. A sandbox that can write the tree cannot change it, nor can it make one that gives more. */
export const projectNames = ["coffer.json", "coffer.jsonc"] as const;
const settingsNames = ["sandbox.json", "sandbox.jsonc"] as const;
const administratorsDir = "/etc/coffer";

const dirOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

const usage = (message: string, hint: string): CofferError =>
  new CofferError("E_USAGE", message, { argument: "profile" }, { hint });

function statOf(system: System, path: string): FileStat | undefined {
  try {
    return system.stat(path, { follow: false });
  } catch (error) {
    if (SystemError.is(error, "ENOENT", "ENOTDIR", "EACCES")) return undefined;
    throw error;
  }
}

/** The one file of some names in a directory. */
function fileIn(system: System, dir: string, names: readonly string[]): string | undefined {
  const found = names.map((name) => joinPath(dir, name)).filter((path) => statOf(system, path) !== undefined);
  const [path, other] = found;
  if (other !== undefined) throw usage(`there are ${quote(path ?? "")} and ${quote(other)}`, "keep one of them");
  return path;
}

function readFile(system: System, path: string): string {
  try {
    return system.readNamedText(path, maxFile);
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path, errnoName: error.errno };
    const why = describeErrno(error.errno);
    throw new CofferError("E_IO", `cannot read the profile ${quote(path)}: ${why}`, details, { cause: error });
  }
}

/** Settings that give rights are believed only if nobody else could have written them. */
function checkOwner(system: System, path: string, owners: readonly number[]): void {
  const stat = statOf(system, path);
  if (stat === undefined) return;
  if (stat.kind === "file" && owners.includes(stat.uid) && (stat.mode & 0o022) === 0) return;
  const why = stat.kind === "file" ? "somebody else can write it" : `it is a ${stat.kind}`;
  throw usage(`the settings ${quote(path)} are not used: ${why}`, `make it a file of yours that only you can write`);
}

/** How the words of a file are read: relative to its directory. `~/` is the caller's home directory. */
function pathsFrom(dir: string, home: string | undefined): ToPath {
  return (word) => {
    if (word !== "~" && !word.startsWith("~/")) return toAbsolute({ caller: { cwd: dir } }, word);
    if (home === undefined) throw usage(`${quote(word)}: there is no home directory`, "write an absolute path");
    return joinPath(home, word.slice(1));
  };
}

/** What profiles are read with. */
export interface Reading {
  readonly system: System;
  readonly home: string | undefined;
}

type Extended = { readonly layers: readonly Layer[]; readonly count: number };

/** A profile behind those that it extends. */
function withExtended(
  reading: Reading,
  what: string,
  profile: SandboxProfile,
  { dir, count }: { readonly dir: string; readonly count: number },
): Extended {
  if (count > mostExtended)
    throw usage(`${quote(what)}: more than ${mostExtended} profiles extend each other`, "name fewer");
  const toPath = pathsFrom(dir, reading.home);
  let all: Extended = { layers: [], count: count + 1 };
  for (const word of profile.extends ?? []) {
    const more = readWord(reading, word, { dir, count: all.count });
    all = { layers: [...all.layers, ...more.layers], count: more.count };
  }
  return { ...all, layers: [...all.layers, toLayer(what, profile, toPath)] };
}

function readWord(reading: Reading, word: string, at: { readonly dir: string; readonly count: number }): Extended {
  if (isBuiltIn(word)) return withExtended(reading, word, builtIn[word], at);
  if (!word.includes("/") && !/\.jsonc?$/.test(word))
    throw usage(
      `there is no profile ${quote(word)}`,
      `take ${Object.keys(builtIn).join(", ")}, or a path such as ./${word}.json`,
    );
  const path = pathsFrom(at.dir, reading.home)(word);
  const text = readFile(reading.system, path);
  const profile = readDocument(`profile ${path}`, () => parseSandboxProfile(text));
  return withExtended(reading, path, profile, { dir: dirOf(path), count: at.count });
}

/** A profile that the caller has named: a built-in one, or a file. */
export function namedProfile(reading: Reading, word: string, dir: string): readonly Layer[] {
  return readWord(reading, word, { dir, count: 0 }).layers;
}

/** The administrator's settings, and the caller's own. Relative paths count from the directory that is worked in. */
export function ownSettings(reading: Reading, cwd: string): readonly Layer[] {
  const { system, home } = reading;
  const { uid, env } = system.caller;
  const base = env.XDG_CONFIG_HOME?.startsWith("/")
    ? env.XDG_CONFIG_HOME
    : home === undefined
      ? undefined
      : joinPath(home, ".config");
  const places = [
    { dir: administratorsDir, owners: [0] },
    ...(base === undefined ? [] : [{ dir: joinPath(base, "coffer"), owners: [uid, 0] }]),
  ];
  return places.flatMap(({ dir, owners }) => {
    const path = fileIn(system, dir, settingsNames);
    if (path === undefined) return [];
    checkOwner(system, path, owners);
    const text = readFile(system, path);
    const { projects, ...profile } = readDocument(`settings ${path}`, () => parseSandboxSettings(text));
    const { layers } = withExtended(reading, path, profile, { dir: cwd, count: 0 });
    const grants = projects === undefined ? [] : [toLayer(path, { projects }, pathsFrom(cwd, home))];
    return [...layers, ...grants];
  });
}

/** The path of the file of the project that a directory is in: the nearest, never in the home directory or above. */
export function findProjectFile(system: System, cwd: string): string | undefined {
  const dirs = ownDirs(system, cwd, homesOf(system));
  for (const dir of dirs) {
    const found = fileIn(system, dir, projectNames);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What a project's file asks for. A link is no file: it may lead to what the caller alone can read. */
export function readProjectFile(reading: Reading, path: string): readonly Layer[] {
  const stat = statOf(reading.system, path);
  if (stat?.kind !== "file") throw usage(`${quote(path)} is no file`, "make it one, or give --no-settings");
  return namedProfile(reading, path, "/");
}
