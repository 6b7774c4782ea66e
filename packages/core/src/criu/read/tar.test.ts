// Every refusal of the reader of archives. What it takes is compared with tar(1) in test/fuzz/checkpoint.test.ts.
import test from "ava";
import type { HeaderFields } from "../testing/tar.ts";
import { tarEnd, tarHeader } from "../testing/tar.ts";
import { ImageError } from "./image-error.ts";
import { readTar } from "./tar.ts";

const root = tarHeader({ name: "./", type: "5" });
const content = (text: string): Buffer => Buffer.concat([Buffer.from(text), Buffer.alloc(512 - text.length)]);
const long = (type: string, name: string, fields: HeaderFields = {}): Buffer =>
  Buffer.concat([tarHeader({ name: "././@LongLink", type, size: name.length + 1, ...fields }), content(`${name}\0`)]);
const one = (fields: HeaderFields): Buffer => tarEnd([root, tarHeader(fields)]);
const name = `./${"n".repeat(120)}`;
const short = name.slice(0, 100);

/** Places of the map of a sparse file: offset and length. */
const places = (at: number, ...regions: readonly (readonly [number, number])[]): Record<number, string> =>
  Object.fromEntries(
    regions.flatMap(([offset, length], index) => [
      [at + 24 * index, `${offset.toString(8).padStart(11, "0")}\0`],
      [at + 24 * index + 12, `${length.toString(8).padStart(11, "0")}\0`],
    ]),
  );
const sparse = (fields: HeaderFields, ...more: readonly Uint8Array[]): Buffer =>
  tarEnd([root, tarHeader({ name: "./s", type: "S", ...fields }), ...more]);
const extension = (bytes: Record<number, string>): Buffer => {
  const block = Buffer.alloc(512);
  for (const [at, value] of Object.entries(bytes)) block.write(value, Number(at), "latin1");
  return block;
};
const four = [
  [0, 512],
  [1024, 512],
  [2048, 512],
  [3072, 512],
] as const;

/** Regions of one block each, one behind the other. */
const regions = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => [512 * (from + index), 512] as const);

const taken: Readonly<Record<string, readonly [archive: Uint8Array, ...names: readonly string[]]>> = {
  nothing: [tarEnd([])],
  "a directory": [tarEnd([root]), "5./"],
  "every type": [
    tarEnd([
      root,
      ...["0", "2", "3", "4", "6"].map((type) =>
        tarHeader({ name: `./${type}`, type, link: type === "2" ? "/x" : "" }),
      ),
      tarHeader({ name: "./1", type: "1", link: "./0" }),
    ]),
    "5./",
    "0./0",
    "2./2",
    "3./3",
    "4./4",
    "6./6",
    "1./1",
  ],
  content: [
    tarEnd([root, tarHeader({ name: "./a", size: 3 }), content("abc"), tarHeader({ name: "./b" })]),
    "5./",
    "0./a",
    "0./b",
  ],
  "a directory in one": [
    tarEnd([root, tarHeader({ name: "./a/", type: "5" }), tarHeader({ name: "./a/b" })]),
    "5./",
    "5./a/",
    "0./a/b",
  ],
  "a long name and a long link": [
    tarEnd([
      root,
      long("K", "x".repeat(101)),
      long("L", name),
      tarHeader({ name: short, type: "2", link: "x".repeat(100) }),
    ]),
    "5./",
    `2${name}`,
  ],
  "ids and times that octal digits cannot say": [
    one({ bytes: { 108: "\x80\0\0\0\0\x3d\x09\0", 136: "\xff\xff\xff\xff\xff\xff\xff\xff|U\x81\x80" } }),
    "5./",
    "0./file",
  ],
  "a sparse file": [
    sparse({ size: 512, realSize: 4096, bytes: places(386, [1024, 512], [4096, 0]) }, content("x")),
    "5./",
    "S./s",
  ],
  "a long sparse file": [
    sparse(
      { size: 2560, realSize: 8192, more: true, bytes: places(386, ...four) },
      extension(places(0, [4096, 512], [8192, 0])),
      ...[0, 1, 2, 3, 4].map(() => content("x")),
    ),
    "5./",
    "S./s",
  ],
  "a sparse file that fills a block of its map": [
    sparse(
      { size: 25 * 512, realSize: 25 * 512, bytes: places(386, ...regions(0, 4)), more: true },
      extension(places(0, ...regions(4, 25))),
      ...regions(0, 25).map(() => content("x")),
    ),
    "5./",
    "S./s",
  ],
  "a huge sparse file": [
    sparse(
      {
        size: 2,
        bytes: { ...places(386, [0, 2]), 386: "\x80\0\0\0\0\0\0\x02\0\0\0\0", 483: "\x80\0\0\0\0\0\0\x02\0\0\0\x02" },
      },
      content("xy"),
    ),
    "5./",
    "S./s",
  ],
};

