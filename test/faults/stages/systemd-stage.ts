// A container whose control group systemd makes; this machine has none, so it is one of ours.

import { verbs } from "@coffer/core";
import type { System } from "../../../packages/core/src/system/port.ts";
import type { Teardown } from "../../helpers/bundle.ts";
import type { Box } from "../../helpers/container.ts";
import { containerOptions } from "../acts.ts";
import { small, v2 } from "../configs.ts";
import { startSystemd } from "../fake-systemd.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";
import { onlyV2 } from "./stage.ts";

const root = "/sys/fs/cgroup/unified";

async function serve({ box }: Lane, t: Teardown): Promise<void> {
  const server = await startSystemd(`${box.base}/bus`, root);
  server.unref();
  t.teardown(() => server.close());
}

/** The machine with that bus on it. */
function withBus({ caller, ...rest }: System, { base }: Box): System {
  return { ...rest, caller: { ...caller, env: { ...caller.env, DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${base}/bus` } } };
}

const common: Pick<Stage, "begin" | "act"> = {
  begin: serve,
  act: (lane, runtime) => verbs.create(runtime, { ...containerOptions(lane), cgroupManager: "systemd" }),
};

export const systemdStages: readonly Stage[] = [
  {
    ...common,
    name: "create in a scope of systemd's",
    patch: { ...v2, "/linux/cgroupsPath": "-.slice::$TAG" },
    see: (system, box) => withBus(onlyV2(system), box),
  },
  {
    ...common,
    name: "create in a scope of systemd's on a hybrid host",
    patch: { ...small, "/linux/cgroupsPath": "-.slice::$TAG" },
    see: withBus,
  },
];
