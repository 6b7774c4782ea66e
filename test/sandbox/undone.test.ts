// Undo in ordinary use: more than one apply, what is in the way, a full disk, and what a removal may take with it.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { listTree, name, written } from "./applying.ts";
import type { Who } from "./table.ts";

const small = "mkdir d; echo a > d/a; echo f > f; echo g > g";
const smallScript = "rm -r d; echo F > f; mkdir n; echo x > n/x";

/** What the sandbox does after the first apply, which is applied and undone before the first is undone. */
const laters: readonly (readonly [title: string, script: string])[] = [
  ["changes a file again", "echo FF > f"],
  ["removes a file", "rm n/x"],
  ["puts a file into a directory", "echo y > n/y"],
  ["removes a directory", "rm -r n"],
  ["changes bits", "chmod 700 n; chmod 600 f"],
];

const undoneAfter = test.macro({
  exec: async (t, who: Who, later: string) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, ask, run } = await written(t, who, small, smallScript);
    const before = listTree(box.path);
    t.regex((await ask("apply", name)).stdout, /^\d applied, 0 not$/);
    const first = listTree(box.path);
    t.is((await run(later)).exitCode, 0);
    for (let times = 0; times < 2; times += 1) {
      t.regex((await ask("apply", name)).stdout, /^\d applied, 0 not$/);
      t.is((await ask("undo", name)).exitCode, 0);
      t.deepEqual(listTree(box.path), first);
    }
    const { stdout, exitCode } = await ask("undo", name);
    t.is(exitCode, 0, stdout);
    t.deepEqual(listTree(box.path), before);
    t.regex((await ask("undo", name)).stderr, /nothing of the overlay a-\d+ is applied/);
  },
  title: (title = "", who) => `as ${who}: an apply is undone after one in which the sandbox ${title}`,
});
for (const [title, later] of laters) test.serial(title, undoneAfter, "root", later);
test.serial("changes a file again", undoneAfter, "user", "echo FF > f");

test.serial("what the host changed between two applies is the host's, whatever was undone since", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask, run } = await written(t, "root", small, smallScript);
  t.is((await ask("apply", name)).exitCode, 0);
  execFileSync("sh", ["-ec", "touch -r f ../t; printf 'h\\n' > f; touch -r ../t f"], { cwd: box.path });
  t.is((await run("echo FF > f")).exitCode, 0);
  t.regex((await ask("apply", "--held", "f", name)).stdout, /^1 applied/m);
  t.is((await ask("undo", name)).exitCode, 0);
  t.is(readFileSync(join(box.path, "f"), "utf8"), "h\n");
  const { stdout, exitCode } = await ask("undo", name);
  t.is(exitCode, 1);
  t.regex(stdout, /^not undone: f: it has changed since/m);
  t.is(readFileSync(join(box.path, "f"), "utf8"), "h\n");
});

/** What is in the way of an undo, what is left undone by that, and what moves it away. */
const ways: readonly (readonly [title: string, block: string, left: readonly string[], free: string])[] = [
  ["a file is changed", "echo own > f", ["f"], "mv f ../own"],
  ["a name is taken", "echo own > d", ["d", "d/a"], "mv d ../own"],
  ["a directory has more in it", "echo own > n/own", ["n"], "mv n/own ../own"],
  ["a new file is changed", "echo own > n/x", ["n", "n/x"], "mv n/x ../own"],
  ["another file is in place", "echo own > own; mv own f", ["f"], "mv f ../own"],
];

const tried = test.macro({
  exec: async (t, block: string, left: readonly string[], free: string) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, ask, run, store } = await written(t, "root", small, smallScript);
    const before = listTree(box.path);
    t.is((await ask("apply", name)).exitCode, 0);
    execFileSync("sh", ["-ec", block], { cwd: box.path });
    for (let times = 0; times < 3; times += 1) {
      const { stdout, exitCode } = await ask("undo", name);
      t.is(exitCode, 1);
      const paths = [...stdout.matchAll(/^not undone: (\S+): /gm)].map(([, path]) => path);
      t.deepEqual(paths.toSorted(), [...left], stdout);
      t.regex(stdout, /move away what is there, and undo again/);
    }
    t.is(readFileSync(join(store, "applies/1/state"), "utf8").trim(), "partly");
    t.is((await run("true")).exitCode, 0);
    const refused = await ask("overlay", "delete", name);
    t.not(refused.exitCode, 0);
    t.regex(refused.stderr, /has what its tree had before it was applied: .*applies\/1\/slots".*--force/s);
    execFileSync("sh", ["-ec", free], { cwd: box.path });
    const last = await ask("undo", name);
    t.is(last.exitCode, 0, last.stdout + last.stderr);
    t.is(last.stdout, `${left.length} undone`);
    t.deepEqual(listTree(box.path), before);
    t.is(readFileSync(join(box.base, "own"), "utf8"), "own\n");
    t.is((await ask("overlay", "delete", name)).exitCode, 0);
    t.false(existsSync(store));
  },
  title: (what = "") => `what could not be undone is undone later: ${what}`,
});
for (const [what, block, left, free] of ways) test.serial(what, tried, block, left, free);

