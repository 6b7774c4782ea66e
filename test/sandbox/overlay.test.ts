// What a sandbox writes to an overlay: it sees its own work, and the tree of the host stays as it was.
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { needs } from "../helpers/needs.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

const prepared = `git init -q .; mkdir -p dir/sub old .vscode; echo a > dir/a; echo b > dir/sub/b; echo f > f; ln -s f link
echo p > p; chmod 640 p; echo o > old/o; mkdir keep; echo k > keep/k`;

/** One change of each kind, guarded names among them, and what is seen of them. */
const script = `echo new > new; rm f; echo more >> p; chmod 600 p; rm -r dir; mkdir -p dir/again; echo c > dir/again/c
rm link; mkdir link; mv old moved; rm keep/k; ln new hard; echo x > .vscode/tasks.json; echo e > .git/hooks/post-checkout
mkfifo fifo; touch .envrc; git config core.pager less
cat new p dir/again/c moved/o hard; ls dir; test ! -e f; test ! -e lower; test ! -e upper; test ! -e work`;

/** Every name beneath a directory with its mode and content. */
function contentOf(dir: string, below = ""): readonly string[] {
  return readdirSync(join(dir, below)).flatMap((name) => {
    const path = join(below, name);
    const stat = lstatSync(join(dir, path));
    const said = `${path} ${stat.mode.toString(8)} ${stat.mtimeMs}`;
    if (stat.isDirectory()) return [said, ...contentOf(dir, path)];
    return [
      `${said} ${stat.isSymbolicLink() ? readlinkSync(join(dir, path)) : readFileSync(join(dir, path), "latin1")}`,
    ];
  });
}

const forgets = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who, prepared);
    const before = contentOf(box.path);
    const words = ["--overlay", "--tools", "none"];
    const { stdout, stderr, exitCode } = await sandboxIn(box, who, [...words, "--", "sh", "-ec", script], env);
    t.is(exitCode, 0, stderr);
    t.is(stdout, "new\np\nmore\nc\no\nnew\nagain\n");
    t.deepEqual(contentOf(box.path), before);
    const small = [...words, "--size", `${box.path}=1m`, "--", "sh", "-c", "head -c 4m /dev/zero > big"];
    const full = await sandboxIn(box, who, small, env);
    t.regex(full.stderr, /No space left on device/, "the memory is bounded");
    t.deepEqual(contentOf(box.path), before);
  },
  title: (_, who: Who) => `as ${who}: what is written to an overlay is forgotten`,
});
test.serial(forgets, "root");
test.serial(forgets, "user");

test.serial("the layers of an overlay are reached by nobody inside", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box } = await makePlace(t, "root", "echo k > k");
  const tries = `umount . 2>/dev/null; umount -l "$PWD" 2>/dev/null; unshare -Urm umount -l "$PWD" 2>/dev/null
    unshare -Urm sh -c 'mount -t tmpfs t /mnt && mount --bind "$PWD" /mnt' 2>/dev/null; cat k; ls; echo x > k`;
  const { stdout } = await sandboxIn(box, "root", ["--overlay", "--tools", "none", "--", "sh", "-c", tries]);
  t.regex(stdout, /^k\nconfig.json\nk\nrootfs\n$/);
  t.is(readFileSync(join(box.path, "k"), "utf8"), "k\n");
});

test.serial("an overlay that a project asks for does not forget what the caller lets be written", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box } = await makePlace(t, "root", `echo '{ "overlay": "discard" }' > coffer.json`);
  const env = { HOME: box.base };
  await sandboxIn(box, "root", ["--", "sh", "-c", "echo 1 > forgotten"], env);
  await sandboxIn(box, "root", ["--rw", "--", "sh", "-c", "echo 1 > written"], env);
  const names = readdirSync(box.path);
  t.deepEqual([names.includes("forgotten"), names.includes("written")], [false, true]);
});

test.serial("the reduced mode has no overlay", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box } = await makePlace(t, "root");
  const reduced = await sandboxIn(box, "root", ["--reduced", "--overlay", "--", "true"]);
  t.not(reduced.exitCode, 0);
  t.regex(reduced.stderr, /--overlay/);
});
