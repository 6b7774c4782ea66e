// What a container that runs may write: a process with a user and a mount namespace of its own has a file system there.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { planChangeMounts } from "../../../packages/core/src/plan/index.ts";
import { runHostPlan } from "../../../packages/core/src/runtime/launch/reports.ts";
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import type { HeldMount } from "../../../packages/core/src/system/held.ts";
import type { Teardown } from "../../helpers/bundle.ts";
import { start } from "../../helpers/command.ts";
import { startTimeOf } from "../../helpers/start-time.ts";
import { fewPaths } from "../configs.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";

const held = new WeakMap<Lane["box"], { readonly pid: number; readonly mount: HeldMount }>();

async function hold({ box, runtime }: Lane, t: Teardown): Promise<void> {
  const place = join(box.base, "written");
  mkdirSync(place);
  const script = 'mount -t tmpfs none "$0" && echo ready && exec sleep 3600';
  const holder = start(["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, place], {
    timeoutMs: 3_600_000,
  });
  t.teardown(() => void process.kill(holder.pid, "SIGKILL"));
  await holder.saw("ready");
  const mount = runtime.system.openSeen?.(holder.pid, place);
  if (mount === undefined) throw new Error("the port holds no mounts");
  t.teardown(mount.close);
  held.set(box, { pid: holder.pid, mount });
}

async function change({ box }: Lane, runtime: Runtime): Promise<void> {
  const { pid, mount } = held.get(box) ?? {};
  if (pid === undefined || mount === undefined) throw new Error("nothing is held");
  const target = { pid, startTime: startTimeOf(pid), inode: 0n };
  const plan = planChangeMounts({ target, ownsUsers: true, mounts: ["mount-0", "mount-1"], readonly: true });
  await runHostPlan(
    runtime,
    plan,
    plan.inputs.map(({ name }) => ({ name, fd: mount.fd })),
  );
}

export const rightsStage: Stage = {
  name: "what a session may write",
  patch: fewPaths,
  needs: ["userns"],
  begin: hold,
  act: change,
};
