// A container that tells a service manager that it is ready (sd_notify(3)).

import { mkdirSync } from "node:fs";
import { verbs } from "@coffer/core";
import { tools } from "../../helpers/build.ts";
import type { Teardown } from "../../helpers/bundle.ts";
import { start } from "../../helpers/command.ts";
import type { Patch } from "../../helpers/json.ts";
import { created, runs } from "../acts.ts";
import { fewPaths } from "../configs.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";

/** Says that it is ready, and ends. */
const patch: Patch = {
  ...fewPaths,
  "/process/args": ["/probe", "notify", "READY=1", "30"],
  "/linux/resources": { pids: { limit: 64 } },
};

/** The socket of a service manager, for as long as the lane is there. */
async function listen({ box }: Lane, t: Teardown): Promise<void> {
  mkdirSync(`${box.rootfs}/run/notify`, { recursive: true });
  const manager = start([tools(), "notify", `${box.base}/notify`], { timeoutMs: 3_600_000 });
  t.teardown(() => void process.kill(manager.pid, "SIGKILL"));
  await manager.saw("listening");
}

const see: Stage["see"] = (system, { base }) => {
  const { caller } = system;
  return { ...system, caller: { ...caller, env: { ...caller.env, NOTIFY_SOCKET: `${base}/notify` } } };
};

export const readyStages: readonly Stage[] = [
  { name: "run, told when ready", patch, begin: listen, see, act: runs(0) },
  {
    name: "start, told when ready",
    patch,
    begin: listen,
    see,
    prepare: created,
    act: ({ box }, runtime) => verbs.start(runtime, box.tag),
  },
];
