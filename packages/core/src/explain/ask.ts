// Questions about the ops of a plan: which a field of the config asked for, which make a system call, what one does.

import { describeOp } from "../plan/index.ts";
import type { Plan, PlanOp, SlotName } from "../wire/op.ts";
import { opCalls } from "../wire/tables/op-calls.ts";
import type { OpRow } from "../wire/tables/op-table.ts";
import { opTable } from "../wire/tables/op-table.ts";

const rows: Readonly<Record<string, OpRow>> = opTable;

/** An op with its index in the plan. */
export interface OpAt {
  readonly index: number;
  readonly op: PlanOp;
}

const all = ({ ops }: Plan): readonly OpAt[] => ops.map((op, index) => ({ index, op }));

const isBelow = (pointer: string, parent: string): boolean => pointer === parent || pointer.startsWith(`${parent}/`);

/**
 * The ops that a field of the config asked for: the field itself and what is in it. Where no op is about it alone, those of the
 * nearest field around it.
 */
export function opsOfField(plan: Plan, pointer: string): readonly OpAt[] {
  const given = all(plan).filter(({ op }) => op.from !== undefined && op.from !== "");
  for (let field = pointer; field !== ""; field = field.slice(0, field.lastIndexOf("/"))) {
    const exact = field === pointer;
    const found = given.filter(({ op: { from = "" } }) => (exact ? isBelow(from, field) : from === field));
    if (found.length > 0) return found;
  }
  return [];
}

/** Who makes the system calls of an op. */
export type Caller = "launcher" | "init" | "child";

/** The system calls of an op, by the process that makes them in its phase. */
export function callsOf({ op, phase }: PlanOp): readonly { readonly by: Caller; readonly calls: readonly string[] }[] {
  const { launcher, init, child } = opCalls[op];
  const isOutside = phase === "host" || phase === "parent";
  const by: readonly [Caller, string | undefined][] = [
    ["launcher", isOutside ? launcher : undefined],
    ["init", isOutside ? undefined : init],
    ["child", child],
  ];
  return by.flatMap(([who, words]) => (words === undefined ? [] : [{ by: who, calls: words.split(" ") }]));
}

/** The ops that make a system call. */
export function opsOfCall(plan: Plan, call: string): readonly OpAt[] {
  return all(plan).filter(({ op }) => callsOf(op).some(({ calls }) => calls.includes(call)));
}

/** A slot that an op uses, and the op that defines it; an input has none. */
export interface SlotUse {
  readonly field: string;
  readonly slot: SlotName;
  readonly definedBy?: number;
}

/** The slots that an op uses. `defined`: where every slot of the plan is defined. */
function slotsOf(op: PlanOp, defined: ReadonlyMap<SlotName, number>): readonly SlotUse[] {
  const values = new Map<string, unknown>(Object.entries(op));
  return Object.keys(rows[op.op]?.slots ?? {}).flatMap((field) => {
    const slot = values.get(field);
    if (typeof slot !== "string") return [];
    const definedBy = defined.get(slot);
    return [{ field, slot, ...(definedBy === undefined ? {} : { definedBy }) }];
  });
}

/** Which op defines each slot. */
function definitionsOf({ ops }: Plan): ReadonlyMap<SlotName, number> {
  return new Map(ops.flatMap((op, index): [SlotName, number][] => ("out" in op ? [[op.out, index]] : [])));
}

/** What an op does and why, in one sentence without a full stop. */
export function sentenceOf(op: PlanOp): string {
  return op.why ?? rows[op.op]?.doc ?? op.op;
}

/** Everything that is known of one op. */
export interface OpDetail {
  readonly index: number;
  readonly phase: PlanOp["phase"];
  readonly op: string;
  readonly line: string;
  readonly sentence: string;
  /** What every op of that name does. */
  readonly doc: string;
  readonly from?: string;
  readonly slots: readonly SlotUse[];
  /** The ops that use the slot that it defines. */
  readonly usedBy: readonly number[];
  readonly calls: ReturnType<typeof callsOf>;
}

/** Everything about the ops of a plan, in order. */
export function detailsOf(plan: Plan): readonly OpDetail[] {
  const defined = definitionsOf(plan);
  const slots = plan.ops.map((op) => slotsOf(op, defined));
  const users = new Map<number, number[]>();
  slots.forEach((uses, index) => {
    for (const { definedBy } of uses)
      if (definedBy !== undefined) {
        const list = users.get(definedBy);
        if (list === undefined) users.set(definedBy, [index]);
        else list.push(index);
      }
  });
  return plan.ops.map((op, index) => ({
    index,
    phase: op.phase,
    op: op.op,
    line: describeOp(op),
    sentence: sentenceOf(op),
    doc: rows[op.op]?.doc ?? "",
    ...(op.from === undefined || op.from === "" ? {} : { from: op.from }),
    slots: slots[index] ?? [],
    usedBy: users.get(index) ?? [],
    calls: callsOf(op),
  }));
}
