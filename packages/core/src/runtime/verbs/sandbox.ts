import { quote } from "../../errors.ts";
import type { LaunchSetup } from "../../system/port.ts";
import type { Running } from "../launch/container.ts";
import type { Exit } from "../launch/drive.ts";
import { awaitExit, awaitStart, identityOf, startLaunch } from "../launch/drive.ts";
import type { Prepared } from "../launch/prepare.ts";
import { stdioOf } from "../launch/process-options.ts";
import type { Runtime } from "../runtime.ts";
import type { SandboxView } from "../sandbox/files.ts";
import { madeSince } from "../sandbox/guards.ts";
import { explainEnd } from "../sandbox/limits.ts";
import type { Asked, SandboxVerbOptions } from "../sandbox/plan.ts";
import type { WorkDir } from "../sandbox/prepare.ts";
import { holdTree, inWorkDir, prepareSandbox, warnOfGuards } from "../sandbox/prepare.ts";
import { checkContainerId } from "../store/container-id.ts";
import { checkUnused } from "../store/store.ts";
import { runPrepared } from "./run.ts";

export type { SandboxVerbOptions } from "../sandbox/plan.ts";
export { newSandboxId } from "../sandbox/prepare.ts";

function checkName(runtime: Runtime, name: string): void {
  checkContainerId(name);
  checkUnused(runtime, name);
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
    warnOfGuards(runtime, `the sandbox made ${quote(path)}: programs of the host act upon it, so look at it first`);
  explainEnd(runtime, options.limits ?? {}, exit);
}

async function launchIn(runtime: Runtime, options: SandboxVerbOptions, dir: WorkDir): Promise<Running> {
  const { prepared, network, asked } = prepareSandbox(runtime, options, dir);
  const { view } = asked;
  const workDir = holdTree(runtime.system, dir.at, view.tree);
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
    if (workDir !== dir.at) workDir.close();
  }
}

/** Runs a command of this host in a container made of nothing but this host. It ends with us. */
export async function sandbox(runtime: Runtime, options: SandboxVerbOptions): Promise<Running> {
  if (options.name !== undefined) checkName(runtime, options.name);
  return inWorkDir(runtime, options, (dir) => launchIn(runtime, options, dir));
}
