// A connection from the host to a port of a sandbox: a process with a user and a network namespace of its own listens there.
import { planDial } from "../../../packages/core/src/plan/index.ts";
import { makeImage } from "../../../packages/core/src/runtime/launch/image.ts";
import { awaitDone, hostSetup, startLaunch } from "../../../packages/core/src/runtime/launch/reports.ts";
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import type { Teardown } from "../../helpers/bundle.ts";
import { start } from "../../helpers/command.ts";
import { startTimeOf } from "../../helpers/start-time.ts";
import { fewPaths } from "../configs.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";

const listeners = new WeakMap<Lane["box"], number>();
const port = 8000;
const listen = `import socket, time
s = socket.create_server(("127.0.0.1", ${port}), backlog=4096)
print("ready", flush=True)
while True: s.accept()[0].close()`;

async function hold({ box }: Lane, t: Teardown): Promise<void> {
  const script = 'ip link set lo up && exec python3 -c "$0"';
  const holder = start(["unshare", "--user", "--map-root-user", "--net", "sh", "-c", script, listen], {
    timeoutMs: 3_600_000,
  });
  t.teardown(() => void process.kill(holder.pid, "SIGKILL"));
  await holder.saw("ready");
  listeners.set(box, holder.pid);
}

async function dial({ box }: Lane, runtime: Runtime): Promise<void> {
  const pid = listeners.get(box) ?? 0;
  const plan = planDial({ target: { pid, startTime: startTimeOf(pid), inode: 0n }, port, message: "inside" });
  const answers = { input: "connections", names: ["inside"], answer: () => {} };
  await awaitDone(runtime, await startLaunch(runtime, makeImage(plan), { ...hostSetup([]), answers }), plan);
}

export const dialStage: Stage = {
  name: "a connection to a published port",
  patch: fewPaths,
  needs: ["userns", "ip"],
  begin: hold,
  act: dial,
};
