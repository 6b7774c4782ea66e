// Applying what an overlay has to its tree, and undoing that. Copies are made first, in slots of the overlay's own place. Then
// each name of the tree is exchanged with its slot, so that nothing is ever removed, and a look at the slots tells how far it got.
import { CofferError, quote } from "../../../errors.ts";
import { isUnfinished } from "../../../overlay/journal.ts";
import type { Judged } from "../../../overlay/judge.ts";
import { choose, judge } from "../../../overlay/judge.ts";
import { hasCopy, planSteps, withCopies } from "../../../overlay/steps.ts";
import { joinPath } from "../../../paths.ts";
import { describeErrno } from "../../../system/errno.ts";
import { isUtf8 } from "../../../wire/utf8.ts";
import type { Runtime } from "../../runtime.ts";
import { treeFacts } from "./facts.ts";
import type { Journal } from "./journals.ts";
import { beginApply, journalNames, journalsOf, leftCopies, nextApply, writeSteps } from "./journals.ts";
import { listLayers, onLayers } from "./read.ts";
import type { Failure, OwnLayers } from "./steps.ts";
import { carryOut, checkMount, copyAll, takeBack } from "./steps.ts";
import { lockOverlay } from "./store.ts";

/** What `apply` has done. */
export interface Applied {
  readonly applied: number;
  readonly waiting: readonly Judged[];
  /** An earlier call was interrupted, and was taken back first: everything is judged again. */
  readonly takenBack?: "apply" | "undo";
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

const keptOf = (dir: string, failures: readonly Failure[]): readonly Kept[] =>
  failures.map(([{ path, slot, out }]) => ({
    path,
    ...(hasCopy(out) ? { copy: joinPath(dir, `${journalNames.slots}/${slot}`) } : {}),
  }));

const sayKept = (kept: readonly Kept[]): string =>
  kept
    .map(({ path, copy }) => {
      const where = copy === undefined ? "" : `, and what was there before is ${quote(copy)}`;
      return `; ${quote(path)} is not taken back${where}`;
    })
    .join("");

/** Removes what has copies alone. */
async function removeCopies({ system }: Runtime, dir: string): Promise<void> {
  if (isUtf8(dir)) await system.capture("rm", ["-rf", "--one-file-system", "--", dir]);
}

/** Makes the copies of an apply, and writes its steps down; removes the copies if something fails: no name of the tree is among them. */
async function prepare(runtime: Runtime, layers: OwnLayers, chosen: readonly Judged[]) {
  for (const left of leftCopies(runtime.system, layers.dir)) await removeCopies(runtime, left);
  const dir = nextApply(runtime.system, layers.dir);
  try {
    beginApply(runtime.system, dir);
    await checkMount(runtime, layers, dir);
    const { copies, steps: planned } = planSteps(chosen.map(({ record }) => record));
    const steps = withCopies(planned, copies, await copyAll(runtime, layers, dir, copies));
    if (steps === undefined)
      throw new CofferError("E_IO", "nothing is applied: the helper has not made every copy", { path: dir });
    writeSteps(runtime.system, dir, steps);
    return { dir, steps };
  } catch (error) {
    await removeCopies(runtime, dir);
    throw error;
  }
}

/** Takes the steps of an apply; the first that cannot be taken has all of them taken back. */
async function finish(runtime: Runtime, layers: OwnLayers, journal: Pick<Journal, "dir" | "steps">): Promise<number> {
  const failed = await carryOut(runtime, layers, journal);
  if (failed === undefined) return journal.steps.length;
  const [{ path }, errno] = failed.failure;
  const rest = sayKept(keptOf(journal.dir, failed.kept));
  const message = `nothing is applied: ${quote(path)} is not what it was, or cannot be exchanged: ${describeErrno(errno)}`;
  throw new CofferError("E_IO", `${message}${rest}`, { path });
}

/** Takes back what an earlier call has left half done. Gives what that was. */
async function takeBackOpen(
  runtime: Runtime,
  layers: OwnLayers,
  journals: readonly Journal[],
): Promise<Applied["takenBack"]> {
  const open = journals.find(({ state }) => isUnfinished(state));
  if (open === undefined) return undefined;
  const what = open.state === "applying" ? "apply" : "undo";
  const kept = keptOf(open.dir, (await takeBack(runtime, layers, open)).kept);
  const [first] = kept;
  if (first === undefined) return what;
  const message = `nothing more is applied: an ${what} that was interrupted is taken back, as far as that can be`;
  throw new CofferError("E_IO", `${message}${sayKept(kept)}`, { path: first.path });
}

/** Does something with an overlay that nobody else uses, and in which nothing runs. */
async function alone<T>(runtime: Runtime, name: string, action: (layers: OwnLayers) => Promise<T>): Promise<T> {
  return onLayers(runtime, name, async (layers) => {
    const lock = await lockOverlay(runtime, layers.dir, name);
    try {
      return await action({ ...layers, lock });
    } finally {
      lock.release();
    }
  });
}

/** A path beneath the tree, which is the empty one. */
const plain = (path: string): string => {
  const found = path.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
  return found === "." ? "" : found;
};

function checkNamed(judged: readonly Judged[], { paths, held }: ApplyOptions): void {
  const all = new Set(judged.map(({ record }) => record.path));
  const isAbove = (path: string): boolean => [...all].some((one) => path === "" || one.startsWith(`${path}/`));
  const path = [...paths, ...held].find((one) => !all.has(one) && !isAbove(one));
  if (path === undefined) return;
  const hint = "paths count from the tree; `coffer diff` lists what has changed";
  throw new CofferError("E_USAGE", `nothing has changed at ${quote(path)}`, { argument: "path" }, { hint });
}

/** Applies what is not held to the tree, or what is named. */
export function applyOverlay(runtime: Runtime, name: string, given: ApplyOptions): Promise<Applied> {
  const options: ApplyOptions = { paths: given.paths.map(plain), held: given.held.map(plain) };
  return alone(runtime, name, async (layers) => {
    const takenBack = await takeBackOpen(runtime, layers, journalsOf(runtime.system, layers.dir));
    const records = await listLayers(runtime, layers);
    const judged = judge(records, await treeFacts(runtime, layers, records), options.held);
    checkNamed(judged, options);
    const chosen = new Set(choose(judged, options));
    const waiting = judged.filter((one) => !chosen.has(one));
    const told = { waiting, ...(takenBack === undefined ? {} : { takenBack }) };
    if (chosen.size === 0) return { applied: 0, ...told };
    return { applied: await finish(runtime, layers, await prepare(runtime, layers, [...chosen])), ...told };
  });
}

/** What is next to undo: an apply of which nothing is undone, or only a part, in the order of `journals`. */
const nextOf = (journals: readonly Journal[], done: ReadonlySet<string>): Journal | undefined =>
  journals.find(({ dir, state }) => state !== "undone" && !done.has(dir));

/**
 * Undoes the last apply that is not undone. What of later ones could not be taken back is tried again first; if something of that
 * is taken back now, the apply before them stays.
 */
export function undoOverlay(runtime: Runtime, name: string): Promise<Undone> {
  return alone(runtime, name, async (layers) => {
    const done = new Set<string>();
    const kept: Kept[] = [];
    let undone = 0;
    // What is put back changes what earlier applies count as untouched: journals are read again.
    const next = (): Journal | undefined => nextOf(journalsOf(runtime.system, layers.dir), done);
    for (let journal = next(); journal !== undefined; journal = next()) {
      const isAgain = journal.state === "partly";
      if (!isAgain && undone > 0) break;
      const { taken, kept: failures } = await takeBack(runtime, layers, journal);
      undone += taken;
      kept.push(...keptOf(journal.dir, failures));
      done.add(journal.dir);
      if (!isAgain) break;
    }
    if (done.size > 0) return { undone, kept };
    throw new CofferError("E_USAGE", `nothing of the overlay ${name} is applied`, { argument: "name" });
  });
}
