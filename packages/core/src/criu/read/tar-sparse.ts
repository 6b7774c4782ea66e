// The map of a sparse file in the format of GNU tar: four places in the header, 21 in each block that follows it.
import { ImageError } from "./image-error.ts";
import { block, isZero, octalAt } from "./tar-header.ts";

interface Region {
  readonly offset: number;
  readonly length: number;
}

/** Offsets within the part of a header that `TarHeader` calls rest. */
const map = { header: { at: 41, places: 4 }, block: { at: 0, places: 21 } } as const;

/** A number: octal digits and a NUL, or a positive one in base 256. */
function numberAt(bytes: Uint8Array, at: number): number {
  if (bytes[at] !== 0x80) return octalAt(bytes, at, 12);
  const value = bytes.subarray(at + 1, at + 12).reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw new ImageError("a file is too large");
  return value;
}

/** The regions of one block. Places that are not used are zero, and the last. */
function readRegions(bytes: Uint8Array, at: number, places: number): readonly Region[] {
  const regions: Region[] = [];
  for (let place = 0; place < places; place += 1) {
    const start = at + 24 * place;
    if (bytes[start + 12] === 0) {
      if (!isZero(bytes.subarray(start, at + 24 * places))) throw new ImageError("the map of a sparse file has a gap");
      break;
    }
    regions.push({ offset: numberAt(bytes, start), length: numberAt(bytes, start + 12) });
  }
  return regions;
}

/** Each region is in order, of whole blocks but for the last, and all are the content. */
function checkRegions(regions: readonly Region[], size: number, realSize: number): void {
  let end = 0;
  let total = 0;
  for (const { offset, length } of regions) {
    if (offset < end || (length > 0 && total % block !== 0))
      throw new ImageError("the map of a sparse file is out of order");
    end = offset + length;
    total += length;
  }
  if (total !== size || end !== realSize) throw new ImageError("the map of a sparse file is not its content");
}

/**
 * Reads the map of a sparse file. Returns where its content begins.
 *
 * @throws {ImageError}
 */
export function readSparse(rest: Uint8Array, archive: Uint8Array, at: number, size: number): number {
  const { header } = map;
  const flagAt = header.at + 24 * header.places;
  if (!isZero(rest.subarray(0, header.at)) || !isZero(rest.subarray(flagAt + 13)))
    throw new ImageError("a header has more than tar writes");
  const regions = [...readRegions(rest, header.at, header.places)];
  let more = rest[flagAt];
  let next = at;
  for (; more === 1; next += block) {
    const extension = archive.subarray(next, next + block);
    if (extension.length < block) throw new ImageError("it ends within an entry");
    regions.push(...readRegions(extension, map.block.at, map.block.places));
    more = extension[504];
    if (!isZero(extension.subarray(505))) throw new ImageError("the map of a sparse file has more than tar writes");
  }
  if (more !== 0) throw new ImageError("the map of a sparse file has no end");
  checkRegions(regions, size, numberAt(rest, flagAt + 1));
  return next;
}
