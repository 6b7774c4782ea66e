import type { OpOf, Plan, SlotName } from "../wire/op.ts";
import { decodeText } from "../wire/utf8.ts";
import type { Place } from "./find.ts";
import { findOps } from "./find.ts";

/** A program that the plan runs besides the container's own. */
export interface HookView {
  readonly path: string;
  /** Whose program it is: `host` runs with the caller's rights, `container` in the container. */
  readonly side: "host" | "container";
  /** The annotations that it is told; undefined where what it is told cannot be read. */
  readonly annotations: readonly string[] | undefined;
  readonly at: Place;
}

const nowhere = 0xffffffff;
const pidLength = 10;
const zero = 0x30;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The names of the annotations in a state that is told, in which room is left for a pid. */
export function readAnnotations(message: Uint8Array, holes: readonly number[]): readonly string[] | undefined {
  const bytes = message.slice();
  for (const hole of holes) if (hole !== nowhere) bytes.fill(zero, hole + pidLength - 1, hole + pidLength);
  try {
    const value: unknown = JSON.parse(decodeText(bytes));
    const state = isObject(value) && isObject(value.state) ? value.state : value;
    if (!isObject(state)) return undefined;
    return isObject(state.annotations) ? Object.keys(state.annotations) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The programs of the host that are opened before the container exists, by slot. */
function programsOf(plan: Plan): ReadonlyMap<SlotName, string> {
  return new Map(findOps(plan, "open-exec").map(({ op }) => [op.out, op.path]));
}

function toView(op: OpOf<"spawn">, at: Place, programs: ReadonlyMap<SlotName, string>): HookView {
  const opened = op.program === undefined ? undefined : programs.get(op.program);
  return {
    path: opened ?? op.args[0] ?? "",
    side: op.phase === "exec" && op.program === undefined ? "container" : "host",
    annotations: readAnnotations(op.input, [Number(op.pidAt)]),
    at,
  };
}

/** Reads the hooks of a plan. */
export function readHooks(plan: Plan): readonly HookView[] {
  const programs = programsOf(plan);
  return findOps(plan, "spawn").map(({ op, at }) => toView(op, at, programs));
}
