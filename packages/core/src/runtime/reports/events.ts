import { stringifyJson } from "@coffer/spec";
import { directoryOf, mainPlace, readTable } from "../../cgroup/files.ts";
import { readStats, toStatsData } from "../../cgroup/stats.ts";
import { CofferError, quote } from "../../errors.ts";
import type { CgroupPlace } from "../../plan/index.ts";
import type { System } from "../../system/port.ts";
import { noCgroup } from "../launch/no-cgroup.ts";
import type { Runtime } from "../runtime.ts";
import { findStatus, wrongStatus } from "../store/status.ts";
import { readRecord } from "../store/store.ts";

/** Options of `events`. */
export interface EventsOptions {
  /** Tells the counts once, and ends. */
  readonly stats?: boolean | undefined;
  /** Time between counts, as Go writes durations: `5s`, `100ms`, `1m30s`. Default 5 s. */
  readonly interval?: string | undefined;
  /** Gets every event as a line of JSON. */
  readonly emit: (line: string) => void;
}

const milliseconds: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, ns: 1e-6 };
/** How long an end or a lack of memory may stay unseen. */
const stepMs = 200;

/** Reads a duration in Go's form; in milliseconds. */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|ns)/g)];
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (milliseconds[unit ?? ""] ?? 0), 0);
  if (parts.length > 0 && parts.map(([part]) => part).join("") === text && total > 0) return total;
  const hint = "give it as 5s, 100ms or 1m30s";
  const message =
    total === 0 && parts.length > 0
      ? "duration interval must be greater than 0"
      : `invalid value for interval: ${quote(text)} is no duration`;
  throw new CofferError("E_USAGE", message, { argument: "interval" }, { hint });
}

/** How many processes have been killed because the container was out of memory. */
function readOomKills(system: System, places: readonly CgroupPlace[]): bigint {
  const v1 = places.find(({ version, controllers }) => version === 1 && controllers.includes("memory"));
  if (v1 !== undefined) return readTable(system, directoryOf(v1), "memory.oom_control").get("oom_kill") ?? 0n;
  const v2 = places.find(({ version }) => version === 2);
  return v2 === undefined ? 0n : (readTable(system, directoryOf(v2), "memory.events").get("oom_kill") ?? 0n);
}

async function hasEnded(runtime: Runtime, id: string): Promise<boolean> {
  try {
    return (await findStatus(runtime, id)).identity === undefined;
  } catch (error) {
    if (CofferError.is(error, "E_CONTAINER_NOT_FOUND")) return true;
    throw error;
  }
}

/** Tells what happens to a container until it ends: counts in an interval, and each lack of memory. */
export async function events(runtime: Runtime, id: string, options: EventsOptions): Promise<void> {
  const { system } = runtime;
  const interval = parseDuration(options.interval ?? "5s");
  const record = readRecord(runtime, id);
  const { cgroups } = record;
  if (mainPlace(cgroups) === undefined) throw noCgroup("tell the events of");
  const found = await findStatus(runtime, id, { record });
  if (found.identity === undefined)
    throw wrongStatus(id, found.status, ["created", "running", "paused"], `container with id ${id} is not running`);
  const tell = (): void =>
    options.emit(stringifyJson({ type: "stats", id, data: toStatsData(readStats(system, cgroups)) }));
  if (options.stats) return tell();
  let kills = readOomKills(system, cgroups);
  let next = system.elapsed() + interval;
  for (;;) {
    await system.sleep(Math.max(1, Math.min(stepMs, next - system.elapsed())));
    const now = readOomKills(system, cgroups);
    for (; kills < now; kills += 1n) options.emit(stringifyJson({ type: "oom", id }));
    if (await hasEnded(runtime, id)) return;
    if (system.elapsed() < next) continue;
    tell();
    next += interval;
  }
}
