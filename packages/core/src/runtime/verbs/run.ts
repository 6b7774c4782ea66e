import type { Bundle } from "../launch/bundle.ts";
import { closeBundle } from "../launch/bundle.ts";
import type { Made, Running } from "../launch/container.ts";
import { makeContainer } from "../launch/container.ts";
import { removesCgroups } from "../launch/image.ts";
import { readAdapted } from "../launch/module-bundle.ts";
import { callersNotifySocket, withNotifySocket } from "../launch/notify-socket.ts";
import type { Prepared } from "../launch/prepare.ts";
import { prepare } from "../launch/prepare.ts";
import type { Exit, Over } from "../launch/reports.ts";
import { awaitEnd, awaitExit } from "../launch/reports.ts";
import type { BundleOptions, ContainerOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { checkContainerId } from "../store/container-id.ts";
import { isAlive } from "../store/identity.ts";
import { lateHooks } from "../store/record.ts";
import { forgetClaimed, readIdentity } from "../store/store.ts";
import { remove } from "./delete.ts";

/** Options of `run`. */
export interface RunVerbOptions extends ContainerOptions, BundleOptions {
  /** Keeps the container's state when it has ended. */
  readonly keep?: boolean | undefined;
}

/** Options of a run whose bundle has been read. */
export interface RunBundleOptions extends ContainerOptions {
  readonly keep?: boolean | undefined;
}

/** What a detached verb says of the end, which it does not wait for. */
export const detachedExit: Exit = {
  status: 0,
  signal: undefined,
  durationMs: 0,
  trace: new Uint8Array(0),
  usage: undefined,
  isComplete: true,
};

/** Removes what an ended container holds. Where the launcher has left nothing, no further plan has to run. */
async function end(
  runtime: Runtime,
  { record, image }: Prepared,
  claimed: bigint,
  exit: Exit | undefined,
): Promise<void> {
  const hasRemoved = exit?.isComplete && removesCgroups(image);
  // A launcher that was there to the end has reaped the first process.
  const identity = exit?.isComplete ? undefined : readIdentity(runtime, record.id);
  const isOver = identity === undefined || !isAlive(runtime.system, identity);
  const hasHooks = lateHooks(record, "poststop") !== undefined;
  const isAlone = !hasHooks && record.resctrl === undefined;
  if (isOver && isAlone && (hasRemoved || record.cgroups.length === 0)) forgetClaimed(runtime, record.id, claimed);
  else await remove(runtime, record.id, { force: true });
}

/** Makes a container that is running at once. */
export async function runPrepared(runtime: Runtime, prepared: Prepared, options: RunBundleOptions): Promise<Running> {
  return followRun(runtime, prepared, await makeContainer(runtime, prepared, options, "running"), options);
}

/** A container whose program has begun, as its caller sees it. */
export async function followRun(
  runtime: Runtime,
  prepared: Prepared,
  { launch, process, claimed }: Made,
  options: Pick<RunBundleOptions, "detach" | "keep">,
): Promise<Running> {
  const { plan, bytes } = prepared.image;
  const told = { id: prepared.record.id, process, plan, planSize: bytes.length, launch };
  if (options.detach) {
    await awaitEnd(launch, plan);
    return { ...told, wait: async () => detachedExit };
  }
  const wait = async (over?: Over): Promise<Exit> => {
    let exit: Exit | undefined;
    try {
      exit = await awaitExit(launch, plan, runtime.warn, over);
      return exit;
    } finally {
      if (!options.keep) await end(runtime, prepared, claimed, exit);
    }
  };
  return { ...told, wait };
}

/** Runs a bundle that has been read, and closes it. */
export async function runBundle(runtime: Runtime, bundle: Bundle, options: RunBundleOptions): Promise<Running> {
  const { detach = false, dieWithParent = false, keep = false } = options;
  try {
    checkContainerId(options.id);
    const prepared = prepare(runtime, bundle, options, { gate: false, detach, dieWithParent, keepCgroups: keep });
    return await runPrepared(runtime, prepared, options);
  } finally {
    closeBundle(bundle);
  }
}

/** Creates a container and runs its program. */
export async function run(runtime: Runtime, options: RunVerbOptions): Promise<Running> {
  checkContainerId(options.id);
  return withNotifySocket(runtime, callersNotifySocket(runtime), async (notifySocket, isNotifyStale) =>
    runBundle(runtime, await readAdapted(runtime, options), { ...options, notifySocket, isNotifyStale }),
  );
}
