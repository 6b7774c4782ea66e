// Applying what an overlay has to its tree, and undoing that. Copies are made first, in slots of the overlay's own place. Then
// each name of the tree is exchanged with its slot, so that nothing is ever removed, and a look at the slots tells how far it got.
import { CofferError, quote } from "../../../errors.ts";
import { isUnfinished } from "../../../overlay/journal.ts";
import type { Judged } from "../../../overlay/judge.ts";
import { choose, judge } from "../../../overlay/judge.ts";
import { copyInput, failedCopy, hasCopy, planSteps, withCopies } from "../../../overlay/steps.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { isUtf8 } from "../../../wire/utf8.ts";
import type { Runtime } from "../../runtime.ts";
import { treeFacts } from "./facts.ts";
import type { Failure, Journal } from "./journals.ts";
import { carryOut, journalsOf, newApply, onSlots, swap, takeBack, writeSteps } from "./journals.ts";
import type { OpenLayers } from "./read.ts";
import { listLayers, onLayers } from "./read.ts";
import { lockOverlay } from "./store.ts";

/** What `apply` has done. */
export interface Applied {
  readonly applied: number;
  readonly waiting: readonly Judged[];
  /** An earlier call was finished, and nothing else was done. */
  readonly finished?: "apply" | "undo";
}

/** What the caller names: only that and what is beneath, and held paths that are applied all the same. */
export interface ApplyOptions {
  readonly paths: readonly string[];
  readonly held: readonly string[];
}

/** A path that has changed since, and where what it had before is kept, if it had something. */
export interface Kept {
  readonly path: string;
  readonly copy?: string;
}

/** What `undo` has done. */
export interface Undone {
  readonly undone: number;
  readonly kept: readonly Kept[];
}

const keptOf = ({ dir }: Journal, failures: readonly Failure[]): readonly Kept[] =>
  failures.map(([{ path, slot, out }]) => ({
    path,
    ...(hasCopy(out) ? { copy: joinPath(dir, `slots/${slot}`) } : {}),
  }));

/** Makes the copies of an apply. The tree is as it was. */
async function copyAll(runtime: Runtime, layers: OpenLayers, dir: string, chosen: readonly Judged[]): Promise<Journal> {
  await swap(runtime, layers, { dir, steps: [] }, false);
  const { copies, steps } = planSteps(chosen.map(({ record }) => record));
  const words = ["stage", "--upper-fd", "3"];
  const { status, output } = await onSlots(runtime, dir, layers.upper.fd, words, copyInput(copies));
  if (status === 0) return { dir, state: "applying", steps: withCopies(steps, output) };
  const [path, errno] = failedCopy(copies, output) ?? ["", 0];
  const why =
    path === "" ? `copying ended with status ${status}` : `cannot copy ${quote(path)}: ${describeErrno(errno)}`;
  const hint = "name the paths that are to be applied";
  throw new CofferError("E_IO", `nothing is applied: ${why}`, { path }, { hint });
}

/** The same, and removes the copies if they are not whole: no name of the tree is among them yet. */
async function prepare(runtime: Runtime, layers: OpenLayers, chosen: readonly Judged[]): Promise<Journal> {
  const dir = newApply(runtime.system, layers.dir);
  try {
    return await copyAll(runtime, layers, dir, chosen);
  } catch (error) {
    if (isUtf8(dir)) await runtime.system.capture("rm", ["-rf", "--one-file-system", "--", dir]);
    throw error;
  }
}

/** Takes the steps of an apply; the first that cannot be taken has all of them taken back. */
async function finish(runtime: Runtime, layers: OpenLayers, journal: Journal): Promise<number> {
  const failure = await carryOut(runtime, layers, journal);
  if (failure === undefined) return journal.steps.length;
  const kept = keptOf(journal, await takeBack(runtime, layers, journal));
  const [{ path }, errno] = failure;
  const rest = kept.map((one) => {
    const where = one.copy === undefined ? "" : `, and what was there before is ${quote(one.copy)}`;
    return `; ${quote(one.path)} is not taken back${where}`;
  });
  const message = `nothing is applied: ${quote(path)} is not what it was, or cannot be exchanged: ${describeErrno(errno)}`;
  throw new CofferError("E_IO", `${message}${rest.join("")}`, { path });
}

/** Does something with an overlay that nobody else uses, and in which nothing runs. */
async function alone<T>(runtime: Runtime, name: string, action: (layers: OpenLayers) => Promise<T>): Promise<T> {
  return onLayers(runtime, name, async (layers) => {
    const lock = await lockOverlay(runtime, layers.dir, name);
    try {
      return await action(layers);
    } finally {
      lock.release();
    }
  });
}

const plain = (path: string): string => path.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");

function checkNamed(judged: readonly Judged[], { paths, held }: ApplyOptions): void {
  const all = new Set(judged.map(({ record }) => record.path));
  const isAbove = (path: string): boolean => [...all].some((one) => one.startsWith(`${path}/`));
  const wrong = [...paths.filter((path) => !all.has(path) && !isAbove(path)), ...held.filter((path) => !all.has(path))];
  const [path] = wrong;
  if (path === undefined) return;
  const hint = "paths count from the tree; `coffer diff` lists what has changed";
  throw new CofferError("E_USAGE", `nothing has changed at ${quote(path)}`, { argument: "path" }, { hint });
}

/** Applies what is not held to the tree, or what is named. */
export function applyOverlay(runtime: Runtime, name: string, given: ApplyOptions): Promise<Applied> {
  const options: ApplyOptions = { paths: given.paths.map(plain), held: given.held.map(plain) };
  return alone(runtime, name, async (layers) => {
    const journals = journalsOf(runtime.system, layers.dir);
    const open = journals.find(({ state }) => isUnfinished(state));
    if (open?.state === "undoing") {
      await takeBack(runtime, layers, open);
      return { applied: 0, waiting: [], finished: "undo" };
    }
    if (open !== undefined) return { applied: await finish(runtime, layers, open), waiting: [], finished: "apply" };
    const records = await listLayers(runtime, layers);
    const judged = judge(records, treeFacts(runtime, layers, records, journals), new Set(options.held));
    checkNamed(judged, options);
    const chosen = new Set(choose(judged, options));
    const waiting = judged.filter((one) => !chosen.has(one));
    if (chosen.size === 0) return { applied: 0, waiting };
    const journal = await prepare(runtime, layers, [...chosen]);
    writeSteps(runtime, journal);
    return { applied: await finish(runtime, layers, journal), waiting };
  });
}

/** Undoes the last apply that is not undone. */
export function undoOverlay(runtime: Runtime, name: string): Promise<Undone> {
  return alone(runtime, name, async (layers) => {
    const journal = journalsOf(runtime.system, layers.dir).find(({ state }) => state !== "undone");
    if (journal === undefined)
      throw new CofferError("E_USAGE", `nothing of the overlay ${name} is applied`, { argument: "name" });
    const kept = keptOf(journal, await takeBack(runtime, layers, journal));
    return { undone: journal.steps.length - kept.length, kept };
  });
}
