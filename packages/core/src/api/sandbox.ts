import type { SandboxFiles } from "@coffer/spec";
import type { Secret } from "../egress/secrets.ts";
import type { Failed } from "../runtime/egress/failure.ts";
import type { SandboxNetwork } from "../runtime/egress/sandbox-network.ts";
import type { Denied } from "../runtime/egress/serve.ts";
import type { Exit } from "../runtime/launch/reports.ts";
import { underPolicy } from "../runtime/policy/under-policy.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { rememberDenied } from "../runtime/sandbox/denied/connections.ts";
import type { SandboxVerbOptions } from "../runtime/sandbox/plan.ts";
import { withSettings } from "../runtime/sandbox/profile/index.ts";
import { newSandboxId, sandbox as sandboxVerb } from "../runtime/verbs/sandbox.ts";
import { sandboxKnown } from "./check-options.ts";
import type { AsBytes, Output, ProcessRunOptions, Rest, SandboxLimits, SourceOptions } from "./options.ts";
import { commandOf } from "./options.ts";
import type { Subprocess } from "./subprocess.ts";
import { makeSubprocess } from "./subprocess.ts";

/** What a program wants to connect to. */
export interface ConnectTarget {
  /** A name, or an address in its usual form. */
  readonly host: string;
  readonly port: number;
}

/** What a sandbox is made of, whatever runs in it. `cwd` is the directory of the host to work in, by default the caller's. */
export interface SandboxPlace
  extends Pick<ProcessRunOptions, "env" | "cwd">,
    Pick<SourceOptions, "unsafe" | "pidOnlyProc" | "runtime" | "policy">,
    Readonly<SandboxFiles> {
  /** What it may use. */
  readonly limits?: SandboxLimits | undefined;
  /** The name that `list`, `ps`, `kill` and `exec` know it by. */
  readonly name?: string | undefined;
  /** Built-in profiles, and paths of files of settings; what the options say counts more. */
  readonly profiles?: readonly string[] | undefined;
  /**
   * Reads the files of settings that the command line reads. The project's file counts as far as its caller has accepted it, or
   * lets projects have that. Default: false.
   */
  readonly settings?: boolean | undefined;
  /** Lets it write the directory that it works in, with the git repository around that. */
  readonly writable?: boolean | undefined;
  /** What of the network it may reach. Default: nothing. */
  readonly network?: SandboxNetwork | undefined;
  /**
   * Secrets that the proxy puts into fields for credentials of HTTPS requests to one host each. Inside, the variable `name` is
   * a placeholder. The proxy ends the TLS of these connections, with a certificate of this sandbox.
   */
  readonly secrets?: readonly Secret[] | undefined;
  /** Gets each connection that was denied. */
  readonly onDenied?: ((denied: Denied) => void) | undefined;
  /** Gets each connection that was made by its proxy. */
  readonly onConnected?: ((target: ConnectTarget) => void) | undefined;
  /** Gets each connection that was allowed, and could not be made: such as to a name that the host does not find. */
  readonly onFailed?: ((failed: Failed) => void) | undefined;
  /**
   * Is asked about each connection that no rule allows and none denies: whether it may be made. Its answer holds for that
   * connection. An answer that is an error is a denial. A policy is not widened.
   */
  readonly onAsked?: ((target: ConnectTarget) => boolean | Promise<boolean>) | undefined;
}

/** Options of `sandbox`. */
export interface SandboxOptions extends Omit<ProcessRunOptions, "args" | "user">, SandboxPlace {
  readonly args: readonly string[];
  /**
   * What keeps it apart. `reduced`: Landlock and seccomp alone, and no network, for callers that may make no namespace. The
   * audit says what stays open. Default: `namespaces`.
   */
  readonly isolation?: "namespaces" | "reduced" | undefined;
  /**
   * Has the kernel tell each path and address that the program asks for. The result then has `denied`. Programs get `LD_PRELOAD`: a
   * library that leaves out what cannot have been denied. What it reports takes a few microseconds longer. Needs Linux 6.0. Default: false.
   */
  readonly explain?: boolean | undefined;
}

/** The options of the verb, with what the profiles say. */
export function toVerbOptions(
  runtime: Runtime,
  options: SandboxPlace & Pick<SandboxOptions, "args"> & Partial<Pick<SandboxOptions, "isolation" | "explain">>,
) {
  const { args, cwd, env, writable, network, onDenied, onConnected, onFailed, onAsked, unsafe, pidOnlyProc, name } =
    options;
  const {
    isolation,
    explain,
    limits,
    profiles,
    settings,
    secrets,
    read,
    write,
    deny,
    tmp,
    bind,
    sockets,
    tools,
    cache,
  } = options;
  const { guards, fence, overlay, sizes } = options;
  const files = { read, write, deny, tmp, bind, sockets, tools, cache, guards, fence, overlay, sizes };
  const ask: SandboxVerbOptions["ask"] =
    onAsked === undefined ? undefined : async (target) => (await onAsked({ ...target })) === true;
  const watch = { onDenied, onConnected, onFailed, ask, secrets };
  const told = {
    args,
    cwd,
    env,
    writable,
    network,
    ...watch,
    unsafe,
    pidOnlyProc,
    name,
    isolation,
    watch: explain,
    limits,
    ...files,
    profiles,
    settings,
  };
  return withSettings(runtime, told);
}

/**
 * Runs a command of this host in a container made of nothing but this host: its programs read-only, the directory that it
 * works in, and no network.
 *
 * @throws {CofferError} when the container could not be made; a program that fails is a result
 * @example
 * const { stdout } = await sandbox("make", ["test"], { cwd: "/src/project", writable: true });
 */
export function sandbox(file: string, args?: readonly string[], options?: Rest<SandboxOptions>): Subprocess;
export function sandbox(
  file: string,
  args: readonly string[],
  options: AsBytes<Rest<SandboxOptions>>,
): Subprocess<Uint8Array>;
export function sandbox(options: SandboxOptions): Subprocess;
export function sandbox(options: AsBytes<SandboxOptions>): Subprocess<Uint8Array>;
export function sandbox(
  first: string | SandboxOptions | AsBytes<SandboxOptions>,
  args?: readonly string[],
  rest?: Rest<SandboxOptions> | AsBytes<Rest<SandboxOptions>>,
): Subprocess<Output> {
  const options = typeof first === "string" ? { ...rest, args: commandOf(first, args) } : first;
  return makeSubprocess<SandboxOptions | AsBytes<SandboxOptions>>(options, {
    known: sandboxKnown,
    canBeOutlived: false,
    id: (runtime, { name }) => name ?? newSandboxId(runtime),
    launch: async (runtime, own, { limit, ...how }) => {
      const denials = rememberDenied(own.onDenied);
      const { timeoutMs, ...asked } = toVerbOptions(runtime, { ...own, onDenied: denials.take });
      if (timeoutMs !== undefined) limit(timeoutMs);
      const running = await sandboxVerb(await underPolicy(runtime, own.policy), { ...asked, ...how });
      const wait = async (): Promise<Exit> => {
        const exit = await running.wait();
        return { ...exit, denied: denials.with(exit.denied ?? []) };
      };
      return { ...running, wait };
    },
  });
}
