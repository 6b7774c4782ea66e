// Which files of settings count for a sandbox, and whose they are.
import type { SandboxProfile } from "@coffer/spec";
import { parseSandboxProfile, parseSandboxSettings } from "@coffer/spec";
import { quote } from "../../../errors.ts";
import { joinPath, withParents } from "../../../paths.ts";
import type { System } from "../../../system/port.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import { readDocument } from "../../launch/errors/spec-error.ts";
import type { ReadFile } from "../accept/record.ts";
import { digestOf } from "../accept/record.ts";
import type { Grants } from "../accept/standing.ts";
import { ownDirs } from "../git/tree.ts";
import { homeOf, homesOf } from "../secrets.ts";
import { builtIn, isBuiltIn } from "./built-in.ts";
import type { Layer, ToPath } from "./layer.ts";
import { toGrants, toLayer } from "./layer.ts";
import type { ReadText } from "./read.ts";
import { dirOf, readNamed, readTrusted, readWithin, statOf, usage } from "./read.ts";

/** As many files may extend each other. */
const mostExtended = 16;

/** Names of a project's file. A sandbox that can write the tree cannot change it, nor can it make one that gives more. */
export const projectNames = ["coffer.json", "coffer.jsonc"] as const;
const settingsNames = ["sandbox.json", "sandbox.jsonc"] as const;
const administratorsDir = "/etc/coffer";

/** The one file of some names in a directory. */
function fileIn(system: System, dir: string, names: readonly string[]): string | undefined {
  const found = names.map((name) => joinPath(dir, name)).filter((path) => statOf(system, path) !== undefined);
  const [path, other] = found;
  if (other !== undefined) throw usage(`there are ${quote(path ?? "")} and ${quote(other)}`, "keep one of them");
  return path;
}

/** Where the caller's own settings are; undefined without a home directory. */
function ownDir({ env }: System["caller"], home: string | undefined): string | undefined {
  if (env.XDG_CONFIG_HOME?.startsWith("/")) return joinPath(env.XDG_CONFIG_HOME, "coffer");
  return home === undefined ? undefined : joinPath(home, ".config/coffer");
}

/**
 * Whether no file of settings is anywhere where one is looked for, as in most calls: all names are asked for at once. False where
 * that is not certain, such as with a link in the path of the working directory.
 */
