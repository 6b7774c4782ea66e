// Which mounts go with which, and what can be written by two of them: as mountinfo tells.
import test from "ava";
import type { PathRule } from "../../../defaults/sandbox/rules.ts";
import { readMountTree } from "../../../host/mountinfo.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import type { System } from "../../../system/port.ts";
import { holdMounts, mountsBeneath, writtenElsewhere } from "./held.ts";

type Row = readonly [id: number, parent: number, root: string, point: string, flags?: string, device?: string];

const line = ([id, parent, root, point, flags = "rw,nosuid", device = "8:1"]: Row): string =>
  `${id} ${parent} ${device} ${root} ${point} ${flags} - ext4 /dev/sda rw`;

/** A machine on which process 7 has these mounts, and each path leads to the last of them at it. */
function seeing(rows: readonly Row[], leads: Readonly<Record<string, number>> = {}) {
  const closed: number[] = [];
  const opened: string[] = [];
  const system: System = {
    ...makeMemorySystem(),
    readLines: () => rows.map(line),
    openSeen: (pid, path) => {
      opened.push(`${pid} ${path}`);
      const mount = leads[path] ?? rows.findLast(([, , , point]) => point === path)?.[0] ?? 0;
      return { fd: mount + 1000, mount, close: () => void closed.push(mount) };
    },
  };
  return { system, mounts: readMountTree(system, 7), opened, closed };
}

const base: readonly Row[] = [
  [1, 0, "/", "/", "ro", "0:30"],
  [2, 1, "/p", "/p"],
  [3, 2, "/p/.git", "/p/.git"],
  [4, 3, "/p/.git/hooks", "/p/.git/hooks", "ro,nosuid"],
  [5, 1, "/q", "/q"],
];
const write = (path: string): PathRule => ({ path, access: "write", source: path });
const ids = (mounts: readonly { readonly id: number }[]): readonly number[] => mounts.map(({ id }) => id);

test("what is mounted beneath a mount goes with it, at any depth, and a circle is no endless walk", (t) => {
  const { mounts } = seeing(base);
  t.deepEqual(ids(mountsBeneath(mounts, 2)), [2, 3, 4]);
  t.deepEqual(ids(mountsBeneath(mounts, 4)), [4]);
  t.deepEqual(
    ids(
      mountsBeneath(
        seeing([
          [1, 2, "/", "/"],
          [2, 1, "/", "/x"],
        ]).mounts,
        3,
      ),
    ),
    [],
  );
});

test("what can be written is held: the named mounts, and those beneath, but no guard", (t) => {
  const { system, opened, closed } = seeing(base);
  const held = holdMounts(system, 7, [write("/p"), write("/none"), { path: "/q", access: "read", source: "/q" }]);
  t.deepEqual([...held.named], [["/p", 2]]);
  t.deepEqual([...held.byNumber.keys()], [2, 3]);
  t.deepEqual(opened, ["7 /p", "7 /p/.git"]);
  held.close();
  t.deepEqual(closed, [2, 3]);
  t.is(held.byNumber.size, 0);
});

test("nothing is read without a rule that lets something be written", (t) => {
  const { system, opened } = seeing(base);
  const silent: System = {
    ...system,
    readLines: () => {
      throw new Error("mountinfo is read");
    },
  };
  t.is(holdMounts(silent, 7, [{ path: "/p", access: "read", source: "/p" }]).named.size, 0);
  t.deepEqual(opened, []);
});

test("a path that leads to another mount than mountinfo says is not held", (t) => {
  const { system, closed } = seeing(base, { "/p": 5 });
  const held = holdMounts(system, 7, [write("/p"), write("/q")]);
  t.deepEqual([...held.named], [["/q", 5]]);
  t.deepEqual(closed, [5]);
});

test("no more is held than a plan has inputs", (t) => {
  const many = Array.from({ length: 400 }, (_, n): Row => [n + 10, 2, `/p/${n}`, `/p/${n}`]);
  const { system } = seeing([...base, ...many]);
  t.is(holdMounts(system, 7, [write("/p")]).byNumber.size, 256);
});

const elsewhere: Readonly<Record<string, readonly [other: Row, found: boolean]>> = {
  "the same directory": [[9, 1, "/p", "/srv"], true],
  "a part of it": [[9, 1, "/p/x", "/srv"], true],
  "what it is a part of": [[9, 1, "/", "/srv"], true],
  "what it is a part of, and covers": [[9, 1, "/", "/"], false],
  "the same directory, covered": [[9, 1, "/p", "/p"], false],
  "a directory with a longer name": [[9, 1, "/pp", "/srv"], false],
  "that of another file system": [[9, 1, "/p", "/srv", "rw", "8:2"], false],
  "that is read-only": [[9, 1, "/p", "/srv", "ro,nosuid"], false],
};
for (const [title, [other, found]] of Object.entries(elsewhere))
  test(`written elsewhere: ${title}`, (t) => {
    const { mounts } = seeing([other, ...base]);
    const taken = mountsBeneath(mounts, 2).filter(({ isReadOnly }) => !isReadOnly);
    t.is(writtenElsewhere(mounts, taken)?.id, found ? 9 : undefined);
  });
