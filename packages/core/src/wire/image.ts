// The layout of a plan image (docs/formats/plan-format.md): sizes and places, and the op table as lists in wire order.

import type { DataRow, NumRow, OpName, OpRow, Phase, SlotRow } from "./tables/op-table.ts";
import { opTable } from "./tables/op-table.ts";

export const imageMagic = 0x52464f43;
export const imageMajor = 1;
export const imageMinor = 0;
export const headerSize = 64;
export const opSize = 80;
export const slotSize = 12;
export const maxImage = 16 << 20;
/** What all data references together may name, in bytes. */
export const maxReferred = 2 * maxImage;
export const maxOps = 4096;
export const maxSlots = 2048;
export const maxPath = 4095;
export const maxName = 255;

/** Where in the header each section's offset stands; its count or size follows. */
export const headerPlaces = { ops: 16, slots: 24, strings: 32, blobs: 40, relocations: 48 } as const;

/** Where in an op each group of fields begins. */
export const opPlaces = { code: 0, phase: 2, flags: 3, out: 4, slots: 6, data: 16, nums: 40 } as const;

/** The next multiple of 8. */
export function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

/** How many ops an image says that it has. */
export const countOps = (image: Uint8Array): number =>
  (image[headerPlaces.ops + 4] ?? 0) | ((image[headerPlaces.ops + 5] ?? 0) << 8);

/** A field of an op: its key, its row, and its place in the op. */
export interface FieldLayout<Row> {
  readonly key: string;
  readonly row: Row;
  readonly at: number;
}

/** A table by names, which has nothing but its rows. */
export type Dictionary<Value> = Readonly<Record<string, Value>>;

/** A row of the op table with its fields in wire order. */
export interface OpLayout {
  readonly name: OpName;
  readonly row: OpRow;
  readonly slots: readonly FieldLayout<SlotRow>[];
  readonly data: readonly FieldLayout<DataRow>[];
  readonly nums: readonly FieldLayout<NumRow>[];
  /** Every key that an op of that name may have. */
  readonly keys: ReadonlySet<string>;
}

function layOut<Row>(
  rows: Readonly<Record<string, Row>> = {},
  start: number,
  size: number,
): readonly FieldLayout<Row>[] {
  return Object.entries(rows).map(([key, row], index) => ({ key, row, at: start + size * index }));
}

/** Makes a dictionary: an object without a prototype, which engines without a compiler search faster than a map. */
export function dictionaryOf<Value>(entries: Iterable<readonly [string, Value]> = []): Record<string, Value> {
  return Object.setPrototypeOf(Object.fromEntries(entries), null);
}

function makeLayout(name: OpName, row: OpRow): OpLayout {
  const slots = layOut(row.slots, opPlaces.slots, 2);
  const data = layOut(row.data, opPlaces.data, 8);
  const nums = layOut(row.nums, opPlaces.nums, 8);
  const fields = [...slots, ...data, ...nums].map(({ key }) => key);
  const keys = new Set(["op", "phase", "flags", "from", "why", ...(row.out === undefined ? [] : ["out"]), ...fields]);
  return { name, row, slots, data, nums, keys };
}

const names = Object.keys(opTable) as OpName[];

/** The layouts by name. */
export const layouts: ReadonlyMap<string, OpLayout> = new Map(
  names.map((name) => [name, makeLayout(name, opTable[name])]),
);

/** The same as a dictionary. */
export const layoutByName: Dictionary<OpLayout> = dictionaryOf(layouts);

/** The layouts by code. */
export const layoutsByCode: ReadonlyMap<number, OpLayout> = new Map(
  [...layouts.values()].map((layout) => [layout.row.code, layout]),
);

/** True where the row allows the phase. */
export function allowsPhase(row: OpRow, phase: Phase): boolean {
  return row.phases.includes(phase);
}
