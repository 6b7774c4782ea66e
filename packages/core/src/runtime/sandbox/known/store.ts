// Where plans and answers are kept (decision 0041): sealed files in a directory of the caller's own, on a file system that a
// restart empties. A process of Node keeps them in its memory instead.
import { withParents } from "../../../paths.ts";
import { optional } from "../../../system/error.ts";
import type { System } from "../../../system/port.ts";
import { groupWrites, othersWrite, whyUntrusted } from "../../../system/trust.ts";
import { putUint32 } from "../../../wire/bytes.ts";
import { decodeText, encodeText } from "../../../wire/utf8.ts";
import { planPlaces } from "../own/places.ts";

/** What files are of: plans of sandboxes, answers of the host, plans of containers, plans of further processes. */
export type Kind = "" | "answers-" | "container-" | "exec-";
/** So many files of a kind are kept: one takes the place of another. */
const places: Readonly<Record<Kind, number>> = { "": 64, "answers-": 64, "container-": 1024, "exec-": 256 };
/** Each key has two places, from two parts of it: where another has the one, the other is often free. */
const partSize = 8;
const mostBytes = 1 << 20;

/** Whether nobody but the caller and root can have put something in a directory, or another in its place. */
function isOwn(system: System, dir: string): boolean {
  const stats = withParents(dir).map((path) => optional(() => system.stat(path, { follow: false })));
  const own = stats[0];
  if (own?.uid !== system.caller.uid || (own.mode & (othersWrite | groupWrites)) !== 0) return false;
  return stats.every((stat) => stat?.kind === "directory" && whyUntrusted(system, stat) === undefined);
}

/** The first place whose surroundings are there: the session's, or the one that every host has. */
function pickPlace(system: System): string {
  const [first = "", ...others] = planPlaces(system);
  const [, , session = ""] = withParents(first);
  return optional(() => system.stat(session, { follow: false })) === undefined ? (others[0] ?? first) : first;
}

/** As many characters as a seal has. */
const sealSize = ({ checksum }: System): number => (checksum === undefined ? 64 : 16);

/** Of what follows it: a file that is damaged is none. Whoever can write the place can make a seal. */
const sealOf = (system: System, sealed: Uint8Array): string => (system.checksum ?? system.digest)(sealed);

/** A file: the seal, the key of the question, and the content. Undefined if the key has no bytes. */
function sealedFile(system: System, key: string, content: Uint8Array): Uint8Array | undefined {
  const size = sealSize(system);
  const question = encodeText(key);
  if (question === undefined) return undefined;
  const bytes = new Uint8Array(size + question.length + content.length);
  bytes.set(question, size);
  bytes.set(content, size + question.length);
  const seal = encodeText(sealOf(system, bytes.subarray(size)));
  if (seal === undefined) return undefined;
  bytes.set(seal);
  return bytes;
}

/** The content of a file of that key, whose seal is whole: a file of another question is none of this one. */
function contentOf(system: System, key: string, bytes: Uint8Array): Uint8Array | undefined {
  const size = sealSize(system);
  const from = size + key.length;
  if (bytes.length <= from || decodeText(bytes, size, from) !== key) return undefined;
  return decodeText(bytes, 0, size) === sealOf(system, bytes.subarray(size)) ? bytes.subarray(from) : undefined;
}

/** Bytes with something said of them, as one content. Undefined if the text has no bytes. */
export function joinContent(said: object, bytes: Uint8Array): Uint8Array | undefined {
  const text = encodeText(JSON.stringify(said));
  if (text === undefined) return undefined;
  const content = new Uint8Array(4 + text.length + bytes.length);
  putUint32(content, 0, text.length);
  content.set(text, 4);
  content.set(bytes, 4 + text.length);
  return content;
}

/** The parts of a content whose seal is whole: what this program has said of the bytes, as JSON, and the bytes. */
export function splitContent(content: Uint8Array): { readonly text: string; readonly bytes: Uint8Array } {
  const [a = 0, b = 0, c = 0, d = 0] = content;
  const end = 4 + ((a | (b << 8) | (c << 16) | (d << 24)) >>> 0);
  return { text: decodeText(content, 4, end), bytes: content.subarray(end) };
}

/** What is kept for one question. */
export interface KeptFile {
  /** Where the content is, or would be kept. */
  readonly path: string;
  /** The content; undefined where nothing is kept, or something that cannot be trusted. */
  read(): Uint8Array | undefined;
  /** Keeps a content, if that is possible. */
  write(content: Uint8Array): void;
}

/** The files that are kept for a caller: the place is looked at once. */
export interface KeptFiles {
  /** The key of a question: undefined fields count for nothing. */
  keyOf(question: object): string | undefined;
  /** The file of a key. `kind` tells files of one kind from others. */
  file(kind: Kind, key: string): KeptFile;
}

/** What processes that may stay keep, for each system: the oldest first. */
const memories = new WeakMap<System, Map<string, Uint8Array>>();
const mostInMemory = 32;

function openMemory(system: System): KeptFiles {
  const memory = memories.get(system) ?? new Map<string, Uint8Array>();
  memories.set(system, memory);
  return {
    keyOf: (question) => JSON.stringify(question),
    file: (kind, key) => ({
      path: "the memory of this process",
      read: () => memory.get(kind + key),
      write(content) {
        const [oldest] = memory.size < mostInMemory ? [] : memory.keys();
        if (oldest !== undefined) memory.delete(oldest);
        memory.set(kind + key, content);
      },
    }),
  };
}

/** Opens what is kept. */
export function openKeptFiles(system: System): KeptFiles {
  if (system.build === undefined) return openMemory(system);
  const dir = pickPlace(system);
  let trusted: boolean | undefined;
  return {
    keyOf(question) {
      const text = encodeText(JSON.stringify({ build: system.build, question }));
      return text && system.digest(text);
    },
    file(kind, key) {
      const placeAt = (part: number): string =>
        `${dir}/${kind}${Number.parseInt(key.slice(part, part + partSize), 16) % places[kind]}`;
      let path = placeAt(0);
      return {
        get path() {
          return path;
        },
        read() {
          trusted ??= isOwn(system, dir);
          if (!trusted) return undefined;
          const first = optional(() => system.readBytes(path, mostBytes));
          const content = first && contentOf(system, key, first);
          if (content !== undefined) return content;
          const other = placeAt(partSize);
          const second = optional(() => system.readBytes(other, mostBytes));
          const moved = second && contentOf(system, key, second);
          if (moved !== undefined || (first !== undefined && second === undefined)) path = other;
          return moved;
        },
        write(content) {
          const bytes = sealedFile(system, key, content);
          if (bytes === undefined) return;
          optional(() => {
            if (trusted !== true) system.makeDir(dir, { parents: true });
            trusted ||= isOwn(system, dir);
            if (trusted) system.writeFile(path, bytes, { mode: 0o600 });
          });
        },
      };
    },
  };
}
