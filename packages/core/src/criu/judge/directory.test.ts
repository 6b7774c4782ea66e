// Whose the files of a checkpoint are, and what they are.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import test from "ava";
import { openRuntime } from "../../runtime/open.ts";
import { checkDirectory } from "./index.ts";

const another = 1000;

const rows: Readonly<Record<string, readonly [change: (dir: string) => void, found: RegExp | undefined]>> = {
  "files of the caller": [() => {}, undefined],
  "a file of another": [(dir) => chownSync(join(dir, "a.img"), another, another), /"a\.img" belongs to user 1000/],
  "a file that others may write to": [(dir) => chmodSync(join(dir, "a.img"), 0o602), /others may write to "a\.img"/],
  "a file that a group may write to": [(dir) => chmodSync(join(dir, "a.img"), 0o620), /others may write to "a\.img"/],
  "a directory of another": [(dir) => chownSync(join(dir, "sub"), another, another), /"sub" belongs to user 1000/],
  "a directory that others may write to": [(dir) => chmodSync(join(dir, "sub"), 0o777), /others may write to "sub"/],
  "a link": [(dir) => symlinkSync("/etc/passwd", join(dir, "b.img")), /"b\.img" is a link/],
  "a FIFO": [(dir) => execFileSync("mkfifo", [join(dir, "b.img")]), /"b\.img" is a fifo/],
  "a parent": [(dir) => symlinkSync("../parent", join(dir, "parent")), undefined],
  "a parent by an absolute path": [
    (dir) => symlinkSync(join(dir, "../parent"), join(dir, "parent")),
    /leads to an absolute path/,
  ],
  "a parent that is itself": [(dir) => symlinkSync(".", join(dir, "parent")), /there are more than 64 parents/],
  "a parent of another": [
    (dir) => {
      symlinkSync("../parent", join(dir, "parent"));
      chownSync(join(dir, "../parent"), another, another);
    },
    /on the way to "parent", .*\/parent": belongs to user 1000/,
  ],
  "a parent that others may write to": [
    (dir) => {
      symlinkSync("../parent", join(dir, "parent"));
      chmodSync(join(dir, "../parent"), 0o777);
    },
    /on the way to "parent", .*\/parent": others may write to it/,
  ],
  "a parent behind a link that another may exchange": [
    (dir) => {
      mkdirSync(join(dir, "../other"));
      symlinkSync("../parent", join(dir, "../other/p"));
      lchownSync(join(dir, "../other/p"), another, another);
      mkdirSync(join(dir, "../parent/sub"));
      symlinkSync("../other/p/sub", join(dir, "parent"));
    },
    /on the way to "parent", ".*\/other\/p" is a symbolic link of user 1000/,
  ],
  "a parent behind a link of the caller's": [
    (dir) => {
      mkdirSync(join(dir, "../other"));
      symlinkSync("../parent", join(dir, "../other/p"));
      mkdirSync(join(dir, "../parent/sub"));
      // The last one is a link too.
      symlinkSync("sub", join(dir, "../parent/last"));
      symlinkSync("../other/p/last", join(dir, "parent"));
    },
    undefined,
  ],
  "a parent in a directory of another": [
    (dir) => {
      mkdirSync(join(dir, "../other/p"), { recursive: true });
      chownSync(join(dir, "../other"), another, another);
      symlinkSync("../other/p", join(dir, "parent"));
    },
    /on the way to "parent", ".*\/other": belongs to user 1000/,
  ],
  "a parent with a file of another": [
    (dir) => {
      symlinkSync("../parent", join(dir, "parent"));
      chownSync(join(dir, "../parent/p.img"), another, another);
    },
    /parent: "p\.img" belongs to user 1000/,
  ],
};

for (const [what, [change, found]] of Object.entries(rows))
  test(`the files of a checkpoint are looked at: ${what}`, (t) => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), "cft-images-")));
    t.teardown(() => rmSync(base, { recursive: true, force: true }));
    const dir = join(base, "images");
    for (const made of [dir, join(dir, "sub"), join(base, "parent")]) mkdirSync(made, { mode: 0o700 });
    for (const file of [join(dir, "a.img"), join(base, "parent/p.img")]) writeFileSync(file, "", { mode: 0o600 });
    // Only root gives files away.
    if (getuid?.() !== 0 && change.toString().includes("chown")) return void t.pass();
    change(dir);
    const { system } = openRuntime({ root: join(base, "root") });
    const opened = system.openDir(dir);
    const all = checkDirectory(system, opened);
    // Nothing is remembered of the first look.
    t.deepEqual(checkDirectory(system, opened), all);
    opened.close();
    if (found === undefined) t.deepEqual(all, []);
    else t.regex(all.join("; "), found);
  });
