import { probeHost } from "../host/probe.ts";
import { planCreate, sandboxConfig, sandboxPaths } from "../plan/index.ts";
import type { Running } from "./container.ts";
import { awaitExit, awaitReport, identityOf, makeImage, startLaunch } from "./drive.ts";
import type { ProcessLaunchOptions } from "./options.ts";
import { stdioOf } from "./prepare.ts";
import type { Runtime } from "./runtime.ts";

/** Options of `sandbox`. */
export interface SandboxVerbOptions extends Pick<ProcessLaunchOptions, "stdio" | "forwardSignals" | "trace"> {
  readonly args: readonly string[];
  /** Lets it write the current directory. */
  readonly writable?: boolean | undefined;
}

function terminalEnv({ system }: Runtime): Readonly<Record<string, string>> {
  const { TERM } = system.caller.env;
  return system.caller.isInteractive && TERM !== undefined ? { TERM } : {};
}

/** Runs a command of this host in a container made of nothing but this host. It has no state: it ends with us. */
export async function sandbox(runtime: Runtime, options: SandboxVerbOptions): Promise<Running> {
  const { system } = runtime;
  const { cwd, isInteractive } = system.caller;
  const facts = probeHost(system, { paths: [...sandboxPaths, cwd], rootLinks: true });
  const { args, writable = false } = options;
  const terminal = isInteractive && options.stdio === undefined;
  const made = sandboxConfig({ args, cwd, writable, terminal, env: terminalEnv(runtime) }, facts);
  const id = `sandbox-${system.randomId()}`;
  const plan = planCreate(made.config, facts, {
    ...made.options,
    id,
    bundle: cwd,
    state: false,
    noCgroup: true,
    dieWithParent: true,
    terminal: terminal ? "foreground" : "none",
  });
  const image = makeImage(plan);
  const launch = await startLaunch(runtime, image, [], {
    stdio: stdioOf(options),
    forwardSignals: options.forwardSignals ?? false,
    trace: options.trace ?? false,
  });
  const process = identityOf(await awaitReport(launch, plan, ["running"]));
  return { id, process, plan, planSize: image.bytes.length, launch, wait: () => awaitExit(launch, plan) };
}
