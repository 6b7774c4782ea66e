import { closeBundle } from "../launch/bundle.ts";
import { makeContainer } from "../launch/container.ts";
import { readAdapted } from "../launch/module-bundle.ts";
import { callersNotifySocket, withNotifySocket } from "../launch/notify-socket.ts";
import { prepare } from "../launch/prepare.ts";
import { awaitEnd } from "../launch/reports.ts";
import type { BundleOptions, ContainerOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import { checkContainerId } from "../store/container-id.ts";

/** Options of `create`. */
export interface CreateVerbOptions extends ContainerOptions, BundleOptions {}

/** Creates a container, whose init waits for `start`. Gives the pid. */
export async function create(runtime: Runtime, options: CreateVerbOptions): Promise<number> {
  checkContainerId(options.id);
  const bundle = await readAdapted(runtime, options);
  try {
    return await withNotifySocket(runtime, callersNotifySocket(runtime), async (notifySocket, isNotifyStale) => {
      const prepared = prepare(
        runtime,
        bundle,
        { ...options, notifySocket, isNotifyStale },
        { gate: true, detach: true },
      );
      const { launch, process } = await makeContainer(runtime, prepared, options, "created");
      await awaitEnd(launch, prepared.image.plan);
      return process.pid;
    });
  } finally {
    closeBundle(bundle);
  }
}
