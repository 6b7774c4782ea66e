// A container with a user-mode network, whose program is one of the tests: it needs no device, and no network.
import { checkConfig } from "@coffer/spec";
import { probeHost } from "../../../packages/core/src/host/probe.ts";
import { planCreate } from "../../../packages/core/src/plan/index.ts";
import { awaitExit, awaitReport } from "../../../packages/core/src/runtime/launch/reports.ts";
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import { nodeSystem } from "../../../packages/core/src/system/node.ts";
import { encodePlan } from "../../../packages/core/src/wire/encode.ts";
import { buildProgram } from "../../helpers/build.ts";
import { small } from "../configs.ts";
import { EndedOtherwise } from "../ended.ts";
import type { Lane } from "../lanes.ts";
import type { Stage } from "./stage.ts";

const rules = new Uint8Array([10, 0, 0, 0, 0, 0, 8, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

function plan({ box }: Lane) {
  const program = buildProgram("test/sandbox/network/program");
  const facts = probeHost(nodeSystem, { paths: [] });
  return planCreate(checkConfig(box.config), facts, {
    id: box.tag,
    bundle: box.path,
    cgroupManager: "none",
    userNetwork: { program, args: ["network", "stand"], rules },
  });
}

/** Launches the plan, and follows it to the end. */
async function launches(lane: Lane, { system }: Runtime): Promise<void> {
  const made = plan(lane);
  const inputs = [{ name: "rootfs", path: lane.box.rootfs }];
  const launch = await system.launch({ plan: encodePlan(made), inputs, stdio: ["pipe", "pipe", "pipe"] });
  launch.stdout?.resume();
  await awaitReport(launch, made, ["running"]);
  const { status } = await awaitExit(launch, made);
  if (status !== 7) throw new EndedOtherwise(status);
}

export const networkStage: Stage = {
  name: "run with a user-mode network",
  patch: {
    ...small,
    "/process/args": ["/probe", "exit", "7"],
    "/linux/resources": undefined,
    "/hooks": undefined,
    "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "user"].map((type) => ({ type })),
    "/linux/uidMappings": [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    "/linux/gidMappings": [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  },
  needs: ["userns"],
  act: launches,
};
