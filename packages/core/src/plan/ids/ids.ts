import type { LinuxIdMapping } from "@coffer/spec";
import { pointerTo } from "../../paths.ts";
import type { Issues } from "../draft/draft.ts";

/** The largest number of lines that the kernel takes in an id map (user_namespaces(7)). */
const maxMappings = 340;

/** The id that means "no change" in the kernel's calls, so no process may have it. */
export const noId = 0xffffffff;

/** Checks the ranges of one id map: counts, overflow, and overlap on either side. */
export function checkMappings(mappings: readonly LinuxIdMapping[], pointer: string, issues: Issues): void {
  if (mappings.length > maxMappings) {
    issues.invalid(pointer, `has ${mappings.length} mappings, the kernel takes ${maxMappings}`);
    return;
  }
  mappings.forEach((mapping, index) => {
    const here = pointerTo(pointer, index);
    if (mapping.size === 0) issues.invalid(`${here}/size`, "must be at least 1");
    if (mapping.containerID + mapping.size > noId)
      issues.invalid(here, "goes beyond the largest id, 4294967294, inside");
    if (mapping.hostID + mapping.size > noId)
      issues.invalid(here, "goes beyond the largest id, 4294967294, on the host");
    const earlier = mappings.findIndex((other, at) => at < index && overlaps(other, mapping));
    if (earlier >= 0) issues.invalid(here, `overlaps with mapping ${earlier}`);
  });
}

function overlaps(a: LinuxIdMapping, b: LinuxIdMapping): boolean {
  const meet = (from: number, other: number) => from < other + b.size && other < from + a.size;
  return meet(a.containerID, b.containerID) || meet(a.hostID, b.hostID);
}

/** Whether an id of the container exists in a map. */
export function isMapped(id: number, mappings: readonly LinuxIdMapping[]): boolean {
  return mappings.some(({ containerID, size }) => id >= containerID && id < containerID + size);
}

/** The id of the host that an id of the container stands for; undefined for one that is not mapped. */
export function hostId(id: number, mappings: readonly LinuxIdMapping[]): number | undefined {
  const range = mappings.find((mapping) => isMapped(id, [mapping]));
  return range === undefined ? undefined : range.hostID + (id - range.containerID);
}

/** The id that init acts as while it sets up: 0 if mapped, else the first one that is. */
export function setupId(mappings: readonly LinuxIdMapping[]): number {
  return isMapped(0, mappings) ? 0 : (mappings[0]?.containerID ?? 0);
}

/** The text of an id map, as the kernel and newuidmap(1) take it. */
export function mapText(mappings: readonly LinuxIdMapping[]): string {
  return mappings.map(({ containerID, hostID, size }) => `${containerID} ${hostID} ${size}\n`).join("");
}

/** Checks that an id may be given to a process. */
export function checkId(id: number, pointer: string, issues: Issues): void {
  if (id === noId) issues.invalid(pointer, '4294967295 is not an id: it means "no change"');
}

/** Supplementary groups as the wire has them: u32, little-endian. */
export function groupBytes(groups: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(groups.length * 4);
  const view = new DataView(bytes.buffer);
  groups.forEach((group, index) => {
    view.setUint32(index * 4, group, true);
  });
  return bytes;
}
