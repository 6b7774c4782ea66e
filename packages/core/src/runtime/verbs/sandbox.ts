import type { Rules, Target } from "../../egress/rules.ts";
import { printTarget } from "../../egress/rules.ts";
import { CofferError } from "../../errors.ts";
import type { HeldPath } from "../../system/held.ts";
import type { LaunchInput, LaunchLock, LaunchSetup, Lock } from "../../system/port.ts";
import type { SandboxNetwork } from "../egress/sandbox-network.ts";
import { readRules } from "../egress/sandbox-network.ts";
import type { Running } from "../launch/container.ts";
import type { Prepared } from "../launch/prepare.ts";
import { stdioOf } from "../launch/process-options.ts";
import { awaitExit, awaitStart, identityOf, startLaunch } from "../launch/reports.ts";
import { placesOf, requireAllowed } from "../policy/guard.ts";
import type { Runtime } from "../runtime.ts";
import { askedOf, explainAsked, withoutWrites } from "../sandbox/denied/asked.ts";
import { explainComplaints } from "../sandbox/denied/complaints.ts";
import type { Complaint } from "../sandbox/denied/guess.ts";
import type { MadeNames } from "../sandbox/denied/made.ts";
import { explainProgram } from "../sandbox/denied/program.ts";
import type { Asked } from "../sandbox/denied/watched.ts";
import { startWatch } from "../sandbox/denied/watched.ts";
import { requireWatch } from "../sandbox/fence.ts";
import type { SandboxView } from "../sandbox/files.ts";
import { makeEarly } from "../sandbox/known/early.ts";
import { makeBeside } from "../sandbox/left/beside.ts";
import type { HeldOverlay } from "../sandbox/overlay/store.ts";
import { holdOverlay, recordOverlay, recordUser } from "../sandbox/overlay/store.ts";
import type { SandboxVerbOptions } from "../sandbox/plan.ts";
import type { PreparedSandbox, WorkDir } from "../sandbox/prepare.ts";
import { holdTree, inWorkDir, makesNamespaces, prepareSandbox } from "../sandbox/prepare.ts";
import { explainRefusal } from "../sandbox/reduced/refused.ts";
import { splitStreams } from "../sandbox/reduced/streams.ts";
import type { Answer } from "../sandbox/why.ts";
import { checkContainerId } from "../store/container-id.ts";
import { checkUnused } from "../store/store.ts";
import { sweep, sweepAll } from "../store/sweep.ts";
import { runPrepared } from "./run.ts";

export type { SandboxVerbOptions } from "../sandbox/plan.ts";
export { newSandboxId } from "../sandbox/prepare.ts";

async function checkName(runtime: Runtime, name: string): Promise<void> {
  checkContainerId(name);
  await sweep(runtime, name);
  checkUnused(runtime, name);
}

/** A launch without state: it ends with us, and nobody else knows it. */
async function launchAlone(
  runtime: Runtime,
  { image }: Prepared,
  setup: LaunchSetup,
  { id, cancel, waiting }: Pick<AloneOptions, "id" | "cancel" | "waiting">,
): Promise<Running> {
  const { plan, bytes } = image;
  const launch = await startLaunch(runtime, image, setup, waiting);
  const process = identityOf(runtime, await awaitStart(launch, plan, "running", cancel));
  const wait: Running["wait"] = (over) => awaitExit(launch, plan, runtime.warn, over);
  return { id, process, plan, planSize: bytes.length, launch, wait };
}

/** How a container that ends with us is launched. */
export interface AloneOptions {
  readonly id: string;
  /** It has a state directory. */
  readonly stated: boolean;
  /** Nobody knows its id yet. */
  readonly anonymous: boolean;
  readonly cancel: AbortSignal | undefined;
  /** A launcher with the same setup, which waits for a plan; for what has no state. */
  readonly waiting?: LaunchLock | undefined;
}

/** Launches what was prepared, with state or without. */
export function launchPrepared(
  runtime: Runtime,
  prepared: Prepared,
  setup: LaunchSetup,
  { id, stated, anonymous, cancel, waiting }: AloneOptions,
): Promise<Running> {
  if (!stated) return launchAlone(runtime, prepared, setup, { id, cancel, waiting });
  const { inputs, ...how } = setup;
  return runPrepared(runtime, { ...prepared, inputs }, { ...how, id, anonymous, cancel });
}

