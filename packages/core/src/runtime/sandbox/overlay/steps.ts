// Carries the steps of an apply out, by the helper.
import { CofferError, quote } from "../../../errors.ts";
import type { JournalState } from "../../../overlay/journal.ts";
import { writeState } from "../../../overlay/journal.ts";
import type { Copy, Step } from "../../../overlay/steps.ts";
import {
  copyInput,
  failedCopy,
  failuresOf,
  objectsAfter,
  swapInput,
  takenLines,
  untaken,
  withTimes,
} from "../../../overlay/steps.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { optional } from "../../../system/error.ts";
import type { Captured, Lock } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { Journal } from "./journals.ts";
import { journalNames, mostJournal } from "./journals.ts";
import type { OpenLayers } from "./read.ts";

/** The layers of an overlay that nobody else uses. */
export interface OwnLayers extends OpenLayers {
  readonly lock: Lock;
}

/** A step that could not be taken, and the errno. */
export type Failure = readonly [step: Step, errno: number];

/**
 * Runs the helper on the slots of an apply. It has the lock too: should we be killed, nobody else can use the overlay until
 * the helper has ended. Somebody at a terminal sees how far it is.
 */
async function onSlots(
  { system }: Runtime,
  { tree, upper, lock }: OwnLayers,
  dir: string,
  words: readonly string[],
  input: string,
): Promise<Captured> {
  const path = joinPath(dir, journalNames.slots);
  const slots = system.openPath(path, path, "directory");
  const tells = system.caller.isOutputTerminal;
  const given = ["--upper-fd", "3", "--lower-fd", "4", "--slots-fd", "5", ...(tells ? ["--tell-fd", "7"] : [])];
  try {
    const fds = [upper.fd, tree.fd, slots.fd, lock.fd, ...(tells ? [1] : [])];
    return await system.askHelper(["layers", ...words, ...given], fds, input);
  } finally {
    slots.close();
  }
}

/**
 * Writes over what a file of an apply has, and waits until the disk has it. That needs no room on most file systems. What copies
 * on write may need some: then nothing is lost, and the same call goes on later.
 */
async function writeOver({ system }: Runtime, { lock }: OwnLayers, dir: string, name: string, text: string) {
  const at = system.openPath(dir, dir, "directory");
  try {
    const words = ["layers", "note", "--slots-fd", "3"];
    const { status, output } = await system.askHelper(words, [at.fd, lock.fd], `${name}\0${text}\0`);
    if (status === 0) return;
    const path = joinPath(dir, name);
    const why = output === "" ? `status ${status}` : describeErrno(Number(output));
    const hint = "make room on the disk, and call the same again: nothing is lost, and what is done is known";
    throw new CofferError("E_IO", `cannot write ${quote(path)}: ${why}`, { path }, { hint });
  } finally {
    at.close();
  }
}

/** Writes the state of an apply down. */
const note = (runtime: Runtime, layers: OwnLayers, dir: string, state: JournalState): Promise<void> =>
  writeOver(runtime, layers, dir, journalNames.state, writeState(state));

/** Makes copies in the slots, and gives what the helper says of them. The tree is as it was. */
export async function copyAll(runtime: Runtime, layers: OwnLayers, dir: string, copies: readonly Copy[]) {
  const { status, output } = await onSlots(runtime, layers, dir, ["stage"], copyInput(copies));
  if (status === 0) return output;
  const [path, errno] = failedCopy(copies, output) ?? ["", 0];
  const why =
    path === "" ? `copying ended with status ${status}` : `cannot copy ${quote(path)}: ${describeErrno(errno)}`;
  const hint = "name the paths that are to be applied";
  throw new CofferError("E_IO", `nothing is applied: ${why}`, { path }, { hint });
}

/** Takes the steps, or takes them back: what could not be taken, and what the names have now. */
async function swap(runtime: Runtime, layers: OwnLayers, dir: string, steps: readonly Step[], back: boolean) {
  const words = ["swap", ...(back ? ["--back"] : [])];
  const input = swapInput(back ? steps.toReversed() : steps);
  const { status, output } = await onSlots(runtime, layers, dir, words, input);
  if (output === "mount\n") {
    const hint = "set XDG_STATE_HOME to a directory beside the tree before the sandbox is started";
    const message = `${quote(dir)} is not on the file system and mount of the tree ${quote(layers.tree.path)}`;
    throw new CofferError("E_IO", message, { path: dir }, { hint });
  }
  const failures = failuresOf(steps, output);
  // A helper that got less than all of the steps has told of less.
  const isWhole = output.match(/^\d+ \d+/gm)?.length === (steps.length || undefined);
  if ((status === 0 && isWhole) || (failures.length > 0 && (isWhole || !back))) return { failures, output };
  const message = `the steps of ${quote(dir)} ended with status ${status}, and not all of them are known`;
  throw new CofferError("E_IO", message, { path: dir }, { hint: "call the same again: nothing is lost" });
}

/** Fails where names of the tree cannot be exchanged with slots. */
export const checkMount = async (runtime: Runtime, layers: OwnLayers, dir: string): Promise<void> =>
  void (await swap(runtime, layers, dir, [], false));

/** What a call has taken back, and what it could not. */
export interface TakenBack {
  readonly taken: number;
  readonly kept: readonly Failure[];
}

/**
 * Takes all steps back that are not yet. What somebody has changed since stays as it is, and what was there before stays in its
 * slot: a later call tries again.
 */
export async function takeBack(
  runtime: Runtime,
  layers: OwnLayers,
  { dir, steps }: Pick<Journal, "dir" | "steps">,
): Promise<TakenBack> {
  const said = optional(() => runtime.system.readText(joinPath(dir, journalNames.back), mostJournal)) ?? "";
  const open = untaken(steps, said);
  await note(runtime, layers, dir, "undoing");
  const { failures, output } = await swap(runtime, layers, dir, open, true);
  await writeOver(runtime, layers, dir, journalNames.back, takenLines(said) + takenLines(output));
  await note(runtime, layers, dir, failures.length === 0 ? "undone" : "partly");
  return { taken: open.length - failures.length, kept: failures };
}

/** Takes the steps, once the disk has them. Should one fail, all are taken back: gives it, and what could not be taken back. */
export async function carryOut(
  runtime: Runtime,
  layers: OwnLayers,
  { dir, steps }: Pick<Journal, "dir" | "steps">,
): Promise<{ readonly failure: Failure; readonly kept: readonly Failure[] } | undefined> {
  await note(runtime, layers, dir, "applying");
  const { failures, output } = await swap(runtime, layers, dir, steps, false);
  const [failure] = failures;
  if (failure !== undefined) {
    const taken = withTimes(steps, objectsAfter(output));
    return { failure, kept: (await takeBack(runtime, layers, { dir, steps: taken })).kept };
  }
  await writeOver(runtime, layers, dir, journalNames.after, takenLines(output));
  await note(runtime, layers, dir, "applied");
  return undefined;
}
