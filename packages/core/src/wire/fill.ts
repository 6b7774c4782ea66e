// Puts other strings into a plan that is encoded: a plan is kept without the words and variables of its program.
import { putUint16, putUint32 } from "./bytes.ts";
import type { Reference } from "./encode/sections.ts";
import { nullReference } from "./encode/sections.ts";
import { WireError } from "./error.ts";
import type { OpLayout } from "./image.ts";
import { align, headerPlaces, headerSize, layouts, opSize } from "./image.ts";
import type { OpName } from "./tables/op-table.ts";
import { encodeText } from "./utf8.ts";

const readUint32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;

function putReference(bytes: Uint8Array, at: number, { offset, length }: Reference): void {
  putUint32(bytes, at, offset);
  putUint32(bytes, at + 4, length);
}

/** Where the last op begins, if it has that name. */
function lastOp(image: Uint8Array, { row }: OpLayout): number | undefined {
  const at = headerSize + (readUint32(image, headerPlaces.ops + 4) - 1) * opSize;
  if (at < headerSize || at + opSize > image.length) return undefined;
  const code = Uint8Array.of(0, 0);
  putUint16(code, 0, row.code);
  return image[at] === code[0] && image[at + 1] === code[1] ? at : undefined;
}

/** Where something is in an image. */
export interface Place {
  readonly at: number;
  readonly length: number;
}

/** Where the runs of strings of the last op are; undefined if that op has another name. */
export function findRuns(image: Uint8Array, name: OpName, keys: readonly string[]): readonly Place[] | undefined {
  const layout = layouts.get(name);
  const op = layout && lastOp(image, layout);
  if (layout === undefined || op === undefined) return undefined;
  const strings = readUint32(image, headerPlaces.strings);
  const found = keys.flatMap((name) => layout.data.filter(({ key }) => key === name));
  return found.map(({ at }) => ({ at: strings + readUint32(image, op + at), length: readUint32(image, op + at + 4) }));
}

/** A run of strings as it is in an image: each with its NUL. */
export function runOf(texts: readonly string[]): Uint8Array {
  const bytes = texts.some((text) => text.includes("\0")) ? undefined : encodeText(texts.join("\0"));
  if (bytes === undefined) throw new WireError("bad-plan", "a string has a NUL, or a lone surrogate that is no byte");
  const run = new Uint8Array(texts.length === 0 ? 0 : bytes.length + 1);
  run.set(bytes);
  return run;
}

/**
 * The image of the same plan, whose last op has these strings. What the op had before stays in the image, and nothing refers to
 * it. The result is checked no more than the image was.
 *
 * @throws {WireError} `bad-plan` when the last op has another name, or strings cannot be encoded
 */
export function fillStrings(
  image: Uint8Array,
  name: OpName,
  values: Readonly<Record<string, readonly string[]>>,
): Uint8Array {
  const layout = layouts.get(name);
  const op = layout && lastOp(image, layout);
  if (layout === undefined || op === undefined) throw new WireError("bad-plan", `the last op is not \`${name}\``);
  const runs = layout.data.flatMap(({ key, at }) => {
    const texts = values[key];
    return texts === undefined ? [] : [{ at, run: runOf(texts) }];
  });
  const stringsAt = readUint32(image, headerPlaces.strings);
  const before = readUint32(image, headerPlaces.strings + 4);
  const [blobsAt, blobs] = [readUint32(image, headerPlaces.blobs), readUint32(image, headerPlaces.blobs + 4)];
  const length = runs.reduce((sum, { run }) => sum + run.length, before);
  const newBlobsAt = align(stringsAt + length);
  const filled = new Uint8Array(align(newBlobsAt + blobs));
  filled.set(image.subarray(0, stringsAt + before));
  filled.set(image.subarray(blobsAt, blobsAt + blobs), newBlobsAt);
  let end = before;
  for (const { at, run } of runs) {
    filled.set(run, stringsAt + end);
    putReference(filled, op + at, run.length === 0 ? nullReference : { offset: end, length: run.length });
    end += run.length;
  }
  putUint32(filled, 8, filled.length);
  putReference(filled, headerPlaces.strings, { offset: stringsAt, length });
  putReference(filled, headerPlaces.blobs, { offset: newBlobsAt, length: blobs });
  putReference(filled, headerPlaces.relocations, { offset: filled.length, length: 0 });
  return filled;
}
