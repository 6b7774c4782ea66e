// Runs every op of a stage's plan with every fault.

import { verbs } from "@coffer/core";
import { nodeSystem } from "../../packages/core/src/system/node.ts";
import type { Plan } from "../../packages/core/src/wire/op.ts";
import type { OpName } from "../../packages/core/src/wire/tables/op-table.ts";
import type { Teardown } from "../helpers/bundle.ts";
import type { Fault, FaultKind, Seen } from "../helpers/trace/injected.ts";
import { madeBy, withFault } from "../helpers/trace/injected.ts";
import type { Column } from "./columns.ts";
import { columns as allColumns } from "./columns.ts";
import type { Lane, Rest } from "./lanes.ts";
import { leaksOf, makeLane, restOf } from "./lanes.ts";
import type { Run } from "./outcome.ts";
import type { Stage } from "./stages/stage.ts";

/** A place in the table. `init`: the op is one of a created container's own plan, which the verb lets go on. */
type Job = {
  readonly plan: Plan;
  readonly index: number;
  readonly column: Column;
  readonly init?: true;
  /** At another than the first kernel call of the op. */
  readonly call?: number;
};

/** Ops whose later calls do what they are for. */
const laterCalls: Partial<Record<OpName, readonly number[]>> = {
  confine: [2, 3, 4, 5, 7],
  "open-process": [2],
  sync: [2],
  fork: [3],
  "lock-mounts": [4, 5, 6, 9],
};

export type StageRuns = {
  readonly stage: Stage;
  readonly plans: readonly Plan[];
  readonly runs: readonly Run[];
  /** Places where there is no init to be hit. */
  readonly noInit: readonly Job[];
};

/** Who is stopped needs no processor; the others do. */
const lanes = { stopped: 24, active: 3 } as const;

async function cleanUp(lane: Lane): Promise<void> {
  await verbs.remove(lane.runtime, lane.box.tag, { force: true });
}

/** A verb has five seconds for its end; on a machine that has much else to do, twenty times what it takes without a fault. */
const limits = { seconds: 5, times: 20 } as const;

type Done = { readonly seconds: number; readonly error: unknown; readonly seen: Seen };

/** Leads up, carries out, and takes back. */
async function runOnce(stage: Stage, lane: Lane, { index, column, init, call }: Job, kind: FaultKind): Promise<Done> {
  const pid = stage.keeps ? undefined : await stage.prepare?.(lane);
  const seen: Seen = {};
  const value = column.errno ?? column.stopMs;
  const at = call === undefined ? callOf : { call };
  const fault: Fault = { op: index, kind, value, ...(init && pid !== undefined ? { init: pid } : {}), ...at };
  const began = performance.now();
  let error: unknown;
  try {
    await stage.act(lane, {
      ...lane.runtime,
      system: withFault(lane.runtime.system, fault, seen, stage.prefix?.(lane)),
    });
  } catch (thrown) {
    error = thrown;
  }
  const seconds = (performance.now() - began) / 1000;
  // An error may be reported before the tool tells what it has done.
  await seen.told;
  if (!stage.keeps) await cleanUp(lane);
  return { seconds, error, seen };
}

/** One run on a lane, and what it has left. */
async function runJob(stage: Stage, lane: Lane, before: Rest, job: Job): Promise<Run> {
  const { plan, index, column } = job;
  const op = plan.ops[index];
  if (op === undefined) throw new RangeError(`no op ${index}`);
  const { seconds, error, seen } = await runOnce(stage, lane, job, column.kind);
  const { injected } = seen;
  const leaks = await leaksOf(lane, before, injected?.left ?? []);
  let limit: number = limits.seconds;
  // Measured only where it is needed: beside this run, so that the machine is as busy.
  if (seconds > limit + column.stopMs / 1000)
    limit = Math.max(limit, limits.times * (await runOnce(stage, lane, job, "none")).seconds);
  limit += column.stopMs / 1000;
  // What hangs does so again; what met a machine that stood still for a moment does not.
  const fastest = seconds > limit ? Math.min(seconds, (await runOnce(stage, lane, job, column.kind)).seconds) : seconds;
  return { plan, op, index, column, error, injected, seconds: fastest, limit, leaks };
}

/** The plan of a verb, and that of the container which it lets go on. */
async function plansOf(stage: Stage, lane: Lane): Promise<readonly Plan[]> {
  const made: Seen = {};
  const seen: Seen = {};
  const { system } = lane.runtime;
  const pid = await stage.prepare?.({
    ...lane,
    runtime: { ...lane.runtime, system: withFault(system, undefined, made) },
  });
  await stage.act(lane, { ...lane.runtime, system: withFault(system, undefined, seen, stage.prefix?.(lane)) });
  await cleanUp(lane);
  if (seen.plan === undefined) throw new Error(`${stage.name} launches nothing`);
  return pid === undefined || made.plan === undefined ? [seen.plan] : [seen.plan, made.plan];
}

