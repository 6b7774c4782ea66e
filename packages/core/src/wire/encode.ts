// A plan as bytes. Pure and deterministic: the same plan gives the same image.

import { putUint16, putUint32 } from "./bytes.ts";
import { WireError } from "./error.ts";
import type { OpContext } from "./fields.ts";
import { putNumber, readBytes, readString, readStrings } from "./fields.ts";
import type { OpLayout } from "./image.ts";
import {
  align,
  allowsPhase,
  headerPlaces,
  headerSize,
  imageMagic,
  imageMajor,
  imageMinor,
  layouts,
  maxImage,
  maxOps,
  maxSlots,
  opPlaces,
  opSize,
  slotSize,
} from "./image.ts";
import type { Plan, PlanOp } from "./op.ts";
import type { BlobSection, Reference, StringSection } from "./sections.ts";
import { makeBlobSection, makeStringSection } from "./sections.ts";
import type { SlotNumbers } from "./slots.ts";
import { numberSlots } from "./slots.ts";
import type { DataRow, OpFlag, Phase } from "./tables/op-table.ts";
import { opFlags, phases, planKinds, slotTypes } from "./tables/op-table.ts";

interface Sections {
  readonly strings: StringSection;
  readonly blobs: BlobSection;
  readonly slots: SlotNumbers;
}

type Fields = Readonly<Record<string, unknown>>;

function layoutOf(op: PlanOp, index: number): OpLayout {
  const layout = layouts.get(op.op);
  if (layout === undefined) throw new WireError("bad-plan", `there is no op \`${op.op}\``, index);
  return layout;
}

function checkKeys(op: PlanOp, { layout, index }: OpContext): void {
  for (const key of Object.keys(op)) {
    if (!layout.keys.has(key)) throw new WireError("bad-plan", `\`${op.op}\` has no field \`${key}\``, index);
  }
}