test.serial("what a later apply could not undo is in nobody's way", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask, run } = await written(t, "root", small, smallScript);
  const before = listTree(box.path);
  t.is((await ask("apply", name)).exitCode, 0);
  t.is((await run("echo FF > f; echo G > g")).exitCode, 0);
  t.is((await ask("apply", name)).stdout, "2 applied, 0 not");
  execFileSync("sh", ["-ec", "echo own > f"], { cwd: box.path });
  t.regex((await ask("undo", name)).stdout, /^not undone: f: .*\n.*\n1 undone$/m);
  const second = await ask("undo", name);
  t.is(second.exitCode, 1);
  t.regex(second.stdout, /\d undone$/);
  t.false(existsSync(join(box.path, "n")));
  execFileSync("sh", ["-ec", "mv f ../own"], { cwd: box.path });
  t.is((await ask("undo", name)).exitCode, 0);
  t.deepEqual(listTree(box.path), before);
});

test.serial("what the tree had before is removed only with a word", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask, run, store } = await written(t, "root", small, "echo n > n");
  t.is((await ask("apply", name)).stdout, "1 applied, 0 not");
  t.is((await run("echo F > f")).exitCode, 0);
  t.is((await ask("apply", name)).stdout, "1 applied, 0 not");
  const refused = await ask("overlay", "delete", name);
  t.regex(refused.stderr, /`coffer undo a-\d+` puts that back; `coffer overlay delete --force a-\d+`/);
  t.true(existsSync(join(store, "applies/2/slots/0")));
  t.is((await ask("overlay", "delete", "--force", name)).exitCode, 0);
  t.false(existsSync(store));
  t.is(readFileSync(join(box.path, "f"), "utf8"), "F\n");
});

test.serial("an undo needs no room on the disk", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const inside = `mount -t tmpfs -o size=8m,mode=755 none "$1"; cd "$1"; mkdir home t; export HOME="$PWD/home"; cd t; shift
echo f > f; echo g > g; "$@" sandbox --tools none --no-settings --overlay=keep --name ${name} -- sh -ec 'echo F > f; rm g; echo n > n'
"$@" apply ${name}; ( cat /dev/zero > ../fill ) 2>&1 || true; ( cat /dev/zero > ../more ) 2>&1 || true
df --output=avail . | tail -1; "$@" undo ${name}; cat f g; ls; cat ../home/.local/state/coffer/overlays/*/applies/1/state`;
  const { box } = await written(t, "root", "true", "true");
  const argv = ["unshare", "-m", "sh", "-ec", inside, "sh", box.path, ...cofferArgv()];
  const { stdout, stderr, exitCode } = await command(argv, { cwd: "/" });
  t.is(exitCode, 0, stdout + stderr);
  t.regex(stdout, /^3 applied, 0 not$/m);
  t.regex(stdout, /^ *0\n3 undone\nf\ng\nf\ng\nundone +$/m);
});

test.serial("an undo that cannot write says so, and goes on later", async (t) => {
  if (!(await needs(t, "root", "userns", "strace"))) return;
  const { box, ask, env } = await written(t, "root", small, smallScript);
  const before = listTree(box.path);
  t.is((await ask("apply", name)).exitCode, 0);
  for (const how of ["ENOSPC", "EDQUOT"]) {
    const inject = ["-f", "-o", "/dev/null", "-e", "trace=pwrite64", "-e", `inject=pwrite64:error=${how}`];
    const { stderr, exitCode } = await command(["strace", ...inject, ...cofferArgv(), "undo", name], { cwd: "/", env });
    t.is(exitCode, 1, how);
    t.regex(stderr, /cannot write ".*": (?:no space|disk quota).*make room on the disk, and call the same again/s);
  }
  t.is((await ask("undo", name)).exitCode, 0);
  t.deepEqual(listTree(box.path), before);
  t.is(statSync(join(box.path, "f")).size, 2);
});
