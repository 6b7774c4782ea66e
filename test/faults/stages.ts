// The verbs that are put to the test: how each is led up to, carried out, and taken back.
import { verbs } from "@coffer/core";
import type { Runtime } from "../../packages/core/src/runtime/runtime.ts";
import type { System } from "../../packages/core/src/system/port.ts";
import type { Box } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import type { Need } from "../helpers/needs.ts";
import { giveToUser } from "../helpers/user.ts";
import * as configs from "./configs.ts";
import { EndedOtherwise } from "./ended.ts";
import type { Lane } from "./lanes.ts";
import { asUser, rootlessConfig, runsAsUser } from "./user-stage.ts";

/** One plan that is put to the test. */
export type Stage = {
  readonly name: string;
  readonly patch: Patch | (() => Patch);
  readonly needs?: readonly Need[];
  /** Makes a new lane's bundle ready. */
  readonly begin?: (box: Box) => unknown;
  /** Words before the helper's. */
  readonly prefix?: readonly string[];
  /** The machine as the stage sees it. */
  readonly see?: (system: System) => System;
  /** Brings the lane to where the verb can be carried out. Gives the pid of an init whose ops the verb runs as well. */
  readonly prepare?: (lane: Lane) => Promise<number | undefined>;
  /** Carries the verb out; its first launch is the one that is looked at. Throws when it did not do what it is for. */
  readonly act: (lane: Lane, runtime: Runtime) => Promise<unknown>;
  /** The container outlives the run, and nothing of it may change. */
  readonly keeps?: true;
};

const ignore = ["ignore", "ignore", "ignore"] as const;
const pipes = ["pipe", "pipe", "pipe"] as const;

function containerOptions({ box }: Lane) {
  const hasConsole = JSON.stringify(box.config).includes('"terminal":true');
  const console = hasConsole ? { consoleSocket: `${box.base}/socket` } : {};
  return { id: box.tag, bundle: box.path, stdio: ignore, ...console };
}

const create = (lane: Lane, runtime: Runtime): Promise<number> => verbs.create(runtime, containerOptions(lane));

/** Traced, so that init's recorder tells which op it runs when it goes on. */
const created = (lane: Lane): Promise<number> => verbs.create(lane.runtime, { ...containerOptions(lane), trace: true });

async function started(lane: Lane): Promise<undefined> {
  await created(lane);
  await verbs.start(lane.runtime, lane.box.tag);
}

async function paused(lane: Lane): Promise<undefined> {
  await started(lane);
  await verbs.pause(lane.runtime, lane.box.tag);
}

/** Only the unified hierarchy, as a pure version 2 host has it. */
function onlyV2(system: System): System {
  const without = (text: string, line: RegExp): string =>
    text
      .split("\n")
      .filter((row) => !line.test(row))
      .join("\n");
  const readText: System["readText"] = (path, limit) => {
    const text = system.readText(path, limit);
    if (path === "/proc/self/mountinfo") return without(text, / - cgroup /);
    return path === "/proc/self/cgroup" ? without(text, /^[1-9]/) : text;
  };
  return { ...system, readText };
}

async function endsWith7({ launch, wait }: Awaited<ReturnType<typeof verbs.run>>): Promise<void> {
  launch.stdout?.resume();
  const { status } = await wait();
  if (status !== 7) throw new EndedOtherwise(status);
}

async function runs(lane: Lane, runtime: Runtime): Promise<void> {
  const running = await verbs.run(runtime, { id: lane.box.tag, bundle: lane.box.path, stdio: pipes });
  await endsWith7(running);
}

const execs =
  (options: { readonly terminal?: true } = {}) =>
  async (lane: Lane, runtime: Runtime): Promise<void> => {
    const args = ["/probe", "exit", "7"];
    const running = await verbs.exec(runtime, { id: lane.box.tag, args, stdio: pipes, ...options });
    await endsWith7(running);
  };

const idOf = ({ box }: Lane): string => box.tag;

export const stages: readonly Stage[] = [
  { name: "create", patch: configs.full, act: create },
  { name: "create in a user namespace", patch: configs.userns, act: create },
  { name: "create on cgroup v2", patch: configs.v2, see: onlyV2, act: create },
  { name: "run", patch: configs.foreground, act: runs },
  { name: "run with a namespace by path", patch: configs.few, act: runs },
  {
    name: "run as a user",
    patch: rootlessConfig,
    needs: ["user", "userns", "newuidmap"],
    begin: giveToUser,
    prefix: asUser,
    act: runsAsUser,
  },
  { name: "exec", patch: configs.userns, prepare: started, act: execs(), keeps: true },
  {
    name: "exec with a terminal",
    patch: configs.joined,
    prepare: started,
    act: execs({ terminal: true }),
    keeps: true,
  },
  { name: "start", patch: configs.userns, prepare: created, act: (lane, runtime) => verbs.start(runtime, idOf(lane)) },
  {
    name: "kill",
    patch: configs.small,
    prepare: started,
    act: (lane, runtime) => verbs.kill(runtime, idOf(lane), { signal: "KILL" }),
  },
  {
    name: "kill --all",
    patch: configs.small,
    prepare: started,
    act: (lane, runtime) => verbs.kill(runtime, idOf(lane), { signal: "KILL", all: true }),
  },
  { name: "pause", patch: configs.small, prepare: started, act: (lane, runtime) => verbs.pause(runtime, idOf(lane)) },
  { name: "resume", patch: configs.small, prepare: paused, act: (lane, runtime) => verbs.resume(runtime, idOf(lane)) },
  {
    name: "update",
    patch: configs.small,
    prepare: started,
    act: (lane, runtime) =>
      verbs.update(runtime, idOf(lane), { flags: { memory: `${1 << 27}`, "pids-limit": "99", "cpu-share": "600" } }),
  },
  {
    name: "delete",
    patch: configs.small,
    prepare: started,
    act: (lane, runtime) => verbs.remove(runtime, idOf(lane), { force: true }),
  },
];