/** A sandbox that runs. */
export interface RunningSandbox extends Running {
  /** What of the network it may reach, undefined where that cannot change. */
  readonly reach: Reach | undefined;
  /**
   * What was denied of what a further process of it has asked for. `taken`: paths that cannot be written any more. `made`: as
   * `explainAsked` has it.
   */
  denied(asked: readonly Asked[], taken: readonly string[], made: MadeNames): readonly Answer[];
  /** Fails with E_USAGE or E_HOST_UNSUPPORTED where nobody can tell what its further processes ask for. */
  checkWatch(): void;
  /** What of the host's files it sees. */
  rules(): SandboxView["rules"];
  /** What of a program's complaints the sandbox may be the reason for. */
  explain(complaints: readonly Complaint[]): readonly Answer[];
}

/** What of the network a sandbox may reach, while it runs. */
export interface Reach {
  /** Allows hosts, as `network.allow` has them. */
  allow(hosts: readonly string[]): void;
  /** Denies hosts, and ends the connections to them. */
  deny(hosts: readonly string[]): void;
  /** Puts other lists in the place of both, and ends the connections that these do not allow. */
  replace(network: Pick<SandboxNetwork, "allow" | "deny">): void;
  /** Fails with E_POLICY where the policy does not allow these hosts. */
  check(hosts: readonly string[]): void;
}

/** Whether the policy lets a connection be made that the caller has allowed by word. */
function mayReach(reach: Reach | undefined, target: Target): boolean {
  try {
    reach?.check([printTarget(target)]);
    return reach !== undefined;
  } catch (error) {
    if (CofferError.is(error, "E_POLICY")) return false;
    throw error;
  }
}

/** Makes the rules of a sandbox changeable: less at any time, and more as far as the policy allows. */
function makeReach(runtime: Runtime, { prepared, network }: PreparedSandbox, setup: LaunchSetup): Reach | undefined {
  const { access, egress } = network ?? {};
  if (access === undefined || egress === undefined) return undefined;
  const checked = (rules: Rules): Rules => {
    requireAllowed(runtime, {
      ...prepared.image,
      ...placesOf(setup.inputs),
      egress: { ...egress, allow: rules.allow },
    });
    return rules;
  };
  const changed = (more: SandboxNetwork): Rules => {
    const { allow, deny } = access.rules();
    const added = readRules(more);
    return checked({ allow: [...allow, ...added.allow], deny: [...deny, ...added.deny] });
  };
  return {
    allow: (hosts) => access.change(changed({ allow: hosts })),
    deny: (hosts) => access.change(changed({ deny: hosts })),
    replace: (other) => access.change(checked(readRules(other))),
    check: (hosts) => void changed({ allow: hosts }),
  };
}

/** How every sandbox is launched that works in that directory. */
function setupOf({ warm }: Runtime, options: SandboxVerbOptions, { fd, path }: HeldPath): LaunchSetup {
  const { forwardSignals = false, trace = false, isolation, unsafe = [], window } = options;
  return {
    inputs: [{ name: "workdir", fd, known: path }],
    stdio: stdioOf(options),
    dieWithParent: true,
    forwardSignals,
    suspend: forwardSignals && isolation !== "reduced" && !unsafe.includes("host-pid"),
    trace,
    resizes: window !== undefined,
    ...(warm === undefined ? {} : { warm }),
  };
}

/** What a sandbox that runs answers of what it was made of. */
function answersOf(
  { system }: Runtime,
  options: SandboxVerbOptions,
  { asked: { view, cwd }, network }: PreparedSandbox,
): Pick<RunningSandbox, "rules" | "checkWatch" | "denied" | "explain"> {
  const { unsafe = [] } = options;
  const isOnline = network !== undefined || unsafe.includes("host-network");
  return {
    rules: () => view.rules,
    checkWatch: () => requireWatch(system, unsafe),
    denied: (asked, taken, made) =>
      explainAsked(system, askedOf(options, withoutWrites(view, taken), network), asked, made),
    explain: (complaints) =>
      explainComplaints(system, { view, cwd, isOnline, makesNamespaces: makesNamespaces(options) }, complaints),
  };
}

