import type { Plan } from "../../wire/op.ts";
import type { Place } from "../find.ts";
import { findOps } from "../find.ts";
import type { DeviceNumber } from "../mounts.ts";
import type { Cgroups } from "./cgroups.ts";

/** BPF_DEVCG_ACC_* bits. */
export const readWrite = 6;

/** What keeps a container from devices that it has no node of. */
export interface DeviceFilter {
  /** `none`: nothing does; `unknown`: a program that cannot be simulated. */
  readonly kind: "none" | "program" | "list" | "unknown";
  readonly at: Place;
  /** Whether the filter lets a device be opened for that access. */
  allows(device: DeviceNumber, access: number): boolean;
}

const maxSteps = 4096;
const typeCodes = { b: 1, c: 2 } as const;

/** Runs a device program of the few instructions that `plan/cgroup/device-bpf.ts` makes; undefined for any other. */
function simulateProgram(program: Uint8Array, device: DeviceNumber, access: number): boolean | undefined {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const context = [(access << 16) | typeCodes[device.type], device.major, device.minor];
  const regs = Array.from({ length: 16 }, () => 0);
  let pc = 0;
  for (let steps = 0; steps < maxSteps && pc >= 0 && pc * 8 + 8 <= program.length; steps += 1, pc += 1) {
    const at = pc * 8;
    const dst = view.getUint8(at + 1) & 0xf;
    const offset = view.getInt16(at + 2, true);
    const value = view.getInt32(at + 4, true);
    const now = regs[dst] ?? 0;
    const code = view.getUint8(at);
    if (code === 0x95) return regs[0] !== 0;
    if (code === 0x61) regs[dst] = context[offset / 4] ?? 0;
    else if (code === 0x57) regs[dst] = now & value;
    else if (code === 0x67) regs[dst] = now << value;
    else if (code === 0x77) regs[dst] = now >>> value;
    else if (code === 0x4f) regs[dst] = now | (regs[view.getUint8(at + 1) >> 4] ?? 0);
    else if (code === 0xbf) regs[dst] = regs[view.getUint8(at + 1) >> 4] ?? 0;
    else if (code === 0xb7) regs[dst] = value;
    else if (code === 0x15) pc += now === value ? offset : 0;
    else if (code === 0x16) pc += (now | 0) === value ? offset : 0;
    else if (code === 0x55) pc += now !== value ? offset : 0;
    else if (code === 0x56) pc += (now | 0) !== value ? offset : 0;
    else return undefined;
  }
  return undefined;
}

interface ListRule {
  readonly allow: boolean;
  readonly matches: (device: DeviceNumber, access: number) => boolean;
}

/** A line of devices.allow or devices.deny, version 1. */
function parseLine(allow: boolean, line: string): ListRule {
  const [type = "a", number = "*:*", letters = "rwm"] = line.trim().split(/\s+/);
  const [major = "*", minor = "*"] = number.split(":");
  const bits = (letters.includes("r") ? 2 : 0) | (letters.includes("w") ? 4 : 0) | (letters.includes("m") ? 1 : 0);
  return {
    allow,
    matches: (device, access) =>
      (type === "a" || type === device.type) &&
      (major === "*" || Number(major) === device.major) &&
      (minor === "*" || Number(minor) === device.minor) &&
      (bits & access) !== 0,
  };
}

/** Reads the device filter of the cgroups that a plan's process is in. Of several programs each has to allow. */
export function readDeviceFilter(plan: Plan, cgroups: Pick<Cgroups, "holds">): DeviceFilter {
  const programs = findOps(plan, "set-device-filter").filter(({ op }) => cgroups.holds(op.cgroup));
  const program = programs[0];
  const probe: DeviceNumber = { type: "b", major: 8, minor: 0 };
  if (program !== undefined) {
    const isKnown = programs.every(({ op }) => simulateProgram(op.program, probe, readWrite) !== undefined);
    return {
      kind: isKnown ? "program" : "unknown",
      at: program.at,
      allows: (device, access) => programs.every(({ op }) => simulateProgram(op.program, device, access) ?? true),
    };
  }
  const lines = findOps(plan, "write-cgroup").filter(
    ({ op }) => /^devices\.(allow|deny)$/.test(op.file) && cgroups.holds(op.cgroup),
  );
  const rules = lines.map(({ op }) => parseLine(op.file === "devices.allow", op.value));
  const first = lines[0];
  if (first === undefined) return { kind: "none", at: {}, allows: () => true };
  const allows = (device: DeviceNumber, access: number): boolean =>
    rules.findLast((rule) => rule.matches(device, access))?.allow ?? true;
  return { kind: "list", at: first.at, allows };
}
