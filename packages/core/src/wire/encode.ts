// A plan as bytes. Pure and deterministic: the same plan gives the same image.

import { putUint16, putUint32 } from "./bytes.ts";
import type { Sections } from "./encode-ops.ts";
import { encodeOps, layoutOf } from "./encode-ops.ts";
import { WireError } from "./error.ts";
import {
  align,
  headerPlaces,
  headerSize,
  imageMagic,
  imageMajor,
  imageMinor,
  maxImage,
  maxOps,
  maxSlots,
  opSize,
  slotSize,
} from "./image.ts";
import type { Plan } from "./op.ts";
import type { Reference } from "./sections.ts";
import { makeBlobSection, makeStringSection } from "./sections.ts";
import { numberSlots } from "./slots.ts";
import { planKinds, slotTypes } from "./tables/op-table.ts";

function putReference(bytes: Uint8Array, at: number, { offset, length }: Reference): void {
  putUint32(bytes, at, offset);
  putUint32(bytes, at + 4, length);
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
  const layouts = plan.ops.map(layoutOf);
  const slots = numberSlots(plan, layouts);
  if (slots.rows.length > maxSlots) throw tooMuch(`${slots.rows.length} slots`, maxSlots, slots.definedBy[maxSlots]);
  const sections: Sections = { strings: makeStringSection(), blobs: makeBlobSection(), slots };
  const ops = encodeOps(plan, layouts, sections);
  return assemble(planKinds[plan.kind].code, ops, encodeSlots(sections), sections);
}
