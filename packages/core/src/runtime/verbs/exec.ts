import type { HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import type { CgroupPlace, ProcessIdentity } from "../../plan/index.ts";
import { planJoin, planSignal } from "../../plan/index.ts";
import type { LaunchSetup, Watcher } from "../../system/port.ts";
import { signalNumbers } from "../../system/signals.ts";
import type { Plan } from "../../wire/op.ts";
import type { Running } from "../launch/container.ts";
import { writePidFile } from "../launch/container.ts";
import { isGone } from "../launch/errors/launch-error.ts";
import type { Image } from "../launch/image.ts";
import { makeImage } from "../launch/image.ts";
import { asModuleProcess } from "../launch/module-bundle.ts";
import type { Passed } from "../launch/process-options.ts";
import { passedInputs, processOptions, readPassed, stdioOf } from "../launch/process-options.ts";
import type { Exit } from "../launch/reports.ts";
import {
  awaitEnd,
  awaitExit,
  awaitStart,
  beginLaunch,
  identityOf,
  runHostPlan,
  startLaunch,
} from "../launch/reports.ts";
import type { KeptImage } from "../memo/kept-exec.ts";
import { openAsked, planKeptExec } from "../memo/kept-exec.ts";
import type { ProcessLaunchOptions } from "../options.ts";
import { tellWarnings } from "../policy/warnings.ts";
import type { Runtime } from "../runtime.ts";
import type { Notes } from "../sandbox/denied/notes.ts";
import { noNotes, startLaterNotes } from "../sandbox/denied/notes.ts";
import { once } from "../sandbox/plan.ts";
import type { Identity } from "../store/identity.ts";
import type { ContainerRecord } from "../store/record.ts";
import { configOf } from "../store/record-config.ts";
import { withRoot } from "../store/state-root.ts";
import type { ContainerStatus } from "../store/status.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { readRecord } from "../store/store.ts";
import { execPlaces } from "./exec-cgroup.ts";
import type { ExecProcessOptions, ProcessDocument } from "./exec-process.ts";
import { makeExecProcess, readProcessFile } from "./exec-process.ts";
import { detachedExit } from "./run.ts";

/** Options of `exec`. */
export interface ExecVerbOptions extends ProcessLaunchOptions, ExecProcessOptions {
  readonly id: string;
  /** A cgroup beneath the container's, `[CONTROLLER:]PATH`. */
  readonly cgroup?: string | undefined;
  /** Starts the process in a paused container too, where it stands still until `resume`. */
  readonly ignorePaused?: boolean | undefined;
  /** Gets what the process asks for, as its supervisor tells. */
  readonly watcher?: Watcher | undefined;
}

/** Ends a process that can have ended already. */
async function endProcess(runtime: Runtime, target: ProcessIdentity): Promise<void> {
  try {
    await runHostPlan(runtime, planSignal({ target, signal: signalNumbers.KILL }));
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** A process that can be launched in a container. */
export interface PreparedExec {
  readonly image: Image;
  readonly inputs: LaunchSetup["inputs"];
}

/** A container that a process can be launched in. */
interface Target {
  readonly record: ContainerRecord;
  readonly status: ContainerStatus;
  readonly identity: Identity;
}

async function findTarget(runtime: Runtime, { id, ignorePaused }: ExecVerbOptions): Promise<Target> {
  const record = readRecord(runtime, id);
  const { status, identity } = await findStatus(runtime, id, { record });
  if (identity === undefined) {
    throw wrongStatus(id, status, ["created", "running"], `cannot exec in a ${status} container`);
  }
  if (status === "paused" && !ignorePaused) {
    const message = "cannot exec in a paused container (use --ignore-paused to override)";
    throw wrongStatus(id, status, ["created", "running"], message);
  }
  return { record, status, identity };
}

/** What a further process is planned with, found out when it is first asked for. */
interface Basis extends Target {
  readonly document: ProcessDocument | undefined;
  readonly facts: () => HostFacts;
  readonly places: () => readonly CgroupPlace[];
}

function basisOf(runtime: Runtime, options: ExecVerbOptions, target: Target): Basis {
  const { record, identity } = target;
  const isOfUnit = record.cgroups.some(({ unit }) => unit !== undefined);
  return {
    ...target,
    document: readProcessFile(runtime, options),
    facts: once(() => probeHost(runtime.system, { paths: [], cgroups: isOfUnit })),
    places: once(() => execPlaces(runtime.system, record.cgroups, identity.pid, options.cgroup)),
  };
}

function planExec(runtime: Runtime, options: ExecVerbOptions, basis: Basis, passed: Passed): Plan {
  const { record, identity, document, facts, places } = basis;
  const { resctrl, bundle, supervised, keepsStreams, onUserNetwork } = record;
  const config = configOf(record);
  const { process: asked, warnings } = makeExecProcess(config.process, options, document);
  const process = asModuleProcess(config, asked);
  const plan = planJoin(config, process, facts(), {
    ...processOptions(runtime, process, options, passed),
    id: options.id,
    bundle,
    target: identity,
    cgroups: places(),
    resctrl,
    supervised,
    onUserNetwork,
    watched: options.watcher !== undefined,
    ...(keepsStreams === true ? { keepStreams: "reopened" } : {}),
    warnings,
  });
  tellWarnings(runtime, plan, "process");
  return plan;
}

/** Plans a further process in a running container, which is looked up. */
export async function prepareExec(runtime: Runtime, options: ExecVerbOptions): Promise<PreparedExec> {
  const target = await findTarget(runtime, options);
  const passed = readPassed(runtime, options);
  const plan = planExec(runtime, options, basisOf(runtime, options, target), passed);
  return { image: { ...makeImage(plan), container: target.identity }, inputs: passedInputs(passed) };
}

/** The image of a further process: its plan may be one that was kept. */
function imageOf(runtime: Runtime, options: ExecVerbOptions, target: Target, passed: Passed): KeptImage {
  const basis = basisOf(runtime, options, target);
  const plan = (): Plan => planExec(runtime, options, basis, passed);
  const { image, keep } = planKeptExec(openAsked(runtime, options, basis), plan);
  return { image: { ...image, container: target.identity }, keep };
}

/** Launches a further process in a running container. The launcher starts while the process is planned. */
async function launchExec(runtime: Runtime, options: ExecVerbOptions, target: Target) {
  const passed = readPassed(runtime, options);
  const setup: LaunchSetup = {
    inputs: passedInputs(passed),
    stdio: stdioOf(options),
    forwardSignals: options.forwardSignals ?? false,
    trace: options.trace ?? false,
    dieWithParent: options.dieWithParent ?? false,
    resizes: options.window !== undefined,
    ...(runtime.warm === undefined ? {} : { warm: runtime.warm }),
    ...(options.watcher === undefined ? {} : { watcher: options.watcher }),
    ...(target.status === "paused" ? { initTimeoutMs: 0 } : {}),
  };
  const waiting = await beginLaunch(runtime, setup);
  try {
    const { image, keep } = imageOf(runtime, options, target, passed);
    const launch = await startLaunch(runtime, image, setup, waiting);
    keep();
    return { image, launch };
  } catch (error) {
    await waiting?.release();
    throw error;
  }
}

/** Notes what a process of a sandbox is denied, if its end is waited for. A supervisor would tell all of that by itself. */
function notesOf({ system }: Runtime, { detach, watcher }: ExecVerbOptions, { record, identity }: Target): Notes {
  if (record.noted === undefined || detach === true || watcher !== undefined) return noNotes;
  return startLaterNotes(system, record.noted, identity.pid);
}

async function closingOnError<T>(notes: Notes, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await notes.close();
    throw error;
  }
}

async function execIn(runtime: Runtime, options: ExecVerbOptions, target: Target, notes: Notes): Promise<Running> {
  const { id, detach = false } = options;
  const { image, launch } = await launchExec(runtime, options, target);
  const { plan } = image;
  const identityOfProcess = identityOf(runtime, await awaitStart(launch, plan, "running", options.cancel));
  try {
    writePidFile(runtime, options.pidFile, identityOfProcess.pid);
  } catch (error) {
    // As in runc: who asked for its number does not get it, and could not end it.
    await endProcess(runtime, identityOfProcess);
    await awaitEnd(launch, plan);
    throw error;
  }
  const running = { id, process: identityOfProcess, plan, planSize: image.bytes.length, launch };
  if (!detach) {
    const wait = async (): Promise<Exit> => {
      const exit = await closingOnError(notes, () => awaitExit(launch, plan));
      return { ...exit, denied: await notes.end(exit.status) };
    };
    return { ...running, wait };
  }
  await awaitEnd(launch, plan);
  return { ...running, wait: async () => detachedExit };
}

/** Runs a further process in a running container. */
export async function exec(caller: Runtime, options: ExecVerbOptions): Promise<Running> {
  const runtime = withRoot(caller);
  const target = await findTarget(runtime, options);
  const notes = notesOf(runtime, options, target);
  return closingOnError(notes, () => execIn(runtime, options, target, notes));
}
