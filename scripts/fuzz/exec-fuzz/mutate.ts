// Changes of a plan at the level of its ops: what is changed where comes from numbers, so that it can be shrunk.
import type { Plan, PlanOp } from "../../../packages/core/src/wire/op.ts";
import type { OpRow } from "../../../packages/core/src/wire/tables/op-table.ts";
import { opTable } from "../../../packages/core/src/wire/tables/op-table.ts";

/** One change; the numbers are taken modulo what there is. */
export type Change = { readonly kind: number; readonly at: number; readonly to: number; readonly value: number };

type Ops = readonly PlanOp[];
type Changer = (ops: Ops, change: Change, donor: Ops) => Ops;

const rowOf = (op: PlanOp): OpRow => opTable[op.op];
const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];
const replaced = (ops: Ops, at: number, op: PlanOp): Ops => ops.with(at % ops.length, op);

/** An op with one field given another value. What does not fit is refused by the encoder, as it has to be. */
function withField(op: PlanOp, key: string, value: unknown): PlanOp {
  const changed: PlanOp = { ...op, [key]: value };
  return changed;
}

const paths = [
  "/",
  "..",
  "../..",
  "proc/self/root",
  "/proc/1/root",
  "dev",
  "etc/motd",
  "proc",
  "tmp/new/deep",
  "probe",
];

const remove: Changer = (ops, { at }) => ops.toSpliced(at % ops.length, 1);

const double: Changer = (ops, { at, to }) => {
  const op = pick(ops, at);
  return op === undefined ? ops : ops.toSpliced(to % ops.length, 0, op);
};

const move: Changer = (ops, { at, to }) => {
  const op = pick(ops, at);
  return op === undefined ? ops : ops.toSpliced(at % ops.length, 1).toSpliced(to % ops.length, 0, op);
};

/** Among its neighbours: an order that is likelier to be taken. */
const swap: Changer = (ops, { at }) => {
  const [first, second] = [ops[at % ops.length], ops[(at % ops.length) + 1]];
  if (first === undefined || second === undefined) return ops;
  return ops.toSpliced(at % ops.length, 2, second, first);
};

const splice: Changer = (ops, { at, to }, donor) => {
  const op = pick(donor, at);
  if (op === undefined) return ops;
  const last = ops.findLastIndex(({ phase }) => phase === op.phase);
  const same = ops.flatMap(({ phase }, index) => (phase === op.phase ? [index] : []));
  return ops.toSpliced(pick(same, to) ?? last + 1, 0, op);
};

const rephase: Changer = (ops, { at, value }) => {
  const op = pick(ops, at);
  const phase = op && pick(rowOf(op).phases, value);
  return op === undefined ? ops : replaced(ops, at, withField(op, "phase", phase));
};

const reslot: Changer = (ops, { at, value, to }) => {
  const op = pick(ops, at);
  const key = op && pick([...Object.keys(rowOf(op).slots ?? {}), ...(rowOf(op).out ? ["out"] : [])], value);
  const names = ops.flatMap((other) => ("out" in other ? [other.out] : []));
  return op === undefined || key === undefined ? ops : replaced(ops, at, withField(op, key, pick(names, to)));
};

const renumber: Changer = (ops, { at, value, to }) => {
  const op = pick(ops, at);
  const key = op && pick(Object.keys(rowOf(op).nums ?? {}), value);
  if (op === undefined || key === undefined) return ops;
  const row = rowOf(op).nums?.[key];
  const number = row?.mask === undefined ? to % ((row?.max ?? 0xffffffff) + 1) : (to & row.mask) >>> 0;
  return replaced(ops, at, withField(op, key, number));
};

const repath: Changer = (ops, { at, value }) => {
  const withPath = ops.flatMap((op, index) => ("path" in op ? [index] : []));
  const index = pick(withPath, at) ?? 0;
  const op = ops[index];
  return op === undefined ? ops : replaced(ops, index, withField(op, "path", pick(paths, value)));
};

const reflag: Changer = (ops, { at, value }) => {
  const op = pick(ops, at);
  const flag = op && pick(rowOf(op).flags ?? [], value);
  if (op === undefined || flag === undefined) return ops;
  const flags = op.flags?.includes(flag) ? op.flags.filter((other) => other !== flag) : [...(op.flags ?? []), flag];
  return replaced(ops, at, withField(op, "flags", flags));
};

const changers = [remove, double, move, swap, splice, rephase, reslot, renumber, repath, reflag];

/** The plan with the changes made, one after the other. */
export function changed(plan: Plan, donor: Plan, changes: readonly Change[]): Plan {
  const ops = changes.reduce<Ops>((all, change) => {
    const changer = pick(changers, change.kind);
    return all.length < 2 || changer === undefined ? all : changer(all, change, donor.ops);
  }, plan.ops);
  return { ...plan, ops };
}
