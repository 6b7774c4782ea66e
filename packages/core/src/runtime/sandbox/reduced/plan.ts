// The plan of a sandbox without namespaces, for callers that may make none.
import { reducedConfig, reducedPaths } from "../../../defaults/index.ts";
import { CofferError, quote } from "../../../errors.ts";
import { probeHost } from "../../../host/probe.ts";
import type { ReducedOptions } from "../../../plan/index.ts";
import { planReduced } from "../../../plan/index.ts";
import { makeImage } from "../../launch/image.ts";
import type { Prepared } from "../../launch/prepare.ts";
import type { Runtime } from "../../runtime.ts";
import { readViewpoint } from "../../store/identity.ts";
import { toRemembered } from "../../store/record.ts";
import { callerAccount, callerVariables, offlineVariables, sandboxVariables } from "../host-words.ts";
import type { Asked, SandboxVerbOptions } from "../plan.ts";
import { usualTerm } from "../plan.ts";
import { homesOf } from "../secrets.ts";
import { landlockPaths } from "./paths.ts";
import { splitStreams } from "./streams.ts";

function refuse(message: string, hint: string): never {
  throw new CofferError("E_USAGE", `--reduced ${message}`, { argument: "isolation" }, { hint });
}

const isAsked = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : value !== undefined);

/** Refuses what needs a namespace, or a cgroup, instead of leaving it out. */
export function checkReduced({
  name,
  stated,
  ask,
  opens,
  network,
  secrets,
  limits,
  unsafe,
  bind,
  tmp,
  sizes,
  pidOnlyProc,
  overlay,
  fence,
  watch,
}: SandboxVerbOptions): void {
  const asked: readonly (readonly [what: string, isAsked: boolean])[] = [
    ["a name", name !== undefined || stated === true],
    ["a network", Object.values(network ?? {}).some(isAsked) || ask !== undefined || opens === true],
    ["a secret", isAsked(secrets)],
    ["a limit of processes or processors", limits?.pids !== undefined || limits?.cpus !== undefined],
    ["--unsafe", (unsafe ?? []).length > 0],
    ["--bind", isAsked(bind)],
    ["--tmp", isAsked(tmp)],
    ["--size", Object.keys(sizes ?? {}).length > 0],
    ["--pid-only-proc", pidOnlyProc === true],
    ["--overlay", overlay !== undefined],
    ["--fence", fence === true],
    ["--explain", watch === true],
  ];
  for (const [what, is] of asked)
    if (is) refuse(`has no namespaces, and so cannot have ${what}`, "leave one of the two out");
}

/** Names in directories that can be written cannot be kept. A caller who asks for both gets an error. */
function checkGuards({ guards, missing }: Asked["view"]["guards"]): void {
  const [first] = [...guards.map(({ path }) => path), ...missing];
  if (first !== undefined)
    refuse(
      `cannot guard ${quote(first)} and other names that programs of the host act upon`,
      "add --no-guards, and look at .git/hooks, .git/config and the like before you use them; or write nothing",
    );
}

/** A terminal for these streams. Containers have a link at /dev/ptmx, which init does not follow. */
function ownTerminal(
  { system }: Runtime,
  options: SandboxVerbOptions,
): Pick<ReducedOptions, "ownTerminal" | "consoleSize"> {
  const { terminal: streams } = splitStreams(system, options);
  const window = options.window ?? system.caller.window;
  if (streams.length === 0) return {};
  const at = system.stat("/dev/ptmx", { follow: false }).kind === "link" ? "dev/pts" : "dev";
  return { ownTerminal: { at, streams }, ...(window === undefined ? {} : { consoleSize: window }) };
}

/**
 * Plans a sandbox without namespaces.
 *
 * @throws {CofferError} E_USAGE for what only namespaces could hold, E_HOST_UNSUPPORTED
 */
export function planReducedSandbox(runtime: Runtime, options: SandboxVerbOptions, asked: Asked): Prepared {
  const { system } = runtime;
  const { id, cwd, view, limits } = asked;
  // Files of settings may have named them, too.
  if (view.sockets.length > 0) refuse("has no sockets of the host", "leave --socket out, or give --no-settings");
  checkGuards(view.guards);
  const paths = landlockPaths(system, view.rules);
  const facts = probeHost(system, { paths: reducedPaths, rootLinks: true });
  const terminal = ownTerminal(runtime, options);
  // What a program does without a terminal of its own may depend on the variable as well.
  const TERM = options.window === undefined ? system.caller.env.TERM : usualTerm;
  const made = reducedConfig(
    {
      args: options.args,
      cwd,
      env: {
        ...sandboxVariables(undefined, options.env),
        ...offlineVariables,
        ...callerVariables(system),
        ...(TERM === undefined ? {} : { TERM }),
        ...view.env,
        ...options.env,
      },
      account: callerAccount(system),
      home: homesOf(system)[0] ?? "/",
      paths,
      terminal: terminal.ownTerminal !== undefined,
      ...(limits.rlimits === undefined ? {} : { rlimits: limits.rlimits }),
      coreDumps: options.limits?.coreDumps === true,
    },
    facts,
  );
  const plan = planReduced(made.config, facts, {
    paths: made.paths,
    ...terminal,
    keepStreams: true,
    dieWithParent: true,
  });
  const record = {
    id,
    bundle: view.tree,
    rootfs: "/",
    created: system.now(),
    uid: system.caller.uid,
    cgroups: [],
    viewpoint: readViewpoint(system),
    config: toRemembered(made.config),
  };
  return { image: makeImage(plan), record, inputs: [], existing: [] };
}
