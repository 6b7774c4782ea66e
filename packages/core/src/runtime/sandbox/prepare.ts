// A sandbox up to its launch: where it works, what it sees, its network and limits, its plan.
import { shellWord } from "@coffer/spec";
import { sandboxEnv } from "../../defaults/index.ts";
import { CofferError, quote } from "../../errors.ts";
import { isBeneath, joinPath, withParents } from "../../paths.ts";
import { describeErrno } from "../../system/errno.ts";
import { SystemError } from "../../system/error.ts";
import type { HeldPath } from "../../system/held.ts";
import type { System } from "../../system/port.ts";
import { toAbsolute } from "../../system/working-directory.ts";
import type { PreparedNetwork } from "../egress/sandbox-network.ts";
import { prepareNetwork } from "../egress/sandbox-network.ts";
import type { Prepared } from "../launch/prepare.ts";
import type { Runtime } from "../runtime.ts";
import { askedOf } from "./denied/asked.ts";
import { toNoted } from "./denied/notes.ts";
import { findQuiet, noQuiet } from "./denied/quiet.ts";
import { requireFence, requireWatch } from "./fence.ts";
import type { FilesOptions, SandboxView } from "./files.ts";
import { findFiles } from "./files.ts";
import { canFill } from "./kept/kept.ts";
import type { Early } from "./known/early.ts";
import type { Found } from "./known/known.ts";
import { isUsual, openKnown } from "./known/known.ts";
import { startRecorder } from "./known/recorder.ts";
import { knownView } from "./known/view.ts";
import { boundSizes, holdByProcess, holdLimits } from "./limits.ts";
import { checkFiles } from "./named.ts";
import { findOverlay } from "./overlay/store.ts";
import type { Asked, SandboxVerbOptions } from "./plan.ts";
import { envOf, lazyPlan, once, planSandbox } from "./plan.ts";
import { leadsTo, wayTo } from "./real-path.ts";
import { checkReduced, planReducedSandbox } from "./reduced/plan.ts";
import { mapsRoot, warnOfOwner } from "./rights/owners.ts";
import { linkOut, sayOut } from "./seen.ts";

/** A directory that is held, and what the caller calls it. */
export interface WorkDir {
  readonly at: HeldPath;
  readonly named: string;
}

/** A sandbox that can be launched, or looked at. */
export interface PreparedSandbox {
  readonly asked: Asked;
  readonly prepared: Prepared;
  readonly network: PreparedNetwork | undefined;
  /** It was prepared before, and all answers are as they were. */
  readonly known?: true;
}

/** A name that was never used. */
export function newSandboxId({ system }: Runtime): string {
  return `sandbox-${system.randomId()}`;
}

/** Holds a directory: by its name anybody who may write to its parent could give another. */
function holdDirectory(system: System, word: string, path: string): HeldPath {
  try {
    return system.openPath(word, path, "directory");
  } catch (error) {
    if (!SystemError.is(error)) throw error;
    const isOther = error.errno === "ESTALE";
    const why = isOther ? "its name leads to another directory" : describeErrno(error.errno);
    const hint = isOther ? "enter it again" : "choose another directory";
    const message = `cannot work in ${quote(path)}: ${why}`;
    throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint, cause: error });
  }
}

/** Refuses a directory that is named by a link out of its tree. */
function refuseOut(system: System, path: string, said: string): void {
  const link = said === path || !said.startsWith("/") ? undefined : linkOut(system, wayTo(system, said));
  if (link === undefined || leadsTo(system, said) !== path) return;
  const hint = `a sandbox may have put it there: if not, enter ${quote(path)} by that name, or give --cwd ${shellWord(path)}`;
  throw new CofferError(
    "E_USAGE",
    `cannot work in ${quote(said)}: ${sayOut(link, path)}`,
    { argument: "cwd" },
    { hint },
  );
}

/** Does something with the directory to work in, which is held meanwhile. */
export async function inWorkDir<T>(
  { system }: Runtime,
  { cwd: word }: Pick<SandboxVerbOptions, "cwd">,
  action: (dir: WorkDir) => Promise<T>,
): Promise<T> {
  const cwd = word ?? ".";
  const named = toAbsolute(system, cwd);
  const at = holdDirectory(system, cwd, named);
  try {
    // Where the caller has entered the directory by a link, its shell alone tells.
    refuseOut(system, at.path, word === undefined ? (system.caller.env.PWD ?? named) : named);
    return await action({ at, named });
  } finally {
    at.close();
  }
}

