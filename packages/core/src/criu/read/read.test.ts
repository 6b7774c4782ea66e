// Every refusal of the reader of images. What it takes is compared with CRIU's own decoder in test/fuzz/checkpoint.test.ts.

import { gzipSync } from "node:zlib";
import test from "ava";
import { makeMemorySystem } from "../../system/memory.ts";
import { gunzip } from "../../system/node/files/gunzip.ts";
import { openFile } from "../testing/checkpoint.ts";
import type { DirFiles } from "../testing/dir.ts";
import { dirOf } from "../testing/dir.ts";
import type { Fields } from "../testing/images.ts";
import { image, message } from "../testing/images.ts";
import { tarEnd, tarHeader } from "../testing/tar.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { ImageError } from "./image-error.ts";
import { readCheckpoint } from "./index.ts";
import { readMessage } from "./protobuf.ts";

const ids: Fields = { 1: 2, 2: 2, 3: 2, 4: 2, 5: 9, 6: 10, 7: 11, 8: 12, 9: 13, 10: 7, 11: 14, 12: 5 };
const creds: Fields = {
  1: 0,
  2: 0,
  3: 0,
  4: 0,
  5: 0,
  6: 0,
  7: 0,
  8: 0,
  9: [1, 0],
  12: Uint8Array.of(0x21, 0),
  14: [7, 9],
  15: "label",
  16: "socket",
  18: 1,
};
const thread: Fields = { 3: 3, 4: 1, 5: 50, 10: creds, 11: 2, 12: 3 };
const limits: Fields = {
  8: {
    1: [
      { 1: 5, 2: 1n << 40n },
      { 1: 1, 2: 2 },
    ],
  },
  13: 777,
  14: -1000,
};
const core: Fields = { 1: 1, 3: limits, 5: thread };
const mount: Fields = {
  1: 5,
  2: 10,
  3: 42,
  4: 9,
  5: 0x20000e,
  6: "/dir/file",
  7: "/dev",
  8: "tmpfs",
  9: "size=1m",
  10: 3,
  11: 4,
  17: 0,
};
const file: Fields = { 1: 1, 2: 4, 3: { 1: 4, 2: 0, 6: "/tmp/a", 7: 20 } };
const socket: Fields = { 1: 4, 2: 5, 4: { 1: 5, 4: 3, 7: 80, 14: { 8: 6, 10: 7, 16: BigUint64Array.of(1n) } } };
const bound = (id: number, name: string, more: Fields = {}): Fields => ({
  1: 5,
  2: id,
  16: { 1: id, 11: name, ...more },
});
const handle = (more: Fields): Fields => ({ 1: 8, 2: 1, 3: [7, 0], ...more });
const others: readonly Fields[] = [
  bound(6, "/run/a\0"),
  bound(7, "b", { 14: "/srv" }),
  bound(8, "\0abstract\0"),
  bound(9, ""),
  { 1: 13, 2: 10, 7: { 3: 12, 8: [0, 4] } },
  { 1: 13, 2: 11, 7: { 3: 0, 8: [0] } },
  { 1: 8, 2: 12, 13: { 1: 12, 5: [{ 7: handle({ 4: "/tmp" }) }, { 7: handle({}) }] } },
  { 1: 12, 2: 13, 14: { 1: 13, 6: [{ 7: { 2: handle({ 4: "/x" }) } }, { 8: { 1: 5 } }] } },
];

