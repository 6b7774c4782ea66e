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
  as<Other extends string | Uint8Array>(name: Other): Entry<Other> {
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

/** The pages of an open directory, to its end. */
function readPages<Name extends string | Uint8Array>(
  fd: number,
  path: HostPath,
  toEntries: (page: Uint8Array) => readonly Entry<Name>[],
): readonly Entry<Name>[] {
  const pages: (readonly Entry<Name>[])[] = [];
  for (
    let page = checked(host.entries(fd), "scandir", path);
    page.length > 0;
    page = checked(host.entries(fd), "scandir", path)
  )
    pages.push(toEntries(page));
  return pages.length === 1 ? (pages[0] ?? []) : pages.flat();
}

function toEntries(page: Uint8Array): readonly Entry[] {
  const entries: Entry[] = [];
  for (let start = 0; start < page.length; ) {
    const end = page.indexOf(0, start);
    entries.push(new Entry(page.subarray(start + 1, end), (page[start] ?? 0) - typeZero));
    start = end + 1;
  }
  return entries;
}

/** The same with text for names. A page is decoded at once: most of the time of a large tree goes into its names. */
function toNamed(page: Uint8Array): readonly Entry<string>[] {
  const text = host.decode(page.subarray(0, -1));
  if (text !== undefined)
    return text.split("\0").map((word) => new Entry(word.slice(1), word.charCodeAt(0) - typeZero));
  return toEntries(page).map((entry) => entry.as(host.decode(entry.name) ?? "\ufffd"));
}

/** Reads an open directory to its end. */
export const readEntries = (fd: number, path: HostPath): readonly Entry[] => readPages(fd, path, toEntries);

export const readNamed = (fd: number, path: HostPath): readonly Entry<string>[] => readPages(fd, path, toNamed);
