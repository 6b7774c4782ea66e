// Carries the steps of an apply out, by the helper.
import { CofferError, quote } from "../../../errors.ts";
import type { JournalState } from "../../../overlay/journal.ts";
import type { Copy, Step } from "../../../overlay/steps.ts";
import { copyInput, failedCopy, failuresOf, objectsAfter, swapInput, withTimes } from "../../../overlay/steps.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import type { Captured, Lock } from "../../../system/port.ts";
import type { Runtime } from "../../runtime.ts";
import type { Journal } from "./journals.ts";
import { journalNames } from "./journals.ts";
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

/** Writes the state of an apply down, and waits until the disk has it. */
export async function note(runtime: Runtime, layers: OwnLayers, dir: string, state: JournalState): Promise<void> {
  runtime.system.writeFile(joinPath(dir, journalNames.state), `${state}\n`);
  const { status } = await onSlots(runtime, layers, dir, ["stage"], "");
  if (status !== 0) throw new CofferError("E_IO", `cannot write ${quote(dir)} to the disk`, { path: dir });
}

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
  if (status === 0 || failures.length > 0) return { failures, output };
  throw new CofferError("E_IO", `the steps of ${quote(dir)} ended with status ${status}`, { path: dir });
}

/** Fails where names of the tree cannot be exchanged with slots. */
export const checkMount = async (runtime: Runtime, layers: OwnLayers, dir: string): Promise<void> =>
  void (await swap(runtime, layers, dir, [], false));

/** Takes all steps back. What somebody has changed since stays as it is, and what was there before stays in its slot. */
export async function takeBack(
  runtime: Runtime,
  layers: OwnLayers,
  { dir, steps }: Pick<Journal, "dir" | "steps">,
): Promise<readonly Failure[]> {
  await note(runtime, layers, dir, "undoing");
  const { failures, output } = await swap(runtime, layers, dir, steps, true);
  runtime.system.writeFile(joinPath(dir, journalNames.back), output);
  await note(runtime, layers, dir, "undone");
  return failures;
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
    return { failure, kept: await takeBack(runtime, layers, { dir, steps: taken }) };
  }
  runtime.system.writeFile(joinPath(dir, journalNames.after), output);
  await note(runtime, layers, dir, "applied");
  return undefined;
}
