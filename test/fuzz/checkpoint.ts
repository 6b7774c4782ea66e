// The readers of a checkpoint against the programs that act on it: tar(1), and CRIU's own decoder (python3-pycriu).
import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { ImageError } from "../../packages/core/src/criu/read/image-error.ts";
import { toMount } from "../../packages/core/src/criu/read/mounts.ts";
import { readMessage } from "../../packages/core/src/criu/read/protobuf.ts";
import type { TarEntry } from "../../packages/core/src/criu/read/tar.ts";
import { readTar } from "../../packages/core/src/criu/read/tar.ts";
import type { Fields } from "../../packages/core/src/criu/testing/images.ts";
import { message } from "../../packages/core/src/criu/testing/images.ts";
import { tarEnd, tarHeader } from "../../packages/core/src/criu/testing/tar.ts";

/** How often each reader took what it was given. */
export interface Fates {
  taken: number;
  refused: number;
}

const name = fc.constantFrom(
  "./",
  "./a",
  "./b",
  "./a/",
  "./a/b",
  "./a/c",
  "/etc",
  "../x",
  "./n",
  `./${"l".repeat(98)}`,
);
const type = fc.constantFrom("0", "0", "5", "5", "3", "4", "1", "2", "6", "S", "x", "g", "L", "K", "7", "V", "D", "\0");
const entry = fc.record({
  name,
  type,
  size: fc.constantFrom(0, 0, 0, 1, 9, 512, 600),
  major: fc.nat(9),
  link: fc.constantFrom("", "./a", "x"),
});
/** A pax header that says another size, path or device. */
const pax = fc.constantFrom("9 size=0\n", "11 size=512\n", "14 path=./disk\n", "");

function blocks(text: string, size: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(size / 512) * 512);
  bytes.write(text);
  return bytes;
}

/** Entries as tar(1) may write them, with bytes that it would not. */
export const anyArchive = fc
  .record({
    entries: fc.array(fc.tuple(entry, pax), { maxLength: 6 }),
    isWhole: fc.boolean(),
    changes: fc.array(fc.tuple(fc.nat(4095), fc.nat(255)), { maxLength: 2 }),
    areChanged: fc.nat(3),
    cut: fc.nat(20),
  })
  .map(({ entries, isWhole, changes, areChanged, cut }) => {
    const root = isWhole ? [tarHeader({ name: "./", type: "5" })] : [];
    const parts = entries.flatMap(([one, text]) => {
      const isPlain = isWhole && "0346".includes(one.type);
      const fields = isPlain ? { ...one, link: "", size: one.type === "0" ? one.size : 0 } : one;
      return [tarHeader(fields), blocks(text, fields.size)];
    });
    const archive = tarEnd([...root, ...parts]);
    if (areChanged === 0) for (const [at, value] of changes) archive[at] = value;
    return cut === 0 ? archive.subarray(0, archive.length - 512) : archive;
  });

/** The lines of tar's list that are of devices: type, numbers, name. */
function listed(archive: Uint8Array): readonly string[] {
  const words = ["--list", "--verbose", "--numeric-owner", "--quoting-style=escape", "--no-wildcards", "--file=-"];
  const { stdout } = spawnSync("tar", words, {
    input: archive,
    encoding: "latin1",
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
  });
  return stdout.split("\n").flatMap((line) => {
    const [, kind = "", numbers = "", path = ""] = /^([cb])\S+ +\S+ +(\d+,\d+) +\S+ +\S+ (.*)$/.exec(line) ?? [];
    return kind === "" ? [] : [`${kind} ${numbers} ${path}`];
  });
}

const kinds: Readonly<Record<string, string>> = { "3": "c", "4": "b" };
const nodesOf = (entries: readonly TarEntry[]): readonly string[] =>
  entries.flatMap(({ type: kind, major, minor, name: path }) => {
    const letter = kinds[kind];
    return letter === undefined ? [] : [`${letter} ${major},${minor} ${path}`];
  });

function attempt<T>(fates: Fates, read: () => T): T | undefined {
  try {
    const value = read();
    fates.taken += 1;
    return value;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    fates.refused += 1;
    return undefined;
  }
}

