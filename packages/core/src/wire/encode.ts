// A plan as bytes. Pure and deterministic: the same plan gives the same image.

import type { Sections } from "./encode/ops.ts";
import { encodeOps } from "./encode/ops.ts";
import { makeBlobSection, makeStringSection } from "./encode/sections.ts";
import { makeSlots, tooMuch } from "./encode/slots.ts";
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
  opSize,
  slotSize,
} from "./image.ts";
import type { Plan } from "./op.ts";
import { planKinds } from "./tables/op-table.ts";

function assemble(kind: number, ops: Uint8Array, slots: Uint8Array, { strings, blobs }: Sections): Uint8Array {
  const slotsAt = align(headerSize + ops.length);
  const stringsAt = align(slotsAt + slots.length);
  const blobsAt = align(stringsAt + strings.size());
  const size = align(blobsAt + blobs.size());
  if (size > maxImage) throw new WireError("bad-plan", `the plan has ${size} bytes, more than ${maxImage}`);
  const image = new Uint8Array(size);
  const header = new Uint32Array(image.buffer, 0, headerSize / 4);
  header.set([imageMagic, imageMajor | (imageMinor << 16), size, kind]);
  const sections = [headerSize, ops.length / opSize, slotsAt, slots.length / slotSize, stringsAt, strings.size()];
  // No plan has relocations.
  header.set([...sections, blobsAt, blobs.size(), size, 0], headerPlaces.ops / 4);
  image.set(ops, headerSize);
  image.set(slots, slotsAt);
  strings.writeTo(image.subarray(stringsAt));
  blobs.writeTo(image.subarray(blobsAt));
  return image;
}

/**
 * Encodes a plan. It checks what the op table says of each op; that the plan as a whole is well formed is the
 * verifier's to prove.
 *
 * @throws {WireError} `bad-plan`, with the index of the op.
 */
export function encodePlan(plan: Plan): Uint8Array {
  if (plan.ops.length > maxOps) throw tooMuch(`${plan.ops.length} ops`, maxOps, maxOps);
  const slots = makeSlots(plan);
  const sections: Sections = { strings: makeStringSection(), blobs: makeBlobSection(), slots };
  const ops = encodeOps(plan, sections);
  return assemble(planKinds[plan.kind].code, ops, slots.encode(sections.strings), sections);
}
