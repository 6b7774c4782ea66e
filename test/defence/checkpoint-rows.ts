// What a checkpoint can be made to say beyond its config, and the words that it is refused with.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Counter } from "../helpers/criu/checkpoint.ts";
import type { Field } from "../helpers/criu/criu-images.ts";
import { changeImage, setField, text, within } from "../helpers/criu/criu-images.ts";

export type Row = readonly [what: string, change: (box: Counter) => void, error: RegExp];

/** The image of that name; the number in it is that of a namespace. */
export function find({ images }: Counter, start: string): string {
  const name = readdirSync(images).find((file) => file.startsWith(start));
  if (name === undefined) throw new Error(`no ${start} in the images`);
  return join(images, name);
}

export type Entry = readonly Field[];
export const pointOf = (entry: Entry): string =>
  Buffer.from(entry.find(([number]) => number === 7)?.[1].toString() ?? "").toString();

export function changeMounts(box: Counter, change: (entries: readonly Entry[]) => readonly Entry[]): void {
  changeImage(find(box, "mountpoints-"), change);
}

/** A further mount, made of one that is there. */
export function addMount(point: string, ...fields: readonly Field[]): (box: Counter) => void {
  return (box) =>
    changeMounts(box, (entries) => {
      const [like = []] = entries.filter((entry) => pointOf(entry) === "/dev/shm");
      const mount = [[2, 999n], [7, text(point)], ...fields] as const;
      return [...entries, mount.reduce<Entry>((entry, [number, value]) => setField(entry, number, value), like)];
    });
}

export function changeMount(point: string, number: number, value: Field[1] | undefined): (box: Counter) => void {
  return (box) =>
    changeMounts(box, (entries) =>
      entries.map((entry) => (pointOf(entry) === point ? setField(entry, number, value) : entry)),
    );
}

export function changeThread(change: (thread: Entry) => Entry): (box: Counter) => void {
  return (box) =>
    changeImage(join(box.images, "core-1.img"), (entries) => entries.map((core) => within(core, 5, change)));
}

export const changeCreds = (number: number, value: bigint): ((box: Counter) => void) =>
  changeThread((thread) => within(thread, 10, (creds) => setField(creds, number, value)));

export function changeIds(number: number, value: bigint): (box: Counter) => void {
  return (box) =>
    changeImage(join(box.images, "ids-1.img"), (entries) => entries.map((ids) => setField(ids, number, value)));
}

/** Puts a node of the host's disk into the archive of /dev. */
function addNode(box: Counter): void {
  const script =
    'd=$(mktemp -d) && tar -C "$d" -xzf "$0" && mknod "$d/disk" b 8 0 && tar -C "$d" -czf "$0" --numeric-owner --sparse . && rm -r "$d"';
  for (const name of readdirSync(box.images).filter((file) => file.startsWith("tmpfs-dev-")))
    execFileSync("sh", ["-c", script, join(box.images, name)]);
}

const overlay = 17n;
const devtmpfs = 3n;
const everything = 0xffffffffn;

export const rows: readonly Row[] = [
  [
    "a further file system",
    addMount("/mnt"),
    /a mount on "\/mnt" \(file system type 5 of CRIU\), which is not in \/mounts/,
  ],
  ["the host's devices", addMount("/mnt", [1, devtmpfs]), /a mount on "\/mnt"/],
  ["an overlay of the host", addMount("/dev/shm", [1, overlay], [9, text("lowerdir=/")]), /a mount on "\/dev\/shm"/],
  [
    "a bind of the host",
    addMount("/mnt", [18, text("/etc")]),
    /of something of the host \("\/etc"\), which is not in \/mounts/,
  ],
  ["a bind of the host that is named like one", addMount("/mnt", [18, text("/mnt")]), /of something of the host/],
  [
    "a private bind that shows what the host mounts there",
    changeMount("/srv", 11, 4242n),
    /a mount on "\/srv" that is not private/,
  ],
  ["a mount that hangs on none", addMount("/dev/shm", [4, 4242n]), /is on no other/],
  [
    "a masked path that is not",
    (box) => changeMounts(box, (all) => all.filter((one) => pointOf(one) !== "/proc/keys")),
    /maskedPaths\/\d+: there is no mount on "\/proc\/keys"/,
  ],
  [
    "a read-only path that is not",
    changeMount("/proc/sys", 5, 0n),
    /readonlyPaths\/\d+: the mount on "\/proc\/sys" has not the flags/,
  ],
  ["a mount with devices", changeMount("/dev/shm", 5, 0n), /\/mounts\/3: the mount on "\/dev\/shm" has not the flags/],
  ["the host's pids", changeIds(5, 1n), /process 1 is in the host's pid namespace/],
  ["the host's mounts", changeIds(9, 0n), /process 1 is in the host's mount namespace/],
  ["a user namespace", changeIds(10, 77n), /a user namespace, which is not in \/linux\/namespaces/],
  ["all capabilities", changeCreds(12, everything), /\/process\/capabilities\/bounding: process 1 has capabilities/],
  ["programs that give rights", changeCreds(18, 0n), /\/process\/noNewPrivileges: process 1 has it not/],
  ["another user", changeCreds(1, 4242n), /\/process\/user: process 1 is another user/],
  [
    "no filter",
    changeThread((thread) => setField(setField(thread, 11, 0n), 12, undefined)),
    /\/linux\/seccomp: process 1 is not held/,
  ],
  [
    "another filter",
    (box) =>
      changeImage(join(box.images, "seccomp.img"), (all) =>
        all.map((entry) =>
          within(entry, 1, (filter) => setField(filter, 1, new Uint8Array([6, 0, 0, 0, 0, 0, 0xff, 0x7f]))),
        ),
      ),
    /\/linux\/seccomp: process 1 is not held/,
  ],
  ["a device node", addNode, /the device node "\.\/disk" \(b 8:0\), which is not in \/linux\/devices/],
  [
    "a link to a file of the host",
    (box) => symlinkSync(join(box.canary, "file"), join(box.images, "stats-restore")),
    /"stats-restore" is a link/,
  ],
  [
    "a link to the parent of an absolute path",
    (box) => symlinkSync(box.canary, join(box.images, "parent")),
    /"parent" leads to an absolute path/,
  ],
  [
    "what is no image",
    (box) => writeFileSync(join(box.images, "core-1.img"), "x".repeat(64)),
    /core-1\.img: it is no image/,
  ],
  [
    "an image that ends early",
    (box) => writeFileSync(join(box.images, "ids-1.img"), readFileSync(join(box.images, "ids-1.img")).subarray(0, 20)),
    /ids-1\.img: it ends within an entry/,
  ],
];
