// The ops of a plan as bytes. Each kind of op has an encoder, which scripts/gen/encoders.ts makes of the op's row in the table.

import { OpFault, WireError, withIndex } from "../error.ts";
import { layoutByName, opPlaces, opSize } from "../image.ts";
import type { Plan, PlanOp } from "../op.ts";
import type { OpFlag } from "../tables/op-table.ts";
import { opFlags } from "../tables/op-table.ts";
import { encoders } from "./encoders.gen.ts";
import type { Fields } from "./fields.ts";
import { countKeys } from "./keys.ts";
import type { BlobSection, StringSection } from "./sections.ts";
import type { Slots } from "./slots.ts";

/** What ops refer to. */
export interface Sections {
  readonly strings: StringSection;
  readonly blobs: BlobSection;
  readonly slots: Slots;
}

/**
 * Encodes an op without its flags, which are in the word `at` and behind it. How many fields the op had, with its name and its
 * phase.
 */
export type OpEncoder = (op: Fields, at: number, words: Uint32Array, sections: Sections) => number;

function checkKeys(op: PlanOp): void {
  for (const key of Object.keys(op)) {
    if (!layoutByName[op.op]?.keys.has(key)) throw new OpFault(`\`${op.op}\` has no field \`${key}\``);
  }
}

// Lists are gone through by index: an engine without a compiler makes an object for each loop over values.

function flagBits(op: PlanOp["op"], flags: readonly OpFlag[]): number {
  const isList: boolean = Array.isArray(flags);
  if (!isList) throw new OpFault(`\`${op}\`: \`flags\` is not a list`);
  const allowed = layoutByName[op]?.row.flags ?? [];
  let bits = 0;
  for (let index = 0; index < flags.length; index++) {
    const flag = flags[index];
    if (flag === undefined || !allowed.includes(flag))
      throw new OpFault(`\`${op}\` does not take the flag \`${flag}\``);
    bits |= opFlags[flag].bit;
  }
  return bits;
}

/** In words of 32 bits. */
const opWords = opSize / 4;
const slotCount = 3;

/** True on all machines that have coffer, in all engines of theirs. */
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The bytes of so many ops that have no fields: no slot is 0xffff. */
function makeOps(count: number): Uint8Array<ArrayBuffer> {
  if (!isLittleEndian) throw new WireError("bad-plan", "plans are encoded on little-endian machines only");
  const bytes = new Uint8Array(count * opSize);
  if (count > 0) bytes.fill(0xff, opPlaces.out, opPlaces.slots + 2 * slotCount);
  for (let made = 1; made < count; made *= 2) bytes.copyWithin(made * opSize, 0, made * opSize);
  return bytes;
}

/** The ops of a plan as bytes. */
export function encodeOps({ ops }: Plan, sections: Sections): Uint8Array {
  const bytes = makeOps(ops.length);
  const words = new Uint32Array(bytes.buffer);
  let index = 0;
  try {
    for (; index < ops.length; index++) {
      const op = ops[index];
      if (op === undefined) continue;
      const at = index * opWords;
      const encode = encoders[op.op];
      if (encode === undefined) throw new OpFault(`there is no op \`${op.op}\``);
      let found = encode(op, at, words, sections);
      // What explains the op is not in the image.
      if (op.from !== undefined) found++;
      if (op.why !== undefined) found++;
      if (op.flags !== undefined) {
        words[at] = (words[at] ?? 0) | (flagBits(op.op, op.flags) << (8 * opPlaces.flags));
        found++;
      }
      if (countKeys(op) !== found) checkKeys(op);
    }
  } catch (error) {
    throw withIndex(error, index);
  }
  return bytes;
}
