import type { Process } from "@coffer/spec";
import { quote } from "../../errors.ts";
import { pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import type { Context, Issues } from "../draft/draft.ts";

type Scheduler = NonNullable<Process["scheduler"]>;

/** SCHED_* of linux/sched.h. SCHED_ISO has a number there and nothing behind it. */
const policies: Readonly<Record<Scheduler["policy"], number | undefined>> = {
  SCHED_OTHER: 0,
  SCHED_FIFO: 1,
  SCHED_RR: 2,
  SCHED_BATCH: 3,
  SCHED_ISO: undefined,
  SCHED_IDLE: 5,
  SCHED_DEADLINE: 6,
};

const schedulerFlags = {
  SCHED_FLAG_RESET_ON_FORK: 1,
  SCHED_FLAG_RECLAIM: 2,
  SCHED_FLAG_DL_OVERRUN: 4,
  SCHED_FLAG_KEEP_POLICY: 8,
  SCHED_FLAG_KEEP_PARAMS: 16,
  SCHED_FLAG_UTIL_CLAMP_MIN: 32,
  SCHED_FLAG_UTIL_CLAMP_MAX: 64,
} as const;

const classes = { IOPRIO_CLASS_RT: 1, IOPRIO_CLASS_BE: 2, IOPRIO_CLASS_IDLE: 3 } as const;
const classShift = 13;
const attrSize = 56;
const maxCpu = 8191;
const minNice = -20;
const maxNice = 19;

/** Policy and I/O priority, set from outside before init begins: what init forks inherits both. */
export function planScheduling(context: Context, init: SlotName): void {
  if (isInherited(context.process.scheduler)) planScheduler(context, init);
  planIoPriority(context, init);
}

/** The policies that a fork loses, or that forbid one (sched(7)): set on the process that goes on. */
export function planUninherited(context: Context, process: SlotName): void {
  if (!isInherited(context.process.scheduler)) planScheduler(context, process);
}

function isInherited({ policy, flags = [] }: Partial<Scheduler> = {}): boolean {
  return policy !== "SCHED_DEADLINE" && !flags.includes("SCHED_FLAG_RESET_ON_FORK");
}

function planScheduler({ draft, issues, process, processPointer }: Context, slot: SlotName): void {
  const { scheduler } = process;
  if (scheduler === undefined) return;
  const from = `${processPointer}/scheduler`;
  const policy = policies[scheduler.policy];
  if (policy === undefined) {
    issues.unsupported(`${from}/policy`, `the kernel has no ${scheduler.policy}`);
    return;
  }
  checkScheduler(scheduler, from, issues);
  draft.add({ op: "set-scheduler", phase: "parent", process: slot, attr: schedulerBytes(scheduler, policy), from });
}

function checkScheduler(scheduler: Scheduler, from: string, issues: Issues): void {
  const { policy, nice = 0, priority = 0, flags = [] } = scheduler;
  const isRealtime = policy === "SCHED_FIFO" || policy === "SCHED_RR";
  if (nice < minNice || nice > maxNice)
    issues.warn(`${from}/nice`, `${nice} is beyond ${minNice} to ${maxNice}: the kernel takes the nearest`);
  const isKept = flags.includes("SCHED_FLAG_KEEP_PARAMS");
  if (isRealtime && !isKept && (priority < 1 || priority > 99))
    issues.invalid(`${from}/priority`, `must be from 1 to 99 for ${policy}, got ${priority}`);
  if (!isRealtime && priority !== 0)
    issues.invalid(`${from}/priority`, `is for SCHED_FIFO and SCHED_RR, not for ${policy}`);
  for (const name of ["runtime", "deadline", "period"] as const)
    if (policy !== "SCHED_DEADLINE" && (scheduler[name] ?? 0n) !== 0n)
      issues.warn(`${from}/${name}`, `is for SCHED_DEADLINE, and ignored for ${policy}`);
}

/** A struct sched_attr. */
function schedulerBytes(scheduler: Scheduler, policy: number): Uint8Array {
  const { policy: name, priority = 0, flags = [] } = scheduler;
  // What the policy does not use is not handed on, so that what is read back is what was written.
  const nice = Math.max(minNice, Math.min(maxNice, scheduler.nice ?? 0));
  const { runtime = 0n, deadline = 0n, period = 0n } = name === "SCHED_DEADLINE" ? scheduler : {};
  const view = new DataView(new ArrayBuffer(attrSize));
  const bits = flags.reduce((sum, flag) => sum | schedulerFlags[flag], 0);
  view.setUint32(0, attrSize, true);
  view.setUint32(4, policy, true);
  view.setBigUint64(8, BigInt(bits), true);
  view.setInt32(16, nice, true);
  view.setUint32(20, priority, true);
  view.setBigUint64(24, BigInt(runtime), true);
  view.setBigUint64(32, BigInt(deadline), true);
  view.setBigUint64(40, BigInt(period), true);
  return new Uint8Array(view.buffer);
}

function planIoPriority({ draft, issues, process, processPointer }: Context, slot: SlotName): void {
  const { ioPriority } = process;
  if (ioPriority === undefined) return;
  const from = `${processPointer}/ioPriority`;
  const { priority = 0 } = ioPriority;
  if (priority < 0 || priority > 7) issues.invalid(`${from}/priority`, `must be from 0 to 7, got ${priority}`);
  const value = (classes[ioPriority.class] << classShift) | (priority & 7);
  draft.add({ op: "set-io-priority", phase: "parent", process: slot, value, from });
}

/** CPUs or nodes of a list such as `0-3,6` as a bit mask; undefined when it is no such list, or empty. */
export function maskOf(list: string): Uint8Array | undefined {
  const bits: number[] = [];
  for (const part of list.split(",").map((text) => text.trim())) {
    if (part === "") continue;
    const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to > maxCpu) return undefined;
    for (let bit = from; bit <= to; bit += 1) bits.push(bit);
  }
  if (bits.length === 0) return undefined;
  const words = Math.floor(Math.max(...bits) / 64) + 1;
  const mask = new Uint8Array(words * 8);
  for (const bit of bits) mask[bit >> 3] = (mask[bit >> 3] ?? 0) | (1 << (bit & 7));
  return mask;
}

