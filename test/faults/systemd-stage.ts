// A container whose control group systemd makes; this machine has none, so it is one of ours.

import { verbs } from "@coffer/core";
import type { Teardown } from "../helpers/bundle.ts";
import { containerOptions } from "./acts.ts";
import { v2 } from "./configs.ts";
import { startSystemd } from "./fake-systemd.ts";
import type { Lane } from "./lanes.ts";
import type { Stage } from "./stage.ts";
import { onlyV2 } from "./stage.ts";

const root = "/sys/fs/cgroup/unified";

async function serve({ box }: Lane, t: Teardown): Promise<void> {
  const server = await startSystemd(`${box.base}/bus`, root);
  server.unref();
  t.teardown(() => server.close());
}

export const systemdStage: Stage = {
  name: "create in a scope of systemd's",
  patch: { ...v2, "/linux/cgroupsPath": "-.slice::$TAG" },
  begin: serve,
  see: (system, { base }) => {
    const { caller, ...rest } = onlyV2(system);
    return { ...rest, caller: { ...caller, env: { ...caller.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${base}/bus` } } };
  },
  act: (lane, runtime) => verbs.create(runtime, { ...containerOptions(lane), cgroupManager: "systemd" }),
};
