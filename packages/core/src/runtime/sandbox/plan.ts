// The plan of a sandbox, and what is remembered of one that has state.

import type { SandboxConfigOptions, Weakening } from "../../defaults/index.ts";
import { sandboxConfig, sandboxEnv, sandboxPaths } from "../../defaults/index.ts";
import type { Account } from "../../defaults/sandbox/etc.ts";
import type { Secret } from "../../egress/secrets.ts";
import { CofferError } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { probeHost } from "../../host/probe.ts";
import { isBeneath } from "../../paths.ts";
import type { Supervised } from "../../plan/index.ts";
import { cgroupPlaces, planCreate } from "../../plan/index.ts";
import type { WindowSize } from "../../system/port.ts";
import type { Plan } from "../../wire/op.ts";
import type { PreparedNetwork, SandboxNetwork } from "../egress/sandbox-network.ts";
import type { Denied, Egress } from "../egress/serve.ts";
import type { Image } from "../launch/image.ts";
import { makeImage, makeKeptImage } from "../launch/image.ts";
import type { Prepared } from "../launch/prepare.ts";
import type { ProcessLaunchOptions } from "../options.ts";
import { followsLinks } from "../policy/guard.ts";
import type { Runtime } from "../runtime.ts";
import { readOwnIdentity, readViewpoint } from "../store/identity.ts";
import { toRemembered } from "../store/record.ts";
import type { Noted } from "./denied/noted.ts";
import { supervisedBy } from "./fence.ts";
import type { SandboxView } from "./files.ts";
import {
  callerAccount,
  callerVariables,
  hostCopies,
  hostNames,
  offlineVariables,
  sandboxVariables,
} from "./host-words.ts";
import type { KeptPlans, Told } from "./kept/kept.ts";
import { canFill, openKept } from "./kept/kept.ts";
import type { HeldLimits, SandboxLimits } from "./limits.ts";
import type { FileWords } from "./named.ts";
import type { PathsOf } from "./profile/index.ts";

/** Options of `sandbox`. */
export interface SandboxVerbOptions
  extends Pick<ProcessLaunchOptions, "stdio" | "forwardSignals" | "trace" | "cancel" | "window">,
    FileWords {
  readonly args: readonly string[];
  /** Default: one that was never used. */
  readonly id?: string | undefined;
  /** The name that the other verbs know it by. Without one they do not know it. */
  readonly name?: string | undefined;
  readonly limits?: SandboxLimits | undefined;
  /** Further names that are guarded, absolute and without links: with a fence, those that are missing as well. */
  readonly guarded?: readonly string[] | undefined;
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
  /** Gets each connection that was made. */
  readonly onConnected?: Egress["onConnected"];
  /** Gets each connection that was allowed, and could not be made. */
  readonly onFailed?: Egress["onFailed"];
  /** Is asked about connections that no rule allows and none denies. */
  readonly ask?: Egress["ask"];
  /** What is put into requests to hosts, and is not in the sandbox. */
  readonly secrets?: readonly Secret[] | undefined;
  /** Hosts can be allowed while it runs. */
  readonly opens?: boolean | undefined;
  /** The other verbs know it, although it has no name. */
  readonly stated?: boolean | undefined;
  /** What files of settings say of paths: `withSettings` reads them. */
  readonly layers?: readonly PathsOf[] | undefined;
  /** Its supervisor tells what the program asks for: `RunningSandbox.denied`. */
  readonly watch?: boolean | undefined;
  /** What keeps it apart. `reduced`: Landlock and seccomp alone, for callers that may make no namespace. Default `namespaces`. */
  readonly isolation?: "namespaces" | "reduced" | undefined;
  /** What is given up of the defaults. */
  readonly unsafe?: readonly Weakening[] | undefined;
}

/** Directories that nothing of a sandbox comes from: the new root is attached over one, and so hides what is in it. */
export const coverable = ["/mnt", "/media", "/srv", "/boot", "/tmp"] as const;

/** The directory that the new root is attached over. */
export function pickCover(facts: HostFacts, sources: readonly string[]): string {
  const hides = (dir: string): boolean => sources.some((path) => isBeneath(path, dir));
  const found = coverable.find((dir) => facts.paths[dir] === "dir" && !hides(dir));
  if (found !== undefined) return found;
  const needs = "a directory to attach the root over";
  throw new CofferError("E_HOST_UNSUPPORTED", `needs ${needs}: one of ${coverable.join(", ")}`, {
    needs,
    found: "none",
  });
}

