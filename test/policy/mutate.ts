// Changes plans: takes ops out, puts others in, changes their places and their fields. What comes out is a plan that can be
// encoded; whether the verifier accepts it is its business.
import { encodePlan } from "../../packages/core/src/wire/encode.ts";
import { WireError } from "../../packages/core/src/wire/error.ts";
import type { Plan, PlanOp, SlotName } from "../../packages/core/src/wire/op.ts";
import type { OpRow } from "../../packages/core/src/wire/tables/op-table.ts";
import { opTable, phases } from "../../packages/core/src/wire/tables/op-table.ts";
import type { Random } from "./random.ts";
import type { Place } from "./snippets.ts";
import { hostPaths, paths, snippets, someNamespaces } from "./snippets.ts";

type Ops = readonly PlanOp[];
type Mutator = (ops: Ops, random: Random, place: Place) => Ops;

const rowOf = ({ op }: PlanOp): OpRow => opTable[op];
const codeOf = ({ phase }: PlanOp): number => phases[phase].code;

/** A place among the ops of a phase. */
function placeIn(ops: Ops, op: PlanOp, random: Random): number {
  const indexes = ops.flatMap((one, index) => (codeOf(one) === codeOf(op) ? [index] : []));
  return indexes.length === 0 ? ops.findIndex((one) => codeOf(one) > codeOf(op)) : random.pick(indexes);
}

function withField(op: PlanOp, field: string, value: unknown): PlanOp {
  // The fields of an op are those of its row: a value of the same kind fits.
  return Object.assign({ ...op }, { [field]: value });
}

/** A slot, by another of a type that may stand there. */
function otherSlot(ops: Ops, op: PlanOp, random: Random): PlanOp {
  const fields = Object.entries(rowOf(op).slots ?? {});
  if (fields.length === 0) return op;
  const [field, { types, optional }] = random.pick(fields);
  if (optional === true && random.below(4) === 0) return withField(op, field, undefined);
  const fitting = ops.flatMap((one): SlotName[] => {
    const { out } = rowOf(one);
    return out !== undefined && "out" in one && types.includes(out) ? [one.out] : [];
  });
  const all = types.includes("file") ? [...fitting, "stdin", "stdout"] : [...fitting];
  if (types.includes("dir")) all.push("rootfs");
  return all.length === 0 ? op : withField(op, field, random.pick(all));
}

function otherNumber(op: PlanOp, random: Random): PlanOp {
  const fields = Object.entries(rowOf(op).nums ?? {});
  if (fields.length === 0) return op;
  const [field, { max, mask }] = random.pick(fields);
  if (field === "namespaces" || field === "types") return withField(op, field, someNamespaces(random));
  if (mask !== undefined) return withField(op, field, random.pick([0, 1, mask, 1 << random.below(22)]) & mask);
  const values = [0, 1, 2, 3, 4, 1000, 65_536, 100_000].filter((value) => max === undefined || value <= max);
  return withField(op, field, random.pick(values));
}

function otherText(op: PlanOp, random: Random, place: Place): PlanOp {
  const data: Readonly<Record<string, unknown>> = { ...op };
  const fields = Object.keys(rowOf(op).data ?? {}).filter((key) => typeof data[key] === "string");
  if (fields.length === 0) return op;
  const all = [...paths, ...hostPaths(place), "tmpfs", "proc", "overlay", "pids.max", "1", "max", "../x", "proc/self"];
  const field = random.pick(fields);
  const text = random.pick(all);
  return withField(op, field, random.below(3) === 0 ? `${data[field]}/..` : text);
}

const changeOne =
  (change: (ops: Ops, op: PlanOp, random: Random, place: Place) => PlanOp): Mutator =>
  (ops, random, place) => {
    const index = random.below(ops.length);
    const op = ops[index];
    return op === undefined ? ops : ops.with(index, change(ops, op, random, place));
  };

const mutators: readonly Mutator[] = [
  (ops, random) => ops.toSpliced(random.below(ops.length), 1),
  (ops, random) => {
    const op = random.pick(ops);
    const twin = "out" in op ? withField(op, "out", `${op.out}-again-${random.below(1000)}`) : op;
    return ops.toSpliced(placeIn(ops, op, random), 0, twin);
  },
  (ops, random) => {
    const index = random.below(ops.length - 1);
    const [a, b] = [ops[index], ops[index + 1]];
    return a === undefined || b === undefined ? ops : ops.with(index, b).with(index + 1, a);
  },
  (ops, random) => {
    const index = random.below(ops.length);
    const op = ops[index];
    if (op === undefined) return ops;
    const rest = ops.toSpliced(index, 1);
    return rest.toSpliced(placeIn(rest, op, random), 0, op);
  },
  (ops, random) => {
    const index = random.below(ops.length);
    const op = ops[index];
    return op === undefined ? ops : ops.with(index, withField(op, "phase", random.pick(rowOf(op).phases)));
  },
  changeOne((ops, op, random) => otherSlot(ops, op, random)),
  changeOne((_ops, op, random) => otherNumber(op, random)),
  changeOne((_ops, op, random) => otherNumber(op, random)),
  changeOne((_ops, op, random, place) => otherText(op, random, place)),
];

/** Ops of one phase stay together. */
function phasesOf(ops: Ops): readonly Ops[] {
  const names = [...new Set(ops.map(({ phase }) => phase))];
  return names.map((name) => ops.filter(({ phase }) => phase === name));
}

function insert(ops: Ops, random: Random, place: Place, count: number): Ops {
  const make = random.pick(Object.values(snippets));
  const added = make(random, (name) => `x${count}-${name}`, place);
  return phasesOf(added).reduce((all, [first, ...more]) => {
    return first === undefined ? all : all.toSpliced(placeIn(all, first, random), 0, first, ...more);
  }, ops);
}

/** One mutant, as the decoder would give it back; undefined where it cannot be encoded. */
export function mutate(base: Plan, random: Random, place: Place): { plan: Plan; bytes: Uint8Array } | undefined {
  const times = 1 + random.below(3);
  let ops: Ops = base.ops;
  for (let count = 0; count < times; count += 1)
    ops = random.below(2) === 0 ? insert(ops, random, place, count) : random.pick(mutators)(ops, random, place);
  try {
    const plan = { ...base, ops };
    return { plan, bytes: encodePlan(plan) };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
