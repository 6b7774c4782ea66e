import type { Config, Hook } from "@coffer/spec";
import { stringifyJson } from "@coffer/spec";
import { cleanPath, pointerTo } from "../../paths.ts";
import type { SlotName } from "../../wire/op.ts";
import { pushText } from "../../wire/utf8.ts";
import type { CreateContext } from "../create/context.ts";
import type { Draft, Issues } from "../draft/draft.ts";
import type { Roots } from "../draft/roots.ts";

/** The points of a container's life at which hooks run, in order. */
export const hookPoints = [
  "prestart",
  "createRuntime",
  "createContainer",
  "startContainer",
  "poststart",
  "poststop",
] as const;

export type HookPoint = (typeof hookPoints)[number];

/** What the hooks of a container get on standard input. */
export interface HookState {
  readonly ociVersion: string;
  readonly id: string;
  readonly bundle: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Hooks that run on the host for a container which is there already. */
export interface LateHooks {
  readonly state: HookState;
  readonly hooks: readonly Hook[];
  /** The bundle is gone: the hooks run in `/`. */
  readonly isBundleGone?: boolean;
}

interface Place {
  readonly point: HookPoint;
  readonly phase: "host" | "parent" | "inside" | "exec";
  readonly status: "creating" | "created" | "running" | "stopped";
  /** Where the program is looked up: on the host before the container exists, or by path when the hook runs. */
  readonly opened: boolean;
}

// A prestart hook gets `created`, as with crun and in the specification's own suite: config.md first had `start` call it
// (opencontainers/runtime-spec#1167). With runc it gets `creating`, as do the hooks that replaced it.
const places: Readonly<Record<HookPoint, Place>> = {
  prestart: { point: "prestart", phase: "parent", status: "created", opened: true },
  createRuntime: { point: "createRuntime", phase: "parent", status: "creating", opened: true },
  createContainer: { point: "createContainer", phase: "inside", status: "creating", opened: true },
  startContainer: { point: "startContainer", phase: "exec", status: "created", opened: false },
  poststart: { point: "poststart", phase: "parent", status: "running", opened: true },
  poststop: { point: "poststop", phase: "host", status: "stopped", opened: false },
};

/** A program that may have no name any more, as docker calls itself: only the kernel's own lookup follows such a link. */
const runningProgram = /^\/proc\/(?:self|\d+)\/exe$/;

const pidSpace = " ".repeat(10);
const nowhere = 0xffffffff;
const maxTimeoutMs = 0x7fffffff;

/** What hooks get of a config. */
interface ToldConfig {
  readonly ociVersion: string;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** What hooks get of a container. */
export function hookState(config: ToldConfig, id: string, bundle: string): HookState {
  const { ociVersion, annotations } = config;
  return { ociVersion, id, bundle, ...(annotations === undefined ? {} : { annotations }) };
}

/** The state as JSON, with room for the pid that is known only when the plan runs. */
function printState(state: HookState, status: Place["status"]): { readonly input: Uint8Array; readonly pidAt: number } {
  const { ociVersion, id, bundle, annotations } = state;
  const head = stringifyJson({ ociVersion, id, status });
  const tail = stringifyJson({ bundle, ...(annotations === undefined ? {} : { annotations }) });
  const pid = status === "stopped" ? "" : `,"pid":${pidSpace}`;
  const bytes: number[] = [];
  pushText(bytes, head.slice(0, -1) + pid);
  const pidAt = pid === "" ? nowhere : bytes.length - pidSpace.length;
  pushText(bytes, `,${tail.slice(1)}`);
  return { input: new Uint8Array(bytes), pidAt };
}

/** What a hook is run with besides: its program, where that is open, and its working directory. */
interface Opened {
  readonly program?: SlotName | undefined;
  readonly cwd?: SlotName | undefined;
  /** It gets the HOME that is looked up for the process. */
  readonly home?: boolean;
}

function addSpawn(draft: Draft, hook: Hook, place: Place, state: HookState, from: string, opened: Opened = {}): void {
  const { path, args = [path], env, timeout } = hook;
  const { program, cwd, home = false } = opened;
  draft.add({
    op: "spawn",
    phase: place.phase,
    ...(place.point === "poststop" ? { flags: ["go-on"] as const } : {}),
    ...(program === undefined ? {} : { program }),
    ...(cwd === undefined ? {} : { cwd }),
    args: [path, ...args],
    ...(env === undefined || env.length === 0 ? {} : { env }),
    ...printState(state, place.status),
    timeoutMs: timeout === undefined ? 0 : Math.min(timeout * 1000, maxTimeoutMs),
    home: home ? 1 : 0,
    from,
    why: `a ${place.point} hook`,
  });
}

function openProgram(draft: Draft, roots: Roots, hook: Hook, point: HookPoint, index: number): string {
  const out = `${point}-${index}`;
  const from = pointerTo(`/hooks/${point}`, index);
  draft.add({
    op: "open-exec",
    phase: "host",
    at: roots.host(),
    path: cleanPath(hook.path),
    resolve: 0,
    out,
    from,
    why: `a ${point} hook`,
  });
  return out;
}

const bundleSlot = "hook-dir";

/** Opens the bundle, in which hooks of the host run. */
function openBundle(draft: Draft, roots: Roots, bundle: string | undefined): SlotName | undefined {
  if (bundle === undefined || bundle === "") return undefined;
  const why = "hooks of the host run in the bundle";
  const path = cleanPath(bundle);
  draft.add({
    op: "open-dir",
    phase: "host",
    at: roots.host(),
    path,
    resolve: 0,
    out: bundleSlot,
    from: "/hooks",
    why,
  });
  return bundleSlot;
}

/** The bundle, opened by the first hook of the host. */
function bundleOf({ draft, roots, options }: CreateContext): SlotName | undefined {
  return draft.has(bundleSlot) ? bundleSlot : openBundle(draft, roots, options.bundle);
}

/**
 * Runs startContainer hooks. They run in the container: one without an environment gets that of the process, and its HOME,
 * as with runc and crun.
 */
export function planStartHooks(context: CreateContext, env: readonly string[]): void {
  planHooks(context, "startContainer", undefined, env);
}

/**
 * Runs the hooks of one point while the container is made. `root`: where those run that see the container's mounts. `env`: of
 * hooks that name none.
 */
export function planHooks(
  context: CreateContext,
  point: HookPoint,
  root?: SlotName,
  env: readonly string[] = [],
): void {
  const { config, draft, roots, options } = context;
  const place = places[point];
  const state = hookState(config, options.id, options.bundle ?? "");
  (config.hooks?.[point] ?? []).forEach((hook, index) => {
    const opened = place.opened && !(place.phase === "parent" && runningProgram.test(hook.path));
    const program = opened ? openProgram(draft, roots, hook, point, index) : undefined;
    const cwd = place.phase === "parent" ? bundleOf(context) : root;
    const home = place.phase === "exec" && hook.env === undefined;
    addSpawn(draft, { env, ...hook }, place, state, pointerTo(`/hooks/${point}`, index), { program, cwd, home });
  });
}

/** Hooks that run when the mounts are made and before the root transition: on the host, then in the container. */
export function planTreeHooks(context: CreateContext, root: SlotName): void {
  const { config, draft } = context;
  const outside = [...(config.hooks?.prestart ?? []), ...(config.hooks?.createRuntime ?? [])];
  if (outside.length > 0) {
    draft.meet("inside", "the mounts are made");
    draft.meet("parent", "the mounts are made");
    planHooks(context, "prestart");
    planHooks(context, "createRuntime");
    draft.meet("parent", "the hooks of the host have run");
    draft.meet("inside", "the hooks of the host have run");
  }
  planHooks(context, "createContainer", root);
}

/** Opens the programs of poststart hooks in a host plan; what it gives runs them. */
export function openLateHooks(draft: Draft, roots: Roots, late: LateHooks | undefined): () => void {
  if (late === undefined) return () => {};
  const cwd = openBundle(draft, roots, late.state.bundle);
  const programs = late.hooks.map((hook, index) => openProgram(draft, roots, hook, "poststart", index));
  return () => {
    late.hooks.forEach((hook, index) => {
      const from = pointerTo("/hooks/poststart", index);
      addSpawn(draft, hook, { ...places.poststart, phase: "host" }, late.state, from, {
        program: programs[index],
        cwd,
      });
    });
  };
}

/** Runs the poststop hooks: each of them, whatever becomes of the others. */
export function planPoststop(draft: Draft, roots: Roots, late: LateHooks | undefined): void {
  if (late === undefined) return;
  const cwd = late.isBundleGone === true ? undefined : openBundle(draft, roots, late.state.bundle);
  late.hooks.forEach((hook, index) => {
    addSpawn(draft, hook, places.poststop, late.state, pointerTo("/hooks/poststop", index), { cwd });
  });
}

/** A process that is executed has its variables as `NAME=value`. */
export function checkHooks(hooks: Config["hooks"], issues: Issues): void {
  for (const point of hookPoints)
    (hooks?.[point] ?? []).forEach(({ env = [] }, index) => {
      env.forEach((entry, at) => {
        if (entry.indexOf("=") < 1)
          issues.warn(pointerTo(`${pointerTo(`/hooks/${point}`, index)}/env`, at), "is not NAME=value");
      });
    });
}
