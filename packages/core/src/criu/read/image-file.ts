// The files that images are: two magic numbers, and messages with their lengths.
import { ImageError } from "./image-error.ts";
import type { Message } from "./protobuf.ts";
import { readMessage } from "./protobuf.ts";

/** Of every image, and of the inventory, which has only one. */
const magic = { common: 0x54564319, inventory: 0x58313116 } as const;

/** Reads the file of that name as CRIU does. */
export type ReadImage = (name: string) => readonly Message[];

function headOf(bytes: Uint8Array, isInventory: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = isInventory ? 4 : 8;
  if (bytes.length < head || view.getUint32(0, true) !== (isInventory ? magic.inventory : magic.common))
    throw new ImageError("it is no image");
  return head;
}

/** A message and where it ends. */
function entryAt(bytes: Uint8Array, at: number): { readonly entry: Message; readonly end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = at + 4 <= bytes.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
  const end = at + 4 + size;
  if (end > bytes.length) throw new ImageError("it ends within an entry");
  return { entry: readMessage(bytes.subarray(at + 4, end)), end };
}

/**
 * Reads the messages of an image.
 *
 * @throws {ImageError}
 */
export function readEntries(bytes: Uint8Array, isInventory: boolean): readonly Message[] {
  const messages: Message[] = [];
  for (let at = headOf(bytes, isInventory); at < bytes.length; ) {
    const { entry, end } = entryAt(bytes, at);
    messages.push(entry);
    at = end;
  }
  return messages;
}

/** Reads the first message of an image; what follows is something else. */
export function readFirst(bytes: Uint8Array): Message {
  return entryAt(bytes, headOf(bytes, false)).entry;
}

/** The message of an image that has one. */
export function only(name: string, entries: readonly Message[]): Message {
  const [first, ...rest] = entries;
  if (first === undefined || rest.length > 0) throw new ImageError(`${name} has ${entries.length} entries`);
  return first;
}
