// The verbs that are put to the test: how each is led up to, carried out, and taken back.
import { verbs } from "@coffer/core";
import {
  create,
  created,
  createKept,
  execs,
  guardable,
  paused,
  runs,
  sandboxed,
  sandboxedFenced,
  sandboxedReduced,
  started,
} from "../acts.ts";
import * as configs from "../configs.ts";
import type { Lane } from "../lanes.ts";
import { criuStages } from "./criu-stages.ts";
import { dialStage } from "./dial-stage.ts";
import { netdevStage } from "./netdev-stage.ts";
import { networkStage } from "./network-stage.ts";
import { readyStages } from "./ready-stages.ts";
import { rightsStage } from "./rights-stage.ts";
import type { Stage } from "./stage.ts";
import { onlyV2 } from "./stage.ts";
import { systemdStages } from "./systemd-stage.ts";
import { asUser, planAsUser, rootlessConfig, runsAsUser } from "./user-stage.ts";

const idOf = ({ box }: Lane): string => box.tag;

export const stages: readonly Stage[] = [
  { name: "create", patch: configs.full, act: create },
  { name: "create in a user namespace", patch: configs.userns, act: create },
  { name: "create on cgroup v2", patch: configs.v2, see: onlyV2, act: create },
  { name: "create, its output kept", patch: configs.small, act: createKept },
  { name: "run", patch: configs.foreground, act: runs() },
  { name: "run with a namespace by path", patch: configs.few, act: runs() },
  {
    name: "run as a user",
    patch: rootlessConfig,
    needs: ["user", "userns", "newuidmap"],
    begin: planAsUser,
    prefix: () => asUser,
    act: runsAsUser,
    lanes: 8,
  },
  { name: "sandbox", patch: configs.small, needs: ["userns"], begin: guardable, act: sandboxed },
  { name: "sandbox with a fence", patch: configs.small, needs: ["userns"], begin: guardable, act: sandboxedFenced },
  networkStage,
  { name: "sandbox without namespaces", patch: configs.small, act: sandboxedReduced },
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
  ...readyStages,
  netdevStage,
  dialStage,
  rightsStage,
  ...systemdStages,
  ...criuStages,
];
