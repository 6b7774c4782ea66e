// A runtime's command is killed at one of its kernel calls, and then `delete --force` has to leave nothing.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { openRuntime, verbs } from "@coffer/core";
import { tools } from "../helpers/build.ts";
import { pause } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { inMode } from "../helpers/host-modes.ts";
import { cgroupsOf, cleanUp, mounts, processesOf } from "../helpers/leftovers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";

/** crun refuses the hybrid mode of cgroups, and sees version 1 alone. */
const modeOf = ({ runtime }: Row): readonly string[] => inMode(runtime === "coffer" ? "host" : "v1");

export type Verb = "create" | "run" | "start" | "exec" | "delete";

export type Row = { readonly runtime: RuntimeName; readonly verb: Verb };

/** What can be left. */
export const kinds = ["process", "mount", "cgroup", "state"] as const;

/** What came of the tries. */
export type Counts = {
  /** Kernel calls that the verb makes. */
  calls: number;
  tries: number;
  /** The command had ended before. */
  ended: number;
  /** `delete --force` failed. */
  refused: number;
  /** Tries after which something was left. */
  leaks: number;
  /** Of each kind. */
  readonly left: Record<(typeof kinds)[number], number>;
};

/** Which of the calls are tried: a number of them, or each STEP-th. */
export type Sample = { readonly tries: number } | { readonly step: number };

function words({ runtime, verb }: Row, { path, tag, state }: Box): readonly string[] {
  const program = runtime === "coffer" ? cofferArgv() : [runtime];
  const after = {
    create: ["create", "--bundle", path, tag],
    run: ["run", "--bundle", path, tag],
    start: ["start", tag],
    exec: ["exec", tag, "/probe", "sleep", "1"],
    delete: ["delete", "--force", tag],
  }[verb];
  const [name = "", ...rest] = after;
  return runtime === "coffer" ? [...program, name, "--root", state, ...rest] : [...program, "--root", state, ...after];
}

type Ended = { readonly status: number; readonly calls: number };

/** Runs a command and kills it at a kernel call (0: not at all); gives how many it made. */
async function runKilled(row: Row, box: Box, at: number): Promise<Ended> {
  const [file = "", ...args] = [...modeOf(row), tools(), "kill-at", `${at}`, "3", "--", ...words(row, box)];
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", COFFER_TEST_TAG: box.tag };
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe", "pipe"], env, detached: true });
  child.stdin.end();
  child.stdout.resume();
  child.stderr.resume();
  let text = "";
  child.stdio[3]?.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const status = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 255));
  });
  while (!text.includes("\n")) await pause(1);
  for (const stream of child.stdio) stream?.destroy();
  return { status, calls: Number(text) };
}

/** Leads up to the verb: coffer's own containers are made in this process. */
async function prepare({ runtime, verb }: Row, box: Box): Promise<void> {
  if (verb === "create" || verb === "run" || runtime !== "coffer") return;
  const own = openRuntime({ root: box.state });
  await verbs.create(own, { id: box.tag, bundle: box.path, stdio: ["ignore", "ignore", "ignore"] });
  if (verb !== "start") await verbs.start(own, box.tag);
}

const has = (path: string): boolean => existsSync(path) && readdirSync(path).length > 0;

function leftOf(box: Box): readonly (typeof kinds)[number][] {
  const found = {
    process: processesOf(box).length > 0,
    mount: mounts().some((line) => line.includes(box.base)),
    cgroup: cgroupsOf(box).length > 0,
    state: has(box.state),
  };
  return kinds.filter((kind) => found[kind]);
}

async function settled(box: Box): Promise<ReturnType<typeof leftOf>> {
  for (let tries = 0; tries < 60; tries += 1) {
    if (leftOf(box).length === 0) return [];
    await pause(50);
  }
  return leftOf(box);
}

/** A number of calls, most of them where the verb's own work is: after its program has been loaded. */
function points(calls: number, sample: Sample): number[] {
  if ("step" in sample)
    return Array.from({ length: Math.floor(calls / sample.step) }, (_, index) => (index + 1) * sample.step);
  const { tries } = sample;
  const early = Math.ceil(tries / 4);
  return Array.from({ length: tries }, (_, index) => {
    if (index < early) return 1 + Math.floor((calls * 0.7 * index) / early);
    return 1 + Math.floor(calls * (0.7 + (0.3 * (index - early)) / (tries - early)));
  });
}

/** One try: kills the verb at a call, and has `delete --force` take back what there is. */
async function tryOnce(row: Row, box: Box, at: number, counts: Counts): Promise<void> {
  await prepare(row, box);
  counts.tries += 1;
  const { status } = await runKilled(row, box, at);
  if (status !== 137) counts.ended += 1;
  if ((await runKilled({ ...row, verb: "delete" }, box, 0)).status !== 0) counts.refused += 1;
  const left = await settled(box);
  if (left.length === 0) return;
  counts.leaks += 1;
  for (const kind of left) counts.left[kind] += 1;
  cleanUp(box);
  rmSync(box.state, { recursive: true, force: true });
}

/** Kills a verb at a sample of its kernel calls; on several boxes at a time, as most of a try is waiting. */
export async function killVerb(row: Row, boxes: readonly [Box, ...Box[]], sample: Sample): Promise<Counts> {
  const [first] = boxes;
  await prepare(row, first);
  const { calls } = await runKilled(row, first, 0);
  await runKilled({ ...row, verb: "delete" }, first, 0);
  const left = { process: 0, mount: 0, cgroup: 0, state: 0 };
  const counts: Counts = { calls, tries: 0, ended: 0, refused: 0, leaks: 0, left };
  const queue = points(calls, sample);
  const work = async (box: Box): Promise<void> => {
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) await tryOnce(row, box, at, counts);
  };
  await Promise.all(boxes.map(work));
  return counts;
}