/** The tree that is bound, held from when it was looked at. */
export function holdTree(system: System, at: HeldPath, tree: string): HeldPath {
  if (tree === at.path) return at;
  const held = holdDirectory(system, tree, tree);
  if (held.path === tree) return held;
  held.close();
  const message = `cannot work in ${quote(tree)}: its name leads to another directory`;
  throw new CofferError("E_USAGE", message, { argument: "cwd" }, { hint: "enter it again" });
}

/** Tells what concerns the guards of a sandbox. */
export function warnOfGuards(runtime: Runtime, message: string): void {
  runtime.warn?.(new CofferError("E_USAGE", message, { argument: "guards" }));
}

/** Looks up what a sandbox would see. */
export function findView(
  runtime: Runtime,
  options: SandboxVerbOptions,
  { at, named }: WorkDir,
  how: Pick<FilesOptions, "makes" | "kept"> = {},
): SandboxView {
  const { layers = [], writable = false, overlay, name, guarded } = options;
  const files = checkFiles(options, [
    ...layers.flatMap(({ files: { tmp = [] } }) => tmp),
    // The overlay's memory is named by the tree, which is not known yet.
    ...(overlay === "discard" ? withParents(at.path) : []),
  ]);
  const fenced = files.fence === true;
  if (fenced) requireFence(runtime.system, options.unsafe ?? []);
  if (options.watch) requireWatch(runtime.system, options.unsafe ?? []);
  const kept = files.overlay === "keep" ? (how.kept ?? findOverlay(runtime.system, name)) : undefined;
  const view = findFiles(runtime, { ...files, ...how, kept, layers, guarded, cwd: at.path, namedCwd: named, writable });
  const quiet = options.watch === true ? findQuiet(runtime.system, view.rules, options.env) : noQuiet;
  const rules = [...view.rules, ...quiet.rules];
  const isMapped = mapsRoot(runtime.system, options);
  const whole = { ...view, rules, env: { ...view.env, ...quiet.env }, fenced, mapsRoot: isMapped };
  warnOfOwner(runtime, whole);
  return boundSizes(whole, options.limits);
}

/** Whether a directory is the tree of a sandbox that works in it, at a glance: no repository of that name is further up alone. */
function isTree(system: System, path: string): boolean {
  const [own, ...above] = system.kindsOf(withParents(path).map((dir) => joinPath(dir, ".git")));
  return own !== undefined || above.every((kind) => kind === undefined);
}

/** Whether a program can make namespaces of its own. */
export const makesNamespaces = ({ unsafe = [] }: Pick<SandboxVerbOptions, "unsafe">): boolean =>
  unsafe.includes("user-namespaces") || unsafe.includes("no-seccomp");

/** Whether the program can move what is guarded or hidden (docs/decisions/0076-namespaces-of-a-sandbox.md). */
export const isMovable = (options: SandboxVerbOptions, view: SandboxView): boolean =>
  makesNamespaces(options) && !view.fenced && (view.guards.guards.length > 0 || keepsHidden(options, view));

/** Whether an overlay that is kept has hidden names: the next sandbox sees one by the name that this one gives it. */
const keepsHidden = ({ overlay }: SandboxVerbOptions, { rules, tree }: SandboxView): boolean =>
  overlay === "keep" && rules.some(({ access, path }) => access === "deny" && isBeneath(path, tree));

const movable =
  "a program that makes namespaces can move what is guarded or hidden where it may write: look at what the end of the sandbox says";

/** What a sandbox is prepared with. */
interface Preparing {
  readonly id: string;
  readonly network: PreparedNetwork | undefined;
  readonly how: Pick<FilesOptions, "makes" | "kept">;
  /** Hears that a plan may be kept, and gets it before the host is asked. */
  readonly early?: Early | undefined;
}

