// What is done with the container of a lane.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verbs } from "@coffer/core";
import type { Runtime } from "../../packages/core/src/runtime/runtime.ts";
import { EndedOtherwise } from "./ended.ts";
import type { Lane } from "./lanes.ts";

const ignore = ["ignore", "ignore", "ignore"] as const;
const pipes = ["pipe", "pipe", "pipe"] as const;

/** What a lane's container is created with. */
export function containerOptions({ box }: Lane) {
  const hasConsole = JSON.stringify(box.config).includes('"terminal":true');
  const console = hasConsole ? { consoleSocket: `${box.base}/socket` } : {};
  return { id: box.tag, bundle: box.path, stdio: ignore, ...console };
}

/** Creates the lane's container. */
export const create = (lane: Lane, runtime: Runtime): Promise<number> => verbs.create(runtime, containerOptions(lane));

/** The same, and a satellite keeps what the container writes. */
export async function createKept(lane: Lane, runtime: Runtime): Promise<void> {
  await verbs.create(runtime, { ...containerOptions(lane), logBytes: 1 << 16 });
  if (!existsSync(join(lane.box.state, lane.box.tag, "log.0"))) throw new Error("nobody keeps the output");
}

/** Traced, so that init's recorder tells which op it runs when it goes on. */
export const created = (lane: Lane): Promise<number> =>
  verbs.create(lane.runtime, { ...containerOptions(lane), trace: true });

/** Creates and starts it. */
export async function started(lane: Lane): Promise<undefined> {
  await created(lane);
  await verbs.start(lane.runtime, lane.box.tag);
}

/** Creates, starts and pauses it. */
export async function paused(lane: Lane): Promise<undefined> {
  await started(lane);
  await verbs.pause(lane.runtime, lane.box.tag);
}

async function endsWith(expected: number, { launch, wait }: Awaited<ReturnType<typeof verbs.run>>): Promise<void> {
  launch.stdout?.resume();
  const { status } = await wait();
  if (status !== expected) throw new EndedOtherwise(status);
}

/** Runs the bundle in the foreground to its end. */
export const runs =
  (expected = 7) =>
  async (lane: Lane, runtime: Runtime): Promise<void> => {
    const running = await verbs.run(runtime, { id: lane.box.tag, bundle: lane.box.path, stdio: pipes });
    await endsWith(expected, running);
  };

/** Executes a program in it, to its end. */
export const execs =
  (options: { readonly terminal?: true } = {}) =>
  async (lane: Lane, runtime: Runtime): Promise<void> => {
    const args = ["/probe", "exit", "7"];
    const running = await verbs.exec(runtime, { id: lane.box.tag, args, stdio: pipes, ...options });
    await endsWith(7, running);
  };

/** Gives the lane's bundle a name that a sandbox guards. */
export function guardable({ box }: Lane): void {
  writeFileSync(join(box.path, ".envrc"), "");
}

/** The same without namespaces. */
export async function sandboxedReduced(lane: Lane, runtime: Runtime): Promise<void> {
  const asked = { args: ["/bin/sh", "-c", "exit 7"], cwd: lane.box.path, stdio: pipes } as const;
  await endsWith(7, await verbs.sandbox(runtime, { ...asked, isolation: "reduced" }));
}

/** Makes a name by each call that a supervisor carries out, and removes them. */
const makesNames =
  "mkdir d; : > d/a; : > d/a; ln d/a d/b; ln -s b d/c; mv d/c d/e; mkfifo d/f; mkdir .vscode 2>&-; rm -r d; exit 7";

/** Runs a program in a sandbox with a fence, of which the front gets what the program asks for, to its end. */
export async function sandboxedFenced(lane: Lane, runtime: Runtime): Promise<void> {
  const asked = { args: ["/bin/sh", "-c", makesNames], cwd: lane.box.path, stdio: pipes } as const;
  await endsWith(7, await verbs.sandbox(runtime, { ...asked, writable: true, fence: true, watch: true }));
}

/** Runs a program in a sandbox in the lane's bundle, to its end. */
export async function sandboxed(lane: Lane, runtime: Runtime): Promise<void> {
  const args = ["/bin/sh", "-c", "exit 7"];
  await endsWith(
    7,
    await verbs.sandbox(runtime, { args, cwd: lane.box.path, writable: true, network: { allow: ["*"] }, stdio: pipes }),
  );
}