const whole: DirFiles = {
  "inventory.img": image([{ 1: 2, 3: ids, 6: 2 }], [0x58313116]),
  "pstree.img": image([{ 1: 1, 2: 0, 5: [1, 2] }]),
  "core-1.img": image([core]),
  "core-2.img": image([{ 1: 1, 5: thread }]),
  "ids-1.img": image([ids]),
  "mountpoints-13.img": image([mount, { ...mount, 7: "/srv", 6: "x", 12: 1, 18: "/srv" }]),
  "files.img": image([file, socket, ...others]),
  "seccomp.img": image([{ 1: [{ 1: Uint8Array.of(1) }, { 1: Uint8Array.of(2), 2: 0 }] }]),
  "userns-7.img": image([{ 1: { 1: 0, 2: 1000, 3: 1 }, 2: { 1: 0, 2: 1001, 3: 1 } }]),
  "remap-fpath.img": image([
    { 1: 4, 2: 0xa, 3: 1 },
    { 1: 4, 2: 4, 3: 0 },
    { 1: 4, 2: 4, 3: 2 },
  ]),
  "ghost-file-a.img": Buffer.concat([image([{ 1: 0, 2: 0, 3: 0o60644, 6: 0x12300845 }]), Buffer.from("content")]),
  "tmpfs-dev-42.tar.gz.img": gzipSync(tarEnd([tarHeader({ name: "./", type: "5" })])),
  "pages-1.img": new Uint8Array(1),
  "stats-dump": new Uint8Array(0),
  "dump.log": new Uint8Array(0),
};

function read(changes: DirFiles): Checkpoint {
  return readCheckpoint({ ...makeMemorySystem(), gunzip }, dirOf({ ...whole, ...changes }));
}

test("what decides over rights is read", (t) => {
  const { tasks, mounts, filters, idmaps, files, remaps, archives, hostNamespaces, lsm } = read({});
  t.is(lsm, 2);
  t.deepEqual(hostNamespaces.get("pid"), 9);
  t.deepEqual(tasks[0]?.threads[1], {
    uids: [0, 0, 0, 0],
    gids: [0, 0, 0, 0],
    groups: [7, 9],
    capabilities: 1n,
    bounding: 0x21n,
    noNewPrivs: true,
    lsmProfile: "label",
    socketLabel: "socket",
    seccompMode: 2,
    seccompFilter: 3,
    nice: -2,
    policy: 1,
    priority: 50,
  });
  t.deepEqual(tasks[0]?.hardLimits, [1n << 40n, 2n]);
  t.is(tasks[0]?.oomScore, -1000);
  t.is(tasks[0]?.loginUid, 777);
  t.deepEqual(mounts[0], {
    type: 5,
    id: 10,
    device: 42,
    parent: 9,
    flags: 0x20000e,
    root: "/dir/file",
    point: "/dev",
    options: "size=1m",
    shared: 3,
    master: 4,
    external: undefined,
    isForeign: false,
  });
  t.deepEqual([mounts[1]?.external, mounts[1]?.isForeign], ["/srv", true]);
  t.deepEqual(
    filters.map(({ previous }) => previous),
    [undefined, 0],
  );
  t.deepEqual(idmaps, [{ uids: [[0, 1000, 1]], gids: [[0, 1001, 1]] }]);
  t.deepEqual(files, [
    { ...openFile, paths: ["/tmp/a"] },
    { ...openFile, type: 4, socketType: 3, mark: 7, priority: 6 },
    { ...openFile, type: 5, socket: "/run/a" },
    { ...openFile, type: 5, socket: "/srv/b" },
    { ...openFile, type: 5 },
    { ...openFile, type: 5 },
    { ...openFile, type: 13, listensTo: 12 },
    { ...openFile, type: 13 },
    { ...openFile, type: 8, paths: ["/tmp"], isByHandle: true },
    { ...openFile, type: 12, paths: ["/x"] },
  ]);
  t.deepEqual(remaps, [
    { path: "/tmp/a", mount: 10, mode: 0o60644, major: 8, minor: 0x12345 },
    { path: "/tmp/a", mount: 10, mode: 0, major: 0, minor: 0 },
  ]);
  t.deepEqual([...archives.keys()], [42]);
});

