// Containers whose program attacks the runtime (test/adversary), and what they are met with.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { buildProgram } from "../helpers/build.ts";
import type { Running } from "../helpers/command.ts";
import { until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox, ok, stateOf } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { helperPath, startVerb } from "../helpers/peers/runtimes.ts";

/** How long init may say nothing in these tests; by default it is half a minute. */
export const initMs = 1500;
/** How long the launcher waits for what it has killed, or for a status that a tracer holds. */
export const endMs = 10_000;
/** What a busy machine may add. */
export const slackMs = 12_000;

/** A helper whose patience with init ends soon. */
export function hasty(box: Box): Readonly<Record<string, string>> {
  const path = join(box.base, "hasty-helper");
  const helper = process.env.COFFER_HELPER ?? helperPath();
  writeFileSync(path, `#!/bin/sh\n[ "$1" = launch ] && exec ${helper} "$@" --init-ms ${initMs}\nexec ${helper} "$@"\n`);
  chmodSync(path, 0o755);
  return { COFFER_HELPER: path };
}

/** A container whose program attacks. */
export function attackedBy(t: ExecutionContext, attack: readonly string[], patch: Patch = {}): Box {
  const box = makeBox(t, { "/process/args": ["/adversary", ...attack], "/root/readonly": false, ...patch });
  copyFileSync(buildProgram("test/adversary/program"), join(box.rootfs, "adversary"));
  copyFileSync(join(box.rootfs, "probe"), join(box.rootfs, "program"));
  for (const name of ["adversary", "program"]) chmodSync(join(box.rootfs, name), 0o755);
  if (patch === fuse) {
    const node = join(box.base, "fuse");
    execFileSync("mknod", ["-m", "666", node, "c", "10", "229"]);
  }
  return box;
}

/** Runs the container until its attack is in place. */
export async function attacking(t: ExecutionContext, box: Box): Promise<Running> {
  const running = startVerb("coffer", box, "run", ["--bundle", box.path, box.tag], { timeoutMs: 120_000 });
  await running.saw("ready");
  t.is((await stateOf(t, box)).status, "running");
  return running;
}

/** Deletes the container, which must take no longer than that, and asserts that nothing is left. */
export async function deleted(t: ExecutionContext, box: Box, running?: Running): Promise<void> {
  const began = Date.now();
  await ok(t, box, "delete", ["--force", box.tag]);
  t.true(Date.now() - began < slackMs, `delete took ${Date.now() - began} ms`);
  await running?.done;
  await nothingLeft(t, box, box.before);
}

/** Capabilities that containers have in their own user namespace, and the namespace. */
const inside = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_LEASE"];
export const mapped: Patch = {
  "/linux/namespaces/-": { type: "user" },
  "/linux/uidMappings": [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  "/linux/gidMappings": [{ containerID: 0, hostID: 100_000, size: 65_536 }],
  ...Object.fromEntries(["bounding", "effective", "permitted"].map((set) => [`/process/capabilities/${set}`, inside])),
};
export const fuse: Patch = {
  ...mapped,
  "/mounts/-": { destination: "/dev/fuse", type: "bind", source: "$BASE/fuse", options: ["bind", "rw", "dev"] },
  "/linux/resources/devices": [{ allow: true, type: "c", major: 10, minor: 229, access: "rwm" }],
};

/** The launcher that a verb has started. */
export async function launcherOf(verb: number): Promise<number> {
  let found = 0;
  await until("the launcher is there", () => {
    const children = readFileSync(`/proc/${verb}/task/${verb}/children`, "utf8").trim().split(" ");
    found = Number(children.find((pid) => pid !== "" && isHelper(pid)) ?? 0);
    return found > 0;
  });
  return found;
}

function isHelper(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--plan-fd");
  } catch {
    return false;
  }
}
