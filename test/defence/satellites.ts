// Satellites that run: how a test gets one of each kind, with somebody hostile at its other end.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { marshalCall } from "../../packages/core/src/plan/cgroup/systemd/dbus.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import type { SatelliteName } from "../../packages/core/src/wire/satellites.ts";
import type { BusScript } from "../helper/bus.ts";
import { startBus } from "../helper/bus.ts";
import type { Launching } from "../helper/launch.ts";
import { startLaunch } from "../helper/launch.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { until } from "../helpers/command.ts";

/** A launcher that waits for a satellite. */
export type Waiting = {
  readonly launching: Launching;
  /** The positions of the ops that the satellite carries out. */
  readonly ops: readonly number[];
};

const busCall = { destination: "a.b", path: "/a", interface: "a.b", member: "Stop", body: [] } as const;

/** A plan that calls a bus, with a call to be made when the launch fails. */
export function busPlan(path: string, timeoutMs: number): Plan {
  const call = (serial: number) => ({ ...marshalCall(busCall, serial), job: 0, timeoutMs });
  const common = { op: "call-bus", phase: "host", bus: "bus" } as const;
  return {
    kind: "host",
    inputs: [],
    ops: [
      { op: "open-root", phase: "host", out: "root" },
      { op: "connect-bus", phase: "host", at: "root", path, timeoutMs, out: "bus" },
      { ...common, ...call(7) },
    ],
  };
}

/** A bus that does as its script says: silent without one. */
async function waitsForBus(t: ExecutionContext, timeoutMs: number, script: BusScript = {}): Promise<Waiting> {
  const bundle = makeBundle(t);
  const path = join(bundle.base, "bus");
  const server = await startBus(path, script);
  t.teardown(() => server.close());
  return { launching: startLaunch(bundle, busPlan(path, timeoutMs), { inputs: [] }), ops: [1, 2] };
}

/** How a satellite of each kind comes to wait for somebody who says nothing. */
export const waits: Readonly<Record<SatelliteName, (t: ExecutionContext, timeoutMs: number) => Promise<Waiting>>> = {
  bus: waitsForBus,
};

/** The words of a process. */
const wordsOf = (pid: number): readonly string[] => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
};

const childrenOf = (pid: number): readonly number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  } catch {
    return [];
  }
};

/** A line of a process's status. */
export const statusOf = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s+(.*)$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "";

export const descriptorsOf = (pid: number): readonly number[] =>
  readdirSync(`/proc/${pid}/fd`)
    .map(Number)
    .sort((a, b) => a - b);

/** The satellite of a launcher, once it is confined and has what it gets. */
export async function satelliteOf(launcher: number, descriptors: number): Promise<number> {
  let found = 0;
  await until("a satellite is confined", () => {
    found = childrenOf(launcher).find((pid) => wordsOf(pid)[0] === "coffer-satellite") ?? 0;
    if (found === 0) return false;
    return statusOf(found, "Seccomp") === "2" && descriptorsOf(found).length === descriptors + 1;
  });
  return found;
}
