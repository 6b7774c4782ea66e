// Overlays that are kept: one sandbox after the other goes on with them, and nobody else reaches them.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command, pause, start } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn, startIn } from "./table.ts";

const plain = ["--tools", "none", "--no-settings"];
/** Names of sandboxes are those of the whole host. */
const own = (name: string): string => `${name}-${process.pid}`;
const keep = (name = "x"): readonly string[] => [...plain, "--overlay=keep", "--name", own(name)];

/** A place with a home directory of its own: `BASE/home`. */
async function makeHome(t: ExecutionContext, who: Who, prepare?: string) {
  const { box, env } = await makePlace(t, who, prepare);
  const home = join(box.base, "home");
  mkdirSync(home, { mode: 0o700 });
  if (who === "user") await command(["chown", testUser, home]);
  const root = join(box.base, "other-state");
  mkdirSync(root, { mode: 0o700 });
  if (who === "user") await command(["chown", testUser, root]);
  return { box, root, home, store: join(home, ".local/state/coffer/overlays"), env: { ...env, HOME: home } };
}

const coffer = (box: Box, who: Who, words: readonly string[], env: object) =>
  command([...(who === "user" ? asUser : []), ...cofferArgv(), ...words], { cwd: box.path, env: { ...env } });

const goesOn = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makeHome(t, who, "git init -q .; mkdir dir; echo a > dir/a; echo f > f; echo m > m");
    const run = (...script: readonly string[]) => sandboxIn(box, who, [...keep(), "--", "sh", "-ec", ...script], env);
    const first = await run("echo new > new; rm f; rm -r dir; mkdir dir; echo b > dir/b; chmod 600 m; ln -s new l");
    t.is(first.exitCode, 0, first.stderr);
    t.true(existsSync(join(box.path, "f")));
    t.false(existsSync(join(box.path, "new")));
    const second = await run("cat l; ls dir; stat -c %a m; test ! -e f; stat -c %u new; echo more >> new");
    t.is(second.exitCode, 0, second.stderr);
    t.is(
      second.stdout,
      `new\nb\n600\n${who === "root" ? 0 : (await command([...asUser, "id", "-u"])).stdout.trim()}\n`,
    );
    t.is((await run("cat new")).stdout, "new\nmore\n");
    const fresh = await sandboxIn(box, who, [...keep("y"), "--", "sh", "-c", "cat f; test ! -e new"], env);
    t.is(fresh.stdout, "f\n");
  },
  title: (_, who: Who) => `as ${who}: the next sandbox of the name goes on with what was written`,
});
test.serial(goesOn, "root");
test.serial(goesOn, "user");

/** Ends the front of a running sandbox, as the kernel does when memory is short. */
async function endsWhenKilled(t: ExecutionContext, who: Who) {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env, store } = await makeHome(t, who);
  const running = startIn(box, who, [...keep(), "--", "sh", "-c", "echo 1 > one; echo on; sleep 1000"], env);
  await running.saw("on");
  const file = join(store, own("x"), "process");
  for (let tries = 0; !existsSync(file) && tries < 200; tries++) await pause(50);
  const [pid = ""] = readFileSync(file, "utf8").split(" ");
  process.kill(running.pid, "SIGKILL");
  await running.done;
  for (let tries = 0; existsSync(`/proc/${pid}`) && tries < 200; tries++) await pause(50);
  const next = await sandboxIn(box, who, [...keep(), "--", "cat", "one"], env);
  t.is(next.stdout, "1\n", next.stderr);
}
for (const who of ["root", "user"] as const)
  test.serial(`as ${who}: what was written is there although the sandbox was killed`, endsWhenKilled, who);

test.serial("one sandbox at a time has an overlay", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env, root, store } = await makeHome(t, "root");
  const running = startIn(box, "root", [...keep(), "--", "sh", "-c", "echo on; read word"], env);
  await running.saw("on");
  const other = () => coffer(box, "root", ["--root", root, "sandbox", ...keep(), "--", "true"], env);
  t.regex((await other()).stderr, /the overlay x-\d+ is in use/);
  t.regex((await coffer(box, "root", ["overlay", "delete", own("x")], env)).stderr, /the overlay x-\d+ is in use/);
  // The lock alone, which the launcher has as well: it is stopped, so that it cannot end with the front.
  const file = join(store, own("x"), "process");
  for (let tries = 0; !existsSync(file) && tries < 200; tries++) await pause(50);
  rmSync(file);
  const launcher = (await command(["pgrep", "-P", `${running.pid}`, "-f", "coffer-helper"])).stdout.trim();
  process.kill(Number(launcher), "SIGSTOP");
  process.kill(running.pid, "SIGKILL");
  await running.done;
  t.regex((await other()).stderr, /the overlay x-\d+ is in use/);
  process.kill(Number(launcher), "SIGCONT");
  for (let tries = 0; existsSync(`/proc/${launcher}`) && tries < 200; tries++) await pause(50);
  t.is((await other()).exitCode, 0);
  // The process 1 alone.
  const start = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ")[19];
  const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  writeFileSync(join(store, own("x"), "process"), `${process.pid} ${start} 0 ${boot}`);
  t.regex((await other()).stderr, /the overlay x-\d+ is in use/);
});

test.serial("an overlay whose last launcher is about to end is waited for", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env, store } = await makeHome(t, "root");
  t.is((await sandboxIn(box, "root", [...keep(), "--", "true"], env)).exitCode, 0);
  const running = start(["flock", join(store, own("x"), "lock"), "sh", "-c", "echo held; sleep 0.3"]);
  await running.saw("held");
  t.like(await coffer(box, "root", ["overlay", "delete", own("x")], env), { exitCode: 0, stderr: "" });
  t.false(existsSync(join(store, own("x"))));
  await running.done;
});

