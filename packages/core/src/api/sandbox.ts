import { sandbox as sandboxVerb } from "../runtime/sandbox.ts";
import { underPolicy } from "../runtime/under-policy.ts";
import { sandboxKnown } from "./check-options.ts";
import type { ProcessRunOptions, SourceOptions } from "./options.ts";
import { runtimeOf } from "./run.ts";
import type { Subprocess } from "./subprocess.ts";
import { makeSubprocess, toStdio } from "./subprocess.ts";

/** Options of `sandbox`. `cwd` is the directory of the host to work in, by default the caller's. */
export interface SandboxOptions
  extends Omit<ProcessRunOptions, "args" | "user">,
    Pick<SourceOptions, "unsafe" | "pidOnlyProc" | "runtime" | "policy"> {
  readonly args: readonly string[];
  /** Lets it write the directory that it works in. */
  readonly writable?: boolean;
}

/**
 * Runs a command of this host in a container made of nothing but this host: its programs read-only, the directory that it
 * works in, and no network.
 *
 * @throws {CofferError} when the container could not be made; a program that fails is a result
 * @example
 * const { stdout } = await sandbox({ args: ["make", "test"], cwd: "/src/project", writable: true });
 */
export function sandbox(options: SandboxOptions): Subprocess {
  const runtime = runtimeOf(options);
  const { args, cwd, env, writable, unsafe, pidOnlyProc } = options;
  return makeSubprocess(runtime, options, {
    known: sandboxKnown,
    canBeOutlived: false,
    launch: async () =>
      sandboxVerb(await underPolicy(runtime, options.policy), {
        args,
        cwd,
        env,
        writable,
        unsafe,
        pidOnlyProc,
        stdio: toStdio(options),
      }),
  });
}
