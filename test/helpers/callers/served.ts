// The helper that stays, as a test finds it: among the children of a process.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { openRuntime, run } from "@coffer/core";
import type { ExecutionContext } from "ava";
import type { Box } from "../container.ts";

function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** The parent of a process; 0 when it has ended. */
export const parentOf = (pid: number): number => Number(/^PPid:\t(\d+)$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

const isRunning = (pid: number): boolean => /^State:\t[^ZX]/m.test(read(`/proc/${pid}/status`));

/** Whether a process is a helper that stays, or a launcher that it has forked. */
export const isServer = (pid: number): boolean => read(`/proc/${pid}/cmdline`).split("\0")[1] === "serve";

/** Those that have not ended of the children of a process. */
export function childrenOf(pid: number): readonly number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((child) => parentOf(child) === pid && isRunning(child));
}

/** The helpers that stay for a process. */
export const serversOf = (pid: number): readonly number[] => childrenOf(pid).filter(isServer);

/** Where the descriptors of a process lead. */
export function linksOf(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}

/** The memory of a process that is in use, in KiB. */
export const memoryOf = (pid: number): number => Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

/** The runtime of a box, with a helper that stays. */
const runtimeOf = (box: Box) => openRuntime({ root: box.state, warm: true });

/** Options of a run of the probe by such a helper. */
export function optionsOf(box: Box, ...args: readonly string[]) {
  return { runtime: runtimeOf(box), rootfs: box.rootfs, args: ["/probe", ...args] } as const;
}

/** The helper that stays here. */
export async function server(t: ExecutionContext, box: Box): Promise<number> {
  t.like(await run(optionsOf(box, "exit", "0")), { exitCode: 0 });
  const [pid = 0, ...others] = serversOf(process.pid);
  t.deepEqual(others, []);
  t.true(pid > 0, "there is no helper that stays");
  return pid;
}

/** The launcher beneath a process, and whoever has started it. */
export function findLauncher(pid: number): Readonly<Record<"launcher" | "front", number>> | undefined {
  for (const child of childrenOf(pid)) {
    const isLauncher = readFileSync(`/proc/${child}/cmdline`, "utf8").includes("\0launch\0");
    const found = isLauncher ? { launcher: child, front: pid } : findLauncher(child);
    if (found !== undefined) return found;
  }
  return undefined;
}
