// The applies of an overlay on the disk: `applies/N` has a journal, and the slots that names of the tree are exchanged with.
import { CofferError, quote } from "../../../errors.ts";
import type { JournalState } from "../../../overlay/journal.ts";
import { isUnfinished, readState, readSteps, writeState } from "../../../overlay/journal.ts";
import type { Step } from "../../../overlay/steps.ts";
import { hasCopy, objectsAfter, roomFor, withLater, withTimes } from "../../../overlay/steps.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { optional, SystemError } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

/** An apply: its directory, its state, and its steps. */
export interface Journal {
  readonly dir: string;
  readonly state: JournalState;
  readonly steps: readonly Step[];
  /** What it has put into the tree, as the helper has seen it then. */
  readonly after: ReadonlyMap<string, string>;
  /** What it has put back there. */
  readonly back: ReadonlyMap<string, string>;
}

/** What is written is read again before the first step, with the same bound. */
export const mostJournal = 64 * 1024 * 1024;
const appliesName = "applies";
/** In the directory of an apply. `after`, `back`: what names had after the steps, and after they were taken back. */
export const journalNames = {
  steps: "steps.json",
  state: "state",
  after: "after",
  back: "back",
  slots: "slots",
} as const;

const numbersOf = ({ listDir }: System, dir: string): readonly number[] => {
  try {
    return listDir(joinPath(dir, appliesName))
      .filter((name) => /^\d{1,9}$/.test(name))
      .map(Number);
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return [];
    throw SystemError.is(error) ? broken(joinPath(dir, appliesName), describeErrno(error.errno), error) : error;
  }
};

/** What nobody can read may be all that is left of files of the tree: nothing goes on. */
function broken(dir: string, why: string, cause?: unknown): CofferError {
  const message = `the journal ${quote(dir)} of an apply cannot be read: ${why}`;
  const hint = `what the tree had before may be in ${quote(joinPath(dir, journalNames.slots))}: look there, and move the directory away`;
  return new CofferError("E_IO", message, { path: dir }, { hint, cause });
}

/** A file of a journal; undefined where it is missing, and nowhere else. */
function readOf(system: System, dir: string, name: string): string | undefined {
  try {
    return system.readText(joinPath(dir, name), mostJournal);
  } catch (error) {
    if (SystemError.is(error, "ENOENT")) return undefined;
    throw SystemError.is(error) ? broken(dir, `${name}: ${describeErrno(error.errno)}`, error) : error;
  }
}

/** What a crash leaves of a state that had not got its name yet. */
const isUnnamedState = (name: string): boolean => name.startsWith(`${journalNames.state}.`) && name.endsWith(".new");

/** Whether a directory is one that was to become an apply: a crash came before its state. */
function isUnborn({ listDir }: System, dir: string): boolean {
  const names = optional(() => listDir(dir).filter((name) => !isUnnamedState(name)));
  if (names?.length === 0) return true;
  const slots = optional(() => listDir(joinPath(dir, journalNames.slots)));
  return names?.join() === journalNames.slots && slots?.length === 0;
}

/** Reads a journal; undefined for one that has changed nothing. */
function readJournal(system: System, dir: string): Journal | undefined {
  const said = readOf(system, dir, journalNames.state);
  if (said === undefined && isUnborn(system, dir)) return undefined;
  const state = readState(said);
  if (state === "copying") return undefined;
  const text = readOf(system, dir, journalNames.steps);
  const steps = text === undefined ? undefined : readSteps(text);
  if (steps === undefined)
    throw broken(dir, `${journalNames.steps} is ${text === undefined ? "missing" : "not whole"}`);
  const [after, back] = [journalNames.after, journalNames.back].map((name) =>
    objectsAfter(optional(() => system.readText(joinPath(dir, name), mostJournal)) ?? ""),
  );
  const found = { after: after ?? new Map<string, string>(), back: back ?? new Map<string, string>() };
  return { dir, state, steps: withTimes(steps, found.after), ...found };
}

