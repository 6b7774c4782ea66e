// A plan as bytes. Pure and deterministic: the same plan gives the same image.

import { WireError } from "./error.ts";
import type { OpContext } from "./fields.ts";
import { readBytes, readNumber, readString, readStrings } from "./fields.ts";
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
  noSlot,
  opPlaces,
  opSize,
  slotSize,
} from "./image.ts";
import type { Plan, PlanOp } from "./op.ts";
import type { BlobSection, Reference, StringSection } from "./sections.ts";
import { makeBlobSection, makeStringSection, nullReference } from "./sections.ts";
import type { SlotNumbers } from "./slots.ts";
import { numberSlots } from "./slots.ts";
import type { OpFlag, Phase } from "./tables/op-table.ts";
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
  for (const key of Object.keys(op)) {
    if (!layout.keys.has(key)) throw new WireError("bad-plan", `\`${op.op}\` has no field \`${key}\``, index);
  }
  return layout;
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

function putReference(view: DataView, at: number, { offset, length }: Reference): void {
  view.setUint32(at, offset, true);
  view.setUint32(at + 4, length, true);
}

function putSlots(view: DataView, fields: Fields, slots: SlotNumbers, context: OpContext): void {
  for (let position = 0; position < 3; position++) view.setUint16(opPlaces.slots + 2 * position, noSlot, true);
  view.setUint16(opPlaces.out, context.layout.row.out === undefined ? noSlot : slots.out(fields, context), true);
  for (const [position, [key, row]] of context.layout.slots.entries()) {
    if (row.optional && fields[key] === undefined) continue;
    view.setUint16(opPlaces.slots + 2 * position, slots.used(key, row, fields[key], context), true);
  }
}

function dataReference(fields: Fields, position: number, sections: Sections, context: OpContext): Reference {
  const [key, row] = context.layout.data[position] ?? [];
  if (key === undefined || row === undefined) return nullReference;
  const value = fields[key];
  if (row.optional && value === undefined) return nullReference;
  if (row.kind === "bytes") return readBytes(key, row, value, sections.blobs, context);
  if (row.kind === "strings") return readStrings(key, row, value, sections.strings, context);
  return readString(key, row, value, sections.strings, context);
}

function putOp(view: DataView, op: PlanOp, index: number, sections: Sections): void {
  const context: OpContext = { layout: layoutOf(op, index), index };
  const fields: Fields = op;
  view.setUint16(opPlaces.code, context.layout.row.code, true);
  view.setUint8(opPlaces.phase, phaseCode(op.phase, context));
  view.setUint8(opPlaces.flags, flagBits(op.flags ?? [], context));
  putSlots(view, fields, sections.slots, context);
  for (let position = 0; position < 3; position++) {
    putReference(view, opPlaces.data + 8 * position, dataReference(fields, position, sections, context));
  }
  for (const [position, [key, row]] of context.layout.nums.entries()) {
    view.setBigUint64(opPlaces.nums + 8 * position, readNumber(key, row, fields[key], context), true);
  }
}

function encodeOps(plan: Plan, sections: Sections): Uint8Array {
  const bytes = new Uint8Array(plan.ops.length * opSize);
  for (const [index, op] of plan.ops.entries()) {
    putOp(new DataView(bytes.buffer, index * opSize, opSize), op, index, sections);
  }
  return bytes;
}

function encodeSlots(sections: Sections): Uint8Array {
  const rows = sections.slots.rows;
  const bytes = new Uint8Array(rows.length * slotSize);
  const view = new DataView(bytes.buffer);
  for (const [index, { type, input }] of rows.entries()) {
    const at = index * slotSize;
    bytes[at] = slotTypes[type].code;
    bytes[at + 1] = input === undefined ? 0 : 1;
    const name = input === undefined ? nullReference : sections.strings.add(input);
    if (name === undefined) throw new WireError("bad-plan", `the input name ${JSON.stringify(input)} is not text`);
    putReference(view, at + 4, name);
  }
  return bytes;
}

function assemble(kind: number, ops: Uint8Array, slots: Uint8Array, sections: Sections): Uint8Array {
  const { strings, blobs } = sections;
  const slotsAt = align(headerSize + ops.length);
  const stringsAt = align(slotsAt + slots.length);
  const blobsAt = align(stringsAt + strings.bytes.length);
  const size = align(blobsAt + blobs.size());
  if (size > maxImage) throw new WireError("bad-plan", `the plan has ${size} bytes, more than ${maxImage}`);
  const image = new Uint8Array(size);
  const view = new DataView(image.buffer);
  view.setUint32(0, imageMagic, true);
  view.setUint16(4, imageMajor, true);
  view.setUint16(6, imageMinor, true);
  view.setUint32(8, size, true);
  view.setUint16(12, kind, true);
  putReference(view, headerPlaces.ops, { offset: headerSize, length: ops.length / opSize });
  putReference(view, headerPlaces.slots, { offset: slotsAt, length: slots.length / slotSize });
  putReference(view, headerPlaces.strings, { offset: stringsAt, length: strings.bytes.length });
  putReference(view, headerPlaces.blobs, { offset: blobsAt, length: blobs.size() });
  putReference(view, headerPlaces.relocations, { offset: size, length: 0 });
  image.set(ops, headerSize);
  image.set(slots, slotsAt);
  image.set(strings.bytes, stringsAt);
  blobs.writeTo(image.subarray(blobsAt));
  return image;
}

/** The error of a plan that needs more than there is. It is told of the op that is the first too many. */
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
