// The verb `accept`: lets the sandboxes of one project have what its file asks for, until a byte of that changes.
import { escapeControl, stringifyJson } from "@coffer/spec";
import { CofferError, quote } from "../../../errors.ts";
import { baseName, joinPath } from "../../../paths.ts";
import { toAbsolute } from "../../../system/working-directory.ts";
import type { Runtime } from "../../runtime.ts";
import { findGit } from "../git/tree.ts";
import type { ProjectFile } from "../profile/find.ts";
import { findProjectFile, ownSettings, projectNames, readProjectFile } from "../profile/find.ts";
import { dirOf } from "../profile/read.ts";
import { findPath } from "../real-path.ts";
import { homesOf } from "../secrets.ts";
import type { Known } from "./asks.ts";
import { asksOf, sayAsk, secretsIn } from "./asks.ts";
import type { AcceptedFile } from "./record.ts";
import { digestOf, forgetAccepted, listAccepted, writeAccepted } from "./record.ts";
import type { Standing } from "./standing.ts";
import { refuseOver, standingOf } from "./standing.ts";

const usage = (message: string, hint: string): CofferError =>
  new CofferError("E_USAGE", message, { argument: "file" }, { hint });

/** The path of a project's file that the caller names, by itself or by its directory; there or not. */
function pathOf({ system }: Runtime, word: string): string {
  const named = toAbsolute(system, word);
  const isName = projectNames.some((name) => name === baseName(named));
  const dir = isName ? dirOf(named) : named;
  const real = findPath(system, dir)?.path ?? dir;
  return isName ? joinPath(real, baseName(named)) : (findProjectFile(system, real) ?? joinPath(real, projectNames[0]));
}

/** A project's file as it counts where it is. */
interface Looked {
  readonly path: string;
  readonly file: ProjectFile;
  readonly standing: Standing;
  readonly cwd: string;
}

function look(runtime: Runtime, word: string): Looked {
  const { system } = runtime;
  const path = pathOf(runtime, word);
  const cwd = dirOf(path);
  const homes = homesOf(system);
  if (findProjectFile(system, cwd, homes) !== path)
    throw usage(
      `no sandbox takes ${quote(path)} for the file of a project`,
      `name a ${projectNames.join(" or ")}, in a directory of yours that is not your home directory`,
    );
  const reading = { system, home: homes[0] };
  const { grants, bounds } = ownSettings(reading, cwd);
  const file = readProjectFile(reading, path);
  return { path, file, cwd, standing: standingOf(system, path, file.files, { grants, bounds }) };
}

/** A project's file that may be accepted. */
export interface AcceptProposal {
  readonly path: string;
  /** Whether there is something to accept: it asks for more than every project may have, and that is not accepted already. */
  readonly isNeeded: boolean;
  /** What it asks for, for people. */
  readonly lines: readonly string[];
  /** Accepts what was read, whatever the file has become. */
  accept(): void;
}

/** What differs from what was accepted before. */
function linesOf(beyond: readonly string[], all: readonly string[], { ended }: Standing, say: (ask: string) => string) {
  const gone = (ended ?? []).filter((ask) => !all.includes(ask));
  return [
    ...beyond.map((ask) => `  ${ended?.includes(ask) === false ? "new: " : ""}${say(ask)}`),
    ...gone.map((ask) => `  no more: ${say(ask)}`),
  ];
}

/**
 * Reads a project's file, by default the one of the working directory, and tells what its sandboxes could do.
 *
 * @param text what the file has to have: another one is not accepted
 * @throws {CofferError} E_USAGE, also where the administrator does not let projects have that; E_IO
 */
export function proposeAccept(runtime: Runtime, word = ".", text?: string): AcceptProposal {
  const { system } = runtime;
  const { path, file, standing, cwd } = look(runtime, word);
  const [first] = file.files;
  if (text !== undefined && first?.sha256 !== digestOf(system, text))
    throw usage(`${quote(path)} is not as it was written`, "look at it");
  const find = (known: Omit<Known, "cwd">) => asksOf(runtime, file.layers, { cwd, ...known });
  const tree = findGit(system, cwd, homesOf(system))?.top ?? cwd;
  const all = find({ grants: [] });
  const beyond = find({ grants: standing.grants, tree });
  if (standing.bounds.length > 0) refuseOver(path, find({ grants: standing.bounds, tree }));
  const secrets = secretsIn(runtime, cwd);
  const more = file.files.slice(1).map((one) => `it extends ${one.path}, which is accepted with it`);
  const isNeeded = beyond.some((ask) => standing.accepted?.includes(ask) !== true);
  return {
    path,
    isNeeded,
    lines: [
      ...(standing.ended === undefined ? [] : [`${path} has changed since you accepted it`]),
      beyond.length === 0
        ? `${path} asks for nothing that projects may not have`
        : `${path} lets commands in a sandbox of this project`,
      ...linesOf(beyond, all, standing, (ask) => sayAsk(ask, secrets)),
      ...more,
      ...(isNeeded || beyond.length === 0 ? [] : ["you have accepted it"]),
    ].map(escapeControl),
    accept: () => writeAccepted(system, { path, files: file.files, asks: all, accepted: system.now() }),
  };
}

/**
 * Forgets what was accepted of a project's file, there or not. Gives a line about it.
 *
 * @throws {CofferError} E_USAGE where nothing was accepted
 */
export function revokeAccepted(runtime: Runtime, word = "."): string {
  const path = pathOf(runtime, word);
  if (!forgetAccepted(runtime.system, path))
    throw usage(`${quote(path)} is not accepted`, "coffer accept --list tells what is");
  return escapeControl(`${path} is accepted no more`);
}

/** How a file that was accepted stands now. */
type State = "accepted" | "changed" | "missing";

function stateOf(runtime: Runtime, { path }: AcceptedFile): State {
  try {
    return look(runtime, path).standing.accepted === undefined ? "changed" : "accepted";
  } catch (error) {
    if (!CofferError.is(error)) throw error;
    return findPath(runtime.system, path) === undefined ? "missing" : "changed";
  }
}

/** Everything that is accepted, printed. */
export function printAccepted(runtime: Runtime, form: "text" | "json"): string {
  const all = listAccepted(runtime.system).map((one) => ({ ...one, state: stateOf(runtime, one) }));
  if (form === "json") return stringifyJson({ accepted: all.map((one) => ({ ...one })) }, "\t");
  return all
    .map(({ path, state, accepted }) => escapeControl(`${state.padEnd(8)}  ${accepted.slice(0, 10)}  ${path}`))
    .join("\n");
}

/** Whether the project's file of a directory is accepted, for `doctor`: undefined without a project's file. */
export function describeProject(
  runtime: Runtime,
): { readonly path: string; readonly isUsable: boolean; readonly isAccepted: boolean } | undefined {
  const cwd = findPath(runtime.system, toAbsolute(runtime.system, "."))?.path;
  const path = cwd === undefined ? undefined : findProjectFile(runtime.system, cwd);
  if (path === undefined) return undefined;
  try {
    const { isNeeded } = proposeAccept(runtime, path);
    return { path, isUsable: !isNeeded, isAccepted: look(runtime, path).standing.accepted !== undefined };
  } catch (error) {
    if (!CofferError.is(error)) throw error;
    return { path, isUsable: false, isAccepted: false };
  }
}
