// The applies of an overlay on the disk: `applies/N` has a journal, and the slots that names of the tree are exchanged with.
import { CofferError, quote } from "../../../errors.ts";
import type { JournalState } from "../../../overlay/journal.ts";
import { isUnfinished, readState, readSteps } from "../../../overlay/journal.ts";
import type { Step } from "../../../overlay/steps.ts";
import { failuresOf, swapInput } from "../../../overlay/steps.ts";
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { OpenLayers } from "./read.ts";

/** An apply: its directory, its state, and its steps. */
export interface Journal {
  readonly dir: string;
  readonly state: JournalState;
  readonly steps: readonly Step[];
}

const mostJournal = 256 * 1024 * 1024;
const appliesName = "applies";
const stepsName = "steps.json";
const stateName = "state";

/** A step that could not be taken, and the errno. */
export type Failure = readonly [step: Step, errno: number];

const numbersOf = ({ listDir }: System, dir: string): readonly number[] =>
  (optional(() => listDir(joinPath(dir, appliesName))) ?? []).filter((name) => /^\d{1,9}$/.test(name)).map(Number);

/**
 * The applies of an overlay, the last one first. The disk has all steps before the first is taken: an apply whose steps are
 * missing or broken has changed nothing.
 */
export function journalsOf(system: System, dir: string, isWanted = (_: JournalState) => true): readonly Journal[] {
  const numbers = numbersOf(system, dir).toSorted((a, b) => b - a);
  return numbers.flatMap((number) => {
    const at = joinPath(dir, `${appliesName}/${number}`);
    const state = readState(optional(() => system.readText(joinPath(at, stateName), 64)));
    if (!isWanted(state)) return [];
    const text = optional(() => system.readText(joinPath(at, stepsName), mostJournal));
    const steps = text === undefined ? undefined : readSteps(text);
    return steps === undefined ? [] : [{ dir: at, state, steps }];
  });
}

/** Fails while an apply or an undo of the overlay is not finished. */
export function checkFinished(system: System, dir: string, name: string): void {
  const [open] = journalsOf(system, dir, isUnfinished);
  if (open === undefined) return;
  const hint = `\`coffer apply ${name}\` finishes it, \`coffer undo ${name}\` takes it back`;
  const message = `${open.state === "applying" ? "an apply" : "an undo"} of the overlay ${name} is not finished`;
  throw new CofferError("E_USAGE", message, { argument: "overlay" }, { hint });
}

/** Makes the directory of a new apply. */
export function newApply(system: System, dir: string): string {
  const made = joinPath(dir, `${appliesName}/${Math.max(0, ...numbersOf(system, dir)) + 1}`);
  system.makeDir(joinPath(made, "slots"), { parents: true });
  return made;
}

/** Runs the helper on the slots of an apply and a directory, which has the descriptor 3. */
export async function onSlots(
  { system }: Runtime,
  dir: string,
  other: number,
  words: readonly string[],
  input: string,
) {
  const path = joinPath(dir, "slots");
  const slots = system.openPath(path, path, "directory");
  try {
    return await system.askHelper(["layers", ...words, "--slots-fd", "4"], [other, slots.fd], input);
  } finally {
    slots.close();
  }
}

/** Writes the state of an apply down, and waits until the disk has it. */
async function note(runtime: Runtime, { tree }: OpenLayers, { dir }: Journal, state: JournalState): Promise<void> {
  runtime.system.writeFile(joinPath(dir, stateName), `${state}\n`);
  const { status } = await onSlots(runtime, dir, tree.fd, ["stage", "--upper-fd", "3"], "");
  if (status !== 0) throw new CofferError("E_IO", `cannot write ${quote(dir)} to the disk`, { path: dir });
}

/** Takes the steps, or takes them back. Gives those that could not be taken. */
export async function swap(
  runtime: Runtime,
  { tree }: OpenLayers,
  { dir, steps }: Pick<Journal, "dir" | "steps">,
  back: boolean,
): Promise<readonly Failure[]> {
  const words = ["swap", "--lower-fd", "3", ...(back ? ["--back"] : [])];
  const { status, output } = await onSlots(runtime, dir, tree.fd, words, swapInput(back ? steps.toReversed() : steps));
  if (output === "mount\n") {
    const hint = "set XDG_STATE_HOME to a directory beside the tree before the sandbox is started";
    const message = `${quote(dir)} is not on the file system and mount of the tree ${quote(tree.path)}`;
    throw new CofferError("E_IO", message, { path: dir }, { hint });
  }
  const failures = failuresOf(steps, output);
  if (status === 0 || failures.length > 0) return failures;
  throw new CofferError("E_IO", `the steps of ${quote(dir)} ended with status ${status}`, { path: dir });
}

/** Takes all steps back. What somebody has changed since stays as it is, and what was there before stays in its slot. */
export async function takeBack(runtime: Runtime, layers: OpenLayers, journal: Journal): Promise<readonly Failure[]> {
  await note(runtime, layers, journal, "undoing");
  const failures = await swap(runtime, layers, journal, true);
  await note(runtime, layers, journal, "undone");
  return failures;
}

/** Writes down what is to be done. It is never written again. */
export const writeSteps = ({ system }: Runtime, { dir, steps }: Journal): void =>
  system.writeFile(joinPath(dir, stepsName), JSON.stringify(steps));

/** Takes the steps, once the disk has them. The first that cannot be taken is given back. */
export async function carryOut(runtime: Runtime, layers: OpenLayers, journal: Journal): Promise<Failure | undefined> {
  await note(runtime, layers, journal, "applying");
  const [failure] = await swap(runtime, layers, journal, false);
  if (failure === undefined) await note(runtime, layers, journal, "applied");
  return failure;
}
