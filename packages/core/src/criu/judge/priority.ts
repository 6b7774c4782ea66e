// What would put a process before those of the host, or give it another's name in the audit: CRIU sets all of it with every right.
import type { Config, LinuxIdMapping } from "@coffer/spec";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Checkpoint, ImageCreds, ImageTask } from "../read/index.ts";
import { unsetId } from "../read/index.ts";
import type { Expected } from "./expected.ts";

const sysNice = 1n << 23n;
const sysResource = 1n << 24n;
const auditControl = 1n << 30n;
const wakeAlarm = 1n << 35n;
/** RLIMIT_RTPRIO of setrlimit(2): the highest priority of a real-time policy. */
const priorityLimit = 14;
/** RLIMIT_NICE of setrlimit(2): 20 less the lowest nice value that it allows. */
const niceLimit = 13;
const niceRange = 20n;
/** SCHED_FIFO, SCHED_RR, SCHED_DEADLINE: they come before every process of the host. */
const realTime: ReadonlyMap<number, string> = new Map([
  [1, "SCHED_FIFO"],
  [2, "SCHED_RR"],
  [6, "SCHED_DEADLINE"],
]);
/** SCHED_RESET_ON_FORK, which is no policy: CRIU reads it as a part of one. */
const resetOnFork = 0x40000000;
/** Where the nice value is behind the name of a process in /proc/PID/stat (proc_pid_stat(5)). */
const niceAt = 17;
const mostRead = 4096;

/** What a process has that nobody gives anything else: what the caller itself has. */
interface Own {
  readonly nice: number;
  readonly oomScore: number;
  readonly loginUid: number;
  /** Hard limits, by number. */
  readonly limits: ReadonlyMap<number, bigint>;
}

/** A hard limit of /proc/PID/limits (proc_pid_limits(5)); 0 where it is not said. */
function limitOf(limits: string, name: string): bigint {
  const hard = new RegExp(`^Max ${name} +\\w+ +(\\w+)`, "m").exec(limits)?.[1] ?? "0";
  return hard === "unlimited" ? 2n ** 64n : BigInt(hard);
}

function ownOf(system: System): Own {
  const read = (name: string): string => optional(() => system.readText(`/proc/self/${name}`, mostRead)) ?? "";
  const stat = read("stat");
  const [, ...fields] = stat.slice(stat.lastIndexOf(")")).trim().split(" ");
  const limits = read("limits");
  return {
    nice: Number(fields[niceAt - 1] ?? 0),
    oomScore: Number(read("oom_score_adj").trim()),
    loginUid: Number(read("loginuid").trim() || unsetId),
    limits: new Map([
      [niceLimit, limitOf(limits, "nice priority")],
      [priorityLimit, limitOf(limits, "realtime priority")],
    ]),
  };
}

function checkScheduling(creds: ImageCreds, own: Own, { process }: Config, expected: Expected, who: string) {
  const { policy, priority = 0, nice = 0 } = process?.scheduler ?? {};
  const name = realTime.get(creds.policy & ~resetOnFork);
  const comesBefore = name !== undefined && (name !== policy || creds.priority > priority);
  const limit = expected.hardLimits.get(niceLimit);
  const byLimit = limit === undefined ? 0 : Number(niceRange - BigInt.asUintN(64, limit));
  return [
    ...(comesBefore ? [`/process/scheduler: ${who} comes before the processes of the host`] : []),
    ...(creds.nice < Math.min(0, nice, own.nice, byLimit)
      ? [`/process/scheduler: ${who} has the nice value ${creds.nice}`]
      : []),
  ];
}

/** A limit that the config does not set is the caller's. With a higher one a process comes before others when it wants. */
function checkRaised({ pid, hardLimits }: ImageTask, own: Own, expected: Expected) {
  return [...own.limits].flatMap(([resource, most]) =>
    expected.hardLimits.has(resource) || (hardLimits[resource] ?? 0n) <= most
      ? []
      : [`/process/rlimits: process ${pid} has a higher limit of resource ${resource} than the caller`],
  );
}

/** A low score has the kernel end others where there is no memory left (proc_pid_oom_score_adj(5)). */
function checkScore({ pid, oomScore = 0 }: ImageTask, own: Own, { process }: Config) {
  const lowest = Math.min(0, own.oomScore, process?.oomScoreAdj ?? 0);
  return oomScore >= lowest ? [] : [`/process/oomScoreAdj: process ${pid} has ${oomScore}`];
}

/** Audit records name the user who logged in: the caller's, or none. CRIU writes the id within the user namespace. */
function checkLogin({ pid, loginUid }: ImageTask, own: Own, ranges: readonly LinuxIdMapping[] | undefined) {
  const first = ranges?.find(({ containerID: id, size }) => loginUid >= id && loginUid < id + size);
  const uid = first === undefined ? loginUid : first.hostID + loginUid - first.containerID;
  return loginUid === unsetId || uid === own.loginUid
    ? []
    : [`/process/capabilities: process ${pid} has the login uid ${loginUid}, which is not the caller's`];
}

/** Everything by which a process comes before others. `exec` gives a process what its caller has: none has to have more. */
export function checkPriorities(
  system: System,
  { tasks }: Checkpoint,
  config: Config,
  expected: Expected,
): readonly string[] {
  const own = ownOf(system);
  const hasUser = (config.linux?.namespaces ?? []).some(({ type }) => type === "user");
  // The kernel asks for each right over the host: none of a user namespace is enough.
  const needs = (capability: bigint, found: readonly string[]): readonly string[] =>
    !hasUser && (expected.rights & capability) !== 0n ? [] : found;
  return tasks.flatMap((task) => [
    ...needs(sysResource, [...checkScore(task, own, config), ...checkRaised(task, own, expected)]),
    ...needs(auditControl, checkLogin(task, own, hasUser ? config.linux?.uidMappings : undefined)),
    ...needs(
      wakeAlarm,
      task.wakes ? [`/process/capabilities: process ${task.pid} has a timer that wakes the host`] : [],
    ),
    ...needs(
      sysNice,
      task.threads.flatMap((creds) => checkScheduling(creds, own, config, expected, `process ${task.pid}`)),
    ),
  ]);
}
