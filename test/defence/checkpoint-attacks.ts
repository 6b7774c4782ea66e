// What CRIU reads otherwise than a reader that only looks for what it knows. There are numbers that are too long, words of
// older versions, and images by older names. There are paths that lead to the host's root, and archives that tar(1) lists
// otherwise.
import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { tarEnd, tarHeader } from "../../packages/core/src/criu/testing/tar.ts";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import type { Field } from "../helpers/criu/criu-images.ts";
import { appendEntry, changeImage, encode, newImage, setField, text, within } from "../helpers/criu/criu-images.ts";
import type { Entry, Row } from "./checkpoint-rows.ts";
import { addMount, changeCreds, changeMount, changeMounts, changeThread, pointOf } from "./checkpoint-rows.ts";

const uint32 = 1n << 32n;
const bindFlags = 0x5000n;
const ghost = 1n;
const linked = 0n;

const numberIn = (entry: Entry | undefined, field: number): bigint => {
  const value = entry?.find(([number]) => number === field)?.[1];
  return typeof value === "bigint" ? value : 0n;
};

function mountOf(box: Counter, point: string): Entry {
  let found: Entry | undefined;
  changeMounts(box, (entries) => {
    found = entries.find((entry) => pointOf(entry) === point);
    return entries;
  });
  return found ?? [];
}

/** The archive of /dev. */
function archiveOf(box: Counter): string {
  return join(box.images, `tmpfs-dev-${numberIn(mountOf(box, "/dev"), 3)}.tar.gz.img`);
}

/** The archive of /dev, with something before its end. */
function addToArchive(more: Uint8Array): (box: Counter) => void {
  return (box) => {
    const path = archiveOf(box);
    const archive = gunzipSync(readFileSync(path));
    const end = Math.max(...[...Array(archive.length / 512).keys()].filter((at) => archive[512 * at] !== 0)) + 1;
    writeFileSync(path, gzipSync(tarEnd([archive.subarray(0, 512 * end), more])));
  };
}

const node = tarHeader({ name: "./disk", type: "4", major: 8 });
const pax = Buffer.alloc(512);
pax.write("9 size=0\n");

const change = (name: string, how: (entry: Entry) => Entry) => (box: Counter) =>
  changeImage(join(box.images, name), (entries) => entries.map(how));

/** The file that is counted in, in files.img. */
function changeFile(box: Counter, how: (file: readonly Field[]) => readonly Field[]): bigint {
  let id = 0n;
  changeImage(join(box.images, "files.img"), (entries) =>
    entries.map((entry) =>
      within(entry, 3, (file) => {
        const isIt = file.some(
          ([, value]) => typeof value !== "bigint" && Buffer.from(value).toString().endsWith("/count"),
        );
        if (!isIt) return file;
        id = numberIn(file, 1);
        return how(file);
      }),
    ),
  );
  return id;
}

const message = (fields: Readonly<Record<number, Field[1]>>): Entry =>
  Object.entries(fields).map(([number, value]) => [Number(number), value]);

/** A file that CRIU makes for the restore, or removes after it. */
function remap(path: (box: Counter) => string, type: bigint): (box: Counter) => void {
  return (box) => {
    const id = changeFile(box, (file) => setField(file, 6, text(path(box))));
    const ghostId = type === ghost ? 7n : id;
    newImage(join(box.images, "remap-fpath.img"), "remap-fpath", [message({ 1: id, 2: ghostId, 3: type })]);
    if (type !== ghost) return;
    const time = encode(message({ 1: 0n, 2: 0n }));
    const made = message({ 1: 0n, 2: 0n, 3: 0o100644n, 7: time, 8: time });
    newImage(join(box.images, "ghost-file-7.img"), "ghost-file", [made]);
  };
}

const outside = (box: Counter): string => `${"/..".repeat(12)}${join(box.canary, "file")}`;

const withTask = (how: (task: Entry) => Entry) => change("core-1.img", (core) => within(core, 3, how));

const archives: readonly Row[] = [
  [
    "a device node behind a pax header",
    addToArchive(
      Buffer.concat([
        tarHeader({ name: "./x", type: "x", size: 9 }),
        pax,
        tarHeader({ name: "./file", type: "0", size: 512 }),
        node,
      ]),
    ),
    /an entry has the type "x"/,
  ],
  [
    "an archive under the name that it once had",
    (box) => renameSync(archiveOf(box), join(box.images, `tmpfs-${numberIn(mountOf(box, "/dev"), 2)}.tar.gz.img`)),
    /no container's checkpoint has that image/,
  ],
];

const mounts: readonly Row[] = [
  [
    "a file system that is a bind",
    (box) => {
      changeMount("/dev/shm", 17, bindFlags)(box);
      changeMount("/dev/shm", 8, text(box.canary))(box);
    },
    /the file system of the mount on "\/dev\/shm" has flags 0x5000/,
  ],
  [
    "another proc over the masks",
    (box) =>
      changeMounts(box, (all) => {
        const proc = all.find((one) => pointOf(one) === "/proc") ?? [];
        const over = [
          [2, 999n],
          [4, numberIn(proc, 2)],
        ] as const;
        return [...all, over.reduce<Entry>((one, [number, value]) => setField(one, number, value), proc)];
      }),
    /maskedPaths\/\d+: there is no mount on "\/proc\/keys"/,
  ],
  ["a path that leads up", changeMount("/proc/sys", 6, text("/sys/../..")), /shows "\/sys\/\.\.\/\.\."/],
  [
    "read-only in the words of an old version",
    changeMount("/proc/sys", 17, undefined),
    /has its flags in the way of an old version/,
  ],
  ["a larger tmpfs", changeMount("/dev/shm", 9, text("size=1g")), /a mount on "\/dev\/shm" with other options/],
];