/** What a terminal is that nobody has named: what every program can write to. */
export const usualTerm = "xterm";

/** The variable of a terminal. A window of the caller's own is another than the terminal that the caller is started from. */
function terminalEnv({ system }: Runtime, window: WindowSize | undefined): Readonly<Record<string, string>> {
  const { TERM } = system.caller.env;
  if (window !== undefined) return { TERM: usualTerm };
  return system.caller.isOutputTerminal && TERM !== undefined ? { TERM } : {};
}

/** What the plan is made for. */
export interface Asked {
  readonly id: string;
  readonly cwd: string;
  readonly view: SandboxView;
  readonly network: PreparedNetwork | undefined;
  readonly limits: HeldLimits;
  /** It has a state directory: it has a name, or cgroups that `delete` could have to remove. */
  readonly stated: boolean;
  /** What explains denials to its later processes, where there can be any. */
  readonly noted?: Noted | undefined;
}

/** What a launch would have made is there in its plan. */
function assume({ paths }: HostFacts, assumed: readonly string[]): HostFacts["paths"] {
  const missing = assumed.filter((path) => paths[path] === "missing");
  return Object.fromEntries(missing.map((path) => [path, "dir"] as const));
}

/** What a sandbox is planned with. */
interface Basis {
  readonly facts: HostFacts;
  readonly given: SandboxConfigOptions;
  readonly sources: readonly string[];
  readonly supervised: Supervised | undefined;
}

/** The variables that are put to those of every sandbox. */
export function envOf(
  runtime: Runtime,
  { name, env, window, unsafe = [] }: Pick<SandboxVerbOptions, "name" | "env" | "window" | "unsafe">,
  ofTools: SandboxView["env"],
  ofNetwork: PreparedNetwork["env"] | undefined,
): NonNullable<SandboxConfigOptions["env"]> {
  const isOffline = ofNetwork === undefined && !unsafe.includes("host-network");
  return {
    ...sandboxVariables(name, env),
    ...(isOffline ? offlineVariables : {}),
    ...callerVariables(runtime.system),
    ...ofTools,
    ...terminalEnv(runtime, window),
    ...ofNetwork,
    ...env,
  };
}

/** Reads the facts, and says what the config is made of. */
function findBasis(runtime: Runtime, options: SandboxVerbOptions, asked: Asked): Basis {
  const { system } = runtime;
  const { cwd, view, network, limits } = asked;
  const { tree, rules, sizes, homeFiles, homeLinks } = view;
  const sources = rules.flatMap(({ source, layers }) => [source ?? [], layers ?? []].flat());
  const paths = [...new Set([...sandboxPaths, ...coverable, cwd, ...sources])];
  const probed = probeHost(system, { paths, rootLinks: true, systemd: limits.manager === "systemd" });
  const facts = { ...probed, paths: { ...probed.paths, ...assume(probed, view.assumed) } };
  const { args, pidOnlyProc = false, unsafe = [] } = options;
  const given = {
    args,
    cwd,
    tree,
    rules,
    guards: view.guards.guards,
    terminal: options.window !== undefined || (system.caller.isInteractive && options.stdio === undefined),
    ...(options.window === undefined ? {} : { consoleSize: options.window }),
    env: envOf(runtime, options, view.env, network?.env),
    files: network?.files ?? {},
    pidOnlyProc,
    unsafe,
    groups: system.caller.groups,
    account: callerAccount(system),
    sizes,
    copies: hostCopies(system, facts),
    homeFiles,
    homeLinks,
    ...(limits.resources === undefined ? {} : { resources: limits.resources }),
    ...(limits.rlimits === undefined ? {} : { rlimits: limits.rlimits }),
    coreDumps: options.limits?.coreDumps === true,
    ...(unsafe.includes("host-network") ? { network: hostNames(system) } : {}),
  };
  return { facts, given, sources, supervised: supervisedBy(system, view) };
}

