// Images that no encoder writes: each changes a few bytes of a good one.
import { headerPlaces, headerSize, opPlaces, opSize, slotSize } from "../wire/image.ts";
import type { OpName } from "../wire/tables/op-table.ts";
import { opTable } from "../wire/tables/op-table.ts";
import type { RuleName } from "./index.ts";

type ImageChange = (bytes: Uint8Array) => Uint8Array;

function poke(write: (view: DataView, bytes: Uint8Array) => void): ImageChange {
  return (bytes) => {
    const copy = bytes.slice();
    write(new DataView(copy.buffer), copy);
    return copy;
  };
}

const u16 = (at: number, value: number): ImageChange => poke((view) => view.setUint16(at, value, true));
const u32 = (at: number, value: number): ImageChange => poke((view) => view.setUint32(at, value, true));

/** Where the first op of that name stands. */
function opStart(view: DataView, name: OpName): number {
  for (let at = headerSize; ; at += opSize) if (view.getUint16(at, true) === opTable[name].code) return at;
}

function pokeOp(name: OpName, place: number, value: number, size: 1 | 2 | 4 = 4): ImageChange {
  return poke((view) => {
    const at = opStart(view, name) + place;
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
  });
}

/** Changes the byte at a place in the section that the header's reference at `place` names. */
function pokeSection(place: number, offset: number, value: number): ImageChange {
  return poke((view) => view.setUint8(view.getUint32(place, true) + offset, value));
}

/** Inserts zeros, and tells the header's size of them. */
function grow(bytes: number, tell: boolean): ImageChange {
  return (image) => {
    const larger = new Uint8Array(image.length + bytes);
    larger.set(image);
    if (tell) new DataView(larger.buffer).setUint32(8, larger.length, true);
    return larger;
  };
}

/** Moves the first string of the image's first `path` or `candidates` so that its end is not a NUL. */
function shorten(name: OpName, by: number): ImageChange {
  return poke((view) => {
    const at = opStart(view, name) + opPlaces.data + 4;
    view.setUint32(at, view.getUint32(at, true) - by, true);
  });
}

const dataLength = opPlaces.data + 4;

/** The bytes between the slot table and the strings, of which there are four when the number of slots is odd. */
const padSlots: ImageChange = poke((view) => {
  const end = view.getUint32(headerPlaces.slots, true) + slotSize * view.getUint32(headerPlaces.slots + 4, true);
  const strings = view.getUint32(headerPlaces.strings, true);
  const blobsEnd = view.getUint32(headerPlaces.blobs, true) - 1;
  view.setUint8(end < strings ? end : blobsEnd, 1);
});

