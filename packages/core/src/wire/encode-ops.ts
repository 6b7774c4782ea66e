// The ops of a plan as bytes.

import { WireError } from "./error.ts";
import type { OpContext } from "./fields.ts";
import { putNumber, readBytes, readString, readStrings } from "./fields.ts";
import type { OpLayout } from "./image.ts";
import { layoutByName, opPlaces, opSize } from "./image.ts";
import type { Plan, PlanOp } from "./op.ts";
import type { BlobSection, Reference, StringSection } from "./sections.ts";
import type { SlotNumbers } from "./slots.ts";
import { findSlot, wrongType } from "./slots.ts";
import type { DataRow, OpFlag } from "./tables/op-table.ts";
import { opFlags } from "./tables/op-table.ts";

/** What ops refer to. */
export interface Sections {
  readonly strings: StringSection;
  readonly blobs: BlobSection;
  readonly slots: SlotNumbers;
}

type Fields = Readonly<Record<string, unknown>>;

/** The layout of an op. */
export function layoutOf({ op }: PlanOp, index: number): OpLayout {
  const layout = layoutByName[op];
  if (layout === undefined) throw new WireError("bad-plan", `there is no op \`${op}\``, index);
  return layout;
}

function checkKeys(op: PlanOp, { layout, index }: OpContext): void {
  for (const key of Object.keys(op)) {
    if (!layout.keys.has(key)) throw new WireError("bad-plan", `\`${op.op}\` has no field \`${key}\``, index);
  }
}

function flagBits(flags: readonly OpFlag[], { layout, index }: OpContext): number {
  let bits = 0;
  for (const flag of flags) {
    if (!layout.row.flags?.includes(flag)) {
      throw new WireError("bad-plan", `\`${layout.name}\` does not take the flag \`${flag}\``, index);
    }
    bits |= opFlags[flag].bit;
  }
  return bits;
}

/** The ops as bytes, and as larger numbers at the same places: these are written at once. At first no op has a slot. */
interface OpSection {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
}

const slotCount = 3;

/** True on all machines that have coffer, in all engines of theirs. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function makeOpSection(count: number): OpSection {
  if (!isLittleEndian) throw new WireError("bad-plan", "plans are encoded on little-endian machines only");
  const bytes = new Uint8Array(count * opSize);
  if (count > 0) bytes.fill(0xff, opPlaces.out, opPlaces.slots + 2 * slotCount);
  for (let made = 1; made < count; made *= 2) bytes.copyWithin(made * opSize, 0, made * opSize);
  return { bytes, halves: new Uint16Array(bytes.buffer), words: new Uint32Array(bytes.buffer) };
}

// What follows goes through fields by index, and has few and large functions. An engine without a compiler makes an object for each
// loop over values, and a call costs it as much as ten steps.

/** Gives how many fields there were. */
function putSlots(halves: Uint16Array, start: number, fields: Fields, slots: SlotNumbers, context: OpContext): number {
  const { slots: used } = context.layout;
  let found = 0;
  for (let index = 0; index < used.length; index++) {
    const field = used[index];
    if (field === undefined) break;
    const { key } = field;
    const name = fields[key];
    if (name === undefined && field.row.optional) continue;
    const number = findSlot(slots, key, name, context);
    if (((slots.bits[number] ?? 0) & field.types) === 0) throw wrongType(slots, field, number, context);
    halves[(start + field.at) >> 1] = number;
    found++;
  }
  return found;
}

function dataReference(key: string, row: DataRow, value: unknown, sections: Sections, context: OpContext): Reference {
  if (row.kind === "string") return readString(key, row, value, sections.strings, context);
  if (row.kind === "bytes") return readBytes(key, row, value, sections.blobs, context);
  return readStrings(key, row, value, sections.strings, context);
}

/** Gives how many fields there were. */
function putData(words: Uint32Array, start: number, fields: Fields, sections: Sections, context: OpContext): number {
  let found = 0;
  const { data } = context.layout;
  for (let index = 0; index < data.length; index++) {
    const field = data[index];
    if (field === undefined) break;
    const value = fields[field.key];
    if (value === undefined && field.row.optional) continue;
    const { offset, length } = dataReference(field.key, field.row, value, sections, context);
    const place = (start + field.at) >> 2;
    words[place] = offset;
    words[place + 1] = length;
    found++;
  }
  return found;
}

function putNumbers(words: Uint32Array, start: number, fields: Fields, context: OpContext): void {
  const { nums } = context.layout;
  for (let index = 0; index < nums.length; index++) {
    const field = nums[index];
    if (field === undefined) break;
    const value = fields[field.key];
    // Every row takes 0, which the bytes are.
    if (value === 0) continue;
    const place = (start + field.at) >> 2;
    const isPlain = typeof value === "number" && value > 0 && value <= field.most && (value | 0) === value;
    if (isPlain && (value & field.outside) === 0) words[place] = value;
    else putNumber(words, place, field.key, field.row, value, context);
  }
}

function putOp({ bytes, halves, words }: OpSection, start: number, op: PlanOp, context: OpContext, sections: Sections) {
  const { layout, index } = context;
  const fields: Fields = op;
  const phase = layout.phases[op.phase];
  if (phase === undefined) throw new WireError("bad-plan", `\`${layout.name}\` cannot be in phase ${op.phase}`, index);
  halves[(start + opPlaces.code) >> 1] = layout.row.code;
  bytes[start + opPlaces.phase] = phase;
  // The name and the phase; what explains the op is not in the image.
  let found = 2 + layout.nums.length;
  if (op.from !== undefined) found++;
  if (op.why !== undefined) found++;
  if (op.flags !== undefined) {
    bytes[start + opPlaces.flags] = flagBits(op.flags, context);
    found++;
  }
  if (layout.row.out !== undefined) {
    halves[(start + opPlaces.out) >> 1] = findSlot(sections.slots, "out", fields.out, context);
    found++;
  }
  if (layout.slots.length > 0) found += putSlots(halves, start, fields, sections.slots, context);
  if (layout.data.length > 0) found += putData(words, start, fields, sections, context);
  if (layout.nums.length > 0) putNumbers(words, start, fields, context);
  if (Object.keys(op).length !== found) checkKeys(op, context);
}

/** The ops of a plan, whose layouts these are, as bytes. */
export function encodeOps({ ops }: Plan, layouts: readonly OpLayout[], sections: Sections): Uint8Array {
  const section = makeOpSection(ops.length);
  const [first] = layouts;
  if (first === undefined) return section.bytes;
  // One for all ops.
  const context = { layout: first, index: 0 };
  for (let index = 0; index < ops.length; index++) {
    const op = ops[index];
    context.layout = layouts[index] ?? first;
    context.index = index;
    if (op !== undefined) putOp(section, index * opSize, op, context, sections);
  }
  return section.bytes;
}