/** The config and the plan. */
function makePlan(runtime: Runtime, { unsafe = [], watch }: SandboxVerbOptions, asked: Asked, basis: Basis) {
  const { id, view, network, limits, stated } = asked;
  const { facts, given, sources, supervised } = basis;
  const { config, options } = sandboxConfig(given, facts);
  const plan = planCreate(config, facts, {
    ...options,
    rootfs: { tmpfs: true, at: pickCover(facts, sources) },
    id,
    bundle: view.tree,
    state: stated,
    ...(network === undefined ? {} : { listeners: network.listeners, userNetwork: network.user }),
    sourceLinks: followsLinks(runtime),
    cgroupManager: limits.manager,
    keepStreams: "reopened",
    dieWithParent: true,
    ...(supervised === undefined ? {} : { supervised }),
    watched: watch === true,
    // With the host's pid namespace the program is a process of the host.
    init: unsafe.includes("host-pid") !== true,
    terminal: given.terminal ? "foreground" : "none",
  });
  return { config, plan };
}

function recordOf(
  { system }: Runtime,
  { id, view, network, limits, stated, noted }: Asked,
  { config }: Pick<ReturnType<typeof makePlan>, "config">,
  { facts, supervised }: Basis,
) {
  return {
    id,
    bundle: view.tree,
    rootfs: "/",
    created: system.now(),
    uid: system.caller.uid,
    cgroups: cgroupPlaces(config, facts, id, limits.manager),
    viewpoint: readViewpoint(system),
    ...(stated ? { maker: readOwnIdentity(system) } : {}),
    keepsStreams: true,
    ...(network?.user === undefined ? {} : { onUserNetwork: true }),
    ...(supervised === undefined ? {} : { supervised }),
    ...(noted === undefined ? {} : { noted }),
    config: toRemembered(config),
  };
}

/** Where the plan may be kept: where only words of the program are not in the question. */
function findKept(
  runtime: Runtime,
  { watch }: SandboxVerbOptions,
  asked: Asked,
  { facts, given, supervised }: Basis,
  told: Told,
): KeptPlans | undefined {
  const { guard } = runtime;
  const { view, network, limits, stated } = asked;
  const isUsual = network === undefined && !stated && limits.resources === undefined && limits.rlimits === undefined;
  if (guard !== undefined || !isUsual) return undefined;
  if (view.assumed.length > 0 || !canFill(told)) return undefined;
  const { args, env, ...rest } = given;
  return openKept(runtime, {
    // What the plan says of the program besides its words: where the program is looked for, and who looks for its home.
    program: args[0],
    path: told.env.find((word) => word.startsWith("PATH=")),
    hasHome: told.env.some((word) => word.startsWith("HOME=")),
    manager: limits.manager,
    given: rest,
    supervised,
    watched: watch === true || undefined,
    facts: { ...facts, capabilities: `${facts.capabilities}` },
  });
}

/** A sandbox that is planned; `kept` is where its plan is kept. */
export interface Planned {
  readonly prepared: Prepared;
  readonly account: Account | undefined;
  readonly kept: KeptPlans | undefined;
}

/** Plans a sandbox, or finds the plan that was made before. The facts are read by way of `reading`. */
export function planSandbox(
  runtime: Runtime,
  options: SandboxVerbOptions,
  asked: Asked,
  reading: Runtime = runtime,
): Planned {
  const basis = findBasis(reading, options, asked);
  const { facts, given } = basis;
  const told = { args: options.args, env: sandboxEnv(given, facts) };
  const kept = options.trace ? undefined : findKept(runtime, options, asked, basis, told);
  const known = kept?.find(told);
  const planned = once(() => makePlan(runtime, options, asked, basis));
  const { network } = asked;
  const imageOf = (): Image => {
    if (known !== undefined) return { plan: lazyPlan(() => planned().plan), bytes: known, made: true };
    return kept === undefined
      ? makeImage(planned().plan)
      : makeKeptImage(planned().plan, (hollow) => {
          kept.write(hollow);
          return kept.fill(hollow, told);
        });
  };
  const prepared: Prepared = {
    image: {
      ...imageOf(),
      ...(asked.view.sockets.length === 0 ? {} : { sockets: asked.view.sockets }),
      ...(network === undefined ? {} : { egress: network.egress }),
    },
    get record() {
      return recordOf(runtime, asked, planned(), basis);
    },
    inputs: [],
    existing: [],
  };
  return { prepared, kept, account: given.account };
}

export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** The plan of an image that was kept: it is made when something has to be said of an op. */
export function lazyPlan(make: () => Plan, kind: Plan["kind"] = "create"): Plan {
  return {
    kind,
    get inputs() {
      return make().inputs;
    },
    get ops() {
      return make().ops;
    },
  };
}
