// One plan that is put to the test.
import type { Runtime } from "../../../packages/core/src/runtime/runtime.ts";
import type { System } from "../../../packages/core/src/system/port.ts";
import type { Teardown } from "../../helpers/bundle.ts";
import type { Box } from "../../helpers/container.ts";
import type { Patch } from "../../helpers/json.ts";
import type { Need } from "../../helpers/needs.ts";
import type { Lane } from "../lanes.ts";

/** How a plan is led up to, carried out, and taken back. */
export type Stage = {
  readonly name: string;
  readonly patch: Patch | (() => Patch);
  readonly needs?: readonly Need[];
  /** Makes a new lane ready. */
  readonly begin?: (lane: Lane, t: Teardown) => unknown;
  /** Words before the helper's. */
  readonly prefix?: (lane: Lane) => readonly string[];
  /** The machine as the stage sees it. */
  readonly see?: (system: System, box: Box) => System;
  /** At most that many lanes at a time, where one costs much. */
  readonly lanes?: number;
  /** Brings the lane to where the verb can be carried out. Gives the pid of an init whose ops the verb runs as well. */
  readonly prepare?: (lane: Lane) => Promise<number | undefined>;
  /** Carries the verb out; its first launch is the one that is looked at. Throws when it did not do what it is for. */
  readonly act: (lane: Lane, runtime: Runtime) => Promise<unknown>;
  /** The container outlives the run, and nothing of it may change. */
  readonly keeps?: true;
};

/** Only the unified hierarchy, as a pure version 2 host has it. */
export function onlyV2(system: System): System {
  const readText: System["readText"] = (path, limit) => {
    const rows = system.readText(path, limit).split("\n");
    return rows.filter((row) => path !== "/proc/self/cgroup" || !/^[1-9]/.test(row)).join("\n");
  };
  const readLines: System["readLines"] = (path) => {
    const rows = [...system.readLines(path)];
    return path === "/proc/self/mountinfo" ? rows.filter((row) => !row.includes(" - cgroup ")) : rows;
  };
  return { ...system, readText, readLines };
}
