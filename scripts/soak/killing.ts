// Kills of the runtime at random: of a launcher, by the port; of a front, by its pid.
import { spawn } from "node:child_process";
import { openRuntime } from "@coffer/core";
import { nodeSystem } from "../../packages/core/src/system/node.ts";
import type { Launch, System } from "../../packages/core/src/system/port.ts";
import { cofferArgv } from "../../test/helpers/peers/runtimes.ts";

const sigkill = 9;

/** A runtime whose launchers are killed at a random moment of their first milliseconds. */
export function killingRuntime(root: string, withinMs: number) {
  const system = nodeSystem;
  const killed = (launched: Launch): Launch => {
    setTimeout(() => launched.signal(sigkill), Math.random() * withinMs);
    return launched;
  };
  const launch: System["launch"] = async (request) => killed(await system.launch(request));
  const lockToLaunch: System["lockToLaunch"] = async (...words) => {
    const lock = await system.lockToLaunch(...words);
    return lock && { ...lock, launch: async (plan) => killed(await lock.launch(plan)) };
  };
  return openRuntime({ root, system: { ...system, launch, lockToLaunch } });
}

/** Starts `coffer create` and kills it at a random moment. */
export function killedFront(root: string, bundle: string, id: string, withinMs: number): Promise<void> {
  const [file = "", ...args] = [...cofferArgv(), "create", "--root", root, "--bundle", bundle, id];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
  child.stdout.resume();
  child.stderr.resume();
  setTimeout(() => child.kill("SIGKILL"), Math.random() * withinMs);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", () => {
      for (const stream of child.stdio) stream?.destroy();
      resolve();
    });
  });
}
