import type { LinuxCpu, LinuxResources } from "@coffer/spec";
import { quote } from "../errors.ts";
import type { Issues } from "./draft.ts";

/** One control file to write. */
export interface Limit {
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  readonly from: string;
}

/** One field that asks for something, with its controller. */
export interface AskedLimit {
  readonly controller: string;
  readonly pointer: string;
}

/** JSON pointer of the limits. */
export const limitsPointer = "/linux/resources";
/** The two files of a cpuset. */
export const cpusetFields = ["cpus", "mems"] as const;

/** Which fields of `/linux/resources` ask for a limit. Zero and empty ask for nothing, as in runc. */
export function askedLimits(resources: LinuxResources | undefined): readonly AskedLimit[] {
  const asks = (controller: string, values: Readonly<Record<string, unknown>> | undefined, pointer: string) =>
    Object.entries(values ?? {})
      .filter(([, value]) => value !== undefined && value !== 0n && value !== false && value !== "")
      .filter(([name]) => name !== "checkBeforeUpdate" && name !== "useHierarchy")
      .map(([name]) => ({
        controller: name === "cpus" || name === "mems" ? "cpuset" : controller,
        pointer: `${pointer}/${name}`,
      }));
  return [
    ...asks("memory", resources?.memory, `${limitsPointer}/memory`),
    ...asks("cpu", resources?.cpu, `${limitsPointer}/cpu`),
    ...asks("pids", resources?.pids, `${limitsPointer}/pids`),
  ];
}

/** Any negative limit is none. */
export function orMax(value: bigint): string {
  return value < 0n ? "max" : String(value);
}

/** Zero is "not set", as in runc: engines write it for limits that nobody asked for. */
export function isSet(value: bigint | undefined): value is bigint {
  return value !== undefined && value !== 0n;
}

/** The files of the cpuset controller, the same in both versions. */
export function cpusetLimits(issues: Issues, cpu: LinuxCpu | undefined): readonly Limit[] {
  return cpusetFields.flatMap((name) => {
    const value = cpu?.[name] ?? "";
    if (!/^[\d,-]*$/.test(value))
      issues.invalid(`${limitsPointer}/cpu/${name}`, `${quote(value)} is not a list such as 0-3,6 (cpuset(7))`);
    return value === ""
      ? []
      : [{ controller: "cpuset", file: `cpuset.${name}`, value, from: `${limitsPointer}/cpu/${name}` }];
  });
}

/** The file of the pids controller, the same in both versions. */
export function pidsLimits(resources: LinuxResources | undefined): readonly Limit[] {
  const limit = resources?.pids?.limit;
  if (!isSet(limit)) return [];
  return [{ controller: "pids", file: "pids.max", value: orMax(limit), from: `${limitsPointer}/pids/limit` }];
}
