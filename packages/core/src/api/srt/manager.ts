// The functions that embedders of srt call. Each sandbox is a session: commands with the same settings share one.
import { escapeText } from "@coffer/spec";
import { printTarget } from "../../egress/rules.ts";
import { CofferError } from "../../errors.ts";
import { doctor } from "../../runtime/reports/doctor.ts";
import type { ConnectTarget } from "../sandbox.ts";
import type { SandboxSession } from "../session/session.ts";
import { openGuarded } from "../session/session.ts";
import { runtimeOf } from "../subprocess.ts";
import type { SandboxRuntimeConfig } from "./config.ts";
import { checkTypes, passedEnv, settle } from "./config.ts";
import { SandboxViolationStore } from "./violations.ts";

/** Is asked about a host that no rule allows and none denies. */
export type SandboxAskCallback = (params: { host: string; port: number | undefined }) => Promise<boolean>;

/** What is missing on this machine. */
export interface SandboxDependencyCheck {
  errors: string[];
  warnings: string[];
}

interface State {
  config: SandboxRuntimeConfig | undefined;
  ask: SandboxAskCallback | undefined;
  readonly sessions: Map<string, Promise<SandboxSession>>;
}

const state: State = { config: undefined, ask: undefined, sessions: new Map() };
const violations = new SandboxViolationStore();

function requireConfig(): SandboxRuntimeConfig {
  if (state.config !== undefined) return state.config;
  throw new CofferError("E_USAGE", "the sandbox is not initialized", {}, { hint: "call initialize first" });
}

/** One section of settings replaces the fields that it has. */
function merge(base: SandboxRuntimeConfig, more: Partial<SandboxRuntimeConfig> | undefined): SandboxRuntimeConfig {
  if (more !== undefined) checkTypes(more);
  return {
    ...base,
    ...more,
    network: { ...base.network, ...more?.network },
    filesystem: { ...base.filesystem, ...more?.filesystem },
  };
}

const longestLine = 300;

/** A host is what the program says: it may say terminal sequences, and tags that a model reads. */
const toLine = (text: string): string => escapeText(text.slice(0, longestLine)).replaceAll("<", "\\x3c");

function onDenied({ target, why }: { readonly target: ConnectTarget; readonly why: string }): void {
  violations.addViolation({ line: toLine(`connect ${printTarget(target)}: ${why}`), timestamp: new Date() });
}

async function open(config: SandboxRuntimeConfig, cwd: string): Promise<SandboxSession> {
  const { system } = runtimeOf({});
  const { ask } = state;
  const onAsked = ask === undefined ? undefined : ({ host, port }: ConnectTarget) => ask({ host, port });
  const { options, missing, fence } = settle(system, config, cwd);
  const session = await openGuarded({ ...options, fence, onDenied, onAsked }, missing);
  // As with srt, a program that does not call `reset` ends nevertheless.
  session.unref();
  return session;
}

/** The session for these settings, which is opened by the first command. */
function sessionFor(config: SandboxRuntimeConfig, cwd: string): Promise<SandboxSession> {
  const key = JSON.stringify([cwd, config]);
  const known = state.sessions.get(key);
  if (known !== undefined) return known;
  const session = open(config, cwd);
  state.sessions.set(key, session);
  const forget = (): void => {
    if (state.sessions.get(key) === session) state.sessions.delete(key);
  };
  session.then((one) => one.ended.then(forget, forget), forget);
  return session;
}

interface Wrapped {
  readonly argv: string[];
  readonly env: Record<string, string>;
  readonly shell: string;
}

async function wrap(
  command: string,
  binShell = "bash",
  customConfig?: Partial<SandboxRuntimeConfig>,
  signal?: AbortSignal,
  where?: string,
): Promise<Wrapped> {
  signal?.throwIfAborted();
  const config = merge(requireConfig(), customConfig);
  const { cwd, env: callers } = runtimeOf({}).system.caller;
  const session = await sessionFor(config, where ?? cwd);
  violations.begin(command);
  const { file, args, env, shell } = await session.command([binShell, "-c", command], { env: passedEnv(callers) });
  return { argv: [file, ...args], env: { ...env }, shell };
}

/** Closes every session. */
async function reset(): Promise<void> {
  const sessions = [...state.sessions.values()];
  state.sessions.clear();
  state.config = undefined;
  state.ask = undefined;
  await Promise.allSettled(sessions.map(async (session) => (await session).close()));
}

function checkDependencies(): SandboxDependencyCheck {
  const { text, status } = doctor(runtimeOf({}), "text", "node");
  return { errors: status === 0 ? [] : [text], warnings: [] };
}