const entry = (name: string, ...entries: readonly Fields[]): DirFiles => ({ [name]: image(entries) });
const mounted = (change: Fields): DirFiles => entry("mountpoints-13.img", { ...mount, ...change });
test("a login uid that is not there is not set", (t) => {
  const { tasks } = read({ "core-1.img": image([{ ...core, 3: { ...limits, 13: undefined } }]) });
  t.is(tasks[0]?.loginUid, 0xffffffff);
});

const ports: readonly (readonly [type: number, protocol: number, port: number, read: number])[] = [
  [1, 6, 80, 80],
  [2, 17, 65535, 65535],
  [2, 17, 65536 + 80, 80],
  [3, 17, 80, 0],
  [2, 1, 80, 0],
  [2, 58, 80, 0],
];
for (const [type, protocol, port, expected] of ports)
  test(`a socket of type ${type}, protocol ${protocol} and port ${port} has the port ${expected}`, (t) => {
    const bound = { 1: 4, 2: 5, 4: { 1: 5, 4: type, 5: protocol, 7: port } };
    t.deepEqual(read({ "files.img": image([file, bound]) }).files[1]?.port, expected);
  });

for (const [clock, wakes] of [
  [7, false],
  [8, true],
  [9, true],
] as const)
  test(`a timer of the clock ${clock} ${wakes ? "wakes" : "does not wake"} the machine`, (t) => {
    const timers = { ...limits, 7: { 4: [{ 2: 0 }, { 2: clock }] } };
    const { tasks, files } = read({
      "core-1.img": image([{ ...core, 3: timers }]),
      "files.img": image([file, { 1: 17, 2: 5, 12: { 1: 5, 4: clock } }]),
    });
    t.deepEqual([tasks[0]?.wakes, files[0]?.wakes, files[1]?.wakes], [wakes, false, wakes]);
  });

for (const [field, at] of [
  [3, 5],
  [4, 13],
  [6, 6],
  [7, 11],
  [8, 3],
  [9, 3],
  [10, 3],
  [12, 3],
  [13, 4],
  [14, 3],
  [15, 5],
  [16, 9],
  [18, 4],
  [19, 4],
  [20, 4],
  [21, 4],
] as const)
  test(`the users as whom a file signals are read: ${field}`, (t) => {
    const owned = (pid: number): Fields => ({
      1: 1,
      2: 50 + pid,
      [field]: { 1: 50 + pid, [at]: { 1: 7, 2: 8, 3: 9, 4: 1, 5: pid } },
    });
    const { files } = read({ "files.img": image([file, owned(0), owned(1)]) });
    t.deepEqual(
      files.map(({ signalsAs }) => signalsAs),
      [[], [], [7, 8]],
    );
  });

const cored = (change: Fields): DirFiles => entry("core-1.img", { ...core, ...change });
const remapped = (...change: readonly Fields[]): DirFiles => entry("remap-fpath.img", ...change);
const raw = (...bytes: readonly number[]): DirFiles => ({
  "core-1.img": Uint8Array.from([...image([]), bytes.length, 0, 0, 0, ...bytes]),
});
const named = (name: string): DirFiles => ({ [name]: image([]) });
const zipped = (bytes: Uint8Array): DirFiles => ({ "tmpfs-dev-42.tar.gz.img": bytes });
const zip = gzipSync(tarEnd([]));
const long = 1n << 32n;