/** Looks everything up, by way of `reading`, and plans. */
function prepareAnew(
  runtime: Runtime,
  options: SandboxVerbOptions,
  dir: WorkDir,
  { id, network, how }: Preparing,
  reading: Runtime = runtime,
) {
  const isReduced = options.isolation === "reduced";
  const view = findView(reading, options, dir, how);
  for (const path of view.guards.unguarded)
    warnOfGuards(
      reading,
      `${quote(path)} is not guarded, although a guarded link leads there: the sandbox works in it`,
    );
  if (isMovable(options, view)) warnOfGuards(reading, movable);
  const named = options.limits ?? {};
  const limits = isReduced
    ? holdByProcess(reading, named, view)
    : holdLimits(reading, named, view, makesNamespaces(options));
  const stated = options.stated === true || options.name !== undefined || limits.manager !== "none";
  const noted = stated ? toNoted(runtime.system, askedOf(options, view, network)) : undefined;
  const asked: Asked = { id, cwd: dir.at.path, view, network, limits, stated, noted };
  const planned = isReduced
    ? { prepared: planReducedSandbox(runtime, options, asked), kept: undefined, account: undefined }
    : planSandbox(runtime, options, asked, reading);
  return { asked, network, ...planned };
}

/** A sandbox of which all answers are as they were. What a launch does not need is looked up when it is asked for. */
function prepareKnown(
  runtime: Runtime,
  options: SandboxVerbOptions,
  dir: WorkDir,
  preparing: Preparing,
  { essence, plans, ask }: Found,
): PreparedSandbox | undefined {
  const { id, network, early } = preparing;
  const { account } = essence;
  const { uid, gid } = runtime.system.caller;
  const env = sandboxEnv({ account, env: envOf(runtime, options, essence.env, undefined) }, { uid, gid });
  const told = { args: options.args, env };
  const bytes = canFill(told) ? plans.read(told) : undefined;
  if (bytes === undefined) return undefined;
  early?.send(essence.tree, bytes);
  const passed = ask();
  if (passed === undefined || !plans.isWhole(bytes)) return undefined;
  const anew = once(() => prepareAnew({ ...runtime, warn: undefined, debug: undefined }, options, dir, preparing));
  const view = knownView(essence, passed, () => anew().asked.view);
  return {
    known: true,
    network,
    asked: { id, cwd: dir.at.path, view, network, limits: { manager: "none" }, stated: false },
    prepared: {
      image: { plan: lazyPlan(() => anew().prepared.image.plan), bytes, made: true },
      get record() {
        return anew().prepared.record;
      },
      inputs: [],
      existing: [],
    },
  };
}

/**
 * Makes everything that a launch needs.
 *
 * @throws {CofferError} E_USAGE, E_HOST_UNSUPPORTED
 */
export function prepareSandbox(
  runtime: Runtime,
  options: SandboxVerbOptions,
  dir: WorkDir,
  { early, ...how }: Pick<FilesOptions, "makes" | "kept"> & { readonly early?: Early } = {},
): PreparedSandbox {
  if (options.isolation === "reduced") checkReduced(options);
  const id = options.name ?? options.id ?? newSandboxId(runtime);
  const { onDenied = () => {}, onConnected, onFailed, ask, opens = ask !== undefined, secrets = [] } = options;
  const watch = { onDenied, onConnected, onFailed, ask, opens, secrets };
  const network = prepareNetwork(runtime, options.network ?? {}, watch);
  const hasNone = options.network?.mode === "none";
  if ((network !== undefined || hasNone) && options.unsafe?.includes("host-network")) {
    const argument = hasNone ? "net" : "allow";
    throw new CofferError("E_USAGE", "a sandbox with the host's network can reach all of it", { argument });
  }
  const preparing = { id, network, how, early };
  const isPlain = network === undefined && how.makes !== false && how.kept === undefined;
  const isKept = isPlain && isUsual(runtime, options);
  if (isKept && isTree(runtime.system, dir.at.path)) early?.begin();
  const known = isKept ? openKnown(runtime, options, dir) : undefined;
  const found = known?.find();
  const ready = found && prepareKnown(runtime, options, dir, preparing, found);
  if (ready !== undefined) return ready;
  const recorder = known && startRecorder(runtime);
  const made = prepareAnew(runtime, options, dir, preparing, recorder?.runtime);
  const { account, kept, asked } = made;
  if (recorder !== undefined && kept !== undefined && account !== undefined) {
    const { tree, env, guards, before, rules, mapsRoot } = asked.view;
    const shown = options.watch === true ? { rules, guards, mapsRoot } : undefined;
    known?.keep(recorder, { tree, env, account, missing: guards.missing, before, shown }, kept);
  }
  return made;
}
