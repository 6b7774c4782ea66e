// Which links to the work directory are followed.
import { chmodSync, chownSync, lchownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import type { ExecutionContext } from "ava";
import test from "ava";
import { openRuntime } from "../runtime/open.ts";
import { openDirs } from "./dirs.ts";

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
