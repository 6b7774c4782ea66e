import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import { quote } from "../../../errors.ts";
import type { Context, Issues } from "../../draft/draft.ts";

/** One control file to write. */
export interface Limit {
  /** Empty: a file that every cgroup has. */
  readonly controller: string;
  readonly file: string;
  readonly value: string;
  readonly from: string;
  /** A file that is not there asks for nothing that the kernel does not do anyway. */
  readonly absentOk?: true;
  /** File and value to write instead where `file` is not there. */
  readonly or?: readonly [string, string];
}

/** What the cgroup of a running container has, where an update depends on it. */
export interface CurrentLimits {
  /** Version 1: the limit of memory and swap has to be raised before that of memory. */
  readonly swapFirst: boolean;
  /** Version 1: the real-time period becomes shorter, and may never be shorter than the runtime in it. */
  readonly runtimeFirst: boolean;
}

/** What is needed to turn fields into control files. */
export interface LimitContext extends Pick<Context, "facts" | "issues"> {
  /** Whose version says what a limit of zero means. */
  readonly config?: { readonly ociVersion: string };
  /** For an update; a new cgroup has what the kernel gives it. */
  readonly current?: CurrentLimits;
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

/** Fields that say how, not what. */
const manners: ReadonlySet<string> = new Set(["checkBeforeUpdate", "useHierarchy"]);

function asks(value: unknown): boolean {
  if (value === undefined || value === null || value === 0n || value === 0 || value === false || value === "")
    return false;
  return !Array.isArray(value) || value.length > 0;
}

/** From 1.3 on the specification says that a limit of zero processes is one; before, it asks for nothing, as for engines. */
function isZeroLimit({ config }: Pick<LimitContext, "config">): boolean {
  const [, minor] = (config?.ociVersion ?? "1.0.0").split(".");
  return Number(minor) >= 3;
}

/** Which fields of `/linux/resources` ask for a limit. Zero and empty ask for nothing, as in runc. */
export function askedLimits(
  resources: LinuxResources | undefined,
  context: Pick<LimitContext, "config">,
): readonly AskedLimit[] {
  const each = (
    name: string,
    values: object | undefined,
    controllerOf: (field: string) => string,
    always = false,
  ): readonly AskedLimit[] =>
    values === undefined
      ? []
      : Object.entries(values)
          .filter(([field, value]) => !manners.has(field) && (always || asks(value)))
          .map(([field]) => ({ controller: controllerOf(field), pointer: `${limitsPointer}/${name}/${field}` }));
  const cpu = (field: string): string => (field === "cpus" || field === "mems" ? "cpuset" : "cpu");
  return [
    ...each("memory", resources?.memory, () => "memory"),
    ...each("cpu", resources?.cpu, cpu),
    ...each("pids", resources?.pids, () => "pids", isZeroLimit(context)),
    ...each("blockIO", resources?.blockIO, () => "blkio"),
    // A limit of zero is one: none at all.
    ...each("hugepageLimits", resources?.hugepageLimits, () => "hugetlb", true),
    ...each("network", resources?.network, (field) => (field === "classID" ? "net_cls" : "net_prio")),
    ...each("rdma", resources?.rdma, () => "rdma", true),
    ...each("unified", resources?.unified, () => "", true),
  ];
}

/** The kernel takes -1 for no limit of memory, and no other negative number. */
export function checkMemory(issues: Issues, memory: LinuxMemory): void {
  for (const name of ["limit", "swap", "reservation"] as const)
    if ((memory[name] ?? 0n) < -1n)
      issues.invalid(`${limitsPointer}/memory/${name}`, `must be -1 or more, got ${memory[name]}`);
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
    const value = cpu?.[name]?.trim() ?? "";
    if (!/^[\d,:/-]*$/.test(value))
      issues.invalid(`${limitsPointer}/cpu/${name}`, `${quote(value)} is not a list such as 0-3,6 (cpuset(7))`);
    return value === ""
      ? []
      : [{ controller: "cpuset", file: `cpuset.${name}`, value, from: `${limitsPointer}/cpu/${name}` }];
  });
}

/** The file of the pids controller, the same in both versions. The container's own process is there, whatever the limit. */
export function pidsLimits(context: LimitContext, resources: LinuxResources | undefined): readonly Limit[] {
  const limit = resources?.pids?.limit;
  if (limit === undefined || (limit === 0n && !isZeroLimit(context))) return [];
  const value = limit === 0n ? "1" : orMax(limit);
  return [{ controller: "pids", file: "pids.max", value, from: `${limitsPointer}/pids/limit` }];
}
