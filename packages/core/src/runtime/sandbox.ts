import { CofferError } from "../errors.ts";
import type { HostFacts } from "../host/facts.ts";
import { probeHost } from "../host/probe.ts";
import type { Weakening } from "../plan/index.ts";
import { planCreate, sandboxConfig, sandboxPaths } from "../plan/index.ts";
import type { Running } from "./container.ts";
import { awaitExit, awaitStart, identityOf, makeImage, startLaunch } from "./drive.ts";
import { followsLinks } from "./guard.ts";
import type { ProcessLaunchOptions } from "./options.ts";
import { stdioOf } from "./process-options.ts";
import type { Runtime } from "./runtime.ts";
import { toAbsolute } from "./runtime.ts";

/** Options of `sandbox`. */
export interface SandboxVerbOptions
  extends Pick<ProcessLaunchOptions, "stdio" | "forwardSignals" | "trace" | "cancel"> {
  readonly args: readonly string[];
  /** Default: one that was never used. */
  readonly id?: string | undefined;
  /** The directory of the host that it works in. Default: the caller's. */
  readonly cwd?: string | undefined;
  /** Variables that are added. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Lets it write the directory that it works in. */
  readonly writable?: boolean | undefined;
  /** Mounts a procfs that has processes and nothing else. */
  readonly pidOnlyProc?: boolean | undefined;
  /** What is given up of the defaults. */
  readonly unsafe?: readonly Weakening[] | undefined;
}

/** Directories that nothing of a sandbox comes from: the new root is attached over one, and so hides what is in it. */
const coverable = ["/mnt", "/media", "/srv", "/boot", "/tmp"] as const;

function pickCover(facts: HostFacts, cwd: string): string {
  const hides = (dir: string): boolean => cwd === dir || cwd.startsWith(`${dir}/`);
  const found = coverable.find((dir) => facts.paths[dir] === "dir" && !hides(dir));
  if (found !== undefined) return found;
  const needs = "a directory to attach the root over";
  throw new CofferError("E_HOST_UNSUPPORTED", `needs ${needs}: one of ${coverable.join(", ")}`, {
    needs,
    found: "none",
  });
}

function terminalEnv({ system }: Runtime): Readonly<Record<string, string>> {
  const { TERM } = system.caller.env;
  return system.caller.isInteractive && TERM !== undefined ? { TERM } : {};
}

/** A name that was never used. */
export function newSandboxId({ system }: Runtime): string {
  return `sandbox-${system.randomId()}`;
}

/** Runs a command of this host in a container made of nothing but this host. It has no state: it ends with us. */
export async function sandbox(runtime: Runtime, options: SandboxVerbOptions): Promise<Running> {
  const { system } = runtime;
  const { isInteractive } = system.caller;
  const cwd = toAbsolute(system, options.cwd ?? ".");
  const facts = probeHost(system, { paths: [...sandboxPaths, ...coverable, cwd], rootLinks: true });
  const { args, writable = false, pidOnlyProc = false, unsafe = [] } = options;
  const terminal = isInteractive && options.stdio === undefined;
  const made = sandboxConfig(
    { args, cwd, writable, terminal, env: { ...terminalEnv(runtime), ...options.env }, pidOnlyProc, unsafe },
    facts,
  );
  const id = options.id ?? newSandboxId(runtime);
  const plan = planCreate(made.config, facts, {
    ...made.options,
    rootfs: { tmpfs: true, at: pickCover(facts, cwd) },
    id,
    bundle: cwd,
    state: false,
    sourceLinks: followsLinks(runtime),
    cgroupManager: "none",
    dieWithParent: true,
    terminal: terminal ? "foreground" : "none",
  });
  const image = makeImage(plan);
  const launch = await startLaunch(runtime, image, {
    inputs: [],
    stdio: stdioOf(options),
    dieWithParent: true,
    forwardSignals: options.forwardSignals ?? false,
    trace: options.trace ?? false,
  });
  const process = identityOf(runtime, await awaitStart(launch, plan, "running", options.cancel));
  return { id, process, plan, planSize: image.bytes.length, launch, wait: () => awaitExit(launch, plan) };
}
