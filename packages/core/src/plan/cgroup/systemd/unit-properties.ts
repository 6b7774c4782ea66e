// Limits in the form of systemd. It writes its own values again whenever it is reloaded, so it must know them.

import type { Limit } from "../limits/limits.ts";
import type { DbusProperty } from "./dbus.ts";

const infinity = 0xffff_ffff_ffff_ffffn;
const usecPerSec = 1_000_000n;
/** systemd counts a quota in steps of 10 ms, and would round it down. */
const quotaStep = 10_000n;
const defaultPeriod = 100_000n;
const maxCpu = 8191;

/** The properties that a value of a control file is; none where systemd would not understand it. */
type ToProperties = (value: string) => readonly DbusProperty[];

function parseAmount(value: string): bigint | undefined {
  if (value === "max" || value === "-1") return infinity;
  return /^\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

function amount(name: string): ToProperties {
  return (value) => {
    const parsed = parseAmount(value);
    return parsed === undefined ? [] : [{ name, value: { type: "t", value: parsed } }];
  };
}

/** A list such as `0-3,6`, or `0-9:1/2` for every other one, as a bit mask, the lowest first; undefined when it is none. */
function parseMask(list: string): readonly number[] | undefined {
  const mask: number[] = [];
  for (const part of list.split(",")) {
    const found = /^(\d{1,4})(?:-(\d{1,4})(?::(\d{1,4})\/(\d{1,4}))?)?$/.exec(part);
    if (found === null) return undefined;
    const [, from = "", to = from, used = "1", group = used] = found;
    const isList = Number(from) <= Number(to) && Number(to) <= maxCpu;
    if (!isList || Number(group) === 0 || Number(used) > Number(group)) return undefined;
    for (let bit = Number(from); bit <= Number(to); bit++) {
      if ((bit - Number(from)) % Number(group) >= Number(used)) continue;
      const at = Math.floor(bit / 8);
      while (mask.length <= at) mask.push(0);
      mask[at] = (mask[at] ?? 0) | (1 << (bit % 8));
    }
  }
  return mask;
}

function mask(name: string): ToProperties {
  return (value) => {
    const parsed = parseMask(value);
    return parsed === undefined ? [] : [{ name, value: { type: "ay", value: parsed } }];
  };
}

/** `cpu.max`: a quota or `max`, and perhaps a period, in µs. */
function bandwidth(value: string): readonly DbusProperty[] {
  const [first = "", second = String(defaultPeriod)] = value.split(" ");
  const quota = parseAmount(first);
  const period = parseAmount(second);
  if (quota === undefined || period === undefined || period === 0n || period === infinity) return [];
  const perSec = quota === infinity ? infinity : (quota * usecPerSec) / period;
  const stepped = perSec === infinity ? infinity : ((perSec + quotaStep - 1n) / quotaStep) * quotaStep;
  return [
    { name: "CPUQuotaPeriodUSec", value: { type: "t", value: period } },
    { name: "CPUQuotaPerSecUSec", value: { type: "t", value: stepped } },
  ];
}

/** Control file → properties. What is not here systemd has no word for, and leaves alone. */
const table: Readonly<Record<string, ToProperties>> = {
  "memory.max": amount("MemoryMax"),
  "memory.high": amount("MemoryHigh"),
  "memory.low": amount("MemoryLow"),
  "memory.min": amount("MemoryMin"),
  "memory.swap.max": amount("MemorySwapMax"),
  "cpu.weight": amount("CPUWeight"),
  "cpu.max": bandwidth,
  "cpuset.cpus": mask("AllowedCPUs"),
  "cpuset.mems": mask("AllowedMemoryNodes"),
  "io.weight": amount("IOWeight"),
  "pids.max": amount("TasksMax"),
};

/** The same of version 1, whose properties are other ones. */
const tableV1: Readonly<Record<string, ToProperties>> = {
  "memory.limit_in_bytes": amount("MemoryLimit"),
  "cpu.shares": amount("CPUShares"),
  "blkio.weight": amount("BlockIOWeight"),
  "pids.max": amount("TasksMax"),
};

/** The properties that limits of version 1 are: there a quota and its period are files of their own. */
export function limitPropertiesV1(limits: readonly Limit[]): readonly DbusProperty[] {
  const last = (name: string): string | undefined => limits.findLast(({ file }) => file === name)?.value;
  const quota = last("cpu.cfs_quota_us");
  const period = last("cpu.cfs_period_us") ?? String(defaultPeriod);
  const cpu = bandwidth(`${quota ?? "max"} ${period}`).filter(({ name }) => quota !== undefined || isPeriod(name));
  const isSet = quota !== undefined || last("cpu.cfs_period_us") !== undefined;
  return [...convert(limits, tableV1), ...(isSet ? cpu : [])];
}

const isPeriod = (name: string): boolean => name === "CPUQuotaPeriodUSec";

/** The properties that limits are; a later one of the same name replaces an earlier one, as the file is written last. */
export function limitProperties(limits: readonly Limit[]): readonly DbusProperty[] {
  return convert(limits, table);
}

function convert(limits: readonly Limit[], words: Readonly<Record<string, ToProperties>>): readonly DbusProperty[] {
  const found = new Map<string, DbusProperty>();
  for (const { file, value, or } of limits) {
    const [otherFile, otherValue] = or ?? [];
    const properties = [
      ...(words[file]?.(value) ?? []),
      ...(otherFile === undefined || otherValue === undefined ? [] : (words[otherFile]?.(otherValue) ?? [])),
    ];
    for (const property of properties) found.set(property.name, property);
  }
  return [...found.values()];
}
