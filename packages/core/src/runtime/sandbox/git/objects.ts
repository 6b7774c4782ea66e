// Whether git has a content already. Whoever may read a repository reads it there, so that hiding the file hides nothing; and a
// tracked file that is hidden looks like one that was changed. Nobody can forge this who does not know the content.
import { joinPath } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";

const fileLimit = 1 << 20;
const indexLimit = 1 << 28;
/** gitformat-pack(5): a version 2 index begins with four bytes, the version, and 256 counts by the first byte of names. */
const magic = 0xff744f63;
const fanoutAt = 8;
const namesAt = fanoutAt + 256 * 4;
const nameLength = 20;

const fromHex = (hex: string): readonly number[] =>
  Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16));

/** Whether the index of a pack has an object. */
export function isInPack(bytes: Uint8Array, hex: string): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = fromHex(hex);
  const first = name[0] ?? 0;
  if (bytes.length < namesAt || view.getUint32(0) !== magic || view.getUint32(4) !== 2) return false;
  const count = (at: number): number => (at < 0 ? 0 : view.getUint32(fanoutAt + 4 * at));
  let [low, high] = [count(first - 1), count(first)];
  if (bytes.length < namesAt + high * nameLength) return false;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const order = compareAt(bytes, namesAt + middle * nameLength, name);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return false;
}

function compareAt(bytes: Uint8Array, at: number, name: readonly number[]): number {
  for (const [index, byte] of name.entries()) {
    const found = bytes[at + index] ?? 0;
    if (found !== byte) return found - byte;
  }
  return 0;
}

/** The name that git gives a file with that content. */
function blobName(system: System, content: Uint8Array): string {
  const head = Array.from(`blob ${content.length}\0`, (letter) => letter.charCodeAt(0));
  const whole = new Uint8Array(head.length + content.length);
  whole.set(head);
  whole.set(content, head.length);
  return system.digest(whole, "sha1");
}

/** Whether a repository, by its directory, has what a file holds. */
export function isStored(system: System, common: string, path: string): boolean {
  const content = optional(() => system.readBytes(path, fileLimit));
  if (content === undefined || content.length === 0) return false;
  const hex = blobName(system, content);
  const objects = joinPath(common, "objects");
  if (optional(() => system.stat(joinPath(objects, hex.slice(0, 2), hex.slice(2)))) !== undefined) return true;
  const pack = joinPath(objects, "pack");
  const indexes = (optional(() => system.listDir(pack)) ?? []).filter((name) => name.endsWith(".idx"));
  return indexes.some((name) => {
    const bytes = optional(() => system.readBytes(joinPath(pack, name), indexLimit));
    return bytes !== undefined && isInPack(bytes, hex);
  });
}
