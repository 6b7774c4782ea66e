// Checkpoints: CRIU does the work, and stands for init.
import { mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { verbs } from "@coffer/core";
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import { until } from "../../helpers/command.ts";
import type { Patch } from "../../helpers/json.ts";
import { denyMost, fewPaths, hook, sleeping, small } from "../configs.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";

/** To be restored from its checkpoint. */
const restored: Patch = {
  ...fewPaths,
  "/process/args": sleeping,
  "/process/oomScoreAdj": 100,
  "/hooks": { createRuntime: [hook("createRuntime")], poststop: [hook("poststop")] },
  "/linux/resources": { devices: denyMost, memory: { limit: 1 << 26 }, pids: { limit: 64 } },
};

/** Streams that a checkpoint can name: pipes of Node are sockets, which it cannot have. */
function streams({ box }: Lane): readonly [number, number, number] {
  const known = open.get(box) ?? openSync(`${box.base}/out`, "a+");
  open.set(box, known);
  return [known, known, known];
}

const open = new WeakMap<Lane["box"], number>();

const images = ({ box }: Lane) => ({ imagePath: `${box.base}/images` });

async function started(lane: Lane): Promise<undefined> {
  const { runtime, box } = lane;
  rmSync(images(lane).imagePath, { recursive: true, force: true });
  mkdirSync(images(lane).imagePath, { mode: 0o700 });
  const { process } = await verbs.run(runtime, { id: box.tag, bundle: box.path, detach: true, stdio: streams(lane) });
  // A dump of a program that has hardly begun is CRIU's affair: one in a hundred fails.
  await until("it sleeps", () => /^State:\s+S/m.test(readFileSync(`/proc/${process.pid}/status`, "utf8")));
}

/** What fails leaves the container as it was. */
async function checkpoint(lane: Lane, runtime: Runtime): Promise<void> {
  try {
    await verbs.checkpoint(runtime, lane.box.tag, images(lane));
  } catch (error) {
    const { status } = await verbs.state(lane.runtime, lane.box.tag);
    if (status !== "running") throw new Error(`the container is ${status} now`, { cause: error });
    throw error;
  }
}

async function restore(lane: Lane, runtime: Runtime): Promise<void> {
  const { box } = lane;
  const options = { id: box.tag, bundle: box.path, detach: true, stdio: streams(lane), ...images(lane) };
  const { wait } = await verbs.restore(runtime, options);
  await wait();
}

export const criuStages: readonly Stage[] = [
  { name: "checkpoint", patch: small, needs: ["criu"], prepare: started, act: checkpoint, lanes: 6 },
  {
    name: "restore",
    patch: restored,
    needs: ["criu"],
    begin: async (lane) => {
      await started(lane);
      await verbs.checkpoint(lane.runtime, lane.box.tag, images(lane));
    },
    act: restore,
    lanes: 6,
  },
];
