// How much memory do the processes take at their peak, and how large are the programs?
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../test/helpers/build.ts";
import { pause } from "../test/helpers/command.ts";
import { cofferArgv, helperPath } from "../test/helpers/peers/runtimes.ts";
import type { Answer } from "./sample.ts";
import type { Stage } from "./setup.ts";
import { launchWords, makeStage, stateOf, storePlan } from "./setup.ts";

/** The largest resident size that a process has had, in kB. */
export function peakOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Children of any of its threads. */
export const childrenOf = (pid: number): readonly number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
  );

/** Runs a runtime in the foreground with a program that waits; gives the runtime's peak, then ends the program. */
async function peakWhileRunning(argv: readonly string[], plan?: string): Promise<number> {
  const [file = "", ...args] = argv;
  const fd = plan === undefined ? undefined : openSync(plan, "r");
  // Both fronts start the helper without variables.
  const env = { PATH: process.env.PATH };
  const child = spawn(file, args, { env, stdio: ["ignore", "ignore", "inherit", fd ?? "ignore"] });
  if (fd !== undefined) closeSync(fd);
  const pid = child.pid ?? 0;
  // Of a file that is not in memory yet, the start alone can take longer.
  for (let turn = 0; turn < 100 && childrenOf(pid).length === 0; turn++) await pause(100);
  await pause(300);
  const peak = peakOf(pid);
  for (const each of childrenOf(pid)) process.kill(each, "SIGKILL");
  await new Promise((resolve) => child.on("exit", resolve));
  return peak;
}

/** The waiting init of a created container, and what crun's and runc's have. */
function waitingPeak(name: string, stage: Stage): number {
  const state = stateOf(stage, `created-${name}`);
  const pidFile = join(stage.base, "pid");
  const words = name === "coffer" ? cofferArgv() : [name];
  const [file = "", ...rest] = words;
  const root = ["--root", state];
  const args = [...rest, ...root, "create", "--pid-file", pidFile, "--bundle", stage.bundle, "waits"];
  execFileSync(file, args, { stdio: "ignore" });
  const peak = peakOf(Number(readFileSync(pidFile, "utf8")));
  execFileSync(file, [...rest, ...root, "delete", "--force", "waits"], { stdio: "ignore" });
  return peak;
}

/** Peak resident sizes. */
export async function peaks(): Promise<Answer> {
  const stage = makeStage("memory", { "/process/args": ["/true", "wait"] });
  const plan = storePlan(stage);
  const launcher = await peakWhileRunning(launchWords(stage), plan);
  const peers: number[] = [];
  for (const name of ["crun", "runc"]) {
    const argv = [name, "--root", stateOf(stage, name), "run", "--bundle", stage.bundle, `mem-${name}`];
    peers.push(await peakWhileRunning(argv));
  }
  const waiting = ["coffer", "crun", "runc"].map((name) => waitingPeak(name, stage));
  stage.end();
  return {
    title: "Peak memory",
    note: "VmHWM in kB, of the runtime while the container runs and of the init of a created container.",
    columns: ["kB", "coffer", "crun", "runc"],
    rows: [
      ["runtime in the foreground", String(launcher), ...peers.map(String)],
      ["waiting init", ...waiting.map(String)],
    ],
    bounds: [
      { what: "launcher", value: launcher, limit: 160, unit: " kB" },
      { what: "waiting init", value: waiting[0] ?? Number.NaN, limit: 32, unit: " kB" },
    ],
  };
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : Number.NaN);

function programSize(name: string): number {
  const directories = ["/usr/bin", "/usr/sbin"].filter((path) => readdirSync(path).includes(name));
  return sizeOf(join(directories[0] ?? "/", name));
}

/** Sizes of the programs. */
export function sizes(): Answer {
  const machines = ["x86_64", "aarch64"] as const;
  const helpers = machines.map((machine) => sizeOf(helperPath(machine)));
  const inits = machines.map((machine) => sizeOf(join(repository, `zig-out/init-${machine}`)));
  return {
    title: "Sizes of the programs",
    note: "Bytes. The helper carries init. crun and runc of the Debian packages, without their libraries.",
    columns: ["bytes", ...machines],
    rows: [
      ["coffer-helper", ...helpers.map(String)],
      ["init", ...inits.map(String)],
      ["crun", String(programSize("crun")), ""],
      ["runc", String(programSize("runc")), ""],
      ["bwrap", String(programSize("bwrap")), ""],
    ],
    bounds: machines.flatMap((machine, index) => [
      { what: `helper, ${machine}`, value: helpers[index] ?? Number.NaN, limit: 144 << 10, unit: " B" },
      { what: `init, ${machine}`, value: inits[index] ?? Number.NaN, limit: 20 << 10, unit: " B" },
    ]),
  };
}
