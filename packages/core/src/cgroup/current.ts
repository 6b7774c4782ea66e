// What an update has to know of the limits that a container has.
import type { LinuxCpu, LinuxMemory, LinuxResources } from "@coffer/spec";
import { CofferError } from "../errors.ts";
import type { CgroupPlace } from "../plan/index.ts";
import type { System } from "../system/port.ts";
import { directoryOf, readCgroupFile, readNumber } from "./files.ts";

/** Where the memory controller has the container. */
interface MemoryPlace {
  readonly v1: boolean;
  readonly directory: string;
}

function memoryPlace(places: readonly CgroupPlace[]): MemoryPlace | undefined {
  const v1 = places.find(({ version, controllers }) => version === 1 && controllers.includes("memory"));
  if (v1 !== undefined) return { v1: true, directory: directoryOf(v1) };
  const v2 = places.find(({ version }) => version === 2);
  return v2 === undefined ? undefined : { v1: false, directory: directoryOf(v2) };
}

/** Version 1 never takes a limit of memory over that of memory and swap, so one of them has to be raised first. */
export function needsSwapFirst(system: System, places: readonly CgroupPlace[], memory: LinuxMemory = {}): boolean {
  const place = memoryPlace(places);
  if (place?.v1 !== true || memory.limit === undefined) return false;
  const both = readNumber(system, place.directory, "memory.memsw.limit_in_bytes");
  return both !== undefined && memory.limit > both;
}

/** Whether the real-time period becomes shorter: the runtime has to be lowered first then, else after. */
export function needsRuntimeFirst(system: System, places: readonly CgroupPlace[], cpu: LinuxCpu = {}): boolean {
  const place = places.find(({ version, controllers }) => version === 1 && controllers.includes("cpu"));
  if (place === undefined || cpu.realtimePeriod === undefined) return false;
  const period = readNumber(system, directoryOf(place), "cpu.rt_period_us");
  return period !== undefined && cpu.realtimePeriod < period;
}

/** Refuses a limit that the container is over already, where the caller asks for that (`checkBeforeUpdate`). */
export function checkUsage(system: System, places: readonly CgroupPlace[], memory: LinuxMemory = {}): void {
  const place = memoryPlace(places);
  if (memory.checkBeforeUpdate !== true || place === undefined) return;
  const file = place.v1 ? "memory.usage_in_bytes" : "memory.current";
  const usage = readNumber(system, place.directory, file) ?? 0n;
  for (const [name, value] of [
    ["memory+swap", memory.swap ?? 0n],
    ["memory", memory.limit ?? 0n],
  ] as const) {
    if (value <= 0n || value > usage) continue;
    const message = `rejecting ${name} limit ${value} <= usage ${usage}`;
    throw new CofferError("E_USAGE", message, { argument: "resources" });
  }
}

function mergeMemory(system: System, directory: string, memory: LinuxMemory): LinuxMemory {
  const limit = readNumber(system, directory, "memory.max");
  const swap = readNumber(system, directory, "memory.swap.max");
  const { limit: newLimit = 0n, swap: newSwap = 0n } = memory;
  if (newSwap > 0n && newLimit === 0n && limit !== undefined) return { ...memory, limit };
  // The config counts both together, so that the sum stays when only the memory changes.
  if (newLimit > 0n && newSwap === 0n && limit !== undefined && swap !== undefined)
    return { ...memory, swap: limit + swap };
  return memory;
}

function mergeCpu(system: System, directory: string, cpu: LinuxCpu): LinuxCpu {
  if ((cpu.period ?? 0n) === 0n || (cpu.quota ?? 0n) !== 0n) return cpu;
  const [quota = ""] = (readCgroupFile(system, directory, "cpu.max") ?? "").split(" ");
  return /^\d+$/.test(quota) ? { ...cpu, quota: BigInt(quota) } : cpu;
}

/** Adds the values that version 2 keeps in one file, or counts otherwise, with those that change. */
export function mergeCurrent(
  system: System,
  places: readonly CgroupPlace[],
  resources: LinuxResources,
): LinuxResources {
  const place = places.find(({ version }) => version === 2);
  if (place === undefined) return resources;
  const directory = directoryOf(place);
  return {
    ...resources,
    ...(resources.memory === undefined ? {} : { memory: mergeMemory(system, directory, resources.memory) }),
    ...(resources.cpu === undefined ? {} : { cpu: mergeCpu(system, directory, resources.cpu) }),
  };
}
