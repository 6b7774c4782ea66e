// The entries of a directory, as Node gives them.
import type { HostPath } from "../host.ts";
import { checked } from "./errno.ts";

/** An entry of a directory: its name, as bytes or as text, and its type where the file system tells that (readdir(3)). */
export class Entry<Name extends string | Uint8Array = Uint8Array> {
  readonly name: Name;
  readonly #type: number;

  constructor(name: Name, type: number) {
    this.name = name;
    this.#type = type;
  }

  /** The same with another form of the name. */
  named<Other extends string | Uint8Array>(name: Other): Entry<Other> {
    return new Entry(name, this.#type);
  }

  isFIFO(): boolean {
    return this.#type === 1;
  }

  isCharacterDevice(): boolean {
    return this.#type === 2;
  }

  isDirectory(): boolean {
    return this.#type === 4;
  }

  isBlockDevice(): boolean {
    return this.#type === 6;
  }

  isFile(): boolean {
    return this.#type === 8;
  }

  isSymbolicLink(): boolean {
    return this.#type === 10;
  }

  isSocket(): boolean {
    return this.#type === 12;
  }
}

const typeZero = 0x30;

/** Reads an open directory to its end. */
export function readEntries(fd: number, path: HostPath): Entry[] {
  const entries: Entry[] = [];
  for (;;) {
    const bytes = checked(host.entries(fd), "scandir", path);
    if (bytes.length === 0) return entries;
    for (let start = 0; start < bytes.length; ) {
      const end = bytes.indexOf(0, start);
      entries.push(new Entry(bytes.subarray(start + 1, end), (bytes[start] ?? 0) - typeZero));
      start = end + 1;
    }
  }
}
