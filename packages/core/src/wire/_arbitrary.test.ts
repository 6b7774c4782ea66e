// Random plans that the encoder takes: ops of every kind, whose slots exist at the right types. They are rarely plans
// that make sense, which is the verifier's business.
import fc from "fast-check";
import type { Plan, PlanInput, PlanOp } from "./op.ts";
import type { DataRow, NumRow, OpFlag, OpName, OpRow, SlotType } from "./tables/op-table.ts";
import { opFlags, opTable, slotTypes } from "./tables/op-table.ts";
import { decodeText } from "./utf8.ts";

const names = Object.keys(opTable) as OpName[];
const types = Object.keys(slotTypes) as SlotType[];
const flagOrder = Object.keys(opFlags);

const utf8 = fc.string({ unit: "binary", maxLength: 12 });
const anyBytes = fc.uint8Array({ maxLength: 12 }).map((bytes) => decodeText(bytes));
const text = fc.oneof(utf8, anyBytes).map((value) => value.replaceAll("\0", "x"));
const pathText = text.map((value) => `a${value}`);
const nameText = text.map((value) => `n${value.replaceAll("/", "-")}`);

function dataOf(row: DataRow): fc.Arbitrary<unknown> {
  const present: fc.Arbitrary<unknown> =
    row.kind === "bytes"
      ? fc.uint8Array({ minLength: 1, maxLength: 20 })
      : row.kind === "strings"
        ? fc.array(text, { minLength: 1, maxLength: 3 })
        : row.form === "path"
          ? pathText
          : row.form === "name"
            ? nameText
            : text;
  return row.optional ? fc.option(present, { nil: undefined }) : present;
}

function numOf(row: NumRow): fc.Arbitrary<number | bigint> {
  const all = (1n << 64n) - 1n;
  const any = row.signed
    ? fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n })
    : fc.bigInt({ min: 0n, max: row.max === undefined ? all : BigInt(row.max) });
  const masked = any.map((value) => (row.mask === undefined ? value : value & BigInt(row.mask)));
  return masked.map((value) =>
    BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value,
  );
}

/** The fields of an op besides its slots. */
function fieldsOf(name: OpName): fc.Arbitrary<Record<string, unknown>> {
  const row: OpRow = opTable[name];
  const fields: Record<string, fc.Arbitrary<unknown>> = {
    op: fc.constant(name),
    phase: fc.constantFrom(...row.phases),
    flags: fc
      .subarray([...(row.flags ?? [])])
      .map((flags: readonly OpFlag[]) => [...flags].sort((a, b) => flagOrder.indexOf(a) - flagOrder.indexOf(b))),
  };
  for (const [key, data] of Object.entries(row.data ?? {})) fields[key] = dataOf(data);
  for (const [key, num] of Object.entries(row.nums ?? {})) fields[key] = numOf(num);
  return fc.record(fields);
}

/** Gives an op its slots: of the inputs, of which there is one a type; and its out, the next number. */
function withSlots(fields: Record<string, unknown>, out: number): PlanOp {
  const row: OpRow = opTable[fields.op as OpName];
  const entries = Object.entries(fields).filter(
    ([key, value]) => value !== undefined && !(key === "flags" && `${value}` === ""),
  );
  const slots = Object.entries(row.slots ?? {}).map(([key, slot]) => [key, `in-${slot.types[0]}`]);
  return Object.fromEntries([...entries, ...slots, ...(row.out === undefined ? [] : [["out", `s${out}`]])]) as PlanOp;
}

const inputs: readonly PlanInput[] = types.map((type) => ({ name: `in-${type}`, type }));

/** Any plan that can be encoded; outs are called as the decoder calls them. */
export const anyPlan: fc.Arbitrary<Plan> = fc
  .tuple(
    fc.constantFrom("create", "join", "host"),
    fc.array(fc.constantFrom(...names).chain(fieldsOf), { maxLength: 12 }),
  )
  .map(([kind, list]) => {
    let next = inputs.length;
    const ops = list.map((fields) => {
      const op = withSlots(fields, next);
      if ("out" in op) next++;
      return op;
    });
    return { kind, inputs, ops } as Plan;
  });