/** What the reader takes it lists as tar(1) does: throws where it does not. */
export function tryArchive(archive: Uint8Array, fates: Fates): void {
  const entries = attempt(fates, () => readTar(archive));
  if (entries === undefined) return;
  const [ours, theirs] = [nodesOf(entries).join("\n"), listed(archive).join("\n")];
  if (ours !== theirs) throw new Error(`read: ${ours}\ntar: ${theirs}`);
}

const number = fc.oneof(
  fc.nat(40),
  fc.constantFrom(0xffffffffn, 1n << 32n, (1n << 32n) + 5n, (1n << 64n) - 1n, 0x20000en),
);
const text = fc.constantFrom("/", "/dev", "/a\0b", "", "/ä", "/..");
const fixed = fc.constantFrom(
  Uint32Array.of(0x7665642f),
  BigUint64Array.of(3n),
  BigUint64Array.of(0x2f2f2f2f2f2f2f2fn),
);
const odd = fc.oneof(
  number,
  text,
  fixed,
  fc.uint8Array({ maxLength: 6 }),
  fc.constant(undefined),
  fc.tuple(number, number),
);
const whole: Fields = {
  1: 5,
  2: 10,
  3: 42,
  4: 9,
  5: 14,
  6: "/",
  7: "/dev",
  8: "tmpfs",
  9: "size=1m",
  10: 3,
  11: 4,
  17: 0,
};

/** A mount (mnt_entry) with a field or a few bytes that are others. */
export const anyMount = fc
  .tuple(
    fc.array(fc.tuple(fc.integer({ min: 1, max: 19 }), odd), { maxLength: 2 }),
    fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 1 }),
    fc.uint8Array({ maxLength: 4 }),
    fc.nat(3),
  )
  .map(([changes, bytes, rest, which]) => {
    const encoded = message({ ...whole, ...Object.fromEntries(changes) });
    if (which === 0) for (const [at, value] of bytes) encoded[at % encoded.length] = value;
    return which === 1 ? Uint8Array.from([...encoded, ...rest]) : encoded;
  });

/** A mount as CRIU's decoder has it, or undefined where it refuses the bytes. */
type Decode = (bytes: Uint8Array) => Promise<unknown>;

const script = `
import base64, json, sys
from google.protobuf.message import DecodeError
from pycriu.images import mnt_pb2
for line in sys.stdin:
    one = mnt_pb2.mnt_entry()
    try:
        one.ParseFromString(base64.b64decode(line))
        print(json.dumps({"type": one.fstype, "id": one.mnt_id, "device": one.root_dev, "parent": one.parent_mnt_id, "flags": one.flags,
            "root": one.root, "point": one.mountpoint, "options": one.options, "shared": one.shared_id, "master": one.master_id,
            "external": one.ext_key if one.HasField("ext_key") else None, "isForeign": one.with_plugin}), flush=True)
    except (DecodeError, UnicodeDecodeError):
        print("null", flush=True)
`;

/** Starts CRIU's decoder. */
export function startDecoder(): { readonly decode: Decode; stop(): void } {
  const child = spawn("/usr/bin/python3", ["-c", script], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    decode: async (bytes) => {
      child.stdin.write(`${Buffer.from(bytes).toString("base64")}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error("CRIU's decoder has ended");
      return JSON.parse(value);
    },
    stop: () => child.stdin.end(),
  };
}

/** What the reader takes of a mount is what CRIU's decoder takes: throws where it is not. */
export async function tryMount(bytes: Uint8Array, decode: Decode, fates: Fates): Promise<void> {
  const mount = attempt(fates, () => toMount(readMessage(bytes)));
  if (mount === undefined) return;
  const theirs = JSON.stringify(await decode(bytes));
  const ours = JSON.stringify({ ...mount, external: mount.external ?? null }, (_, value: unknown) => value);
  const sort = (json: string): string => JSON.stringify(Object.entries(Object(JSON.parse(json))).toSorted());
  // A message without a field that it must have is refused by CRIU.
  if (theirs !== "null" && sort(ours) !== sort(theirs)) throw new Error(`read: ${ours}\ncriu: ${theirs}`);
}
