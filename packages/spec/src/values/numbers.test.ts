// The first and the last value of each kind of number, and those right outside.
import test from "ava";
import { int32, int64, permissions, safeInt64, safeInteger, uint8, uint16, uint32, uint64 } from "./numbers.ts";

type Outcome = { readonly value: unknown } | { readonly message: string; readonly rule: unknown };

type Schema = { readonly safeParse: ReturnType<typeof uint8>["safeParse"] | ReturnType<typeof int64>["safeParse"] };

function parse(schema: Schema, input: unknown): Outcome {
  const { data, error } = schema.safeParse(input);
  const [issue] = error?.issues ?? [];
  if (issue === undefined) return { value: data };
  return { message: issue.message, rule: issue.code === "custom" ? issue.params?.rule : undefined };
}

const small = { uint8, uint16, permissions, int32, uint32 };
const bounds = {
  uint8: [0, 255],
  uint16: [0, 65_535],
  permissions: [0, 511],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
} as const;

for (const name of ["uint8", "uint16", "permissions", "int32", "uint32"] as const)
  test(`${name} has its first and its last value`, (t) => {
    const [min, max] = bounds[name];
    const schema = small[name]();
    for (const value of [min, max]) {
      t.deepEqual(parse(schema, value), { value });
      t.deepEqual(parse(schema, BigInt(value)), { value });
    }
    for (const value of [min - 1, max + 1])
      t.deepEqual(parse(schema, value), { message: `must be from ${min} to ${max}, got ${value}`, rule: undefined });
  });

const wide = { int64: [int64, -(2n ** 63n), 2n ** 63n - 1n], uint64: [uint64, 0n, 2n ** 64n - 1n] } as const;

for (const [name, [make, min, max]] of Object.entries(wide))
  test(`${name} has its first and its last value`, (t) => {
    const schema = make();
    for (const value of [min, max]) t.deepEqual(parse(schema, value), { value });
    const outside = (value: number | bigint) => `must be from ${min} to ${max}, got ${value}`;
    // A double cannot tell this from the limit: that it is refused is our own rule.
    t.deepEqual(parse(schema, max + 1n), { message: outside(max + 1n), rule: "exact-integer" });
    t.deepEqual(parse(schema, Number(max) * 2), { message: outside(Number(max) * 2), rule: undefined });
    const below = min - 1n;
    t.deepEqual(parse(schema, below), { message: outside(below), rule: min === 0n ? undefined : "exact-integer" });
    t.deepEqual(parse(schema, -(2 ** 65)), { message: outside(-(2 ** 65)), rule: undefined });
  });

test("a double that may be rounded is refused, and its digits are not", (t) => {
  const schema = uint64();
  t.deepEqual(parse(schema, Number.MAX_SAFE_INTEGER), { value: BigInt(Number.MAX_SAFE_INTEGER) });
  const rounded = 2 ** 53;
  const message = `${rounded} is not exact: write it as an integer in full`;
  t.deepEqual(parse(schema, rounded), { message, rule: "exact-integer" });
  t.deepEqual(parse(schema, 2n ** 53n), { value: 2n ** 53n });
});

test("a safe integer has a least value, and no more than a double holds", (t) => {
  t.deepEqual(parse(safeInteger(1), 1), { value: 1 });
  t.deepEqual(parse(safeInteger(1), 0), { message: "must be at least 1, got 0", rule: undefined });
  t.deepEqual(parse(safeInteger(), -Number.MAX_SAFE_INTEGER), { value: -Number.MAX_SAFE_INTEGER });
  const rule = "safe-integer";
  const large = (value: number) => ({ message: `must be at most 2^53 - 1 in size, got ${value}`, rule });
  t.deepEqual(parse(safeInteger(), 2 ** 53), large(2 ** 53));
  t.deepEqual(parse(safeInt64(), -(2 ** 63)), large(-(2 ** 63)));
  const least = { message: `must be at least ${-(2 ** 63)}, got ${-(2 ** 64)}`, rule: undefined };
  t.deepEqual(parse(safeInt64(), -(2 ** 64)), least);
});

for (const [what, input, got] of [
  ["nothing", undefined, "is required"],
  ["a string", "1", "must be an integer, got string"],
  ["a fraction", 0.5, "must be an integer, got 0.5"],
] as const)
  test(`${what} is no number of any kind`, (t) => {
    for (const make of [uint8, int32, uint64, safeInteger, safeInt64])
      t.deepEqual(parse(make(), input), { message: got, rule: undefined });
  });
