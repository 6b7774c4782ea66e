import type { Bundle } from "../runtime/launch/bundle.ts";
import { underPolicy } from "../runtime/policy/under-policy.ts";
import { runPooled } from "../runtime/pool/run.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { runBundle } from "../runtime/verbs/run.ts";
import { runKnown } from "./check-options.ts";
import { toBundle } from "./config.ts";
import type { AsBytes, Output, RunOptions, SourceOptions } from "./options.ts";
import type { Subprocess } from "./subprocess.ts";
import { makeSubprocess } from "./subprocess.ts";

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
export function run(options: RunOptions): Subprocess;
export function run(options: AsBytes<RunOptions>): Subprocess<Uint8Array>;
export function run(options: RunOptions | AsBytes<RunOptions>): Subprocess<Output> {
  return makeSubprocess(options, {
    known: runKnown,
    canBeOutlived: false,
    id: idOf,
    launch: async (given, own, how) => {
      const runtime = await underPolicy(given, own.policy);
      const read = (): Bundle => toBundle(runtime, own);
      const options = {
        ...how,
        anonymous: own.id === undefined,
        dieWithParent: true,
        cgroupManager: own.cgroupManager,
        lockMounts: own.lockMounts,
        init: own.init,
      };
      return runtime.pool === undefined || own.id !== undefined
        ? runBundle(runtime, read(), options)
        : runPooled(runtime, runtime.pool, read, options);
    },
  });
}
