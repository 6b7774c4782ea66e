// Plans of further processes, where a program is run again in a container (decision 0071). A plan is kept without the program's words
// and variables. It is found by all else that it depends on.
import { parseJson, stringifyJson } from "@coffer/spec";
import type { HostFacts } from "../../host/facts.ts";
import type { CgroupPlace } from "../../plan/index.ts";
import type { Plan } from "../../wire/op.ts";
import type { Image } from "../launch/image.ts";
import { makeImage, makeKeptImage } from "../launch/image.ts";
import { processOptions } from "../launch/process-options.ts";
import type { ProcessLaunchOptions } from "../options.ts";
import type { Runtime } from "../runtime.ts";
import type { KeptPlans, Told } from "../sandbox/kept/kept.ts";
import { canFill, openKept } from "../sandbox/kept/kept.ts";
import { lazyPlan, once } from "../sandbox/plan.ts";
import type { Identity } from "../store/identity.ts";
import type { ContainerRecord } from "../store/record.ts";
import type { ExecProcessOptions, ProcessDocument } from "../verbs/exec-process.ts";

/** A younger container is probably one for a single command. */
const leastAgeMs = 1000;

/** What a caller asks for. */
interface Options extends ProcessLaunchOptions, ExecProcessOptions {
  readonly id: string;
  readonly watcher?: object | undefined;
}

/** What a further process is planned with. */
interface Basis {
  readonly record: ContainerRecord;
  readonly identity: Identity;
  readonly document: ProcessDocument | undefined;
  readonly facts: () => HostFacts;
  readonly places: () => readonly CgroupPlace[];
}

/** What the program gets, and all else that is said of the process. Nothing of it is checked. */
interface Said {
  readonly told: Told;
  readonly rest: object | string;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

/** What a document says of a process without a terminal. What is wrong in it, planning tells. */
function saidIn(text: string): Said | undefined {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isObject(value) || (value.terminal ?? false) !== false) return undefined;
  const { args, env = [], ...rest } = value;
  return isTexts(args) && isTexts(env) ? { told: { args, env }, rest: stringifyJson(rest) } : undefined;
}

/** What flags say of a process without a terminal: the rest is the container's. */
function saidBy({ process }: ContainerRecord["config"], options: Options): Said | undefined {
  const { args = [], env = [], cwd, terminal = false, user, additionalGids } = options;
  const { processLabel, apparmor, noNewPrivileges, capabilities } = options;
  const known: unknown = process;
  const own = isObject(known) ? (known.env ?? []) : undefined;
  if (terminal || !isTexts(own)) return undefined;
  const rest = { cwd, user, additionalGids, processLabel, apparmor, noNewPrivileges, capabilities };
  return { told: { args, env: [...own, ...env] }, rest };
}

const variable = (env: readonly string[], name: string): string | undefined =>
  env.find((word) => word.startsWith(`${name}=`));

function isOld({ system }: Runtime, { created }: ContainerRecord): boolean {
  return Date.parse(system.now()) - Date.parse(created) >= leastAgeMs;
}

/** A plan that may be kept. */
export interface Asked {
  readonly told: Told;
  readonly kept: KeptPlans;
}

/**
 * Where the plan of a further process is kept; undefined where it is not. The question names the container's first process, and that
 * container has one config for its whole life.
 */
export function openAsked(runtime: Runtime, options: Options, basis: Basis): Asked | undefined {
  const { system, guard } = runtime;
  const { id, consoleSocket, watcher, preserveFds = 0, trace = false } = options;
  const { record, identity, document } = basis;
  const isPlain = consoleSocket === undefined && watcher === undefined && preserveFds === 0 && !trace;
  if (system.build === undefined || guard !== undefined || !isPlain || !isOld(runtime, record)) return undefined;
  const said = document === undefined ? saidBy(record.config, options) : saidIn(document.text);
  if (said === undefined || !canFill(said.told)) return undefined;
  const launch = processOptions(runtime, undefined, options);
  if ((launch.listenFds ?? 0) > 0) return undefined;
  const { told, rest } = said;
  const facts = basis.facts();
  const question = {
    id,
    created: record.created,
    target: { ...identity, startTime: `${identity.startTime}`, inode: `${identity.inode}` },
    places: basis.places(),
    facts: { ...facts, capabilities: `${facts.capabilities}` },
    launch,
    program: told.args[0],
    path: variable(told.env, "PATH"),
    hasHome: variable(told.env, "HOME") !== undefined,
    rest,
  };
  const kept = openKept(runtime, { exec: question }, "exec-");
  return kept && { told, kept };
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && some.every((text, index) => text === others[index]);

/** Whether the program gets what was said, and nothing had to be warned of. */
function isAsSaid({ ops, warnings = [] }: Plan, { args, env }: Told): boolean {
  const last = ops.at(-1);
  return last?.op === "exec" && isSame(last.args, args) && isSame(last.env ?? [], env) && warnings.length === 0;
}

/** An image that can be launched, and what is left to do when it is. */
export interface KeptImage {
  readonly image: Image;
  /** Keeps its plan. A launcher is at work meanwhile, so nothing of it may fail. */
  keep(): void;
}

function keepQuietly({ kept }: Asked, hollow: Uint8Array | undefined): void {
  try {
    if (hollow !== undefined) kept.write(hollow);
  } catch {
    // Without memory, for one. The next call plans again.
  }
}

/** The image of a further process: that of an earlier one, or one that is planned. */
export function planKeptExec(asked: Asked | undefined, plan: () => Plan): KeptImage {
  const known = asked?.kept.find(asked.told);
  if (known !== undefined)
    return { image: { plan: lazyPlan(once(plan), "join"), bytes: known, made: true }, keep: () => {} };
  const planned = plan();
  if (asked === undefined || !isAsSaid(planned, asked.told)) return { image: makeImage(planned), keep: () => {} };
  let hollow: Uint8Array | undefined;
  const image = makeKeptImage(planned, (bytes) => {
    hollow = bytes;
    return asked.kept.fill(bytes, asked.told);
  });
  return { image, keep: () => keepQuietly(asked, hollow) };
}
