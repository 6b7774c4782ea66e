// What would put a process before those of the host: CRIU sets all of it with every right.
import type { Config } from "@coffer/spec";
import { optional } from "../../system/error.ts";
import type { System } from "../../system/port.ts";
import type { Checkpoint, ImageCreds, ImageTask } from "../read/index.ts";
import type { Expected } from "./expected.ts";

const sysNice = 1n << 23n;
const sysResource = 1n << 24n;
/** RLIMIT_NICE of setrlimit(2): 20 less the lowest nice value that it allows. */
const niceLimit = 13;
const niceRange = 20n;
/** SCHED_FIFO, SCHED_RR, SCHED_DEADLINE: they come before every process of the host. */
const realTime: ReadonlyMap<number, string> = new Map([
  [1, "SCHED_FIFO"],
  [2, "SCHED_RR"],
  [6, "SCHED_DEADLINE"],
]);
/** Where the nice value is behind the name of a process in /proc/PID/stat (proc_pid_stat(5)). */
const niceAt = 17;
const mostRead = 4096;

/** What a process has that nobody gives anything else: what the caller itself has. */
interface Own {
  readonly nice: number;
  readonly oomScore: number;
}

function ownOf(system: System): Own {
  const read = (name: string): string => optional(() => system.readText(`/proc/self/${name}`, mostRead)) ?? "";
  const stat = read("stat");
  const [, ...fields] = stat.slice(stat.lastIndexOf(")")).trim().split(" ");
  return { nice: Number(fields[niceAt - 1] ?? 0), oomScore: Number(read("oom_score_adj").trim()) };
}

function checkScheduling(creds: ImageCreds, own: Own, { process }: Config, expected: Expected, who: string) {
  if ((expected.bounding & sysNice) !== 0n) return [];
  const { policy, priority = 0, nice = 0 } = process?.scheduler ?? {};
  const name = realTime.get(creds.policy);
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

/** A low score has the kernel end others where there is no memory left (proc_pid_oom_score_adj(5)). */
function checkScore({ pid, oomScore = 0 }: ImageTask, own: Own, { process }: Config, { bounding }: Expected) {
  const lowest = Math.min(0, own.oomScore, process?.oomScoreAdj ?? 0);
  const isFree = (bounding & sysResource) !== 0n;
  return isFree || oomScore >= lowest ? [] : [`/process/oomScoreAdj: process ${pid} has ${oomScore}`];
}

/** Everything by which a process comes before others. `exec` gives a process what its caller has: none has to have more. */
export function checkPriorities(
  system: System,
  { tasks }: Checkpoint,
  config: Config,
  expected: Expected,
): readonly string[] {
  const own = ownOf(system);
  return tasks.flatMap((task) => [
    ...checkScore(task, own, config, expected),
    ...task.threads.flatMap((creds) => checkScheduling(creds, own, config, expected, `process ${task.pid}`)),
  ]);
}
