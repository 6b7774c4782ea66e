// Plans with ops that need another machine than this one: they are put to the test in a guest (../vm/faults.test.ts).
import { verbs } from "@coffer/core";
import type { System } from "../../../packages/core/src/system/port.ts";
import type { OpName } from "../../../packages/core/src/wire/tables/op-table.ts";
import { tools } from "../../helpers/build.ts";
import { defaultMounts } from "../../helpers/config.ts";
import type { Patch } from "../../helpers/json.ts";
import { containerOptions, create } from "../acts.ts";
import { fewPaths, sleeping } from "../configs.ts";
import type { Stage } from "./stage.ts";

export type GuestName = "initramfs" | "apparmor";

/** What a guest is there for. */
export type Guest = { readonly ops: readonly OpName[]; readonly stages: readonly Stage[] };

const patch: Patch = {
  ...fewPaths,
  "/process/args": sleeping,
  "/mounts": defaultMounts.slice(0, 2),
  "/linux/resources": undefined,
};

/** The profile that the guest has loaded. */
export const profile = "coffer-faults";
const confined: Patch = { ...patch, "/process/apparmorProfile": profile };

/** The oldest kernel that coffer runs on. */
const old = (system: System): System => ({ ...system, uname: () => ({ ...system.uname(), release: "5.14.0" }) });
const withoutCalls = (): readonly string[] => [tools(), "deny", "lsm_set_self_attr,lsm_get_self_attr", "--"];

export const guests: Readonly<Record<GuestName, Guest>> = {
  initramfs: {
    ops: ["expect-initramfs", "enter-tree"],
    stages: [
      {
        name: "create --no-pivot",
        patch,
        lanes: 4,
        act: (lane, runtime) => verbs.create(runtime, { ...containerOptions(lane), noPivot: true }),
      },
    ],
  },
  apparmor: {
    ops: ["set-label", "open-label"],
    stages: [
      { name: "create with a profile", patch: confined, lanes: 4, act: create },
      {
        name: "create with a profile, on an older kernel",
        patch: confined,
        lanes: 4,
        see: old,
        prefix: withoutCalls,
        act: create,
      },
    ],
  },
};