/** Whether there is an init (or CRIU, which stands for it) while an op runs: the launcher has made it, or it waits for the verb. */
function hasInit(plan: Plan, index: number, job: Pick<Job, "init">): boolean {
  if (job.init) return true;
  const made = plan.ops.findIndex(({ op }) => op === madeBy(plan));
  // CRIU ends with its last answer.
  const end = madeBy(plan) === "clone" ? plan.ops.length : plan.ops.findLastIndex(({ op }) => op === "ask-criu") + 1;
  return made >= 0 && index > made && index < end;
}

/** FAULTS=all: every op by its index. Else the first of each kind in each phase stands for the others of a plan. */
const everything = process.env.FAULTS === "all";

/** FAULT_CALL: at another than the first kernel call of each op, for a look at what no table has. */
const callOf: Pick<Fault, "call"> =
  process.env.FAULT_CALL === undefined ? {} : { call: Number(process.env.FAULT_CALL) };

/** FAULT_OPS: these alone, for a look at a few. */
const only = process.env.FAULT_OPS?.split(",");

function isFirst({ ops }: Plan, index: number): boolean {
  const own = ops[index];
  if (own !== undefined && only?.includes(own.op) === false) return false;
  return ops.findIndex(({ op, phase }) => op === own?.op && phase === own.phase) === index;
}

function jobsOf(
  stage: Stage,
  [own, made]: readonly Plan[],
  columns: readonly Column[],
): { readonly jobs: readonly Job[]; readonly noInit: readonly Job[] } {
  const list = (plan: Plan | undefined, init?: true): readonly Job[] =>
    columns.flatMap((column) =>
      (plan?.ops ?? []).flatMap((op, index) => {
        if (plan === undefined || (init && op.phase !== "gate" && op.phase !== "exec")) return [];
        if (!everything && !isFirst(plan, index)) return [];
        const job: Job = { plan, index, column, ...(init ? { init } : {}) };
        return [job, ...(laterCalls[op.op] ?? []).map((call) => ({ ...job, call }))];
      }),
    );
  const all = [...list(own), ...list(stage.name === "start" ? made : undefined, true)];
  const cannot = (job: Job): boolean => job.column.kind.endsWith("-init") && !hasInit(job.plan, job.index, job);
  return { jobs: all.filter((job) => !cannot(job)), noInit: all.filter(cannot) };
}

async function makeStageLane(t: Teardown, stage: Stage): Promise<Lane> {
  const { patch, see } = stage;
  const system = nodeSystem;
  const lane = makeLane(t, typeof patch === "function" ? patch() : patch, (box) => see?.(system, box) ?? system);
  await stage.begin?.(lane, t);
  return lane;
}

/** The plans of a stage, without a fault. */
export const readPlans = async (t: Teardown, stage: Stage): Promise<readonly Plan[]> =>
  plansOf(stage, await makeStageLane(t, stage));

/** Puts a stage to the test. */
export async function runStage(t: Teardown, stage: Stage, columns: readonly Column[] = allColumns): Promise<StageRuns> {
  const plans = await readPlans(t, stage);
  const { jobs, noInit } = jobsOf(stage, plans, columns);
  const runs: Run[] = [];
  const work = async (queue: Job[], lane: Lane): Promise<void> => {
    if (stage.keeps) await stage.prepare?.(lane);
    const before = restOf(lane);
    for (let job = queue.shift(); job !== undefined; job = queue.shift())
      runs.push(await runJob(stage, lane, before, job));
    if (stage.keeps) await cleanUp(lane);
  };
  const stopped = jobs.filter(({ column }) => column.stopMs > 0);
  const active = jobs.filter(({ column }) => column.stopMs === 0);
  const lanesFor = async (count: number, queue: Job[]): Promise<readonly Lane[]> => {
    const made: Lane[] = [];
    while (made.length < Math.min(count, queue.length, stage.lanes ?? count)) made.push(await makeStageLane(t, stage));
    return made;
  };
  // Before any of them runs: making one takes this process's time.
  const forStopped = await lanesFor(lanes.stopped, stopped);
  const forActive = await lanesFor(lanes.active, active);
  await Promise.all([...forStopped.map((lane) => work(stopped, lane)), ...forActive.map((lane) => work(active, lane))]);
  return { stage, plans, runs, noInit };
}
