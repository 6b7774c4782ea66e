import { CofferError, quote } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import { isBeneath } from "../../plan/draft/paths.ts";
import type { Weakening } from "../../plan/index.ts";
import { planCreate, sandboxConfig, sandboxPaths } from "../../plan/index.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldPath } from "../../system/held.ts";
import type { System } from "../../system/port.ts";
import type { Plan } from "../../wire/op.ts";
import type { PreparedNetwork, SandboxNetwork } from "../egress/sandbox-network.ts";
import { prepareNetwork } from "../egress/sandbox-network.ts";
import type { Denied } from "../egress/serve.ts";
import type { Running } from "../launch/container.ts";
import type { Exit } from "../launch/drive.ts";
import { awaitExit, awaitStart, identityOf, makeImage, startLaunch } from "../launch/drive.ts";
import { describeErrno } from "../launch/errno.ts";
import { stdioOf } from "../launch/process-options.ts";
import type { ProcessLaunchOptions } from "../options.ts";
import { followsLinks } from "../policy/guard.ts";
import type { Runtime } from "../runtime.ts";
import { toAbsolute } from "../runtime.ts";
import type { SandboxView } from "../sandbox/files.ts";
import { findFiles } from "../sandbox/files.ts";
import { madeSince } from "../sandbox/guards.ts";
import { callerAccount, hostNames } from "../sandbox/host-words.ts";
import type { FileWords } from "../sandbox/words.ts";
import { checkFiles } from "../sandbox/words.ts";

/** Options of `sandbox`. */
export interface SandboxVerbOptions
  extends Pick<ProcessLaunchOptions, "stdio" | "forwardSignals" | "trace" | "cancel">,
    FileWords {
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
  /** What of the network it may reach. Default: nothing. */
  readonly network?: SandboxNetwork | undefined;
  /** Gets each connection that was denied. */
  readonly onDenied?: ((denied: Denied) => void) | undefined;
  /** What is given up of the defaults. */
  readonly unsafe?: readonly Weakening[] | undefined;
}

/** Directories that nothing of a sandbox comes from: the new root is attached over one, and so hides what is in it. */
const coverable = ["/mnt", "/media", "/srv", "/boot", "/tmp"] as const;

function pickCover(facts: HostFacts, sources: readonly string[]): string {
  const hides = (dir: string): boolean => sources.some((path) => isBeneath(path, dir));
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

/** Holds the directory to work in: by its name anybody who may write to its parent could give another. */
function holdWorkDir(system: System, word: string, cwd: string): HeldPath {
  try {
    return system.openPath(word, cwd, "directory");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const isOther = error.errno === "ESTALE";
    const why = isOther ? "its name leads to another directory" : describeErrno(error.errno);
    const hint = isOther ? "enter it again" : "choose another directory";
    const message = `cannot work in ${quote(cwd)}: ${why}`;
    throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint, cause: error });
  }
}

/** What the plan is made for. */
interface Asked {
  readonly id: string;
  readonly cwd: string;
  readonly view: SandboxView;
  readonly network: PreparedNetwork | undefined;
}

function planSandbox(runtime: Runtime, options: SandboxVerbOptions, { id, cwd, view, network }: Asked): Plan {
  const { system } = runtime;
  const sources = view.rules.flatMap(({ source }) => source ?? []);
  const paths = [...new Set([...sandboxPaths, ...coverable, cwd, ...sources])];
  const facts = probeHost(system, { paths, rootLinks: true });
  const { args, pidOnlyProc = false, unsafe = [] } = options;
  const { groups } = system.caller;
  const terminal = system.caller.isInteractive && options.stdio === undefined;
  const { tree, rules } = view;
  const made = sandboxConfig(
    {
      args,
      cwd,
      tree,
      rules,
      guards: view.guards.guards,
      terminal,
      env: { ...view.env, ...terminalEnv(runtime), ...network?.env, ...options.env },
      pidOnlyProc,
      unsafe,
      groups,
      account: callerAccount(system),
      sizes: view.sizes,
      ...(unsafe.includes("host-network") ? { network: hostNames(system) } : {}),
    },
    facts,
  );
  return planCreate(made.config, facts, {
    ...made.options,
    rootfs: { tmpfs: true, at: pickCover(facts, sources) },
    id,
    bundle: tree,
    state: false,
    ...(network === undefined ? {} : { listeners: network.listeners }),
    sourceLinks: followsLinks(runtime),
    cgroupManager: "none",
    keepStreams: true,
    dieWithParent: true,
    // With the host's pid namespace the program is a process of the host.
    init: unsafe.includes("host-pid") !== true,
    terminal: terminal ? "foreground" : "none",
  });
}

function warnOf(runtime: Runtime, message: string): void {
  runtime.warn?.(new CofferError("E_USAGE", message, { argument: "guards" }));
}

/** Tells of names that programs of the host act upon, and that the sandbox has made. */
function tellMade(runtime: Runtime, { guards }: SandboxView): void {
  for (const path of madeSince(runtime.system, guards.missing))
    warnOf(runtime, `the sandbox made ${quote(path)}: programs of the host act upon it, so look at it first`);
}

/** Runs a command of this host in a container made of nothing but this host. It has no state: it ends with us. */
export async function sandbox(runtime: Runtime, options: SandboxVerbOptions): Promise<Running> {
  const { system } = runtime;
  const files = checkFiles(options);
  const word = options.cwd ?? ".";
  const cwd = toAbsolute(system, word);
  const id = options.id ?? newSandboxId(runtime);
  const network = prepareNetwork(runtime, options.network ?? {}, options.onDenied ?? (() => {}));
  if (network !== undefined && options.unsafe?.includes("host-network"))
    throw new CofferError("E_USAGE", "a sandbox with the host's network can reach all of it", { argument: "allow" });
  const at = holdWorkDir(system, word, cwd);
  const real = at.path;
  at.close();
  const view = findFiles(runtime, { ...files, cwd: real, writable: options.writable ?? false });
  for (const path of view.guards.unguarded)
    warnOf(runtime, `${quote(path)} cannot be guarded: a link leads there, which the sandbox may replace`);
  const plan = planSandbox(runtime, options, { id, cwd: real, view, network });
  const image = makeImage(plan);
  const published = await network?.publish();
  try {
    const workDir = holdWorkDir(system, view.tree === cwd ? word : view.tree, view.tree);
    const launch = await startLaunch(runtime, image, {
      inputs: [{ name: "workdir", fd: workDir.fd, known: workDir.path }],
      stdio: stdioOf(options),
      dieWithParent: true,
      forwardSignals: options.forwardSignals ?? false,
      trace: options.trace ?? false,
      ...(network?.answers === undefined ? {} : { answers: network.answers }),
    }).finally(workDir.close);
    const process = identityOf(runtime, await awaitStart(launch, plan, "running", options.cancel));
    published?.begin(process);
    const wait = async (): Promise<Exit> => {
      const exit = await awaitExit(launch, plan).finally(() => published?.close());
      tellMade(runtime, view);
      return exit;
    };
    return { id, process, plan, planSize: image.bytes.length, launch, wait };
  } catch (error) {
    published?.close();
    throw error;
  }
}
