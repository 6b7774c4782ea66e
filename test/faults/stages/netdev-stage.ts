// A container that gets an interface of the host: a network namespace of the lane's own, in which the launcher runs.

import { execFileSync } from "node:child_process";
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import type { Teardown } from "../../helpers/bundle.ts";
import { start } from "../../helpers/command.ts";
import { create } from "../acts.ts";
import { fewPaths, sleeping } from "../configs.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";

/** Who holds the network of a lane. */
const holders = new WeakMap<Lane["box"], number>();

async function hold({ box }: Lane, t: Teardown): Promise<void> {
  const holder = start(["unshare", "-n", "sh", "-c", "echo ready; read line"], {
    keepStdin: true,
    timeoutMs: 3_600_000,
  });
  t.teardown(() => holder.write("\n"));
  await holder.saw("ready");
  holders.set(box, holder.pid);
}

const enter = ({ box }: Lane): readonly string[] => [
  "/usr/bin/nsenter",
  `--net=/proc/${holders.get(box)}/ns/net`,
  "--",
];

function onHost(lane: Lane, script: string): string {
  const [file = "", ...words] = [...enter(lane), "sh", "-c", script];
  return execFileSync(file, words, { encoding: "utf8" });
}

/** A pair that went with the network namespace of one end is there until the kernel has come to that. */
const setup = [
  "n=0; until ip link show host0 >/dev/null 2>&1",
  "do n=$((n + 1)); [ $n -lt 200 ]; ip link add host0 address 02:00:00:00:00:07 type veth peer name peer0 2>/dev/null || sleep 0.05; done",
  "ip addr replace 10.1.2.3/24 dev host0",
  "ip link set host0 up",
].join("; ");

/** Creates the container. The launcher that fails by itself gives the interface back as it was. */
async function createWithDevice(lane: Lane, runtime: Runtime): Promise<void> {
  try {
    await create(lane, runtime);
  } catch (error) {
    // What was killed, or has not failed for all it knows, gives nothing back: a pair goes with the network namespace that it
    // is in, a card returns.
    if (error instanceof Error && /SIGKILL|without a report/.test(error.message)) throw error;
    const text = onHost(lane, "ip addr show dev host0 2>&1 || :");
    if (!/<[^>]*\bUP\b/.test(text) || !text.includes("inet 10.1.2.3/24"))
      throw new Error(`the interface is not as it was: ${text}`, { cause: error });
    throw error;
  }
}

export const netdevStage: Stage = {
  name: "create with an interface of the host",
  patch: { ...fewPaths, "/process/args": sleeping, "/linux/netDevices": { host0: { name: "eth0" } } },
  needs: ["ip"],
  begin: hold,
  prefix: enter,
  prepare: async (lane) => {
    onHost(lane, setup);
    return undefined;
  },
  act: createWithDevice,
};