/** What a sandbox that can write the home directory tries. */
const attack = `cd "$OUT"; ls -a .local/state/coffer | grep -v '^\\.' && echo LISTED; echo x > .local/state/coffer/x && echo MADE
cat .local/state/coffer/overlays/x-*/layers/upper/secret && echo READ
mv .local away 2>/dev/null && echo MOVED; mv .local/state away 2>/dev/null && echo MOVED
mv .local/state/coffer away 2>/dev/null && echo MOVED; rmdir .local/state/coffer 2>/dev/null && echo REMOVED
ln -s /tmp .local/state/coffer 2>/dev/null && test -L .local/state/coffer && echo LINKED; true`;

const isHidden = test.macro({
  exec: async (t, who: Who, exists: boolean, shown: (home: string) => readonly string[]) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env, home, store } = await makeHome(t, who);
    const write = () => sandboxIn(box, who, [...keep(), "--", "sh", "-c", "echo s > secret"], env);
    if (exists) t.is((await write()).exitCode, 0);
    const words = shown(home);
    const at = words[0] === "--bind" ? "/opt" : home;
    const tried = await sandboxIn(box, who, [...plain, ...words, "--env", `OUT=${at}`, "--", "sh", "-c", attack], env);
    t.is(tried.stdout, "", tried.stderr);
    if (!exists) t.is((await write()).exitCode, 0);
    t.deepEqual(readdirSync(join(store, own("x"))).toSorted(), ["layers", "lock", "process", "record.json"]);
    t.is(readFileSync(join(store, own("x"), "layers/upper/secret"), "utf8"), "s\n");
  },
  title: (_, who: Who, exists, shown: (home: string) => readonly string[]) =>
    `as ${who}: no sandbox sees the place of overlays, ${exists ? "there" : "not yet there"}, by ${shown("")[0]}`,
});
for (const who of ["root", "user"] as const)
  for (const exists of [true, false]) {
    test.serial(isHidden, who, exists, (home) => ["--write", home]);
    test.serial(isHidden, who, exists, (home) => ["--bind", `${home}:/opt:rw`]);
  }

test.serial("an overlay that is kept needs a name, its tree, and processes that end", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env, home } = await makeHome(t, "root");
  const told = async (words: readonly string[], more = {}): Promise<string> => {
    const { stderr, exitCode } = await sandboxIn(box, "root", [...words, "--", "true"], { ...env, ...more });
    t.not(exitCode, 0);
    return stderr;
  };
  t.regex(await told([...plain, "--overlay=keep"]), /an overlay that is kept has a name: give --name/);
  t.regex(await told([...keep(), "--unsafe-host-pid"]), /its processes can outlive it/);
  t.regex(await told([...keep(), "--cwd", box.base]), /has the place of overlays in it/);
  t.is((await sandboxIn(box, "root", [...keep(), "--", "true"], env)).exitCode, 0);
  t.regex(await told([...keep(), "--cwd", "../beside"]), /that overlay is of ".*\/b/);
  const place = join(box.base, "open");
  mkdirSync(place);
  chmodSync(place, 0o777);
  t.regex(await told(keep(), { XDG_STATE_HOME: place }), /others may write to it/);
  chmodSync(place, 0o755);
  await command(["chown", testUser, place]);
  t.regex(await told(keep(), { XDG_STATE_HOME: place }), /belongs to user \d+/);
  t.true(existsSync(home));
});

test.serial("nothing is made for a sandbox that is only shown", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env, home } = await makeHome(t, "root");
  const { stdout } = await sandboxIn(box, "root", [...keep(), "--show", "plan", "--", "true"], env);
  t.regex(stdout, /coffer\/overlays\/x-\d+\/layers/);
  t.deepEqual(readdirSync(home), []);
});

/** A tree that its owner cannot read, names of every kind, and many levels. */
const hostile = `mkdir -p shut/in; echo 1 > shut/in/f; chmod 0 shut/in shut; mkfifo fifo; : > "$(printf 'a\\033[31m\\nb')"
i=0; while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i+1)); done`;

const isRemoved = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env, store } = await makeHome(t, who);
    const overlay = (...words: readonly string[]) => coffer(box, who, ["overlay", ...words], env);
    t.is((await overlay("list")).stdout, "");
    for (const name of ["x", "y"])
      t.is((await sandboxIn(box, who, [...keep(name), "--", "sh", "-c", hostile], env)).exitCode, 0);
    const listed = await overlay("list", "--json");
    const told: readonly { readonly name: string; readonly tree: string }[] = JSON.parse(listed.stdout);
    t.deepEqual(
      told.map(({ name, tree }) => [name, tree]),
      [
        [own("x"), box.path],
        [own("y"), box.path],
      ],
    );
    const removed = await overlay("delete", own("x"));
    t.deepEqual([removed.exitCode, removed.stderr], [0, ""]);
    t.deepEqual(readdirSync(store), [own("y")]);
    t.regex((await overlay("list")).stdout, /^y-\d+ {2}\d{4}-/);
    t.regex((await overlay("delete", own("x"))).stderr, /there is no overlay "x-/);
    t.not((await overlay("delete", `../overlays/${own("y")}`)).exitCode, 0);
    t.deepEqual(readdirSync(store), [own("y")]);
  },
  title: (_, who: Who) => `as ${who}: overlays are listed, and removed with whatever is in them`,
});
test.serial(isRemoved, "root");
test.serial(isRemoved, "user");
