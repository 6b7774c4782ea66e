import { CofferError, quote } from "../../errors.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldPath } from "../../system/held.ts";
import type { LaunchSetup, System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import { prepareNetwork } from "../egress/sandbox-network.ts";
import type { Running } from "../launch/container.ts";
import type { Exit } from "../launch/drive.ts";
import { awaitExit, awaitStart, identityOf, startLaunch } from "../launch/drive.ts";
import type { Prepared } from "../launch/prepare.ts";
import { stdioOf } from "../launch/process-options.ts";
import type { Runtime } from "../runtime.ts";
import type { SandboxView } from "../sandbox/files.ts";
import { findFiles } from "../sandbox/files.ts";
import { madeSince } from "../sandbox/guards.ts";
import { explainEnd, holdLimits } from "../sandbox/limits.ts";
import { checkFiles } from "../sandbox/named.ts";
import type { Asked, SandboxVerbOptions } from "../sandbox/plan.ts";
import { planSandbox } from "../sandbox/plan.ts";
import { checkContainerId } from "../store/container-id.ts";
import { checkUnused } from "../store/store.ts";
import { runPrepared } from "./run.ts";

export type { SandboxVerbOptions } from "../sandbox/plan.ts";

/** A name that was never used. */
export function newSandboxId({ system }: Runtime): string {
  return `sandbox-${system.randomId()}`;
}

/** Holds the directory to work in: by its name anybody who may write to its parent could give another. */
function holdWorkDir(system: System, word: string, cwd: string): HeldPath {
  try {
    return system.openPath(word, cwd, "directory");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const isOther = error.errno === "ESTALE";
    const why = isOther ? "its name leads to another directory" : describeErrno(error.errno);
    const hint = isOther ? "enter it again" : "choose another directory";
    const message = `cannot work in ${quote(cwd)}: ${why}`;
    throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint, cause: error });
  }
}

function checkName(runtime: Runtime, name: string): void {
  checkContainerId(name);
  checkUnused(runtime, name);
}

function warnOf(runtime: Runtime, message: string): void {
  runtime.warn?.(new CofferError("E_USAGE", message, { argument: "guards" }));
}

/** A launch without state: it ends with us, and nobody else knows it. */
async function launchAlone(
  runtime: Runtime,
  { image, record }: Prepared,
  setup: LaunchSetup,
  cancel: AbortSignal | undefined,
): Promise<Running> {
  const { plan, bytes } = image;
  const launch = await startLaunch(runtime, image, setup);
  const process = identityOf(runtime, await awaitStart(launch, plan, "running", cancel));
  return { id: record.id, process, plan, planSize: bytes.length, launch, wait: () => awaitExit(launch, plan) };
}

function launchSandbox(
  runtime: Runtime,
  prepared: Prepared,
  setup: LaunchSetup,
  options: SandboxVerbOptions,
  { stated }: Asked,
): Promise<Running> {
  if (!stated) return launchAlone(runtime, prepared, setup, options.cancel);
  const anonymous = options.name === undefined;
  const { inputs, ...how } = setup;
  const { cancel } = options;
  return runPrepared(runtime, { ...prepared, inputs }, { ...how, id: prepared.record.id, anonymous, cancel });
}

/** What is said of a sandbox that has ended. */
function tellEnd(runtime: Runtime, options: SandboxVerbOptions, view: SandboxView, exit: Exit): void {
  for (const path of madeSince(runtime.system, view.guards.missing))
    warnOf(runtime, `the sandbox made ${quote(path)}: programs of the host act upon it, so look at it first`);
  explainEnd(runtime, options.limits ?? {}, exit);
}

/** The tree that is bound, held from when it was looked at. */
function holdTree(system: System, at: HeldPath, tree: string): HeldPath {
  if (tree === at.path) return at;
  const held = holdWorkDir(system, tree, tree);
  if (held.path === tree) return held;
  held.close();
  const hint = "enter it again";
  throw new CofferError(
    "E_USAGE",
    `cannot work in ${quote(tree)}: its name leads to another directory`,
    { argument: "cwd" },
    { hint },
  );
}

function findView(runtime: Runtime, options: SandboxVerbOptions, named: string, at: HeldPath): SandboxView {
  const { layers = [], writable = false } = options;
  const files = checkFiles(
    options,
    layers.flatMap(({ files: { tmp = [] } }) => tmp),
  );
  const view = findFiles(runtime, { ...files, layers, cwd: at.path, namedCwd: named, writable });
  for (const path of view.guards.unguarded)
    warnOf(runtime, `${quote(path)} cannot be guarded: a link leads there, which the sandbox may replace`);
  return view;
}

async function sandboxIn(runtime: Runtime, options: SandboxVerbOptions, named: string, at: HeldPath): Promise<Running> {
  const id = options.name ?? options.id ?? newSandboxId(runtime);
  const network = prepareNetwork(runtime, options.network ?? {}, options.onDenied ?? (() => {}));
  if (network !== undefined && options.unsafe?.includes("host-network"))
    throw new CofferError("E_USAGE", "a sandbox with the host's network can reach all of it", { argument: "allow" });
  const view = findView(runtime, options, named, at);
  const limits = holdLimits(runtime, options.limits ?? {});
  const stated = options.name !== undefined || limits.manager !== "none";
  const asked = { id, cwd: at.path, view, network, limits, stated };
  const prepared = planSandbox(runtime, options, asked);
  const workDir = holdTree(runtime.system, at, view.tree);
  const published = await network?.publish();
  try {
    const setup: LaunchSetup = {
      inputs: [{ name: "workdir", fd: workDir.fd, known: workDir.path }],
      stdio: stdioOf(options),
      dieWithParent: true,
      forwardSignals: options.forwardSignals ?? false,
      trace: options.trace ?? false,
      ...(network?.answers === undefined ? {} : { answers: network.answers }),
    };
    const running = await launchSandbox(runtime, prepared, setup, options, asked);
    published?.begin(running.process);
    const wait = async (): Promise<Exit> => {
      const exit = await running.wait().finally(() => published?.close());
      tellEnd(runtime, options, view, exit);
      return exit;
    };
    return { ...running, wait };
  } catch (error) {
    published?.close();
    throw error;
  } finally {
    if (workDir !== at) workDir.close();
  }
}

/** Runs a command of this host in a container made of nothing but this host. It ends with us. */
export async function sandbox(runtime: Runtime, options: SandboxVerbOptions): Promise<Running> {
  const { system } = runtime;
  const word = options.cwd ?? ".";
  const named = toAbsolute(system, word);
  if (options.name !== undefined) checkName(runtime, options.name);
  const at = holdWorkDir(system, word, named);
  try {
    return await sandboxIn(runtime, options, named, at);
  } finally {
    at.close();
  }
}