function phaseCode(phase: Phase, { layout, index }: OpContext): number {
  if (allowsPhase(layout.row, phase)) return phases[phase].code;
  throw new WireError("bad-plan", `\`${layout.name}\` cannot be in phase ${phase}`, index);
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

function putReference(bytes: Uint8Array, at: number, { offset, length }: Reference): void {
  putUint32(bytes, at, offset);
  putUint32(bytes, at + 4, length);
}

/** The ops as bytes, and as larger numbers at the same places: these are written at once. */
interface OpSection {
  readonly bytes: Uint8Array;
  readonly halves: Uint16Array;
  readonly words: Uint32Array;
}

/** True on all machines that have coffer, in all engines of theirs. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function makeOpSection(count: number): OpSection {
  if (!isLittleEndian) throw new WireError("bad-plan", "plans are encoded on little-endian machines only");
  const bytes = new Uint8Array(count * opSize);
  return { bytes, halves: new Uint16Array(bytes.buffer), words: new Uint32Array(bytes.buffer) };
}

const slotCount = 3;
const noSlot = 0xffff;

/** Gives how many fields there were. */
function putSlots({ halves }: OpSection, start: number, fields: Fields, slots: SlotNumbers, context: OpContext) {
  const { layout } = context;
  let found = 0;
  const out = (start + opPlaces.out) >> 1;
  const isOut = layout.row.out !== undefined;
  halves[out] = isOut ? slots.out(fields, context) : noSlot;
  if (isOut) found++;
  const used = layout.slots;
  // By index: an engine without a compiler makes an object for each loop over values.
  for (let index = 0; index < slotCount; index++) {
    const field = used[index];
    const name = field && fields[field.key];
    const isUsed = field !== undefined && !(name === undefined && field.row.optional);
    halves[out + 1 + index] = isUsed ? slots.used(field.key, field.row, name, context) : noSlot;
    if (isUsed) found++;
  }
  return found;
}

function dataReference(key: string, row: DataRow, value: unknown, sections: Sections, context: OpContext): Reference {
  if (row.kind === "bytes") return readBytes(key, row, value, sections.blobs, context);
  if (row.kind === "strings") return readStrings(key, row, value, sections.strings, context);
  return readString(key, row, value, sections.strings, context);
}

function putData({ words }: OpSection, start: number, fields: Fields, sections: Sections, context: OpContext): number {
  let found = 0;
  const { data } = context.layout;
  for (let index = 0; index < data.length; index++) {
    const field = data[index];
    if (field === undefined) break;
    const { key, row } = field;
    const value = fields[key];
    if (value === undefined && row.optional) continue;
    const { offset, length } = dataReference(key, row, value, sections, context);
    const place = (start + field.at) >> 2;
    words[place] = offset;
    words[place + 1] = length;
    found++;
  }
  return found;
}

function putOp(section: OpSection, start: number, op: PlanOp, index: number, sections: Sections): void {
  const { bytes, halves, words } = section;
  const layout = layoutOf(op, index);
  const context: OpContext = { layout, index };
  const fields: Fields = op;
  halves[(start + opPlaces.code) >> 1] = layout.row.code;
  bytes[start + opPlaces.phase] = phaseCode(op.phase, context);
  // The name and the phase; what explains the op is not in the image.
  let found = 2 + (op.from === undefined ? 0 : 1) + (op.why === undefined ? 0 : 1);
  if (op.flags !== undefined) {
    bytes[start + opPlaces.flags] = flagBits(op.flags, context);
    found++;
  }
  found += putSlots(section, start, fields, sections.slots, context);
  found += putData(section, start, fields, sections, context);
  const { nums } = layout;
  for (let number = 0; number < nums.length; number++) {
    const field = nums[number];
    if (field !== undefined)
      putNumber(words, (start + field.at) >> 2, field.key, field.row, fields[field.key], context);
  }
  if (Object.keys(op).length !== found + nums.length) checkKeys(op, context);
}

function encodeOps({ ops }: Plan, sections: Sections): Uint8Array {
  const section = makeOpSection(ops.length);
  let index = 0;
  for (const op of ops) {
    putOp(section, index * opSize, op, index, sections);
    index++;
  }
  return section.bytes;
}

function encodeSlots(sections: Sections): Uint8Array {
  const rows = sections.slots.rows;
  const bytes = new Uint8Array(rows.length * slotSize);
  rows.forEach(({ type, input }, index) => {
    const at = index * slotSize;
    bytes[at] = slotTypes[type].code;
    if (input === undefined) return;
    bytes[at + 1] = 1;
    const name = sections.strings.add(input);
    if (name === undefined) throw new WireError("bad-plan", `the input name ${JSON.stringify(input)} is not text`);
    putReference(bytes, at + 4, name);
  });
  return bytes;
}

function assemble(kind: number, ops: Uint8Array, slots: Uint8Array, sections: Sections): Uint8Array {
  const { strings, blobs } = sections;
  const slotsAt = align(headerSize + ops.length);
  const stringsAt = align(slotsAt + slots.length);
  const blobsAt = align(stringsAt + strings.size());
  const size = align(blobsAt + blobs.size());
  if (size > maxImage) throw new WireError("bad-plan", `the plan has ${size} bytes, more than ${maxImage}`);
  const image = new Uint8Array(size);
  putUint32(image, 0, imageMagic);
  putUint16(image, 4, imageMajor);
  putUint16(image, 6, imageMinor);
  putUint32(image, 8, size);
  putUint16(image, 12, kind);
  putReference(image, headerPlaces.ops, { offset: headerSize, length: ops.length / opSize });
  putReference(image, headerPlaces.slots, { offset: slotsAt, length: slots.length / slotSize });
  putReference(image, headerPlaces.strings, { offset: stringsAt, length: strings.size() });
  putReference(image, headerPlaces.blobs, { offset: blobsAt, length: blobs.size() });
  putReference(image, headerPlaces.relocations, { offset: size, length: 0 });
  image.set(ops, headerSize);
  image.set(slots, slotsAt);
  strings.writeTo(image.subarray(stringsAt));
  blobs.writeTo(image.subarray(blobsAt));
  return image;
}

/** The error of a plan that needs more than there is. It names the first op that is too many. */
function tooMuch(what: string, most: number, op: number | undefined): WireError {
  const message = `the plan needs ${what}, and may have ${most}: this is the first that does not fit; ask for fewer mounts, devices or parameters`;
  return new WireError("bad-plan", message, op);
}

/**
 * Encodes a plan. It checks what the op table says of each op; that the plan as a whole is well formed is the
 * verifier's to prove.
 *
 * @throws {WireError} `bad-plan`, with the index of the op.
 */
export function encodePlan(plan: Plan): Uint8Array {
  if (plan.ops.length > maxOps) throw tooMuch(`${plan.ops.length} ops`, maxOps, maxOps);
  const slots = numberSlots(plan);
  if (slots.rows.length > maxSlots) throw tooMuch(`${slots.rows.length} slots`, maxSlots, slots.opOf(maxSlots));
  const sections: Sections = { strings: makeStringSection(), blobs: makeBlobSection(), slots };
  const ops = encodeOps(plan, sections);
  return assemble(planKinds[plan.kind].code, ops, encodeSlots(sections), sections);
}
