// Overlays that are applied: a tree, what a sandbox does to it, and what `coffer` is asked then.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { command } from "../helpers/command.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

/** Names of sandboxes are those of the whole host. */
export const name = `a-${process.pid}`;

const listing = `import hashlib, os, stat, sys
for top, dirs, files in os.walk(b"."):
    for one in sorted(dirs + files):
        path = os.path.join(top, one)
        st = os.lstat(path)
        kind = stat.S_IFMT(st.st_mode)
        said = b""
        if kind == stat.S_IFLNK: said = os.readlink(path)
        if kind == stat.S_IFREG and st.st_size < 1 << 20: said = open(path, "rb").read()
        size = st.st_size if kind == stat.S_IFREG else 0
        names = [] if kind == stat.S_IFLNK else os.listxattr(path)
        print(path, oct(st.st_mode), st.st_ino if len(sys.argv) > 1 else 0, size, hashlib.sha256(said).hexdigest()[:9],
              [(name, os.getxattr(path, name)) for name in sorted(names)])
`;

/** Everything of a tree, sorted; with inode numbers if they count. */
export const listTree = (dir: string, inodes = true): readonly string[] =>
  execFileSync("python3", ["-c", listing, ...(inodes ? ["i"] : [])], { cwd: dir, encoding: "utf8" })
    .split("\n")
    .toSorted();

/** Runs a script in an overlay, and gives what can be asked then. */
export async function written(t: ExecutionContext, who: Who, prepare: string, script: string) {
  const { box, env } = await makePlace(t, who, prepare);
  const home = join(box.base, "home");
  mkdirSync(home, { mode: 0o700 });
  if (who === "user") await command(["chown", testUser, home]);
  const all = { ...env, HOME: home };
  const words = ["--tools", "none", "--no-settings", "--overlay=keep", "--name", name, "--", "sh", "-ec"];
  const run = (what: string) => sandboxIn(box, who, [...words, what], all);
  const ran = await run(script);
  t.is(ran.exitCode, 0, ran.stderr);
  const prefix = who === "user" ? asUser : [];
  const ask = async (verb: string, ...more: readonly string[]) => {
    const { stdout, ...rest } = await command([...prefix, ...cofferArgv(), verb, ...more], { cwd: "/", env: all });
    return { ...rest, stdout: stdout.trimEnd() };
  };
  return { box, run, ask, env: all, prefix, store: join(home, ".local/state/coffer/overlays", name) };
}
