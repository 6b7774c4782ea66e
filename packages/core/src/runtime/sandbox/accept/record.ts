// What the caller has accepted of projects' files: a directory for each of them, in the caller's own state. No sandbox sees the
// place (`ownPlaces`), and nobody but the caller may be able to write there.
import { parseJsonc } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { encodeText } from "../../../wire/utf8.ts";
import { stateDir } from "../own/places.ts";
import { readTrusted, statOf } from "../profile/read.ts";

/** A file as it was read. */
export interface ReadFile {
  readonly path: string;
  readonly sha256: string;
}

/** What the caller has accepted of one project's file. */
export interface AcceptedFile {
  /** Of the project's file: absolute, without links. */
  readonly path: string;
  /** The file, and what it extends, as they were read. */
  readonly files: readonly ReadFile[];
  /** Everything that they asked for, whoever granted it. */
  readonly asks: readonly string[];
  /** RFC 3339. */
  readonly accepted: string;
}

/** The one file of such a directory. */
const name = "record.json";

/** SHA-256 of a text's bytes. */
export function digestOf(system: System, text: string): string {
  const bytes = encodeText(text);
  if (bytes !== undefined) return system.digest(bytes);
  throw new CofferError("E_USAGE", "a file of settings has a text without bytes", { argument: "profile" });
}

function placeOf(system: System): string | undefined {
  const state = stateDir(system);
  return state === undefined ? undefined : joinPath(state, "accepted");
}

const dirOf = (system: System, place: string, path: string): string => joinPath(place, digestOf(system, path));

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function isRecord(value: unknown): value is AcceptedFile {
  if (!isMap(value)) return false;
  const { path, files, asks, accepted } = value;
  const isFile = (one: unknown): boolean =>
    isMap(one) && typeof one.path === "string" && typeof one.sha256 === "string";
  return (
    typeof path === "string" &&
    typeof accepted === "string" &&
    isTexts(asks) &&
    Array.isArray(files) &&
    files.every(isFile)
  );
}

function read(system: System, dir: string): AcceptedFile | undefined {
  const file = joinPath(dir, name);
  if (statOf(system, file) === undefined) return undefined;
  const text = readTrusted(system, [system.caller.uid])(file);
  const value: unknown = parseJsonc(text);
  return isRecord(value) ? value : undefined;
}

/**
 * What the caller has accepted of a project's file, be it as it was or not.
 *
 * @throws {CofferError} E_USAGE where somebody else could have written that
 */
export function findAccepted(system: System, path: string): AcceptedFile | undefined {
  const place = placeOf(system);
  const found = place === undefined ? undefined : read(system, dirOf(system, place, path));
  return found?.path === path ? found : undefined;
}

/** All of it, by path. */
export function listAccepted(system: System): readonly AcceptedFile[] {
  const place = placeOf(system);
  const dirs = place === undefined ? [] : (optional(() => system.listDir(place)) ?? []);
  return dirs
    .flatMap((dir) => read(system, joinPath(place ?? "/", dir)) ?? [])
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

/** Changes what is noted of a file. */
function change(system: System, path: string, action: (dir: string) => void): void {
  const place = placeOf(system);
  if (place === undefined) {
    const hint = "set XDG_STATE_HOME or HOME";
    throw new CofferError("E_USAGE", "no place is known for what you accept", { argument: "accept" }, { hint });
  }
  try {
    action(dirOf(system, place, path));
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const details = { path: place, errnoName: error.errno };
    const message = `cannot note in ${quote(place)} what you accept: ${describeErrno(error.errno)}`;
    throw new CofferError("E_IO", message, details, { cause: error });
  }
}

/** Notes what the caller accepts, in the place of what was noted of the file before. */
export function writeAccepted(system: System, record: AcceptedFile): void {
  change(system, record.path, (dir) => {
    system.makeDir(dir, { parents: true });
    system.writeFile(joinPath(dir, name), `${JSON.stringify(record, null, "\t")}\n`, { mode: 0o600 });
    // If others can write to the place, the caller hears of that now, and not with the next sandbox.
    read(system, dir);
  });
}

/** Forgets what was accepted of a file. Whether there was something. */
export function forgetAccepted(system: System, path: string): boolean {
  if (findAccepted(system, path) === undefined) return false;
  change(system, path, (dir) => system.removeDir(dir, [name]));
  return true;
}
