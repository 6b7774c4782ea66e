// Containers that count, and the directories that they are written into.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { until } from "../command.ts";
import type { Box } from "../container.ts";
import { makeBox, ok } from "../container.ts";
import type { HostMode } from "../host-modes.ts";
import type { Patch } from "../json.ts";
import type { RuntimeName } from "../peers/runtimes.ts";
import { runVerb } from "../peers/runtimes.ts";

/** A box that counts in `/tmp/count`, with a place for its checkpoint. */
export type Counter = Box & { readonly images: string; readonly work: string };

/** Makes a box whose program counts. */
export function makeCounter(t: ExecutionContext, patch: Patch = {}, ...how: readonly string[]): Counter {
  const box = makeBox(t, {
    "/process/args": ["/probe", "count", "/tmp/count", ...how],
    "/root/readonly": undefined,
    ...patch,
  });
  const images = join(box.base, "images");
  const work = join(box.base, "work");
  mkdirSync(images, { mode: 0o700 });
  return { ...box, images, work };
}

/** How far it has counted; 0 before it began. */
export function countOf({ rootfs }: Counter): number {
  try {
    return Number(readFileSync(join(rootfs, "tmp/count"), "utf8"));
  } catch {
    return 0;
  }
}

/** Waits until it has counted beyond a number. */
export async function counts(box: Counter, beyond: number): Promise<void> {
  await until(`it counts beyond ${beyond}`, () => countOf(box) > beyond);
}

/** Node's pipes are sockets, which no checkpoint can have: these are pipes, and what is written goes to the file `out`. */
export const pipes = 'exec "$@" < <(:) > >(exec cat >>"$0") 2>&1';

/** What CRIU says of a restore that failed. */
function errorsOf({ work }: Counter): string {
  const log = join(work, "restore.log");
  return existsSync(log) ? (readFileSync(log, "utf8").match(/^.*Error.*$/gm) ?? []).join("\n") : "";
}

/** Runs a verb that makes a container whose streams are pipes. */
export async function runPiped(
  t: ExecutionContext,
  box: Counter,
  verb: string,
  args: readonly string[],
  name: RuntimeName = "coffer",
  mode: HostMode = "host",
): Promise<void> {
  const out = join(box.base, "out");
  const { exitCode } = await runVerb(name, box, verb, args, { mode, prefix: ["bash", "-c", pipes, out] });
  t.is(exitCode, 0, exitCode === 0 ? "" : `${name} ${verb}: ${readFileSync(out, "utf8")} ${errorsOf(box)}`);
}

/** Starts it, and waits until it counts. */
export async function startCounter(t: ExecutionContext, box: Counter, name: RuntimeName = "coffer"): Promise<void> {
  await runPiped(t, box, "run", ["--detach", "--bundle", box.path, box.tag], name);
  await counts(box, 2);
}

/** The flags that name its directories. */
export function paths(box: Counter): readonly string[] {
  return ["--image-path", box.images, "--work-path", box.work];
}

/** Writes it into its directory. */
export async function dump(t: ExecutionContext, box: Counter, ...flags: readonly string[]): Promise<void> {
  await ok(t, box, "checkpoint", [...paths(box), ...flags, box.tag]);
}

/** The words of a restore. */
export function restoreWords(box: Counter, ...flags: readonly string[]): readonly string[] {
  return ["--detach", "--bundle", box.path, ...paths(box), ...flags, box.tag];
}

/** Restores it, and waits until it has counted beyond a number. */
export async function restore(
  t: ExecutionContext,
  box: Counter,
  beyond: number,
  ...flags: readonly string[]
): Promise<void> {
  await runPiped(t, box, "restore", restoreWords(box, ...flags));
  await counts(box, beyond);
}
