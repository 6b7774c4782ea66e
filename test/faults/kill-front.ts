// A runtime's command is killed at one of its kernel calls, and then `delete --force` has to leave nothing.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { openRuntime, verbs } from "@coffer/core";
import { tools } from "../helpers/build.ts";
import { pause } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { inMode } from "../helpers/host-modes.ts";
import { cgroupsOf, cleanUp, mounts, processesOf } from "../helpers/leftovers.ts";
import type { RuntimeName } from "../helpers/runtimes.ts";
import { cofferArgv } from "../helpers/runtimes.ts";

/** crun refuses the hybrid mode of cgroups, and sees version 1 alone. */
const modeOf = ({ runtime }: Row): readonly string[] => inMode(runtime === "coffer" ? "host" : "v1");

export type Verb = "create" | "start" | "exec" | "delete";

export type Row = { readonly runtime: RuntimeName; readonly verb: Verb };

/** What came of the tries. */
export type Counts = {
  tries: number;
  /** The command had ended before. */
  ended: number;
  /** `delete --force` failed. */
  refused: number;
  /** Tries after which something was left, and what. */
  leaks: number;
  readonly left: Set<string>;
};

function words({ runtime, verb }: Row, { path, tag, state }: Box): readonly string[] {
  const program = runtime === "coffer" ? cofferArgv() : [runtime];
  const after = {
    create: ["create", "--bundle", path, tag],
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
  if (verb === "create" || runtime !== "coffer") return;
  const own = openRuntime({ root: box.state });
  await verbs.create(own, { id: box.tag, bundle: box.path, stdio: ["ignore", "ignore", "ignore"] });
  if (verb !== "start") await verbs.start(own, box.tag);
}

const has = (path: string): boolean => existsSync(path) && readdirSync(path).length > 0;

function leftOf(box: Box): readonly string[] {
  const left = [
    ...processesOf(box).map(() => "process"),
    ...cgroupsOf(box).map(() => "cgroup"),
    ...(has(box.state) ? ["state"] : []),
    ...(mounts().some((line) => line.includes(box.base)) ? ["mount"] : []),
  ];
  return [...new Set(left)];
}

async function settled(box: Box): Promise<readonly string[]> {
  for (let tries = 0; tries < 60; tries += 1) {
    if (leftOf(box).length === 0) return [];
    await pause(50);
  }
  return leftOf(box);
}

/** Where the verb's own work is: after its program has been loaded. */
function points(calls: number, tries: number): readonly number[] {
  const early = Math.ceil(tries / 4);
  return Array.from({ length: tries }, (_, index) => {
    if (index < early) return 1 + Math.floor((calls * 0.7 * index) / early);
    return 1 + Math.floor(calls * (0.7 + (0.3 * (index - early)) / (tries - early)));
  });
}

/** Kills a verb at that many of its kernel calls. */
export async function killVerb(row: Row, box: Box, tries: number): Promise<Counts> {
  const remove: Row = { runtime: row.runtime, verb: "delete" };
  const counts: Counts = { tries, ended: 0, refused: 0, leaks: 0, left: new Set() };
  await prepare(row, box);
  const { calls } = await runKilled(row, box, 0);
  await runKilled(remove, box, 0);
  for (const at of points(calls, tries)) {
    await prepare(row, box);
    const { status } = await runKilled(row, box, at);
    if (status !== 137) counts.ended += 1;
    if ((await runKilled(remove, box, 0)).status !== 0) counts.refused += 1;
    const left = await settled(box);
    if (left.length === 0) continue;
    counts.leaks += 1;
    for (const what of left) counts.left.add(what);
    cleanUp(box);
    rmSync(box.state, { recursive: true, force: true });
  }
  return counts;
}
