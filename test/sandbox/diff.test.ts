// What `diff` lists of an overlay, whatever a program has left in it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

/** Names of sandboxes are those of the whole host. */
const name = `d-${process.pid}`;

/** Runs a script in an overlay, and gives what `diff` can be asked then. */
async function changed(t: ExecutionContext, who: Who, prepare: string, script: string) {
  const { box, env } = await makePlace(t, who, prepare);
  const home = join(box.base, "home");
  mkdirSync(home, { mode: 0o700 });
  if (who === "user") await command(["chown", testUser, home]);
  const words = ["--tools", "none", "--no-settings", "--overlay=keep", "--name", name, "--", "sh", "-ec", script];
  const all = { ...env, HOME: home };
  const ran = await sandboxIn(box, who, words, all);
  t.is(ran.exitCode, 0, ran.stderr);
  const prefix = who === "user" ? asUser : [];
  const diff = (...more: readonly string[]) =>
    command([...prefix, ...cofferArgv(), "diff", ...more, name], { cwd: "/", env: all });
  return { box, upper: join(home, ".local/state/coffer/overlays", name, "layers/upper"), diff };
}

const prepared = `mkdir -p d/e keep gone/in swap; echo a > d/a; echo b > d/e/b; echo f > f; echo s > same; ln -s f l; echo m > m
chmod 640 m; echo 1 > gone/1; echo 2 > gone/in/2; echo k > keep/k; echo s > swap/s; echo t > t; echo x > f2`;
const script = `echo new > new; mkdir nd; echo n > nd/n; echo F > f; echo s > same; ln -sf same l; chmod 600 m; rm -r gone
rm -r d; mkdir d; echo c > d/c; rm -r swap; echo now > swap; rm t; mkdir t; echo in > t/in; chmod 700 keep; rm f2; ln -s d f2`;
const told = `deleted  directory gone/ (3 names in it)
changed  link      f2 -> d (was a file)
added    directory nd/
added    file      nd/n
added    file      new
added    file      d/c
changed  file      f
changed  link      l -> same
changed  file      swap (was a directory)
deleted  directory d/e/ (1 name in it)
deleted  file      d/a
deleted  file      swap/s
changed  directory t/ (was a file)
added    file      t/in
mode     directory keep/ (0755 to 0700)
mode     file      m (0640 to 0600)`;

const tells = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, upper, diff } = await changed(t, who, prepared, script);
    const before = execFileSync("find", [box.path, upper, "-printf", "%p %T@ %C@ %m\n"], { encoding: "utf8" });
    const { stdout, stderr } = await diff();
    const sorted = (text: string): readonly string[] => text.trim().split("\n").toSorted();
    t.deepEqual(sorted(stdout), sorted(told), stderr);
    const json: readonly { readonly path: string; readonly change: string }[] = JSON.parse(
      (await diff("--json")).stdout,
    );
    t.is(json.length, sorted(told).length);
    t.is(execFileSync("find", [box.path, upper, "-printf", "%p %T@ %C@ %m\n"], { encoding: "utf8" }), before);
    writeFileSync(join(box.path, "f"), "the host's");
    t.regex((await diff()).stdout, /^changed {2}file {6}f \(the host has changed it since\)$/m);
  },
  title: (_, who: Who) => `as ${who}: every kind of change is told, and nothing is changed`,
});
test.serial(tells, "root");
test.serial(tells, "user");

const hostile = `mkfifo fifo; truncate -s 4T sparse; truncate -s 200m grown; : > "$(printf 'a\\033[2J\\nadded    file      b')"
: > "$(printf 'bad\\377byte')"; ln -s "$(printf '/etc/\\033passwd')" link; mkdir shut; : > shut/f; chmod 0 shut; chmod 0 file
mkdir names; : > names/x; chmod 444 names; mkdir deep; cd deep; i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done`;

const holds = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { diff } = await changed(t, who, "echo f > file; truncate -s 300m grown; mkfifo other", hostile);
    const { stdout, stderr, exitCode } = await diff();
    t.deepEqual([exitCode, stderr], [0, ""]);
    const lines = stdout.trim().split("\n");
    const has = (line: string): boolean => t.true(lines.includes(line), `${line}\n${lines.slice(0, 20).join("\n")}`);
    has("added    fifo      fifo");
    has("added    file      sparse");
    has("changed  file      grown");
    has("added    file      $'a\\x1b[2J\\x0aadded    file      b'");
    has("added    file      $'bad\\xffbyte'");
    has("added    link      link -> $'/etc/\\x1bpasswd'");
    if (who === "user") has("unknown  directory shut/ (it cannot be read)");
    has(who === "user" ? "unknown  unknown   names/x (it cannot be read)" : "added    file      names/x");
    t.true(lines.some((line) => line.startsWith("unknown  directory deep/d/") && line.endsWith("nested too deep)")));
    t.notRegex(stdout.replaceAll("\n", ""), /\p{Cc}/u);
  },
  title: (_, who: Who) => `as ${who}: what a hostile program has left is told, on lines of its own`,
});
test.serial(holds, "root");
test.serial(holds, "user");

test.serial("a hundred thousand files are told", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const many = `i=0; while [ $i -lt 100 ]; do mkdir d$i; (cd d$i; seq 1000 | xargs touch); i=$((i+1)); done; rm -r old`;
  const old = "mkdir old; cd old; seq 1000 | xargs touch";
  const { diff } = await changed(t, "root", old, many);
  const { stdout, exitCode } = await diff();
  t.is(exitCode, 0);
  t.is(stdout.trim().split("\n").length, 100_101);
  t.regex(stdout, /^deleted {2}directory old\/ \(1000 names in it\)$/m);
});

test.serial("an overlay whose tree is gone, or became a link, is not compared with anything else", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, diff } = await changed(t, "root", "echo f > f", "echo g > g");
  t.regex((await diff()).stdout, /^added {4}file {6}g$/m);
  execFileSync("sh", ["-ec", `mv ${box.path} ${box.path}.away; ln -s /etc ${box.path}`]);
  t.regex((await diff()).stderr, /cannot open the tree/);
  execFileSync("sh", ["-ec", `rm ${box.path}; mv ${box.path}.away ${box.path}`]);
  t.is(readFileSync(join(box.path, "f"), "utf8"), "f\n");
});
