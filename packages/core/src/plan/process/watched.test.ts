import test from "ava";
import { decodeText } from "../../wire/utf8.ts";
import { makeWatchedReader, watchedTable } from "./watched.ts";

/** A record as the supervisor sends it (helper-c/satellite/supervisor/watch.c). */
function record(row: number, flags: number, text: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, bytes.length, true);
  view.setUint16(2, row, true);
  view.setUint32(4, flags, true);
  bytes.set(text, 8);
  return bytes;
}

const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words, "latin1"));

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** The rows of a machine: audit architecture, number and positions. */
function rowsOf(arch: "x86_64" | "aarch64") {
  const table = watchedTable(arch);
  const view = new DataView(table.buffer);
  return Array.from({ length: table.length / 12 }, (_, index) => ({
    arch: view.getUint32(12 * index, true),
    number: view.getUint32(12 * index + 4, true),
    at: view.getInt8(12 * index + 8),
    path: view.getInt8(12 * index + 9),
    flags: view.getInt8(12 * index + 10),
    isAddress: view.getInt8(12 * index + 11),
  }));
}

const x86 = 0xc000003e;
const openat = rowsOf("x86_64").findIndex(({ arch, number }) => arch === x86 && number === 257);
const connect = rowsOf("x86_64").findIndex(({ arch, number }) => arch === x86 && number === 42);

test("a table has each path of each call of each ABI once, with positions that calls have", (t) => {
  for (const arch of ["x86_64", "aarch64"] as const) {
    const rows = rowsOf(arch);
    t.is(new Set(rows.map((row) => `${row.arch} ${row.number} ${row.path}`)).size, rows.length);
    t.true(rows.every(({ at, path, flags }) => at < 6 && path >= 0 && path < 6 && flags < 6));
    t.is(new Set(rows.map((row) => row.arch)).size, 2, "the native ABI and that of 32 bits");
  }
  t.like(rowsOf("x86_64")[openat], { at: 0, path: 1, flags: 2, isAddress: 0 });
  t.like(rowsOf("x86_64")[connect], { path: 1, isAddress: 1 });
});

test("records are read in pieces of any size", (t) => {
  const sent = join(
    record(openat, 0, text("\0/etc/x\0")),
    record(openat, 0o101, text("/work\0a b\0")),
    record(connect, 0, text("\0\x02\0\x01\xbb\xc0\0\x02\x07")),
  );
  for (const size of [1, 2, 7, sent.length]) {
    const read = makeWatchedReader("x86_64");
    const found = [];
    for (let at = 0; at < sent.length; at += size) found.push(...read(sent.subarray(at, at + size)));
    const seen = found.map(({ op, directory, target }) => [op, directory, decodeText(target).slice(0, 6)]);
    t.deepEqual(seen.slice(0, 2), [
      ["read", "", "/etc/x"],
      ["write", "/work", "a b"],
    ]);
    t.is(found.length, 3);
    t.deepEqual([...(found[2]?.target ?? [])], [2, 0, 1, 0xbb, 192, 0, 2, 7]);
  }
});

test("what no supervisor sends is no record, and ends", (t) => {
  const read = makeWatchedReader("x86_64");
  t.deepEqual(read(record(60_000, 0, text("\0/a\0"))), [], "no such row");
  t.deepEqual(read(record(openat, 0, text("no end"))), [], "no directory");
  t.deepEqual(read(new Uint8Array(64)), [], "records without a size");
  t.is(read(record(openat, 0, text("\0/a\0"))).length, 1, "what follows is read");
});
