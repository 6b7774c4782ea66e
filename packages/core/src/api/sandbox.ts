import type { SandboxFiles } from "@coffer/spec";
import { CofferError } from "../errors.ts";
import type { SandboxNetwork } from "../runtime/egress/sandbox-network.ts";
import type { Denied } from "../runtime/egress/serve.ts";
import { underPolicy } from "../runtime/policy/under-policy.ts";
import { withSettings } from "../runtime/sandbox/profile/index.ts";
import { newSandboxId, sandbox as sandboxVerb } from "../runtime/verbs/sandbox.ts";
import { sandboxKnown } from "./check-options.ts";
import type { ProcessRunOptions, SourceOptions } from "./options.ts";
import type { Subprocess } from "./subprocess.ts";
import { makeSubprocess } from "./subprocess.ts";

/** Options of `sandbox`. `cwd` is the directory of the host to work in, by default the caller's. */
export interface SandboxOptions
  extends Omit<ProcessRunOptions, "args" | "user">,
    Pick<SourceOptions, "unsafe" | "pidOnlyProc" | "runtime" | "policy" | "limits">,
    Readonly<SandboxFiles> {
  readonly args: readonly string[];
  /** The name that `list`, `ps`, `kill` and `exec` know it by. Default: they do not know it. */
  readonly name?: string;
  /** Built-in profiles, and paths of files of settings; what the options say counts more. No other file is read. */
  readonly profiles?: readonly string[];
  /** Lets it write the directory that it works in, with the git repository around that. */
  readonly writable?: boolean;
  /** What of the network it may reach. Default: nothing. */
  readonly network?: SandboxNetwork;
  /** Gets each connection that was denied, while the command runs. */
  readonly onDenied?: (denied: Denied) => void;
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
  return makeSubprocess(options, {
    known: sandboxKnown,
    canBeOutlived: false,
    id: (runtime, { name }) => name ?? newSandboxId(runtime),
    launch: async (
      runtime,
      { args, cwd, env, writable, network, onDenied, unsafe, pidOnlyProc, policy, name, limits, profiles, ...rest },
      how,
    ) => {
      const { read, write, deny, tmp, bind, tools, cache, guards, sizes } = rest;
      const files = { read, write, deny, tmp, bind, tools, cache, guards, sizes };
      const told = { args, cwd, env, writable, network, onDenied, unsafe, pidOnlyProc, name, limits, ...files };
      const { timeoutMs, ...settled } = withSettings(runtime, { ...told, profiles });
      if (timeoutMs !== undefined)
        throw new CofferError("E_USAGE", "a profile sets a timeout: give timeoutMs instead", { argument: "profiles" });
      return sandboxVerb(await underPolicy(runtime, policy), { ...settled, ...how });
    },
  });
}
