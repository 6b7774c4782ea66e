// Runs whose container may wait already. Whatever a run depends on is looked at first: only a container that was made of the same
// is taken.
import type { Config } from "@coffer/spec";
import { CofferError } from "../../errors.ts";
import { optional } from "../../system/error.ts";
import { signalNumbers } from "../../system/signals.ts";
import type { Bundle } from "../launch/bundle.ts";
import { closeBundle } from "../launch/bundle.ts";
import type { Made, Running } from "../launch/container.ts";
import { makeContainer } from "../launch/container.ts";
import { bundleAs } from "../launch/plan-bundle.ts";
import type { LaunchBasis, Launching, Prepared } from "../launch/prepare.ts";
import { findBasis, keyOfRun, prepareKnown } from "../launch/prepare.ts";
import type { Exit } from "../launch/reports.ts";
import { awaitStart } from "../launch/reports.ts";
import { keyOf } from "../memo/plan-once.ts";
import { tellWarnings } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import { readOwnIdentity } from "../store/identity.ts";
import { forget, forgetClaimed } from "../store/store.ts";
import { sweepAll } from "../store/sweep.ts";
import { remove } from "../verbs/delete.ts";
import type { RunBundleOptions } from "../verbs/run.ts";
import { followRun, runPrepared } from "../verbs/run.ts";
import type { Pool, Pooled } from "./pool.ts";
import { makePool } from "./pool.ts";
import { isQuiet } from "./quiet.ts";

/** A launcher takes its container back by itself when its caller has forgotten it for so long. */
const holdMs = 60_000;

const how: Launching = { gate: false, detach: false, dieWithParent: true, keepCgroups: false };

/** A container that waits, as a run takes it. */
export interface WaitingRun extends Pooled {
  readonly prepared: Prepared;
  readonly made: Made;
}

/** Whether the container of a run may be made long before its program begins. */
function canWait({ guard, warm, system }: Runtime, config: Config, options: RunBundleOptions): boolean {
  const isPiped = options.stdio?.every((one) => one === "pipe" || one === "ignore") === true;
  if (guard !== undefined || warm === undefined || system.atExit === undefined || !isPiped) return false;
  return isQuiet(config) && options.cgroupManager !== "systemd" && options.anonymous === true;
}

/** What the paths lead to that the container is made of. */
function placesOf({ system }: Runtime, { config, held }: Bundle): unknown {
  const object = (path: string): unknown => {
    const { device, inode } = system.stat(path);
    return [device, inode];
  };
  // A relative source counts from the bundle. Those of other file systems are words, which are seldom names of files there.
  const binds = (config.mounts ?? []).flatMap(({ source }) =>
    source === undefined ? [] : [source.startsWith("/") ? source : `${held.dir.at}/${source}`],
  );
  const joined = (config.linux?.namespaces ?? []).flatMap(({ path }) => (path === undefined ? [] : [path]));
  const objects = [...binds, ...joined].map((path) => optional(() => object(path)));
  return [[held.dir, held.root].map(({ path, at }) => [path, object(at)]), objects];
}

function keyOfWaiting(runtime: Runtime, bundle: Bundle, basis: LaunchBasis, options: RunBundleOptions): string {
  return `${keyOfRun(bundle, basis, options)}\n${keyOf(options.stdio, placesOf(runtime, bundle))}`;
}

/** How long a launcher may take its container back before the launcher is killed, in milliseconds. */
const takeBackMs = 3000;

/** Ends a launcher that holds its container, which takes the container back. */
async function endHeld(runtime: Runtime, id: string, { launch, claimed }: Made): Promise<void> {
  launch.held?.wake();
  launch.signal(signalNumbers.TERM);
  let event = await launch.nextEvent(takeBackMs);
  while (event.kind === "report") event = await launch.nextEvent(takeBackMs);
  if (event.kind === "exit" && event.signal === undefined) {
    forgetClaimed(runtime, id, claimed);
    return;
  }
  launch.signal(signalNumbers.KILL);
  await remove(runtime, id, { force: true });
}

/** The same launch, whose next event is known when it has come, although nobody has asked for it. */
function withFirstEvent({ system }: Runtime, made: Made): Pick<WaitingRun, "made" | "over"> {
  const first = made.launch.nextEvent();
  let isTold = false;
  const nextEvent: Made["launch"]["nextEvent"] = async (timeoutMs) => {
    if (isTold) return made.launch.nextEvent(timeoutMs);
    const late = timeoutMs === undefined ? [] : [system.sleep(timeoutMs).then(() => ({ kind: "timeout" }) as const)];
    const event = await Promise.race([first, ...late]);
    isTold = event.kind !== "timeout";
    return event;
  };
  return { made: { ...made, launch: { ...made.launch, nextEvent } }, over: first };
}