const refused: Readonly<Record<string, readonly [changes: DirFiles, error: RegExp]>> = {
  "an empty file": [{ "core-1.img": new Uint8Array(0) }, /core-1\.img: it is no image/],
  "another magic number": [{ "core-1.img": image([core], [0x54564318, 0]) }, /core-1\.img: it is no image/],
  "an inventory with the magic of others": [entry("inventory.img", { 1: 2, 3: ids }), /inventory\.img: it is no image/],
  "an image that is cut": [{ "core-1.img": image([core]).subarray(0, -1) }, /core-1\.img: it ends within an entry/],
  "an image that is cut in a length": [{ "core-1.img": image([core]).subarray(0, 10) }, /it ends within an entry/],
  "a missing image": [{ "ids-1.img": undefined }, /ids-1\.img: no such file/],
  "two inventories": [
    {
      "inventory.img": image(
        [
          { 1: 2, 3: ids },
          { 1: 2, 3: ids },
        ],
        [0x58313116],
      ),
    },
    /inventory\.img has 2 entries/,
  ],
  "an inventory of nothing": [{ "inventory.img": image([], [0x58313116]) }, /inventory\.img has 0 entries/],
  "another version": [{ "inventory.img": image([{ 1: 3, 3: ids }], [0x58313116]) }, /version that is not known/],
  "an inventory without namespaces": [
    { "inventory.img": image([{ 1: 2 }], [0x58313116]) },
    /version that is not known/,
  ],
  "two processes in one image": [entry("core-1.img", core, core), /core-1\.img has 2 entries/],
  "two lists of filters": [entry("seccomp.img", {}, {}), /seccomp\.img has 2 entries/],

  "a number without end": [raw(0x08, 0x80), /a number has no end/],
  "a number that is too long": [raw(0x08, ...Array(10).fill(0x80), 1), /a number has no end/],
  "a field beyond the message": [raw(0x2a, 5, 1), /longer than the message/],
  "a fixed field beyond the message": [raw(0x29, 5, 1), /longer than the message/],
  "a group": [raw(0x2b), /unknown type 3/],
  "a field without a number": [raw(0x00, 1), /no field 0/],
  "a field with too great a number": [raw(0x88, 0x80, 0x80, 0x80, 0x80, 0x01, 1), /no field/],
  "a message that is a number": [cored({ 5: 1 }), /field 5 is a number/],
  "a message that is there twice": [cored({ 5: [thread, thread] }), /field 5 is there twice/],
  "a number that is there twice": [mounted({ 3: [42, 43] }), /field 3 is there twice/],
  "a number that is bytes": [mounted({ 3: "x" }), /field 3 is no number/],
  "a number of fixed length": [mounted({ 3: Uint32Array.of(42) }), /field 3 is no number/],
  "a text of fixed length": [mounted({ 7: Uint32Array.of(0x7665642f) }), /field 7 is of fixed length/],
  "a list of fixed length": [cored({ 3: { 8: { 1: BigUint64Array.of(5n) } } }), /field 1 is of fixed length/],
  "packed numbers of fixed length": [
    cored({ 5: { ...thread, 10: { ...creds, 12: Uint32Array.of(1) } } }),
    /field 12 is of fixed length/,
  ],
  "a number that is too long for its field": [mounted({ 3: long + 42n }), /field 3 is longer than 32 bits/],
  "a negative number": [mounted({ 3: -1 }), /field 3 is longer than 32 bits/],
  "a yes that is neither": [mounted({ 12: 2 }), /field 12 is neither yes nor no/],
  "a capability that is too long": [
    cored({ 5: { ...thread, 10: { ...creds, 9: long } } }),
    /field 9 is longer than 32 bits/,
  ],
  "a packed number that is too long": [
    cored({ 5: { ...thread, 10: { ...creds, 12: Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x10) } } }),
    /field 12 is longer/,
  ],
  "a list that is a number": [cored({ 3: { 8: { 1: 5 } } }), /field 1 is a number/],
  "a text with a NUL": [mounted({ 7: "/dev\0" }), /field 7 has a NUL/],
  "a text that is no UTF-8": [mounted({ 7: Uint8Array.of(0x2f, 0xff) }), /field 7 is no UTF-8/],
  "a text that is there twice": [mounted({ 7: ["/a", "/b"] }), /field 7 is there twice/],

  "no credentials": [cored({ 5: { 11: 2 } }), /it has no credentials/],
  "no thread": [cored({ 5: undefined }), /it has no credentials/],
  "no limits": [cored({ 3: {} }), /it has no resource limits/],
  "no process": [cored({ 3: undefined }), /it has no resource limits/],
  "no filter, in old words": [cored({ 3: { ...limits, 11: 0 } }), /in the way of an old version/],
  "another filter, in old words": [cored({ 3: { ...limits, 12: 0 } }), /in the way of an old version/],
  "another filter of a thread, in old words": [
    entry("core-2.img", { ...core, 3: { 11: 0 } }),
    /in the way of an old version/,
  ],
  "a score that is too long": [cored({ 3: { ...limits, 14: long } }), /field 14 is longer than 32 bits/],
  "a score in another form": [cored({ 3: { ...limits, 14: 0xfffffc18 } }), /field 14 is longer than 32 bits/],
  "a nice value that is too long": [cored({ 5: { ...thread, 3: long + 3n } }), /field 3 is longer than 32 bits/],
  "a name of a socket with a NUL": [entry("files.img", bound(6, "/a\0b")), /field 11 has a NUL/],
  "two names of a socket": [entry("files.img", bound(6, "", { 11: ["/a", "/b"] })), /field 11 is there twice/],
  "a name of a socket that is no UTF-8": [
    entry("files.img", bound(6, "", { 11: Uint8Array.of(0x2f, 0xff) })),
    /field 11 is no UTF-8/,
  ],
  "two handles of a watch": [
    entry("files.img", { 1: 8, 2: 1, 13: { 1: 1, 5: { 7: [handle({}), handle({})] } } }),
    /field 7 is there twice/,
  ],
  "a filter with two programs": [entry("seccomp.img", { 1: { 1: ["a", "b"] } }), /several programs/],

  "a bind in old words": [mounted({ 13: 1 }), /external in the way of an old version/],
  "a deleted mount": [mounted({ 16: 1 }), /of a deleted file/],
  "flags in old words": [mounted({ 17: undefined }), /its flags in the way of an old version/],
  "a mount that is a bind": [mounted({ 5: 0x1000 }), /flags 0x1000, which no mount has/],
  "a mount that is moved": [mounted({ 5: 0x2000 }), /flags 0x2000/],
  "a mount that is changed": [mounted({ 5: 0x20 }), /flags 0x20/],
  "a recursive mount": [mounted({ 5: 0x4000 }), /flags 0x4000/],
  "an unknown flag": [mounted({ 5: 0x80000000 }), /flags 0x80000000/],
  "a file system that is a bind": [mounted({ 17: 0x1000 }), /the file system of the mount on "\/dev" has flags 0x1000/],
  "a mount that leads up": [mounted({ 7: "/srv/../etc" }), /the mount on "\/srv\/\.\.\/etc" is at no plain path/],
  "a root that leads up": [mounted({ 6: "/a/.." }), /shows "\/a\/\.\."/],
  "a root that begins nowhere": [mounted({ 6: "a" }), /shows "a"/],
  "a root with a dot": [mounted({ 6: "/./a" }), /shows/],
  "a root with an empty part": [mounted({ 6: "/a/" }), /shows/],
  "no root": [mounted({ 6: undefined }), /shows ""/],

  "two files of one id": [entry("files.img", file, file), /files\.img has the file 4 twice/],
  "a remap of no file": [remapped({ 1: 99, 2: 1, 3: 1 }), /the file 99, which there is not/],
  "a remap to no file": [remapped({ 1: 4, 2: 99, 3: 0 }), /the file 99, which there is not/],
  "a remap without a type": [remapped({ 1: 4, 2: 0xa }), /is of an old version/],
  "a remap of another type": [remapped({ 1: 4, 2: 4, 3: 3 }), /the unknown type 3/],
  "a ghost that is missing": [{ "ghost-file-a.img": undefined }, /ghost-file-a\.img: no such file/],
  "a ghost that is no image": [{ "ghost-file-a.img": Uint8Array.of(1) }, /ghost-file-a\.img: it is no image/],
  "a ghost that is cut": [{ "ghost-file-a.img": image([{ 3: 1 }]).subarray(0, 13) }, /it ends within an entry/],

  ...Object.fromEntries(
    [
      "tmpfs-42.tar.gz.img",
      "tmpfs-dev-042.tar.gz.img",
      "tmpfs-dev-x.tar.gz.img",
      "reg-files.img",
      "rlimit-1.img",
      "creds-1.img",
      "apparmor.img",
      "binfmt-misc.img",
      "binfmt-misc-4.img",
      "autofs-1.img",
      "vmas-1.img",
      "sigacts-1.img",
      "fanotify.img",
      "bpfmap-file.img",
      "core-x.img",
      "ghost-file-G.img",
      ".img",
    ].map((name) => [`the image ${name}`, [named(name), /no container's checkpoint has that image/]] as const),
  ),

  "an archive that is none": [zipped(Uint8Array.of(1)), /archive/],
  "an archive that is not packed": [zipped(tarEnd([])), /archive/],
  "an archive of another format": [zipped(Uint8Array.from([0x1f, 0x9d, ...zip.subarray(2)])), /archive/],
  "an archive of another method": [zipped(Uint8Array.from([0x1f, 0x8b, 7, ...zip.subarray(3)])), /archive/],
  "an archive with a name": [
    zipped(
      Buffer.concat([
        zip.subarray(0, 3),
        Uint8Array.of(8),
        zip.subarray(4, 10),
        Uint8Array.of(0x6e, 0),
        zip.subarray(10),
      ]),
    ),
    /archive/,
  ],
  "two archives": [zipped(Buffer.concat([zip, zip])), /archive/],
  "an archive and something more": [zipped(Buffer.concat([zip, Buffer.alloc(9), Uint8Array.of(1)])), /archive/],
  "an archive with a wrong checksum": [zipped(Buffer.concat([zip.subarray(0, -8), Buffer.alloc(8)])), /archive/],
  "an archive that is cut": [zipped(zip.subarray(0, -1)), /archive/],
  "an archive with a bad header": [
    zipped(gzipSync(Buffer.alloc(10240, 1))),
    /tmpfs-dev-42\.tar\.gz\.img: the checksum/,
  ],
};

for (const [what, [changes, message]] of Object.entries(refused))
  test(`a checkpoint cannot be read: ${what}`, (t) => {
    t.throws(() => read(changes), { code: "E_CHECKPOINT_REFUSED", message });
  });

test("fields of fixed length are skipped, and the greatest number of a field is read", (t) => {
  const fixed = readMessage(Uint8Array.of(0x2d, 1, 2, 3, 4, 0x31, 1, 2, 3, 4, 5, 6, 7, 8));
  t.deepEqual(fixed.get(5), [null]);
  t.deepEqual(fixed.get(6), [null]);
  t.deepEqual(readMessage(Uint8Array.of(0xf8, 0xff, 0xff, 0xff, 0x0f, 1)).get(2 ** 29 - 1), [1n]);
});

test("zeros may follow an archive", (t) => {
  t.notThrows(() => read(zipped(Buffer.concat([zip, Buffer.alloc(9)]))));
});

test("an archive that is too large says so", (t) => {
  t.throws(() => gunzip(gzipSync(Buffer.alloc(100)), 10), { message: /EFBIG/ });
});

test("an error that is not of the images is passed on", (t) => {
  const broken = {
    ...dirOf(whole),
    list: () => {
      throw new TypeError("a bug");
    },
  };
  t.throws(() => readCheckpoint(makeMemorySystem(), broken), { instanceOf: TypeError });
  t.throws(() => readMessage(Uint8Array.of(0x08)), { instanceOf: ImageError });
});

test("a checkpoint without filters and archives is read", (t) => {
  const { filters, archives, remaps } = read({
    "seccomp.img": undefined,
    "tmpfs-dev-42.tar.gz.img": undefined,
    "remap-fpath.img": undefined,
  });
  t.deepEqual([filters.length, archives.size, remaps.length], [0, 0, 0]);
  t.is(message({}).length, 0);
});
