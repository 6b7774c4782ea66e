// Tables that others have a hand in: names of any bytes, any number of lines, nothing that hides another line.
import test from "ava";
import { makeMemorySystem } from "../system/memory.ts";
import type { CgroupFacts } from "./facts.ts";
import { readMountinfo } from "./mountinfo.ts";
import { probeCgroup } from "./probe-cgroup.ts";
import { probeSubids } from "./probe-subids.ts";
import { findUserName } from "./user-name.ts";

const cgroup = "31 23 0:27 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate";
const plain = "40 23 0:30 / /home/user/m rw - fuse.x x rw";

const mode = test.macro({
  exec(t, lines: readonly string[], expected: CgroupFacts["mode"]) {
    const system = makeMemorySystem();
    system.put("/proc/self/mountinfo", `${lines.join("\n")}\n`);
    system.put("/proc/self/cgroup", "0::/\udcff\n");
    const found = probeCgroup(system);
    t.is(found.mode, expected);
    t.is(found.own, "/\udcff");
  },
  title: (title) => `mounts of the host: ${title}`,
});

test("none", mode, [], "none");
test("a mount whose name is not UTF-8", mode, [plain.replace("m", "\udcff"), cgroup], "v2");
test("a line that is none", mode, ["", " - ", "x", "- - -", cgroup], "v2");
test(
  "60 000 of them, and more than 4 MiB",
  mode,
  [...Array(60_000).fill(plain.replace("m", "m".repeat(80))), cgroup],
  "v2",
);
test("a name that looks like a cgroup's", mode, [plain.replace("m", "x\\040-\\040cgroup2\\040")], "none");

test("a table of mounts is read once from its begin to its end", (t) => {
  const system = makeMemorySystem();
  system.put("/proc/self/mountinfo", "");
  let taken = 0;
  function* lines(): Iterable<string> {
    for (let line = 0; line < 1000; line++) {
      taken++;
      yield plain;
    }
  }
  t.is(readMountinfo({ ...system, readLines: lines }, "self", ({ id }) => id).length, 1000);
  t.is(taken, 1000);
});

test("octal escapes and bytes of mountinfo are undone", (t) => {
  const system = makeMemorySystem();
  system.put("/proc/7/mountinfo", "40 23 0:30 /r\\040\udcfe /m\\134\udcff rw - tmpfs t rw,size=1k\n");
  const expected = {
    id: 40,
    device: "0:30",
    root: "/r \udcfe",
    point: "/m\\\udcff",
    type: "tmpfs",
    options: "rw,size=1k",
  };
  t.deepEqual(
    readMountinfo(system, 7, (mount) => mount),
    [expected],
  );
});

const passwd =
  "root:x:0:0:root:/root:/bin/sh\nbad\udcff:x:7:7:\udcfe:/:/\n\n:::\nuser:x:1000:1000:Jos\udce9:/:/bin/sh\n";

test("names of users are found among any bytes", (t) => {
  const system = makeMemorySystem(1000);
  t.is(findUserName(system, 1000), undefined);
  system.put("/etc/passwd", passwd);
  t.is(findUserName(system, 1000), "user");
  t.is(findUserName(system, 7), "bad\udcff");
  t.is(findUserName(system, 8), undefined);
});

test("ranges of ids are found among any bytes", (t) => {
  const system = makeMemorySystem(1000);
  system.put("/etc/passwd", passwd);
  system.put(
    "/etc/subuid",
    "\udcff:1:2\nuser:100000:65536\nuser:5:x\nother:200000:65536\n1001:400000:10\n1000:300000:10\nuser:9:0\nuser:4294967290:10\n",
  );
  const { uids, gids } = probeSubids(system);
  t.deepEqual(uids, [
    { start: 100_000, length: 65_536 },
    { start: 300_000, length: 10 },
  ]);
  t.deepEqual(gids, []);
});

test("the place of a cgroup mount is known by its name, without the escapes", (t) => {
  const system = makeMemorySystem();
  system.put("/proc/self/mountinfo", "31 23 0:27 / /mnt/a\\040b rw - cgroup2 cgroup2 rw\n");
  system.put("/proc/self/cgroup", "0::/own\n");
  t.is(probeCgroup(system).v2Root, "/mnt/a b");
});

const based = test.macro({
  exec(t, uid: number, owned: readonly string[], mounted: string, own: string, expected: readonly [string, string]) {
    const system = makeMemorySystem(uid);
    system.put("/proc/self/mountinfo", cgroup.replace(" / ", ` ${mounted} `));
    system.put("/proc/self/cgroup", `0::${own}\n`);
    system.put("/sys/fs/cgroup/a/b/c", undefined, { uid: 0 });
    for (const path of ["/", "/a", "/a/b", "/a/b/c"])
      system.put(`/sys/fs/cgroup${path}`, undefined, { uid: owned.includes(path) ? uid : 0 });
    const facts = probeCgroup(system);
    t.deepEqual([facts.own, facts.base], expected);
  },
  title: (title) => `the topmost cgroup that a caller may change: ${title}`,
});

test("root's is that of the host", based, 0, ["/"], "/", "/a/b/c", ["/a/b/c", "/"]);
test("a user's is the topmost that belongs to it", based, 1000, ["/a/b", "/a/b/c"], "/", "/a/b/c", ["/a/b/c", "/a/b"]);
test("one further up is no use", based, 1000, ["/a", "/a/b/c"], "/", "/a/b/c", ["/a/b/c", "/a/b/c"]);
test("its own where none belongs to it", based, 1000, [], "/", "/a/b", ["/a/b", "/a/b"]);
test("that of the mount", based, 1000, ["/", "/a"], "/box", "/box/a", ["/a", "/"]);
test("all that is mounted", based, 0, ["/"], "/box", "/box", ["/", "/"]);
test("a name that only begins like the mount's", based, 1000, ["/a"], "/b", "/a/b", ["/a/b", "/a/b"]);