/** Makes a container of what the bundle is now. */
async function makeWaiting(runtime: Runtime, read: () => Bundle, options: RunBundleOptions): Promise<WaitingRun> {
  const { system } = runtime;
  const id = `run-${system.randomId()}`;
  const own = { ...options, id, cancel: undefined };
  const given = read();
  try {
    const bundle = bundleAs(given, own);
    const basis = findBasis(runtime, bundle, own, how);
    const launch = { ...basis.launch, holdMs };
    const prepared = prepareKnown(runtime, bundle, own, { ...basis, launch });
    const record = { ...prepared.record, maker: readOwnIdentity(system) };
    const key = keyOfWaiting(runtime, bundle, basis, own);
    const made = withFirstEvent(runtime, await makeContainer(runtime, { ...prepared, record }, own, "created"));
    const end = (): Promise<void> => endHeld(runtime, id, made.made);
    const { held } = made.made.launch;
    // What a path leads to may have been exchanged while the launcher looked it up.
    const isSame = keyOfWaiting(runtime, bundle, basis, own) === key;
    if (held === undefined || !isSame) {
      await end();
      const why = isSame ? "no helper stays" : "a directory has changed meanwhile";
      throw new CofferError("E_LAUNCH_FAILED", `a container cannot wait for its run: ${why}`, {});
    }
    held.rest();
    return { ...made, key, prepared, end, abandon: () => forget(runtime, id) };
  } finally {
    closeBundle(given);
  }
}

/** The program of a container that has waited begins; undefined if the container had ended before. */
async function goOn(
  runtime: Runtime,
  { prepared, made }: WaitingRun,
  { cancel }: RunBundleOptions,
): Promise<Running | undefined> {
  const { launch } = made;
  const { plan } = prepared.image;
  launch.held?.wake();
  const isHeard = launch.held?.goOn();
  try {
    await awaitStart(launch, plan, "running", cancel);
  } catch (error) {
    await remove(runtime, prepared.record.id, { force: true });
    if (cancel?.aborted === true) throw error;
    if (hasNotBegun(plan, error) || (await isHeard) === false) return undefined;
    throw error;
  }
  tellWarnings(runtime, plan, "config");
  return followRun(runtime, prepared, made, {});
}

/** What was made before this process changed its rights, its limits or its cgroup is of no use to it. */
async function takeCurrent(pool: Pool<WaitingRun>, key: string): Promise<WaitingRun | undefined> {
  for (let one = pool.take(key); one !== undefined; one = pool.take(key)) {
    if (one.made.launch.held?.isCurrent() === true) return one;
    await one.end();
  }
  return undefined;
}

/** Whether a launch failed before init was on its own: the program has not begun. */
function hasNotBegun({ ops }: Prepared["image"]["plan"], error: unknown): boolean {
  const { index } = CofferError.is(error, "E_LAUNCH_FAILED") ? error.details : {};
  return index !== undefined && index < ops.findIndex(({ op }) => op === "await-exec");
}

/**
 * Runs a bundle that `read` reads, in a container that waits for that if there is one.
 *
 * @throws {CofferError} as `runBundle`
 */
export async function runPooled(
  runtime: Runtime,
  pool: Pool<WaitingRun>,
  read: () => Bundle,
  options: RunBundleOptions,
): Promise<Running> {
  const given = read();
  try {
    const bundle = bundleAs(given, options);
    const basis = findBasis(runtime, bundle, options, how);
    const key = canWait(runtime, bundle.config, options) ? keyOfWaiting(runtime, bundle, basis, options) : undefined;
    // A call that is over begins no program: the launch below takes itself back.
    const isOver = options.cancel?.aborted === true;
    const waiting = key === undefined || isOver ? undefined : await takeCurrent(pool, key);
    const taken = waiting && (await goOn(runtime, waiting, options));
    const running = taken ?? (await runNow(runtime, bundle, basis, options));
    const wait = async (): Promise<Exit> => {
      try {
        return await running.wait();
      } finally {
        if (key !== undefined) pool.fill(key, () => makeWaiting(runtime, read, options));
      }
    };
    return { ...running, wait };
  } finally {
    closeBundle(given);
  }
}

function runNow(runtime: Runtime, bundle: Bundle, basis: LaunchBasis, options: RunBundleOptions): Promise<Running> {
  const prepared = prepareKnown(runtime, bundle, options, basis);
  tellWarnings(runtime, prepared.image.plan, "config");
  return runPrepared(runtime, prepared, options);
}

const ageMs = 30_000;

/** The pool of a runtime, which `openRuntime` makes. */
export function makeRunPool(runtime: Runtime, size: number): Pool<WaitingRun> {
  const { system, debug } = runtime;
  return makePool({
    size,
    ageMs,
    sweep: () => sweepAll(runtime),
    pause: () => system.sleep(1),
    failed: (error) => debug?.(`no container waits: ${error instanceof Error ? error.message : ""}`),
    atExit: (action) => system.atExit?.(action) ?? (() => {}),
  });
}
