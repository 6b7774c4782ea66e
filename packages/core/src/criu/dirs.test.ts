// Which links to the directories of a checkpoint are followed.
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
import type { ExecutionContext } from "ava";
import test from "ava";
import { openRuntime } from "../runtime/open.ts";
import type { CriuPaths } from "./dirs.ts";
import { checkReach, openDirs } from "./dirs.ts";
import { dirOf } from "./testing/dir.ts";

/** Puts a link into a directory of its own, changes that, and opens where the link leads to as the work directory. */
function openLinked(
  t: ExecutionContext,
  change: (holder: string, link: string) => void,
): { is: string; target: string } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "cft-dirs-")));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const [holder, target] = [join(base, "holder"), join(base, "target")];
  for (const dir of [holder, target]) mkdirSync(dir, { mode: 0o700 });
  const link = join(holder, "work");
  symlinkSync(target, link);
  change(holder, link);
  const paths = { imagePath: join(base, "images"), workPath: link };
  const dirs = openDirs(openRuntime({ root: join(base, "root") }), paths, true);
  const is = dirs.work?.path ?? "";
  dirs.close();
  return { is, target };
}

const followed = {
  "of a directory that is the caller's": () => {},
  "of a directory where everybody keeps what is theirs": (holder: string) => chmodSync(holder, 0o1777),
};

for (const [what, change] of Object.entries(followed))
  test(`a link ${what} is followed`, (t) => {
    const { is, target } = openLinked(t, change);
    t.is(is, target);
  });

const refused = {
  "that others may exchange": (holder: string) => chmodSync(holder, 0o777),
  "that a group may exchange": (holder: string) => chmodSync(holder, 0o770),
  "of a directory of another": (holder: string) => chownSync(holder, 1000, 1000),
  "of another": (_: string, link: string) => lchownSync(link, 1000, 1000),
};

for (const [what, change] of Object.entries(refused))
  test(`a link ${what} is refused`, (t) => {
    // Only root gives files away.
    if (getuid?.() !== 0) t.pass();
    else t.throws(() => openLinked(t, change), { message: /cannot open the work directory/ });
  });

/** Opens directories of a new one, which a test may change first. */
function openNew(t: ExecutionContext, pathsOf: (base: string) => CriuPaths) {
  const base = realpathSync(mkdtempSync(join(tmpdir(), "cft-dirs-")));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const dirs = openDirs(openRuntime({ root: join(base, "root") }), pathsOf(base), true);
  dirs.close();
  return { base, dirs };
}

test("without a work directory the images' is used", (t) => {
  for (const workPath of [undefined, ""]) {
    const { base, dirs } = openNew(t, (dir) => ({ imagePath: join(dir, "a/images"), workPath }));
    t.is(dirs.images.path, join(base, "a/images"));
    t.is(dirs.work, undefined);
  }
});

test("a link of another on the way to the images is refused, and the caller's own is followed", (t) => {
  const openBehind = (uid?: number) =>
    openNew(t, (base) => {
      mkdirSync(join(base, "real"), { mode: 0o700 });
      symlinkSync("real", join(base, "link"));
      if (uid !== undefined) lchownSync(join(base, "link"), uid, uid);
      return { imagePath: join(base, "link/images") };
    });
  const { base, dirs } = openBehind();
  t.is(dirs.images.path, join(base, "real/images"));
  // Only root gives files away.
  if (getuid?.() === 0) t.throws(() => openBehind(1000), { message: /is a symbolic link of user 1000/ });
});

for (const [mode, message] of [
  [0o770, /others may write to the directory/],
  [0o702, /others may write to the directory/],
] as const)
  test(`images in a directory of mode 0${mode.toString(8)} are refused`, (t) => {
    const pathsOf = (base: string): CriuPaths => {
      mkdirSync(join(base, "images"));
      chmodSync(join(base, "images"), mode);
      return { imagePath: join(base, "images") };
    };
    t.throws(() => openNew(t, pathsOf), { code: "E_CHECKPOINT_REFUSED", message });
  });

test("what is in the place of the images is told", (t) => {
  const file = t.throws(() =>
    openNew(t, (base) => {
      writeFileSync(join(base, "images"), "");
      return { imagePath: join(base, "images") };
    }),
  );
  t.regex(`${file}`, /cannot open the checkpoint .*images/);
});

test("the root of a user namespace must be able to enter the directory of the images", (t) => {
  const withMode = (mode: number) =>
    dirOf(
      {},
      {
        stat: () => ({
          kind: "directory",
          mode,
          uid: 0,
          gid: 0,
          major: 0,
          minor: 0,
          inode: 1n,
          device: 1n,
          links: 1,
          modified: 0,
        }),
      },
    );
  t.notThrows(() => checkReach(withMode(0o700), false));
  t.notThrows(() => checkReach(withMode(0o711), true));
  const message = /may not enter it: chmod 0711 "\/images"/;
  t.throws(() => checkReach(withMode(0o776), true), { code: "E_CHECKPOINT_REFUSED", message });
});
