// The types of a plan, derived from the op table.
import type { ConfigIssue } from "../errors.ts";
import type { DataRow, NumRow, OpFlag, OpName, OpTable, PlanKind, SlotRow, SlotType } from "./tables/op-table.ts";

/** The symbolic name of a slot, such as `root` or `mount-3`. Names are unique in a plan. */
export type SlotName = string;

type Rows<K extends OpName, F extends "slots" | "data" | "nums"> =
  OpTable[K] extends Readonly<Record<F, infer R>> ? R : Record<never, never>;

type OptionalKeys<R> = { [K in keyof R]: R[K] extends { readonly optional: true } ? K : never }[keyof R];

type Fields<R, V> = { readonly [K in Exclude<keyof R, OptionalKeys<R>>]: V } & { readonly [K in OptionalKeys<R>]?: V };

type DataValue<R> = R extends { readonly kind: "bytes" }
  ? Uint8Array
  : R extends { readonly kind: "strings" }
    ? readonly string[]
    : string;

type DataFields<R> = { readonly [K in Exclude<keyof R, OptionalKeys<R>>]: DataValue<R[K]> } & {
  readonly [K in OptionalKeys<R>]?: DataValue<R[K]>;
};

type OutField<K extends OpName> = OpTable[K] extends { readonly out: SlotType }
  ? { readonly out: SlotName }
  : Record<never, never>;

/** One op: its tag, its phase, the fields that its row of the table names, and where it came from. */
export type OpOf<K extends OpName> = {
  readonly op: K;
  readonly phase: OpTable[K]["phases"][number];
  readonly flags?: readonly OpFlag[];
  /** JSON pointer of the config field that asked for the op; absent where the runtime itself did. */
  readonly from?: string;
  /** One line for people: why the op is there. */
  readonly why?: string;
} & OutField<K> &
  Fields<Rows<K, "slots">, SlotName> &
  DataFields<Rows<K, "data">> &
  Fields<Rows<K, "nums">, number | bigint>;

/** Any op: a union on `op`. */
export type PlanOp = { readonly [K in OpName]: OpOf<K> }[OpName];

/** A slot that the launch has to be given: `--input NAME=…`. */
export interface PlanInput {
  readonly name: SlotName;
  readonly type: SlotType;
}

/** A plan: ops in the order host, parent, then init's phases; and the inputs that it needs. */
export interface Plan {
  readonly kind: PlanKind;
  readonly inputs: readonly PlanInput[];
  readonly ops: readonly PlanOp[];
  /** What is odd in the config and is carried out all the same. Not in the image: a stored plan has none. */
  readonly warnings?: readonly ConfigIssue[];
}

export type { DataRow, NumRow, OpFlag, OpName, PlanKind, SlotRow, SlotType };