for (const [what, [archive, ...names]] of Object.entries(taken))
  test(`an archive is read: ${what}`, (t) => {
    t.deepEqual(
      readTar(archive).map((entry) => entry.type + entry.name),
      names,
    );
  });

test("the numbers of a device are read", (t) => {
  const [, node] = readTar(one({ name: "./disk", type: "4", major: 8, minor: 17 }));
  t.deepEqual(node, { name: "./disk", type: "4", major: 8, minor: 17 });
  const [, file] = readTar(one({ name: "./file" }));
  t.deepEqual(file, { name: "./file", type: "0", major: 0, minor: 0 });
});

const ended = tarEnd([root]);
const refused: Readonly<Record<string, readonly [archive: Uint8Array, error: RegExp]>> = {
  "one block of zeros": [Buffer.concat([root, Buffer.alloc(512)]), /does not end where/],
  "no end": [root, /does not end where/],
  "a further record of zeros": [Buffer.concat([ended, Buffer.alloc(10240)]), /does not end where/],
  "a record that is cut": [ended.subarray(0, -512), /does not end where/],
  "a part of a block": [ended.subarray(0, -1), /does not end where/],
  "an entry after the end": [
    Buffer.concat([root, Buffer.alloc(1024), root, Buffer.alloc(10240 - 2048)]),
    /something follows its end/,
  ],
  "a header that is cut": [tarEnd([root, tarHeader({ size: 20000 })]), /ends within an entry/],
  "a short header": [Buffer.concat([root, root.subarray(0, 100)]), /ends within an entry/],
  "a signed checksum": [one({ name: "./\xff", sum: "006200\0 " }), /checksum/],
  "a checksum in other digits": [one({ sum: " 6200\0 " }), /checksum/],
  "the magic of POSIX": [one({ magic: "ustar\x0000" }), /not one of GNU tar/],
  "no magic": [one({ magic: "\0".repeat(8) }), /not one of GNU tar/],
  "a mode that is no number": [one({ mode: "rwxr-xr\0" }), /not octal/],
  "an owner that is no number": [one({ bytes: { 108: "root\0\0\0\0" } }), /not octal/],
  "a group that is no number": [one({ bytes: { 116: "0000000 " } }), /not octal/],
  "a time that is no number": [one({ bytes: { 136: "yesterday\0\0\0" } }), /not octal/],
  "a size in base 256": [one({ bytes: { 124: "\x80\0\0\0\0\0\0\0\0\0\0\0" } }), /not octal/],
  "a size with spaces": [one({ bytes: { 124: "         0 \0" } }), /not octal/],
  "a negative size": [one({ bytes: { 124: "-0000000001\0" } }), /not octal/],
  "a device number in other digits": [one({ name: "./d", type: "3", bytes: { 329: "0x00001\0" } }), /not octal/],
  "a minor number in other digits": [one({ name: "./d", type: "3", bytes: { 337: "     0 \0" } }), /not octal/],
  "a device number of a file": [one({ bytes: { 329: "0000001\0" } }), /no device has a device number/],
  "the name of an owner": [one({ bytes: { 265: "root" } }), /names its owner/],
  "a name after the name": [one({ bytes: { 10: "x" } }), /follows the end of a text/],
  "a prefix": [one({ bytes: { 345: "dir" } }), /more than tar writes/],
  "something at the end of a header": [one({ bytes: { 511: "x" } }), /more than tar writes/],
  "a pax header": [one({ type: "x" }), /type "x"/],
  "a pax header for all": [one({ type: "g" }), /type "g"/],
  "a contiguous file": [one({ type: "7" }), /type "7"/],
  "an old file": [one({ type: "\0" }), /type/],
  "a volume": [one({ type: "V" }), /type "V"/],
  "a continued file": [one({ type: "M" }), /type "M"/],
  "a directory with a list": [one({ type: "D" }), /type "D"/],
  "a link with a size": [one({ type: "2", link: "x", size: 1 }), /without content has a size/],
  "a link of a file": [one({ link: "x" }), /no link has one/],
  "a link that leads nowhere": [one({ type: "2" }), /leads nowhere/],
  "a hard link that leads out": [one({ type: "1", link: "../file" }), /root of the archive/],
  "an absolute name": [one({ name: "/file" }), /root of the archive/],
  "a bare name": [one({ name: "file" }), /root of the archive/],
  "a name that leads up": [one({ name: "./../file" }), /root of the archive/],
  "a name with an empty part": [one({ name: ".//file" }), /root of the archive/],
  "a name with a dot": [one({ name: "././file" }), /root of the archive/],
  "two entries of one name": [tarEnd([root, tarHeader({}), tarHeader({ type: "4" })]), /two entries have one name/],
  "an entry in no directory": [one({ name: "./a/b" }), /in no directory/],
  "an entry in a link": [
    tarEnd([root, tarHeader({ name: "./a", type: "2", link: "/" }), tarHeader({ name: "./a/b" })]),
    /in no directory/,
  ],
  "an entry without the root": [tarEnd([tarHeader({})]), /in no directory/],
  "a long name of another place": [
    tarEnd([root, long("L", name, { name: "./x" }), tarHeader({ name: short })]),
    /none of tar's/,
  ],
  "a long name with a link": [
    tarEnd([root, long("L", name, { link: "x" }), tarHeader({ name: short })]),
    /none of tar's/,
  ],
  "a long name with a prefix": [
    tarEnd([root, long("L", name, { bytes: { 400: "x" } }), tarHeader({ name: short })]),
    /none of tar's/,
  ],
  "a name that is too long": [
    tarEnd([root, tarHeader({ name: "././@LongLink", type: "L", size: 20000 }), Buffer.alloc(20480, "n")]),
    /a name is too long/,
  ],
  "a long name without its end": [
    tarEnd([root, long("L", name, { size: 50 }), tarHeader({ name: short })]),
    /does not end where it should/,
  ],
  "a long name that ends before": [
    tarEnd([root, long("L", `./a\0${name}`), tarHeader({ name: short })]),
    /does not end where it should/,
  ],
  "a long name of another entry": [
    tarEnd([root, long("L", name), tarHeader({ name: "./x" })]),
    /a long name is another's/,
  ],
  "a long name that is short": [
    tarEnd([root, long("L", "./x"), tarHeader({ name: "./x" })]),
    /a long name is another's/,
  ],
  "a long link of another entry": [
    tarEnd([root, long("K", "y".repeat(120)), tarHeader({ type: "2", link: "x" })]),
    /a long name is another's/,
  ],
  "two long names": [tarEnd([root, long("L", name), long("L", name), tarHeader({ name: short })]), /has two names/],
  "a long name of nothing": [tarEnd([root, long("L", name)]), /checksum|another's|type/],
  "a sparse file with a prefix": [sparse({ bytes: { 345: "x" } }), /more than tar writes/],
  "a sparse file with more in its header": [sparse({ bytes: { 500: "x" } }), /more than tar writes/],
  "a map with a gap": [
    sparse({ size: 512, realSize: 512, bytes: { ...places(386, [0, 512]), ...places(434, [512, 0]) } }, content("x")),
    /has a gap/,
  ],
  "a map that is no number": [
    sparse({ size: 512, bytes: { 386: "00000000000\0", 398: "x" } }, content("x")),
    /not octal/,
  ],
  "a map with a negative number": [
    sparse({ size: 512, bytes: { ...places(386, [0, 512]), 386: "\xff".repeat(12) } }, content("x")),
    /not octal/,
  ],
  "a map beyond all numbers": [
    sparse({ size: 512, bytes: { ...places(386, [0, 512]), 386: `\x80${"\xff".repeat(11)}` } }, content("x")),
    /too large/,
  ],
  "a map out of order": [
    sparse({ size: 1024, realSize: 1024, bytes: places(386, [512, 512], [0, 512]) }, content("x"), content("x")),
    /out of order/,
  ],
  "a region that is no block": [
    sparse({ size: 3, realSize: 514, bytes: places(386, [0, 1], [512, 2]) }, content("x")),
    /out of order/,
  ],
  "a map of more than there is": [
    sparse({ size: 512, realSize: 1024, bytes: places(386, [0, 1024]) }, content("x")),
    /not its content/,
  ],
  "a map of another size": [
    sparse({ size: 512, realSize: 4096, bytes: places(386, [0, 512]) }, content("x")),
    /not its content/,
  ],
  "a map that goes on and does not": [
    Buffer.concat([root, tarHeader({ name: "./s", type: "S", more: true })]),
    /ends within an entry/,
  ],
  "a map with an end that is none": [sparse({ bytes: { 482: "\x02" } }), /has no end/],
  "a map with an end that is none, later": [sparse({ more: true }, extension({ 504: "\x02" })), /has no end/],
  "a map with more in its block": [sparse({ more: true }, extension({ 511: "x" })), /map of a sparse file has more/],
};

for (const [what, [archive, message]] of Object.entries(refused))
  test(`an archive is refused: ${what}`, (t) => {
    t.throws(() => readTar(archive), { instanceOf: ImageError, message });
  });
