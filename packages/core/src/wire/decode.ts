// A plan from bytes. It trusts nothing: what does not fit the format is an error, whether it was verified or not.

import { WireError } from "./error.ts";
import type { OpLayout } from "./image.ts";
import {
  headerPlaces,
  headerSize,
  imageMagic,
  imageMajor,
  imageMinor,
  layoutsByCode,
  maxImage,
  maxOps,
  maxReferred,
  maxSlots,
  opPlaces,
  opSize,
  slotSize,
} from "./image.ts";
import type { Plan, PlanInput, PlanOp } from "./op.ts";
import type { DataRow, OpFlag, OpName, Phase, PlanKind, SlotType } from "./tables/op-table.ts";
import { opFlags, phases, planKinds, slotTypes } from "./tables/op-table.ts";
import { decodeText } from "./utf8.ts";

interface Image {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

interface Section {
  readonly offset: number;
  readonly length: number;
}

/** What may still be copied out: references can overlap, so that a small image could name very much. */
interface Budget {
  bytes: number;
}

interface Tables {
  readonly budget: Budget;
  readonly image: Image;
  readonly strings: Section;
  readonly blobs: Section;
  readonly slotNames: readonly string[];
}

function fault(message: string, op?: number): WireError {
  return new WireError("bad-image", message, op);
}

function nameOf<K extends string>(rows: Readonly<Record<K, { readonly code: number }>>, code: number): K | undefined {
  for (const name in rows) if (rows[name].code === code) return name;
  return undefined;
}

function checkHeader({ bytes, view }: Image): void {
  if (bytes.length < headerSize || bytes.length > maxImage) throw fault(`${bytes.length} bytes are not a plan`);
  if (view.getUint32(0, true) !== imageMagic) throw fault("the bytes are not a plan: no magic number");
  const version = `${view.getUint16(4, true)}.${view.getUint16(6, true)}`;
  if (version !== `${imageMajor}.${imageMinor}`) throw fault(`the plan has the unknown version ${version}`);
  if (view.getUint32(8, true) !== bytes.length) throw fault("the plan is cut short or has bytes after its end");
}

function section({ bytes, view }: Image, place: number, unit: number, most: number): Section {
  const offset = view.getUint32(place, true);
  const length = view.getUint32(place + 4, true);
  if (length > most || offset + length * unit > bytes.length) throw fault("a section lies outside the plan");
  return { offset, length };
}

function readText(tables: Tables, offset: number, length: number, op?: number): string {
  const { strings, image } = tables;
  const start = strings.offset + offset;
  const end = start + length;
  if (offset + length >= strings.length || image.bytes[end] !== 0) throw fault("a string is not in the plan", op);
  return decodeText(image.bytes, start, end);
}

function readData(tables: Tables, row: DataRow, offset: number, length: number, op: number): unknown {
  if (offset === 0 && length === 0) return undefined;
  tables.budget.bytes -= length;
  if (tables.budget.bytes < 0) throw fault("the data references name too much", op);
  if (row.kind === "strings") return readText(tables, offset, Math.max(length, 1) - 1, op).split("\0");
  if (row.kind === "string") return readText(tables, offset, length, op);
  const { blobs, image } = tables;
  if (offset + length > blobs.length) throw fault("a blob is not in the plan", op);
  return image.bytes.slice(blobs.offset + offset, blobs.offset + offset + length);
}

function plainNumber(value: bigint): number | bigint {
  const small = value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER);
  return small ? Number(value) : value;
}

/** Each bit of the byte is a flag. */
const readFlags = (bits: number): OpFlag[] =>
  (Object.keys(opFlags) as OpFlag[]).filter((name) => (bits & opFlags[name].bit) !== 0);

