// A lane: a bundle of its own with what its container needs, used for one run after the other.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { openRuntime } from "@coffer/core";
import type { Runtime } from "../../packages/core/src/runtime/runtime.ts";
import type { System } from "../../packages/core/src/system/port.ts";
import type { Teardown } from "../helpers/bundle.ts";
import { census } from "../helpers/bundle.ts";
import { pause } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { cgroupsOf, mounts } from "../helpers/leftovers.ts";

export type Lane = {
  readonly box: Box;
  readonly runtime: Runtime;
  readonly socket: Server;
};

/** As many as runs of a lane need at once. Each may hold a descriptor, and no process sends one where a user has 1,024 underway. */
const mostConnections = 16;

/** Makes a lane. What connects to `$BASE/socket` keeps what it sends for a while, and no longer than the lane. */
export function makeLane(t: Teardown, patch: Patch, systemOf: (box: Box) => System): Lane {
  const box = makeBox(t, patch);
  const connections: Socket[] = [];
  const socket = createServer({ pauseOnConnect: true }, (connection) => {
    connections.push(connection.on("error", () => {}).unref());
    if (connections.length > mostConnections) connections.shift()?.destroy();
  });
  socket.listen(join(box.base, "socket")).unref();
  t.teardown(() => socket.close());
  return { box, runtime: { ...openRuntime({ root: box.state }), system: systemOf(box) }, socket };
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** What a run may have changed, as text, so that a difference can be told. */
export type Rest = Readonly<Record<string, string>>;

/** Other tests of this machine may mount what they need, but not there. */
const isOurs = (box: Box) => (line: string) =>
  line.includes(box.base) || /^\S+ \S+ \S+ \S+ (\/|\/(dev|proc|sys)(\/\S*)?) /.test(line);

const listed = (path: string): string => (existsSync(path) ? readdirSync(path, { recursive: true }).sort().join() : "");

/** The machine as far as a lane can change it. */
export function restOf({ box }: Lane): Rest {
  return {
    mounts: mounts().filter(isOurs(box)).join("\n"),
    rootfs: census(box.rootfs).join("\n"),
    canary: census(box.canary).join("\n"),
    state: listed(box.state),
    cgroups: cgroupsOf(box)
      .filter((path) => path.endsWith(box.tag) || path.endsWith(`${box.tag}.scope`))
      .join(),
  };
}

/** What a run has left: processes, and every difference to before. What ends by itself has a few seconds for it. */
export async function leaksOf(lane: Lane, before: Rest, left: readonly number[]): Promise<readonly string[]> {
  for (let tries = 0; ; tries += 1) {
    const after = restOf(lane);
    const found = [
      ...left.filter(isAlive).map((pid) => `process ${pid}`),
      ...Object.keys(after).flatMap((name) => (after[name] === before[name] ? [] : [`${name}: ${after[name]}`])),
    ];
    if (found.length === 0 || tries === 100) return found;
    await pause(30);
  }
}