function affinityOf({ issues, process, processPointer }: Context, name: "initial" | "final"): Uint8Array | undefined {
  const list = process.execCPUAffinity?.[name] ?? "";
  const mask = maskOf(list);
  if (mask === undefined && list !== "")
    issues.invalid(`${processPointer}/execCPUAffinity/${name}`, `${quote(list)} is not a list of CPUs such as 0-3,6`);
  return mask;
}

/** Checks the CPUs of processes that join, which mean nothing to the container's first one. */
export function checkAffinity(context: Context): void {
  affinityOf(context, "initial");
  affinityOf(context, "final");
}

/** Every CPU that a kernel can have: of those the process gets what its cgroup has. */
const everyCpu = (): Uint8Array => new Uint8Array((maxCpu + 1) / 8).fill(0xff);

/**
 * A caller that was given fewer CPUs hands none of that on, as in runc 1.4: the CPUs of a container are those of its cgroup. Set
 * before init begins, while init has the caller's ids.
 */
export function planFreeCpus({ draft, facts }: Context, slot: SlotName): void {
  if (facts.pinned !== true) return;
  const why = "the CPUs are those of the cgroup, not of the caller";
  draft.add({ op: "set-affinity", phase: "parent", process: slot, cpus: everyCpu(), why });
}

/** The CPUs of a process that joins: on its way into the container, and in it. */
export function planAffinity(context: Context, process: SlotName): void {
  const { draft, processPointer } = context;
  const initial = affinityOf(context, "initial");
  const final = affinityOf(context, "final");
  const from = (name: string): string => pointerTo(`${processPointer}/execCPUAffinity`, name);
  if (initial !== undefined)
    draft.add({
      op: "set-affinity",
      phase: "host",
      cpus: initial,
      from: from("initial"),
      why: "the new process inherits it",
    });
  // Without a final list the CPUs are those of the container's cgroup.
  const cpus = final ?? (initial === undefined ? undefined : everyCpu());
  if (cpus !== undefined) draft.add({ op: "set-affinity", phase: "parent", process, cpus, from: from("final") });
}
