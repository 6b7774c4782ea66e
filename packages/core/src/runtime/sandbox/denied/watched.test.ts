import test from "ava";
import { watchedTable } from "../../../plan/process/watched.ts";
import { startWatch } from "./watched.ts";

const uname = () => ({ system: "Linux", release: "6.12.0", machine: "x86_64" });

/** The rows of a native call of x86_64. */
function rowsOf(number: number): readonly number[] {
  const table = Buffer.from(watchedTable("x86_64"));
  const rows = Array.from({ length: table.length / 12 }, (_, index) => index);
  const native = 0xc000003e;
  return rows.filter((row) => table.readUInt32LE(12 * row) === native && table.readUInt32LE(12 * row + 4) === number);
}

const [openat = -1] = rowsOf(257);
const [mkdir = -1] = rowsOf(83);
const [unlink = -1] = rowsOf(87);
const [connect = -1] = rowsOf(42);
const [bind = -1] = rowsOf(49);
const [rename = -1, newName = -1] = rowsOf(82);
const rows = { openat, mkdir, unlink, connect, bind, rename, newName };

function record(name: keyof typeof rows, directory: string, target: Uint8Array | string): Uint8Array {
  const bytes = Buffer.concat([
    Buffer.alloc(8),
    Buffer.from(`${directory}\0`),
    typeof target === "string" ? Buffer.from(`${target}\0`) : target,
  ]);
  bytes.writeUInt16LE(bytes.length, 0);
  bytes.writeUInt16LE(rows[name], 2);
  return bytes;
}

/** What is gathered of records. */
function gathered(...records: readonly Uint8Array[]): readonly string[] {
  const { watcher, asked } = startWatch({ uname });
  for (const one of records) watcher.take(one);
  return asked().map(({ op, target }) => `${op} ${target}`);
}

const paths = test.macro({
  exec: (t, directory: string, path: string, found: readonly string[]) =>
    void t.deepEqual(gathered(record("openat", directory, path)), found),
  title: (_, directory: string, path: string) => `the path ${JSON.stringify(path)} in ${JSON.stringify(directory)}`,
});

test(paths, "", "/a/b", ["read /a/b"]);
test(paths, "/work", "a", ["read /work/a"]);
test(paths, "/work", "../b//c/.", ["read /b/c"]);
test(paths, "/", "../..", ["read /"]);
test(paths, "(unreachable)/x", "a", []);
test(paths, "", "a", []);

const addresses = test.macro({
  exec: (t, _title: string, bytes: readonly number[], found: readonly string[]) =>
    void t.deepEqual(gathered(record("connect", "", Uint8Array.from(bytes))), found),
  title: (_, title: string) => `an address: ${title}`,
});
test("a call that moves is gathered with both names, if both were told", (t) => {
  const both = [record("rename", "", "/a"), record("newName", "", "/b")];
  const { watcher, asked } = startWatch({ uname });
  for (const one of [...both, record("mkdir", "", "/c"), record("rename", "", "/d"), record("unlink", "", "/e")])
    watcher.take(one);
  t.deepEqual(asked(), [
    { op: "remove", target: "/a", to: "/b" },
    { op: "make", target: "/b" },
    { op: "make", target: "/c" },
    { op: "remove", target: "/e" },
  ]);
});

const zeros = (count: number): readonly number[] => Array.from({ length: count }, () => 0);
const letters = (text: string): readonly number[] => [...Buffer.from(text)];

test(addresses, "IPv4", [2, 0, 1, 0xbb, 192, 0, 2, 7, ...zeros(8)], ["connect 192.0.2.7:443"]);
test(addresses, "IPv4, cut", [2, 0, 1, 0xbb, 192, 0], []);
test(
  addresses,
  "IPv6",
  [10, 0, 0, 80, ...zeros(4), 0x20, 1, 0xd, 0xb8, ...zeros(11), 7, ...zeros(4)],
  ["connect [2001:db8::7]:80"],
);
test(addresses, "IPv6, cut", [10, 0, 0, 80, ...zeros(8)], []);
test(addresses, "a socket of a path", [1, 0, ...letters("/run/x"), 0, 9, 9], ["dial /run/x"]);
test(addresses, "a socket of a path without an end", [1, 0, ...letters("/run/x")], ["dial /run/x"]);
test(addresses, "an abstract socket", [1, 0, 0, ...letters("x")], []);
test(addresses, "a family that nobody knows", [99, 0, ...zeros(30)], []);
test(addresses, "nothing", [], []);

test("each is gathered once, in the order of the first time", (t) => {
  const both = [record("openat", "", "/b"), record("openat", "", "/a")];
  t.deepEqual(gathered(...both, ...both), ["read /b", "read /a"]);
});

test("no more is kept than the caller has room for", (t) => {
  const many = Array.from({ length: 12_000 }, (_, index) => record("openat", "", `/x/${index}`));
  t.is(gathered(...many).length, 10_000);
  const long = Array.from({ length: 900 }, (_, index) => record("openat", "", `/${"x".repeat(4000)}${index}`));
  t.true(gathered(...long).join("").length < 2_100_000);
});