/** A limit of 99 (rlimit_entry). */
const raised: Field = [1, encode(message({ 1: 99n, 2: 99n }))];

const processes: readonly Row[] = [
  ["no_new_privs in a longer number", changeCreds(18, uint32), /field 18 is longer than 32 bits/],
  [
    "no filter in the words of an old version",
    withTask((task) => setField(task, 11, 0n)),
    /its filter in the way of an old version/,
  ],
  ["a lower nice value", changeThread((thread) => setField(thread, 3, 39n)), /process 1 has the nice value -20/],
  [
    "a lower score",
    withTask((task) => setField(task, 14, (1n << 64n) - 1000n)),
    /\/process\/oomScoreAdj: process 1 has -1000/,
  ],
  [
    "another user's name in the audit",
    withTask((task) => setField(task, 13, 777n)),
    /\/process\/capabilities: process 1 has the login uid 777/,
  ],
  [
    "real time",
    changeThread((thread) => setField(setField(thread, 4, 1n), 5, 50n)),
    /comes before the processes of the host/,
  ],
  [
    "real time that children do not have",
    changeThread((thread) => setField(setField(thread, 4, 0x40000001n), 5, 50n)),
    /comes before the processes of the host/,
  ],
  [
    "a timer that wakes the host",
    withTask((task) => within(task, 7, (timers) => [...timers, [4, encode(message({ 1: 0n, 2: 8n }))]])),
    /\/process\/capabilities: process 1 has a timer that wakes the host/,
  ],
  [
    "a label",
    changeThread((thread) => within(thread, 10, (creds) => setField(creds, 15, text("other")))),
    /\/process: process 1 has another label than the config's/,
  ],
  [
    "a label of sockets",
    changeThread((thread) => within(thread, 10, (creds) => setField(creds, 16, text("other")))),
    /\/process: process 1 has another label than the config's/,
  ],
  [
    "a limit that allows real time",
    withTask((task) => within(task, 8, (limits) => limits.map((limit, at) => (at === 14 ? raised : limit)))),
    /\/process\/rlimits: process 1 has a higher limit of resource 14 than the caller/,
  ],
];

/** What CRIU has open while it opens files as the process of the container: the directory of the images. */
const throughCriu = (box: Counter): string => `/proc/self/fd/126/..${box.canary.slice(box.base.length)}/file`;

const openAt = (path: (box: Counter) => string) => (box: Counter) =>
  void changeFile(box, (file) =>
    [8, 10, 11].reduce((one, gone) => setField(one, gone, undefined), setField(file, 6, text(path(box)))),
  );

/** A link in the root directory, and the file that is counted in behind it. */
function openBehindLink(box: Counter): void {
  symlinkSync("/proc/self/fd/126/..", join(box.rootfs, "link"));
  openAt(() => `/link${box.canary.slice(box.base.length)}/file`)(box);
}

const addFile = (type: bigint, field: number, inside: Entry) => (box: Counter) =>
  appendEntry(join(box.images, "files.img"), [
    [1, type],
    [2, 4242n],
    [field, encode([[1, 4242n], ...inside])],
  ]);

const handle = encode(message({ 1: 8n, 2: 1n, 3: 2n }));
const watch = encode(message({ 1: 4242n, 2: 2n, 3: 0xfffn, 4: 0n, 5: 1n, 6: 1n, 7: handle }));

const opened: readonly Row[] = [
  ["an open file of the host", openAt(throughCriu), /the open file ".*" would not be in the container/],
  ["an open file behind a link", openBehindLink, /the open file "\/link.*" would not be in the container/],
  [
    "a socket on the host",
    (box) => addFile(5n, 16, [[11, text(throughCriu(box))]])(box),
    /the open file ".*" would not be in the container/,
  ],
  ["a watch of a file of the host", addFile(8n, 13, [[5, watch]]), /a file that has a handle and no path/],
  [
    "what the kernel tells of packets",
    addFile(13n, 7, [
      [3, 12n],
      [8, 1n],
    ]),
    /what the kernel tells/,
  ],
];

const beside = "/srv/../etc";
const bound: readonly Row[] = [
  [
    "a bind of what is beside one",
    (box) => {
      addMount(beside, [18, text(beside)])(box);
      changeMount(beside, 4, numberIn(mountOf(box, "/"), 2))(box);
    },
    /the mount on "\/srv\/\.\.\/etc" is at no plain path/,
  ],
];

const files: readonly Row[] = [
  ["a file of the host to be written", remap(outside, ghost), /would not be in the container/],
  ["a file of the host to be removed", remap(outside, linked), /would not be in the container/],
];

/** A socket of IPv4 that listens on the port 80 (inet_sk_entry). */
const listener: Entry = [
  [3, 2n],
  [4, 1n],
  [5, 6n],
  [6, 10n],
  [7, 80n],
];
export const inHostsNetwork: readonly Row[] = [
  ["a port that needs a right", addFile(4n, 4, listener), /an open file \(the port 80\) needs a capability/],
];

export const attacks: readonly Row[] = [...archives, ...mounts, ...processes, ...files];
/** What CRIU would open or bind on the host. */
export const onHost: readonly Row[] = [...opened, ...bound];