function readFields(view: DataView, tables: Tables, layout: OpLayout, op: number): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const slotName = (place: number): string | undefined => tables.slotNames[view.getUint16(place, true)];
  if (layout.row.out !== undefined) fields.out = slotName(opPlaces.out);
  for (const { key, at } of layout.slots) fields[key] = slotName(at);
  for (const { key, row, at } of layout.data) {
    fields[key] = readData(tables, row, view.getUint32(at, true), view.getUint32(at + 4, true), op);
  }
  for (const { key, row, at } of layout.nums) {
    const value = view.getBigUint64(at, true);
    fields[key] = plainNumber(row.signed ? BigInt.asIntN(64, value) : value);
  }
  return fields;
}

/** Leaves out what is missing, and refuses it where the row requires it. */
function presentFields(fields: Record<string, unknown>, layout: OpLayout, op: number): Record<string, unknown> {
  const optional = [...layout.slots, ...layout.data].filter(({ row }) => row.optional).map(({ key }) => key);
  const present: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (value !== undefined) present[key] = value;
    else if (!optional.includes(key)) throw fault(`\`${layout.name}\` has no \`${key}\``, op);
  }
  return present;
}

function readOp(view: DataView, tables: Tables, index: number): PlanOp {
  const code = view.getUint16(opPlaces.code, true);
  const layout = layoutsByCode.get(code);
  if (layout === undefined) throw fault(`unknown op ${code}`, index);
  const phase: Phase | undefined = nameOf(phases, view.getUint8(opPlaces.phase));
  if (phase === undefined) throw fault("unknown phase", index);
  const flags = readFlags(view.getUint8(opPlaces.flags));
  const name: OpName = layout.name;
  const fields = presentFields(readFields(view, tables, layout, index), layout, index);
  return { op: name, phase, ...(flags.length === 0 ? {} : { flags }), ...fields } as PlanOp;
}

function freeName(index: number, taken: ReadonlySet<string>): string {
  let name = `s${index}`;
  while (taken.has(name)) name += "_";
  return name;
}

function readInputs(image: Image, slots: Section, strings: Section): Map<number, PlanInput> {
  const inputs = new Map<number, PlanInput>();
  const tables: Tables = { budget: { bytes: maxReferred }, image, strings, blobs: strings, slotNames: [] };
  for (let index = 0; index < slots.length; index++) {
    const at = slots.offset + index * slotSize;
    const type: SlotType | undefined = nameOf(slotTypes, image.view.getUint8(at));
    if (type === undefined) throw fault(`slot ${index} has an unknown type`);
    if (image.view.getUint8(at + 1) === 0) continue;
    const name = readText(tables, image.view.getUint32(at + 4, true), image.view.getUint32(at + 8, true));
    inputs.set(index, { name, type });
  }
  return inputs;
}

/**
 * Decodes an image. Slots that ops define are called `s0`, `s1`, … by their number; provenance is not in an image.
 *
 * @throws {WireError} `bad-image` when the bytes are not an image of this format.
 */
export function decodePlan(bytes: Uint8Array): Plan {
  const image = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
  checkHeader(image);
  const kind: PlanKind | undefined = nameOf(planKinds, image.view.getUint16(12, true));
  if (kind === undefined) throw fault("unknown kind of plan");
  const opRows = section(image, headerPlaces.ops, opSize, maxOps);
  const slots = section(image, headerPlaces.slots, slotSize, maxSlots);
  const strings = section(image, headerPlaces.strings, 1, maxImage);
  const blobs = section(image, headerPlaces.blobs, 1, maxImage);
  const inputs = readInputs(image, slots, strings);
  const taken = new Set([...inputs.values()].map((input) => input.name));
  const slotNames = Array.from(
    { length: slots.length },
    (_, index) => inputs.get(index)?.name ?? freeName(index, taken),
  );
  const tables: Tables = { budget: { bytes: maxReferred }, image, strings, blobs, slotNames };
  const ops = Array.from({ length: opRows.length }, (_, index) =>
    readOp(new DataView(bytes.buffer, bytes.byteOffset + opRows.offset + index * opSize, opSize), tables, index),
  );
  return { kind, inputs: [...inputs.values()], ops };
}
