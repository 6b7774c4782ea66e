// What a project's file is granted: what every project may have, and what the caller has accepted of this very file, as far as the
// administrator lets projects have that.
import type { SandboxGrants } from "@coffer/spec";
import { shellWord } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import type { System } from "../../../system/port.ts";
import type { ReadFile } from "./record.ts";
import { findAccepted } from "./record.ts";

/** Everything has to be within each of these: the administrator's, the caller's. None: nothing is granted. */
export type Grants = readonly SandboxGrants[];

/** What counts for one project's file, and for what it extends. */
export interface Standing {
  /** The project's file: absolute, without links. */
  readonly file: string;
  /** What every project may have. */
  readonly grants: Grants;
  /** The administrator's part of it: what is accepted stays within. None: it may be anything. */
  readonly bounds: Grants;
  /** What the caller has accepted of the file as it is; undefined if that is nothing. */
  readonly accepted?: readonly string[];
  /** What the caller had accepted of the file before it changed. */
  readonly ended?: readonly string[];
}

const isSame = (a: readonly ReadFile[], b: readonly ReadFile[]): boolean =>
  a.length === b.length && a.every(({ path, sha256 }, index) => b[index]?.path === path && b[index].sha256 === sha256);

/** Looks up what counts for a project's file that was read. */
export function standingOf(
  system: System,
  file: string,
  files: readonly ReadFile[],
  granted: Pick<Standing, "grants" | "bounds">,
): Standing {
  const record = findAccepted(system, file);
  const said = { file, ...granted };
  if (record === undefined) return said;
  return isSame(record.files, files) ? { ...said, accepted: record.asks } : { ...said, ended: record.asks };
}

/** Finds what is asked for beyond some grants. */
type Find = (grants: Grants) => readonly string[];

const errorOf = (message: string, hint: string): CofferError =>
  new CofferError("E_USAGE", message, { argument: "profile" }, { hint });

const otherwise = "--profile with its path accepts it for one call, and --no-settings ignores it";

/** Refuses what the administrator lets no project have, accepted or not. */
export function refuseOver(what: string, over: readonly string[]): void {
  if (over.length === 0) return;
  const message = `${quote(what)} asks for more than the administrator lets projects have: ${over.join(", ")}`;
  throw errorOf(message, otherwise);
}

function newIn(all: readonly string[], ended: readonly string[]): string {
  const added = all.filter((ask) => !ended.includes(ask));
  return added.length === 0 ? "it asks for nothing new" : `new: ${added.join(", ")}`;
}

/**
 * Refuses a project's file that asks for too much. Part of a file would be something that nobody has written.
 *
 * @param what the file that asks, which the project's file may extend
 * @param all everything that is asked for, for the error about a file that has changed
 * @throws {CofferError} E_USAGE
 */
export function refuseUngranted(what: string, standing: Standing, find: Find, all?: () => readonly string[]): void {
  const { file, grants, bounds, accepted, ended } = standing;
  const found = find(grants);
  const strange = found.filter((ask) => accepted?.includes(ask) !== true);
  if (strange.length === 0) {
    refuseOver(what, bounds.length === 0 ? [] : find(bounds));
    return;
  }
  const list = strange.join(", ");
  const hint = `\`coffer accept ${shellWord(file)}\` tells what commands could do, and asks; ${otherwise}`;
  if (accepted !== undefined)
    throw errorOf(
      `${quote(what)} asks for what it did not when you accepted it: ${list}`,
      `a path of it leads elsewhere, your own settings have changed, or a built-in profile gives more since: ${hint}`,
    );
  const changed =
    ended === undefined ? "" : `has changed since you accepted it (${newIn(all?.() ?? found, ended)}), and `;
  throw errorOf(`${quote(what)} ${changed}asks for more than projects may have: ${list}`, hint);
}