export const imageCases: readonly (readonly [RuleName, string, ImageChange])[] = [
  ["bad-magic", "another magic number", u32(0, 0x12345678)],
  ["bad-version", "a major version to come", u16(4, 2)],
  ["bad-version", "a minor version to come", u16(6, 1)],
  ["bad-size", "no bytes", () => new Uint8Array(0)],
  ["bad-size", "half a header", (bytes) => bytes.slice(0, 32)],
  ["bad-size", "cut short", (bytes) => bytes.slice(0, bytes.length - 8)],
  ["bad-size", "17 MiB", () => new Uint8Array(17 << 20)],
  ["bad-bounds", "ops beyond the end", u32(headerPlaces.ops + 4, 4096)],
  ["bad-bounds", "a gap before the ops", u32(headerPlaces.ops, 72)],
  ["bad-bounds", "sections that wrap around", u32(headerPlaces.strings + 4, 0xffffffff)],
  ["bad-bounds", "a string beyond its section", pokeOp("open-dir", dataLength, 0x00ffffff)],
  ["bad-bounds", "an offset that wraps around", pokeOp("open-dir", opPlaces.data, 0xfffffff0)],
  ["bad-bounds", "a run of strings beyond its section", pokeOp("exec", dataLength, 0x00ffffff)],
  ["bad-bounds", "a blob beyond its section", pokeOp("load-seccomp", dataLength, 0x1000)],
  ["bad-alignment", "a section at an odd place", u32(headerPlaces.slots, 65)],
  ["bad-alignment", "a blob at an odd place", pokeOp("load-seccomp", opPlaces.data, 4)],
  ["trailing-bytes", "bytes after the plan", grow(8, false)],
  ["trailing-bytes", "bytes after the last section", grow(8, true)],
  ["nonzero-padding", "flags in the header", u16(14, 1)],
  ["nonzero-padding", "reserved words in the header", u32(60, 1)],
  ["nonzero-padding", "the reserved word of an op", pokeOp("clone", 12, 1)],
  ["nonzero-padding", "the reserved half of a slot", pokeSection(headerPlaces.slots, 2, 1)],
  ["nonzero-padding", "between two sections", padSlots],
  ["unknown-kind", "kind 0", u16(12, 0)],
  ["unknown-kind", "kind 5", u16(12, 5)],
  ["too-many", "4097 ops", u32(headerPlaces.ops + 4, 4097)],
  ["too-many", "2049 slots", u32(headerPlaces.slots + 4, 2049)],
  ["bad-reloc", "a relocation", u32(headerPlaces.relocations + 4, 1)],
  ["unknown-op", "op 0", pokeOp("clone", opPlaces.code, 0, 2)],
  ["unknown-op", "op 65535", pokeOp("clone", opPlaces.code, 0xffff, 2)],
  ["op-phase", "a clone in phase exec", pokeOp("clone", opPlaces.phase, 6, 1)],
  ["op-phase", "phase 7", pokeOp("clone", opPlaces.phase, 7, 1)],
  ["op-phase", "phase 255", pokeOp("clone", opPlaces.phase, 255, 1)],
  ["op-flags", "keep where nothing moves", pokeOp("clone", opPlaces.flags, 2, 1)],
  ["op-flags", "an unknown flag", pokeOp("mask", opPlaces.flags, 0x80, 1)],
  ["op-fields", "a slot that the op does not have", pokeOp("release", opPlaces.slots, 0, 2)],
  ["op-fields", "a slot that is missing", pokeOp("pivot", opPlaces.slots, 0xffff, 2)],
  ["op-fields", "data that the op does not have", pokeOp("release", dataLength, 1)],
  [
    "op-fields",
    "data that is missing",
    poke((view) => {
      const at = opStart(view, "open-dir") + opPlaces.data;
      view.setBigUint64(at, 0n, true);
    }),
  ],
  ["op-fields", "a number that the op does not have", pokeOp("release", opPlaces.nums, 1)],
  ["op-fields", "an out that the op does not have", pokeOp("release", opPlaces.out, 0, 2)],
  ["op-fields", "an out that is missing", pokeOp("clone", opPlaces.out, 0xffff, 2)],
  [
    "op-fields",
    "an empty blob",
    poke((view) => {
      const at = opStart(view, "set-ids") + opPlaces.data;
      view.setUint32(at, 8, true);
      view.setUint32(at + 4, 0, true);
    }),
  ],
  ["bad-string", "a string without its NUL", shorten("open-dir", 1)],
  ["bad-string", "a run without its NUL", shorten("exec", 2)],
  ["bad-string", "a NUL inside", pokeOp("open-dir", opPlaces.data, 0)],
  ["bad-string", "a section that begins with text", pokeSection(headerPlaces.strings, 0, 0x41)],
  ["bad-number", "a resolve mode of 64 bits", pokeOp("open-dir", opPlaces.nums + 4, 1)],
  ["bad-slot", "type 0", pokeSection(headerPlaces.slots, 0, 0)],
  ["bad-slot", "type 13", pokeSection(headerPlaces.slots, 0, 13)],
  ["bad-slot", "an input that is a tree", pokeSection(headerPlaces.slots, 0, 3)],
  ["bad-slot", "origin 2", pokeSection(headerPlaces.slots, 1, 2)],
  ["bad-slot", "a name for what an op defines", pokeSection(headerPlaces.slots, 1, 0)],
  [
    "bad-name",
    "an input without a name",
    poke((view) => {
      view.setBigUint64(view.getUint32(headerPlaces.slots, true) + 4, 0n, true);
    }),
  ],
  ["slot-undefined", "a slot beyond the table", pokeOp("pivot", opPlaces.slots, 2047, 2)],
  [
    "slot-redefined",
    "two ops that define one slot",
    poke((view) => {
      const root = opStart(view, "open-root");
      view.setUint16(opStart(view, "open-dir") + opPlaces.out, view.getUint16(root + opPlaces.out, true), true);
    }),
  ],
  ["slot-type", "a process that is not one", pokeOp("wait", opPlaces.slots, 0, 2)],
];