export function hasNoSettings(system: System, cwd: string): boolean {
  const [home] = homeOf(system.caller.env.HOME);
  const own = ownDir(system.caller, home);
  if (own === undefined) return false;
  const dirs = withParents(cwd);
  // Both are clean, so that nothing has to be joined with care.
  const inDir = (names: readonly string[]) => (dir: string) => names.map((name) => `${dir === "/" ? "" : dir}/${name}`);
  const paths = [...[administratorsDir, own].flatMap(inDir(settingsNames)), ...dirs.flatMap(inDir(projectNames))];
  const isReal = system.kindsOf(dirs, { follow: false }).every((kind) => kind === "directory");
  return isReal && system.areMissing(paths);
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

/** Where words of a profile count from, and how files that it extends are read. */
interface From {
  readonly dir: string;
  /** Of the files that it extends, where that is another. */
  readonly beside?: string;
  readonly read: ReadText;
  readonly count: number;
}

/** A profile behind those that it extends. */
function withExtended(reading: Reading, what: string, profile: SandboxProfile, from: From): Extended {
  const { dir, beside = dir, read, count } = from;
  if (count > mostExtended)
    throw usage(`${quote(what)}: more than ${mostExtended} profiles extend each other`, "name fewer");
  const toPath = pathsFrom(dir, reading.home);
  let all: Extended = { layers: [], count: count + 1 };
  for (const word of profile.extends ?? []) {
    const more = readWord(reading, word, { dir: beside, read, count: all.count });
    all = { layers: [...all.layers, ...more.layers], count: more.count };
  }
  return { ...all, layers: [...all.layers, toLayer(what, profile, toPath)] };
}

function readWord(reading: Reading, word: string, from: From): Extended {
  if (isBuiltIn(word)) return withExtended(reading, word, builtIn[word], from);
  if (!word.includes("/") && !/\.jsonc?$/.test(word))
    throw usage(
      `there is no profile ${quote(word)}`,
      `take ${Object.keys(builtIn).join(", ")}, or a path such as ./${word}.json`,
    );
  const path = pathsFrom(from.dir, reading.home)(word);
  const text = from.read(path);
  const profile = readDocument(`settings ${path}`, () => parseSandboxProfile(text));
  return withExtended(reading, path, profile, { ...from, dir: dirOf(path) });
}

/** A profile that the caller has named: a built-in one, or a file. */
export function namedProfile(reading: Reading, word: string, dir: string): readonly Layer[] {
  return readWord(reading, word, { dir, read: readNamed(reading.system), count: 0 }).layers;
}

/** Settings that give rights. */
interface OwnSettings {
  readonly layers: readonly Layer[];
  /** What projects may ask for: every one of these has to grant it. */
  readonly grants: Grants;
  /** Those of them that are the administrator's. */
  readonly bounds: Grants;
}

function settingsIn(
  reading: Reading,
  cwd: string,
  { dir, owners }: { readonly dir: string; readonly owners: readonly number[] },
): Omit<OwnSettings, "bounds"> {
  const { system, home } = reading;
  const path = fileIn(system, dir, settingsNames);
  if (path === undefined) return { layers: [], grants: [] };
  const read = readTrusted(system, owners);
  const text = read(path);
  const { projects, ...profile } = readDocument(`settings ${path}`, () => parseSandboxSettings(text));
  const { layers } = withExtended(reading, path, profile, { dir: cwd, beside: dir, read, count: 0 });
  return { layers, grants: projects === undefined ? [] : [toGrants(projects, pathsFrom(cwd, home))] };
}

/**
 * The administrator's settings, and the caller's own. The caller must grant what projects get, and the administrator may narrow
 * it. Relative paths count from the working directory. Paths of files that settings extend count from the settings, because the
 * working directory may be somebody else's.
 */
export function ownSettings(reading: Reading, cwd: string): OwnSettings {
  const { system, home } = reading;
  const { uid } = system.caller;
  const own = ownDir(system.caller, home);
  const administrators = settingsIn(reading, cwd, { dir: administratorsDir, owners: [0] });
  const bounds = administrators.grants;
  if (own === undefined) return { layers: administrators.layers, grants: [], bounds };
  const callers = settingsIn(reading, cwd, { dir: own, owners: [uid, 0] });
  return {
    layers: [...administrators.layers, ...callers.layers],
    grants: callers.grants.length === 0 ? [] : [...bounds, ...callers.grants],
    bounds,
  };
}

/** The path of the file of the project that a directory is in: the nearest, never in the home directory or above. */
export function findProjectFile(
  system: System,
  cwd: string,
  homes: readonly string[] = homesOf(system),
): string | undefined {
  for (const dir of ownDirs(system, cwd, homes)) {
    // What is above a directory that the caller cannot look into is not the caller's project.
    if (!system.canAccess(dir, "execute")) return undefined;
    const found = fileIn(system, dir, projectNames);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A project's file, with what it extends. */
export interface ProjectFile {
  readonly layers: readonly Layer[];
  /** The files of it, as they were read: each once. */
  readonly files: readonly ReadFile[];
}

/** Reads a project's file. A link is no file: it may lead to what the caller alone can read. */
export function readProjectFile(reading: Reading, path: string): ProjectFile {
  const { system } = reading;
  if (statOf(system, path)?.kind !== "file")
    throw usage(`${quote(path)} is no file`, "make it one, or give --no-settings");
  const dir = dirOf(path);
  const readText = readWithin(system, dir);
  const files: ReadFile[] = [];
  const read: ReadText = (at) => {
    const text = readText(at);
    files.push({ path: at, sha256: digestOf(system, text) });
    return text;
  };
  return { layers: readWord(reading, path, { dir, read, count: 0 }).layers, files };
}
