// The encoder and the verifier have the same table: each op alone, with the greatest of its numbers and one more.
import test from "ava";
import { encodePlan } from "../wire/encode.ts";
import { headerSize, opPlaces } from "../wire/image.ts";
import type { PlanInput, PlanOp } from "../wire/op.ts";
import type { DataRow, NumRow, OpName, OpRow, SlotType } from "../wire/tables/op-table.ts";
import { opTable, slotTypes } from "../wire/tables/op-table.ts";
import { verifyPlan } from "./index.ts";

/** What the verifier says of an image and of one op alone, in this order. Whatever else it says is of the whole plan. */
const ofOneOp = new Set([
  ...["bad-slot", "bad-bounds", "unknown-op", "op-phase", "op-flags", "op-fields"],
  ...["slot-undefined", "slot-type", "bad-string", "bad-path", "bad-name", "bad-number"],
]);

/** Slots that no input has: an op of the plan makes each. */
const makers: Readonly<Partial<Record<SlotType, OpName>>> = {
  tree: "make-masks",
  label: "open-label",
  ruleset: "make-ruleset",
  listener: "listen",
};
const types = Object.keys(slotTypes) as SlotType[];
const isMade = (type: SlotType): boolean => makers[type] !== undefined;
const inputs: readonly PlanInput[] = types
  .filter((type) => !isMade(type))
  .map((type) => ({ name: `in-${type}`, type }));

const dataOf = ({ kind }: DataRow): unknown =>
  kind === "bytes" ? new Uint8Array(8) : kind === "strings" ? ["a"] : "a";

const all = (1n << 64n) - 1n;
const greatest = ({ max, mask }: NumRow): bigint => BigInt(mask ?? max ?? all);

/** A number that a row does not take: one more than the greatest, or the lowest bit that is not in the mask. */
function beyond({ max, mask }: NumRow): bigint | undefined {
  if (mask === undefined) return max === undefined ? undefined : BigInt(max) + 1n;
  let bit = 1n;
  while ((BigInt(mask) & bit) !== 0n) bit <<= 1n;
  return bit;
}

const nowhere = 0xffffffff;

/** Numbers that a rule of more than the table asks for (helper-c/plan/verify/numbers.c), beside data and slots that may be missing. */
const needed: Readonly<Partial<Record<OpName, Readonly<Record<string, number | bigint>>>>> = {
  "open-namespace": { type: 0x20000 },
  "join-namespaces": { types: 0x20000 },
  unshare: { namespaces: 0x02000000 },
  report: { state: 1 },
  "set-rlimit": { hard: all },
  "set-own-rlimit": { hard: all },
  spawn: { pidAt: nowhere },
  "load-listener": { pidAt: nowhere, statePidAt: nowhere },
};
const neededWhole: typeof needed = { "set-mount": { set: 0x100000 }, "set-ids": { setGroups: 1 } };
/** A namespace is of one type. */
const restricted = "type of open-namespace";

/** The fields of an op: with those that may be missing, or without them. */
function opOf(name: OpName, isWhole: boolean): Record<string, unknown> {
  const row: OpRow = opTable[name];
  const isThere = ([, { optional }]: readonly [string, { readonly optional?: boolean }]) => isWhole || !optional;
  return {
    op: name,
    phase: row.phases[0],
    ...(row.out === undefined ? {} : { out: "out" }),
    ...Object.fromEntries(
      Object.entries(row.slots ?? {})
        .filter(isThere)
        .map(([key, slot]) => [key, `in-${slot.types[0]}`]),
    ),
    ...Object.fromEntries(
      Object.entries(row.data ?? {})
        .filter(isThere)
        .map(([key, data]) => [key, dataOf(data)]),
    ),
    ...Object.fromEntries(Object.keys(row.nums ?? {}).map((key) => [key, 0])),
    ...needed[name],
    ...(isWhole ? neededWhole[name] : {}),
  };
}

/** The ops behind the one that is tried define the slots that are made: the verifier looks at their order later. */
const made = Object.entries(makers).map(([type, name]) => ({ ...opOf(name, false), out: `in-${type}` }));
const encode = (op: Record<string, unknown>): Uint8Array =>
  encodePlan({ kind: "create", inputs, ops: [op, ...made] as PlanOp[] });

/** The rule that an op breaks by itself; undefined if the verifier takes the op, or looks at more than the op. */
function brokenBy(image: Uint8Array): string | undefined {
  const verdict = verifyPlan(image);
  if (verdict.ok || !ofOneOp.has(verdict.rule)) return undefined;
  return verdict.rule === "bad-number" ? `bad-number ${verdict.detail}` : verdict.rule;
}

for (const name of Object.keys(opTable) as OpName[]) {
  const row: OpRow = opTable[name];
  test(`the verifier takes ${name} as the encoder does`, (t) => {
    for (const isWhole of [true, false]) {
      const op = opOf(name, isWhole);
      for (const phase of row.phases) t.is(brokenBy(encode({ ...op, phase })), undefined, `${phase} ${isWhole}`);
      for (const flag of row.flags ?? []) t.is(brokenBy(encode({ ...op, flags: [flag] })), undefined, flag);
    }
  });
  test(`the verifier refuses ${name} without what the encoder asks for`, (t) => {
    for (const [group, size, absent] of [
      ["slots", 2, 0xffffn],
      ["data", 8, 0n],
    ] as const)
      for (const [index, [key, { optional }]] of Object.entries(row[group] ?? {}).entries()) {
        if (optional) continue;
        const image = encode(opOf(name, true));
        const [view, at] = [new DataView(image.buffer), headerSize + opPlaces[group] + size * index];
        if (size === 2) view.setUint16(at, Number(absent), true);
        else view.setBigUint64(at, absent, true);
        t.is(brokenBy(image), "op-fields", key);
      }
    t.pass();
  });
  for (const [index, [key, num]] of Object.entries(row.nums ?? {}).entries()) {
    if (num.signed) continue;
    test(`the greatest ${key} of ${name} is taken, and no greater one`, (t) => {
      const op = opOf(name, true);
      const image = encode(`${key} of ${name}` === restricted ? op : { ...op, [key]: greatest(num) });
      t.is(brokenBy(image), undefined);
      const more = beyond(num);
      if (more === undefined) return;
      t.throws(() => encode({ ...op, [key]: more }), { message: new RegExp(`\`${key}\` is out of range`) });
      new DataView(image.buffer).setBigUint64(headerSize + opPlaces.nums + 8 * index, more, true);
      t.is(brokenBy(image), `bad-number ${index}`);
    });
  }
}
