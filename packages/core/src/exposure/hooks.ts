import { cleanPath } from "../paths.ts";
import type { OpOf, Plan, SlotName } from "../wire/op.ts";
import { decodeText } from "../wire/utf8.ts";
import type { Doubt, Place } from "./find.ts";
import { findOps } from "./find.ts";
import { strangersOf } from "./supervised.ts";

/** A program that the plan runs besides the container's own. */
export interface HookView {
  readonly path: string;
  /** Whose program it is: `host` runs with the caller's rights, `container` in the container. */
  readonly side: "host" | "container";
  /** A program of the host that runs in the container's namespaces, before the root transition. */
  readonly inside: boolean;
  /** The annotations that it gets; undefined if what it gets cannot be read. */
  readonly annotations: readonly string[] | undefined;
  readonly at: Place;
}

const nowhere = 0xffffffff;
const pidLength = 10;
const zero = 0x30;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The state, in which room is left for a pid. */
function readMessage(message: Uint8Array, holes: readonly number[]): Readonly<Record<string, unknown>> | undefined {
  const bytes = message.slice();
  for (const hole of holes) if (hole !== nowhere) bytes.fill(zero, hole + pidLength - 1, hole + pidLength);
  try {
    const value: unknown = JSON.parse(decodeText(bytes));
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The names of the annotations in a state. */
export function readAnnotations(message: Uint8Array, holes: readonly number[]): readonly string[] | undefined {
  const value = readMessage(message, holes);
  const state = isObject(value?.state) ? value.state : value;
  if (state === undefined) return undefined;
  return isObject(state.annotations) ? Object.keys(state.annotations) : [];
}

/** The programs of the host that are opened before the container exists, by slot. */
function programsOf(plan: Plan): ReadonlyMap<SlotName, string> {
  return new Map(findOps(plan, "open-exec").map(({ op }) => [op.out, cleanPath(op.path)]));
}

function toView(op: OpOf<"spawn">, at: Place, programs: ReadonlyMap<SlotName, string>): HookView {
  const opened = op.program === undefined ? undefined : programs.get(op.program);
  return {
    path: opened ?? op.args[0] ?? "",
    side: op.phase === "exec" && op.program === undefined ? "container" : "host",
    inside: op.phase === "inside",
    annotations: readAnnotations(op.input, [Number(op.pidAt)]),
    at,
  };
}

/** Reads the hooks of a plan. */
export function readHooks(plan: Plan): readonly HookView[] {
  const programs = programsOf(plan);
  return findOps(plan, "spawn").map(({ op, at }) => toView(op, at, programs));
}

/** The programs that write id maps for ordinary users (shadow-utils), which are set-user-id and trust nobody. */
const mappers: ReadonlySet<string> = new Set(["/usr/bin/newuidmap", "/usr/bin/newgidmap"]);
/** What a listener gets (the OCI's seccomp state); anything else could be meant for another service. */
const told: ReadonlySet<string> = new Set(["ociVersion", "fds", "pid", "metadata", "state"]);
/** What a descriptor is sent with: the name of a terminal, how a process was made. */
const names: ReadonlySet<string> = new Set(["/dev/ptmx", "standard", "setns"]);

/** Whether a hook runs in the bundle of its state, in the container's root, or without a directory. */
function isUsualPlace(plan: Plan, { phase, cwd, input, pidAt }: OpOf<"spawn">): boolean {
  if (cwd === undefined) return true;
  if (phase === "inside")
    return [...findOps(plan, "attach-root").map(({ op }) => op.tree), "root", "rootfs"].includes(cwd);
  const bundle = readMessage(input, [Number(pidAt)])?.bundle;
  const opened = findOps(plan, "open-dir").find(({ op }) => op.out === cwd)?.op;
  return typeof bundle === "string" && opened !== undefined && cleanPath(opened.path) === cleanPath(bundle);
}

/** Programs and messages of a plan by which it could ask anything of the host. */
export function doubtPrograms(plan: Plan): readonly Doubt[] {
  const programs = programsOf(plan);
  return [
    ...findOps(plan, "spawn-idmap").flatMap(({ op, at }) => {
      const path = programs.get(op.helper) ?? "a program";
      return mappers.has(path) ? [] : [{ at, what: `${path} is run to write id maps` }];
    }),
    ...findOps(plan, "spawn").flatMap(({ op, at }) =>
      op.program === undefined && op.phase !== "exec" ? [{ at, what: "which program is run is not known" }] : [],
    ),
    ...findOps(plan, "spawn").flatMap(({ op, at }) =>
      isUsualPlace(plan, op) ? [] : [{ at, what: "the working directory of a hook is not known" }],
    ),
    ...findOps(plan, "send-fd").flatMap(({ op, at }) =>
      names.has(op.name) || plan.inputs.some(({ name }) => name === op.socket)
        ? []
        : [{ at, what: `a service of the host is sent ${JSON.stringify(op.name)}` }],
    ),
    ...strangersOf(plan).flatMap(({ op, at }) => {
      const state = readMessage(op.message, [Number(op.pidAt), Number(op.statePidAt)]);
      const isState = state !== undefined && Object.keys(state).every((key) => told.has(key));
      return isState ? [] : [{ at, what: "what a service of the host is sent is no state of a container" }];
    }),
  ];
}
