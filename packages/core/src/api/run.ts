import { openRuntime } from "../runtime/open.ts";
import { runBundle } from "../runtime/run.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { underPolicy } from "../runtime/under-policy.ts";
import { runKnown } from "./check-options.ts";
import { toBundle } from "./config.ts";
import type { RunOptions, SourceOptions } from "./options.ts";
import type { Subprocess } from "./subprocess.ts";
import { makeSubprocess, toStdio } from "./subprocess.ts";

/** The runtime that the options name, or the default one. */
export function runtimeOf(options: Pick<SourceOptions, "runtime">): Runtime {
  return options.runtime ?? openRuntime();
}

/** The id that the options name, or one that was never used. */
export function idOf(runtime: Runtime, options: Pick<SourceOptions, "id">): string {
  return options.id ?? `run-${runtime.system.randomId()}`;
}

/**
 * Runs a program in a new container, which is gone when the program has ended.
 *
 * @throws {CofferError} when the container could not be made; a program that fails is a result
 * @example
 * const { stdout } = await run({ rootfs: "/srv/alpine", args: ["echo", "hello"] });
 */
export function run(options: RunOptions): Subprocess {
  const runtime = runtimeOf(options);
  return makeSubprocess(runtime, options, {
    known: runKnown,
    canBeOutlived: false,
    launch: async () =>
      runBundle(await underPolicy(runtime, options.policy), toBundle(runtime, options), {
        id: idOf(runtime, options),
        anonymous: options.id === undefined,
        stdio: toStdio(options),
        dieWithParent: true,
        cgroupManager: options.cgroupManager,
        lockMounts: options.lockMounts,
      }),
  });
}