/** The applies of the overlays beside one, as far as they can be read: they may be of the same tree. */
function journalsBeside(system: System, dir: string): readonly Journal[] {
  const parent = dir.slice(0, dir.lastIndexOf("/"));
  const beside = (optional(() => system.listDir(parent)) ?? []).map((name) => joinPath(parent, name));
  return beside
    .filter((one) => one !== dir)
    .flatMap((one) => {
      try {
        return readAll(system, one);
      } catch (error) {
        if (SystemError.is(error) || CofferError.is(error)) return [];
        throw error;
      }
    });
}

/** The applies of an overlay as they were written, the first one first. */
function readAll(system: System, dir: string): readonly Journal[] {
  const numbers = numbersOf(system, dir).toSorted((a, b) => a - b);
  return numbers.flatMap((number) => readJournal(system, joinPath(dir, `${appliesName}/${number}`)) ?? []);
}

/**
 * The applies of an overlay, the last one first. What an undo of another overlay has put back is what was there.
 *
 * @throws {CofferError} E_IO where one cannot be read: what the tree had before may be in its slots
 */
export function journalsOf(system: System, dir: string): readonly Journal[] {
  const journals = readAll(system, dir);
  if (journals.length === 0) return [];
  const beside = journalsBeside(system, dir);
  return journals
    .map((one, at) => ({ ...one, steps: withLater(one.steps, [...journals.slice(at + 1), ...beside]) }))
    .toReversed();
}

/** Whether something that the tree had before is in the slots of an apply, and in no other place that anybody knows. */
export const hasOnlyCopies = ({ state, steps }: Journal): boolean =>
  state !== "undone" && steps.some(({ out }) => hasCopy(out));

/** Fails while an apply or an undo of the overlay is not finished, or cannot be read. */
export function checkFinished(system: System, dir: string, name: string): void {
  const open = journalsOf(system, dir).find(({ state }) => isUnfinished(state));
  if (open === undefined) return;
  const hint = `\`coffer undo ${name}\` takes back what it has done; \`coffer apply ${name}\` does so too, and applies again`;
  const message = `${open.state === "applying" ? "an apply" : "an undo"} of the overlay ${name} is not finished`;
  throw new CofferError("E_USAGE", message, { argument: "overlay" }, { hint });
}

/** The directories of applies that were never begun. */
export const leftCopies = (system: System, dir: string): readonly string[] =>
  numbersOf(system, dir)
    .map((number) => joinPath(dir, `${appliesName}/${number}`))
    .filter((at) => {
      const said = readOf(system, at, journalNames.state);
      return said === undefined ? isUnborn(system, at) : said === writeState("copying");
    });

/** The directory of the next apply. */
export const nextApply = (system: System, dir: string): string =>
  joinPath(dir, `${appliesName}/${Math.max(0, ...numbersOf(system, dir)) + 1}`);

/** Makes the directory of an apply, which has changed nothing yet. */
export function beginApply(system: System, dir: string): void {
  system.makeDir(joinPath(dir, journalNames.slots), { parents: true });
  system.writeFile(joinPath(dir, journalNames.state), writeState("copying"));
}

/**
 * Writes down what is to be done, once and for all. Whoever cannot read that again could never undo it. What is written later has
 * its room by then: an undo needs no other.
 */
export function writeSteps(system: Pick<System, "readText" | "writeFile">, dir: string, steps: readonly Step[]): void {
  const path = joinPath(dir, journalNames.steps);
  const text = JSON.stringify(steps);
  const room = roomFor(steps);
  if (Math.max(text.length, room) < mostJournal) {
    system.writeFile(path, text);
    for (const name of [journalNames.after, journalNames.back]) system.writeFile(joinPath(dir, name), " ".repeat(room));
    if (readSteps(optional(() => system.readText(path, mostJournal)) ?? "")?.length === steps.length) return;
  }
  const hint = "apply less at a time: name paths";
  throw new CofferError(
    "E_IO",
    `nothing is applied: its list of ${steps.length} steps is too long`,
    { path },
    { hint },
  );
}