/** Prepares a sandbox. A launcher that has begun meanwhile is given back where it can be that sandbox's, and ended otherwise. */
async function prepareAhead(
  runtime: Runtime,
  options: SandboxVerbOptions,
  dir: WorkDir,
  { kept, setup }: { readonly kept: HeldOverlay | undefined; readonly setup: LaunchSetup },
): Promise<{ readonly ready: PreparedSandbox; readonly waiting: LaunchLock | undefined }> {
  const early = makeEarly(runtime.system, dir.at.path, setup);
  let ready: PreparedSandbox | undefined;
  let waiting: LaunchLock | undefined;
  try {
    ready = prepareSandbox(runtime, options, dir, { kept, early });
  } finally {
    waiting = await early.take(ready && { tree: ready.asked.view.tree, isKnown: ready.known === true });
  }
  return { ready, waiting };
}

async function launchIn(
  runtime: Runtime,
  options: SandboxVerbOptions,
  dir: WorkDir,
  kept: HeldOverlay | undefined,
): Promise<RunningSandbox> {
  const since = Date.parse(runtime.system.now());
  const { ask: word, isolation, args, cancel } = options;
  let reach: Reach | undefined;
  const ask: SandboxVerbOptions["ask"] = word && (async (target) => (await word(target)) && mayReach(reach, target));
  const watch = options.watch === true ? startWatch(runtime.system) : undefined;
  const plainSetup = {
    ...setupOf(runtime, options, dir.at),
    ...(watch === undefined ? {} : { watcher: watch.watcher }),
  };
  const { ready, waiting } = await prepareAhead(runtime, { ...options, ask }, dir, { kept, setup: plainSetup });
  const { prepared, network, asked } = ready;
  const { id, stated, view } = asked;
  const workDir = holdTree(runtime.system, dir.at, view.tree);
  const beside = makeBeside(runtime, options, ready, { since, watch });
  try {
    if (kept !== undefined) await recordOverlay(runtime, kept, workDir);
    await beside.begin();
    const { stdio, inputs } =
      isolation === "reduced" ? splitStreams(runtime.system, options) : { stdio: plainSetup.stdio, inputs: [] };
    const setup: LaunchSetup = {
      ...plainSetup,
      inputs: [{ name: "workdir", fd: workDir.fd, known: workDir.path }, ...inputs, ...lockInput(kept)],
      stdio,
      ...(network?.answers === undefined ? {} : { answers: network.answers }),
    };
    reach = makeReach(runtime, ready, setup);
    const anonymous = options.name === undefined;
    const launching = launchPrepared(runtime, prepared, setup, { id, stated, anonymous, cancel, waiting });
    const [running] = await Promise.all([launching, beside.meanwhile()]);
    beside.follow(running.process);
    return { ...running, wait: () => beside.end(running.wait), reach, ...answersOf(runtime, options, ready) };
  } catch (error) {
    await beside.close();
    const refused = explainRefusal(runtime, error, isolation);
    throw explainProgram(runtime.system, { view, cwd: dir.at.path, args }, refused);
  } finally {
    if (workDir !== dir.at) workDir.close();
  }
}

/** The launcher has the lock of an overlay too: should we be killed, it is held until the sandbox has ended. */
const lockInput = (kept: HeldOverlay | undefined): readonly LaunchInput[] =>
  kept === undefined ? [] : [{ name: "overlay", fd: kept.lock.fd }];

/** Launches with what the overlay of that name has, which nobody else can use until the end. */
async function launchOver(runtime: Runtime, options: SandboxVerbOptions, dir: WorkDir): Promise<RunningSandbox> {
  if (options.overlay !== "keep") return launchIn(runtime, options, dir, undefined);
  if (options.unsafe?.includes("host-pid")) {
    const hint = "without a pid namespace its processes can outlive it, and write on";
    throw new CofferError(
      "E_USAGE",
      "no overlay is kept of a sandbox with the host's processes",
      { argument: "overlay" },
      { hint },
    );
  }
  const kept = await holdOverlay(runtime, options.name);
  let lock: Lock | undefined = kept.lock;
  const release = (): void => {
    lock?.release();
    lock = undefined;
  };
  try {
    const running = await launchIn(runtime, options, dir, kept);
    recordUser(runtime, kept, running.process);
    return { ...running, wait: () => running.wait().finally(release) };
  } catch (error) {
    release();
    throw error;
  }
}

/** Runs a command of this host in a container made of nothing but this host. It ends with us. */
export async function sandbox(runtime: Runtime, options: SandboxVerbOptions): Promise<RunningSandbox> {
  // Sessions have ids of their own, and so would never find what others of them have left.
  if (options.stated) await sweepAll(runtime);
  if (options.name !== undefined) await checkName(runtime, options.name);
  return inWorkDir(runtime, options, (dir) => launchOver(runtime, options, dir));
}
