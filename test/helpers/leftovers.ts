// What a test may leave behind: nothing. Compared before and after.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import type { Bundle } from "./bundle.ts";
import { census } from "./bundle.ts";
import { pause } from "./command.ts";

/** What a file holds; nothing where it cannot be read: its process may have ended. */
export function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Where a link leads, as `textOf`. */
export function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** The processes that belong to a test: its tag or its directory is in something that tells of them. */
export function processesOf(bundle: Bundle): readonly string[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return pids.flatMap((pid) => {
    const at = (name: string): string => join("/proc", pid, name);
    const cmdline = textOf(at("cmdline"));
    const told = [cmdline, textOf(at("environ")), textOf(at("cgroup")), linkOf(at("root")), linkOf(at("cwd"))];
    const ours = told.some((text) => hasTag(text, bundle) || text.includes(bundle.base));
    const state = /^State:\s+(\S)/m.exec(textOf(at("status")))?.[1] ?? "gone";
    return ours && state !== "Z" && state !== "gone" ? [`${pid} ${state} ${cmdline.replaceAll("\0", " ")}`] : [];
  });
}

const hierarchies = (): readonly string[] => {
  const root = "/sys/fs/cgroup";
  const below = existsSync(root) ? readdirSync(root, { withFileTypes: true }).filter((e) => e.isDirectory()) : [];
  return [root, ...below.map((entry) => join(root, entry.name))];
};

/** Our own cgroup in each hierarchy where that is not the root: runc makes a relative path beneath it. */
export function ownCgroups(): readonly string[] {
  return textOf("/proc/self/cgroup")
    .split("\n")
    .flatMap((row) => {
      const [, names = "", path = ""] = /^\d+:(?:name=)?([^:]*):\/(.+)$/.exec(row) ?? [];
      return path === "" ? [] : ["", "unified"].map((root) => join("/sys/fs/cgroup", names || root, path));
    })
    .filter((path) => existsSync(path));
}

/** The names in a directory: none where there is no such directory, or none any more. */
function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** The cgroups of a test, in every hierarchy. Tests beside it remove theirs meanwhile. */
export function cgroupsOf(bundle: Bundle): readonly string[] {
  return [...hierarchies(), ...ownCgroups()].flatMap((root) => {
    const parent = join(root, "coffer-test");
    const own = namesIn(parent).filter((name) => hasTag(name, bundle));
    const atRoot = namesIn(root).filter((name) => hasTag(name, bundle));
    return [...own.map((name) => join(parent, name)), ...atRoot.map((name) => join(root, name))];
  });
}

/** The mounts that this process sees. */
export const mounts = (): readonly string[] => textOf("/proc/self/mountinfo").split("\n");

/** Those that a test could have made: what other tests, and CRIU, do beneath a temporary directory is not its own. */
export function mountsFor({ base }: Pick<Bundle, "base">): readonly string[] {
  return mounts().filter((row) => row.includes(base) || !/^\S+ \S+ \S+ \S+ \/(tmp|var\/tmp)\//.test(row));
}

/** Whether a text has the tag, and not one that goes on with more digits. */
const hasTag = (text: string, { tag }: Bundle): boolean => new RegExp(`${tag}(?!\\d)`).test(text);

/** The state of the machine as far as a test could change it. */
export type Snapshot = {
  readonly mounts: readonly string[];
  readonly rootfs: readonly string[];
  readonly canary: readonly string[];
};

/** Takes a snapshot before the run. */
export function snapshot(bundle: Bundle): Snapshot {
  return { mounts: mountsFor(bundle), rootfs: census(bundle.rootfs), canary: census(bundle.canary) };
}

const states = (bundle: Bundle): readonly string[] => (existsSync(bundle.state) ? readdirSync(bundle.state) : []);

/** Waits a moment for what ends by itself: a killed process, a cgroup that is still busy. */
export async function settled(bundle: Bundle): Promise<void> {
  const end = Date.now() + 10_000;
  while (processesOf(bundle).length + cgroupsOf(bundle).length > 0 && Date.now() < end) await pause(20);
}

/** Asserts that a run has left nothing: no process, cgroup, mount or state; with `rootfs` not a file either. */
export async function nothingLeft(
  t: ExecutionContext,
  bundle: Bundle,
  before: Snapshot,
  rootfs?: "rootfs",
): Promise<void> {
  await settled(bundle);
  t.deepEqual(processesOf(bundle), [], "processes");
  t.deepEqual(cgroupsOf(bundle), [], "cgroups");
  t.deepEqual(mountsFor(bundle), before.mounts, "mounts");
  t.deepEqual(census(bundle.canary), before.canary, "canary");
  t.deepEqual(states(bundle), [], "state");
  if (rootfs === "rootfs") t.deepEqual(census(bundle.rootfs), before.rootfs, "rootfs");
}

/** Ends what a failed test has left, so that others are not disturbed. Only processes that carry the test's own tag. */
export function cleanUp(bundle: Bundle): void {
  for (const row of processesOf(bundle)) {
    try {
      process.kill(Number.parseInt(row, 10), "SIGKILL");
    } catch {
      // It has ended meanwhile.
    }
  }
  // A killed process keeps its cgroups busy until it has ended.
  for (const end = Date.now() + 3000; cgroupsOf(bundle).length > 0 && Date.now() < end; sleepSync(20))
    for (const path of cgroupsOf(bundle)) removeCgroup(path);
  // Nobody else makes anything there, and npm test sweeps the roots only.
  for (const own of ownCgroups()) removeIfEmpty(join(own, "coffer-test"));
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Busy, or missing.
  }
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Removes a cgroup and those below it, as far as they are not busy. */
function removeCgroup(path: string): void {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory()) removeCgroup(join(path, entry.name));
    rmdirSync(path);
  } catch {
    // Busy or gone.
  }
}