/** The lists of hosts change in sandboxes that run. Files change in sandboxes that begin afterwards. */
function updateConfig(config: SandboxRuntimeConfig): void {
  const { system } = runtimeOf({});
  // Settings that cannot be carried out change nothing.
  const { network = {} } = settle(system, config, system.caller.cwd).options;
  state.config = config;
  for (const session of state.sessions.values())
    session.then(
      (one) => one.setNetwork(network),
      () => {},
    );
}

const { freeze } = Object;

/** The manager of all sandboxes of this process. */
export const SandboxManager = freeze({
  initialize: async (config: SandboxRuntimeConfig, ask?: SandboxAskCallback, _log?: boolean): Promise<void> => {
    const { system } = runtimeOf({});
    if (ask !== undefined && typeof ask !== "function")
      throw new CofferError("E_USAGE", "the second argument of initialize must be a function", { argument: "ask" });
    settle(system, config, system.caller.cwd);
    await reset();
    state.config = config;
    state.ask = ask;
  },
  /** Other systems have no npm package of this name. */
  isSupportedPlatform: (): boolean => true,
  isSandboxingEnabled: (): boolean => state.config !== undefined,
  checkDependencies,
  checkDependenciesAsync: async (): Promise<SandboxDependencyCheck> => checkDependencies(),
  waitForNetworkInitialization: async (): Promise<boolean> => true,
  wrapWithSandbox: async (
    command: string,
    binShell?: string,
    customConfig?: Partial<SandboxRuntimeConfig>,
    signal?: AbortSignal,
    _options?: object,
  ): Promise<string> => (await wrap(command, binShell, customConfig, signal)).shell,
  wrapWithSandboxArgv: async (
    command: string,
    binShell?: string,
    customConfig?: Partial<SandboxRuntimeConfig>,
    signal?: AbortSignal,
    cwd?: string,
    _options?: object,
  ): Promise<{ argv: string[]; env: Record<string, string> }> => {
    const { argv, env } = await wrap(command, binShell, customConfig, signal, cwd);
    return { argv, env };
  },
  getConfig: (): SandboxRuntimeConfig | undefined => state.config,
  updateConfig,
  getFsReadConfig: () => {
    const { denyRead = [], allowRead = [] } = state.config?.filesystem ?? {};
    return { denyOnly: denyRead, allowWithinDeny: allowRead };
  },
  getFsWriteConfig: () => {
    const { allowWrite = [], denyWrite = [] } = state.config?.filesystem ?? {};
    return { allowOnly: allowWrite, denyWithinAllow: denyWrite };
  },
  getNetworkRestrictionConfig: () => {
    const { allowedDomains = [], deniedDomains = [] } = state.config?.network ?? {};
    return { allowedHosts: allowedDomains, deniedHosts: deniedDomains };
  },
  getAllowUnixSockets: (): string[] | undefined => state.config?.network.allowUnixSockets,
  /** Services of macOS. */
  getAllowMachLookup: (): string[] | undefined => undefined,
  getAllowLocalBinding: (): boolean | undefined => state.config?.network.allowLocalBinding,
  getIgnoreViolations: (): Record<string, string[]> | undefined => state.config?.ignoreViolations,
  getEnableWeakerNestedSandbox: (): boolean | undefined => state.config?.enableWeakerNestedSandbox,
  /** The proxy has no port of the host's. */
  getProxyPort: (): number | undefined => undefined,
  getProxyAuthToken: (): string | undefined => undefined,
  getSocksProxyPort: (): number | undefined => undefined,
  getLinuxHttpSocketPath: (): string | undefined => undefined,
  getLinuxSocksSocketPath: (): string | undefined => undefined,
  /** Of a session whose options have secrets, and settings of srt have none here. */
  getMitmCA: (): undefined => undefined,
  /** Names of `denyWrite` that are not there, where the kernel lacks what keeps them from being made. Patterns are an error. */
  getLinuxGlobPatternWarnings: (): string[] => {
    if (state.config === undefined) return [];
    const { system } = runtimeOf({});
    const { missing, fence } = settle(system, state.config, system.caller.cwd);
    return fence ? [] : [...missing];
  },
  getSandboxViolationStore: (): SandboxViolationStore => violations,
  annotateStderrWithSandboxFailures: (command: string, stderr: string): string => {
    const lines = violations.getViolationsForCommand(command).map(({ line }) => line);
    if (lines.length === 0) return stderr;
    return `${stderr}\n<sandbox_violations>\n${lines.join("\n")}\n</sandbox_violations>`;
  },
  /** Nothing is left of a command. */
  cleanupAfterCommand: (): void => {},
  reset,
});
