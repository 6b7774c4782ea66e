// What an attack on apply and undo has found, and what becomes of it now.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command, pause, start } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { listTree, name, written } from "./applying.ts";
import type { Who } from "./table.ts";
import { startIn } from "./table.ts";

type Place = Awaited<ReturnType<typeof written>>;

const small = "echo f > f; echo g > g";
const smallScript = "echo F > f; echo n > n";

/** What is done to a journal, after which nobody knows what the tree had. */
const broken: readonly (readonly [title: string, script: string])[] = [
  ["is cut", "truncate -s 20 steps.json"],
  ["is missing", "rm steps.json"],
  ["is something else", "echo '[{}]' > steps.json"],
  ["is a directory", "rm steps.json; mkdir steps.json"],
  ["is longer than what is read", "truncate -s 65M steps.json"],
  ["has lost its state too", "rm steps.json state"],
  ["has a state that cannot be read", "rm state; mkdir state"],
];

const calls: readonly (readonly [verb: string, ...words: readonly string[]])[] = [
  ["apply", name],
  ["undo", name],
  ["overlay", "delete", name],
];

const blocks = test.macro({
  exec: async (t, script: string) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, ask, run, store } = await written(t, "root", small, smallScript);
    t.is((await ask("apply", name)).stdout, "2 applied, 0 not");
    execFileSync("sh", ["-ec", script], { cwd: join(store, "applies/1") });
    const before = listTree(box.path);
    const slots = listTree(join(store, "applies/1/slots"));
    for (const [verb, ...words] of calls) {
      const { exitCode, stderr } = await ask(verb, ...words);
      t.is(exitCode, 1, verb);
      t.regex(stderr, /the journal .*applies\/1" of an apply cannot be read: .*slots": look there/s, verb);
    }
    t.regex((await run("true")).stderr, /cannot be read/);
    t.deepEqual(listTree(box.path), before);
    t.deepEqual(listTree(join(store, "applies/1/slots")), slots);
  },
  title: (title = "") => `nothing goes on, and nothing is removed, if a journal ${title}`,
});
for (const [title, script] of broken) test.serial(title, blocks, script);

test.serial("copies that a crash has left are nothing that anybody misses", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { ask, store } = await written(t, "root", small, smallScript);
  execFileSync(
    "sh",
    [
      "-ec",
      "mkdir -p applies/3/slots applies/7/slots; printf '%-15s\\n' copying > applies/3/state; echo x > applies/3/slots/0",
    ],
    {
      cwd: store,
    },
  );
  t.is((await ask("apply", name)).stdout, "2 applied, 0 not");
  t.deepEqual(readdirSync(join(store, "applies")), ["1"]);
  t.is((await ask("undo", name)).stdout, "2 undone");
});

const gitConfig = `git init -q .; mkdir -p tools inc src; echo 1 > tools/clean; echo 1 > tools/conv.sh; echo 1 > src/a
git config filter.x.clean 'tools/clean %f'; git config diff.x.textconv 'sh tools/conv.sh'; git config core.fsmonitor tools/fs
git config core.hooksPath .hooks; git config include.path ../inc/one; git config includeIf.onbranch:other.path ../inc/other
git config alias.run '!tools/run me'; git config credential.helper './tools/cred get'; git config gpg.program tools/gpg
git config core.sshCommand 'ssh -F tools/ssh'; git config core.pager "touch DIR/../ran"; git config pager.config "touch DIR/../ran"
git config alias.config '!touch DIR/../ran'; git config --file inc/other core.editor tools/ed
git config --file inc/one merge.m.driver '"$(git rev-parse --show-toplevel)"/tools/merge %O'`;
const gitScript = `for n in clean conv.sh fs run cred gpg ssh ed merge; do echo x > tools/$n; done; mkdir .hooks bin ok
echo x > .hooks/pre-push; echo x > inc/one; echo x > inc/other; echo x > glob; echo x > bin/tool; echo x > src/a; echo x > ok/run; chmod 755 ok/run`;
const heldByGit = [
  ...["clean", "conv.sh", "fs", "run", "cred", "gpg", "ssh", "ed", "merge"].map((one) => `tools/${one}`),
  ...[".hooks", ".hooks/pre-push", "inc/one", "inc/other", "glob", "bin", "bin/tool"],
];

test.serial("what any setting of git names is held, and git runs nothing when it is asked", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env } = await written(t, "root", gitConfig, gitScript);
  const home = join(box.base, "home");
  writeFileSync(join(home, ".gitconfig"), `[init]\n\ttemplateDir = ${box.path}/glob\n`);
  const path = `${box.path}/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  const { stdout, stderr } = await command([...cofferArgv(), "apply", "--json", name], {
    cwd: "/",
    env: { ...env, PATH: path },
  });
  const told: {
    readonly applied: number;
    readonly waiting: readonly { readonly path: string; readonly held: string }[];
  } = JSON.parse(stdout);
  t.deepEqual(told.waiting.map((one) => one.path).toSorted(), [...heldByGit].toSorted(), stderr);
  const why = new Map(told.waiting.map((one) => [one.path, one.held]));
  t.is(why.get("tools/clean"), "git's setting filter.x.clean names it");
  t.is(why.get("bin/tool"), "the variable PATH names it");
  t.is(why.get("glob"), "git's setting init.templatedir names it");
  t.is(told.applied, 3);
  t.false(existsSync(join(box.base, "ran")));
});

test.serial("what the repository of GIT_DIR names is held", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const prepare = "git init -q --bare ../own; git --git-dir ../own config core.fsmonitor tools/f";
  const { box, env } = await written(t, "root", prepare, "mkdir tools; echo x > tools/f; echo y > y");
  const given = { GIT_DIR: join(box.base, "own"), GIT_WORK_TREE: box.path };
  const { stdout, stderr } = await command([...cofferArgv(), "apply", name], { cwd: "/", env: { ...env, ...given } });
  t.regex(stdout, /^held: tools\/f: git's setting core\.fsmonitor names it/m, stderr);
  t.regex(stdout, /^2 applied, 1 not$/m);
});

/** Ways in which git cannot say what it runs. */
const silent: readonly (readonly [title: string, script: string])[] = [
  ["is not there", "mount --bind /dev/null /usr/bin/git"],
  ["cannot read its settings", "echo '[broken' >> .git/config"],
];
for (const [title, script] of silent)
  test.serial(`every file is held where git ${title}`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, env } = await written(
      t,
      "root",
      "git init -q .; echo f > f",
      "echo F > f; echo x > run; chmod 755 run; echo F > g",
    );
    const inside = ["unshare", "-m", "sh", "-ec", `${script}; cd /; exec "$@"`, "sh"];
    const { stdout, stderr } = await command([...inside, ...cofferArgv(), "apply", name], { cwd: box.path, env });
    for (const path of ["f", "g", "run"])
      t.regex(stdout, new RegExp(`^held: ${path}: git cannot be asked which files its settings name`, "m"), stderr);
    t.regex(stdout, /^0 applied, 3 not$/m);
  });

test.serial("another directory at the path of a tree is none of an overlay's", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask, run } = await written(t, "root", small, smallScript);
  t.is((await ask("apply", name)).exitCode, 0);
  execFileSync("sh", [
    "-ec",
    `cp -a ${box.path} ${box.path}.new; mv ${box.path} ${box.path}.old; mv ${box.path}.new ${box.path}`,
  ]);
  const before = listTree(box.path);
  for (const verb of ["apply", "undo", "diff"])
    t.regex((await ask(verb, name)).stderr, /another directory is at .* than when the overlay was made/, verb);
  t.regex((await run("true")).stderr, /another directory is at/);
  t.deepEqual(listTree(box.path), before);
  execFileSync("sh", ["-ec", `rm -r ${box.path}; mv ${box.path}.old ${box.path}`]);
  t.is((await ask("undo", name)).stdout, "2 undone");
});

/** Calls coffer, and ends it at a call. */
const cut = ({ env }: Place, verb: string, how: string, ...more: readonly string[]) =>
  command(
    [
      "strace",
      "-f",
      "-o",
      "/dev/null",
      "-e",
      "trace=renameat2",
      "-e",
      `inject=${how}`,
      ...cofferArgv(),
      verb,
      ...more,
      name,
    ],
    { cwd: "/", env },
  );

test.serial("what is half done is judged again", async (t) => {
  if (!(await needs(t, "root", "userns", "strace"))) return;
  const place = await written(
    t,
    "root",
    "git init -q .; echo a > a",
    "echo A > a; mkdir tools; echo x > tools/clean; echo z > z",
  );
  const { box, ask } = place;
  t.not((await cut(place, "apply", "renameat2:signal=KILL:when=2")).exitCode, 0);
  execFileSync("git", ["config", "filter.x.clean", "tools/clean"], { cwd: box.path });
  const { stdout, exitCode } = await ask("apply", name);
  t.is(exitCode, 0);
  t.regex(stdout, /^an apply that was interrupted is taken back$/m);
  t.regex(stdout, /^held: tools\/clean: git's setting filter\.x\.clean names it/m);
  t.false(existsSync(join(box.path, "tools/clean")));
  t.is(readFileSync(join(box.path, "z"), "utf8"), "z\n");
});

const access = `import os, struct; acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in
  [(1, 6, 0xffffffff), (2, 7, os.getuid()), (4, 4, 0xffffffff), (16, 7, 0xffffffff), (32, 4, 0xffffffff)])
for n in ["new", "kept"]: os.setxattr(n, "system.posix_acl_access", acl)
os.chmod("new", 0o666)`;

const rights = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const prepare =
      "echo k > kept; echo w > wide; chmod 640 wide kept; mkdir dir; chmod 700 dir; echo x > x; chmod 744 x";
    const script = `echo n > new; echo K > kept; python3 -c '${access}'; mkdir all; chmod 777 all; chmod 644 wide; chmod 755 dir; chmod 700 x; echo p > p; chmod 777 p`;
    const { box, env, prefix, store } = await written(t, who, prepare, script);
    t.regex(listTree(join(store, "layers/upper")).join("\n"), /\.\/new.*posix_acl/);
    const argv = ["sh", "-c", 'umask 027; exec "$@"', "sh", ...prefix, ...cofferArgv(), "apply", name];
    const { stdout, stderr } = await command(argv, { cwd: "/", env });
    t.deepEqual(
      stdout.trim().split("\n").toSorted(),
      [
        "4 applied, 3 not",
        `held: dir: it gives others more rights: 0700 to 0755: coffer apply --held dir ${name}`,
        `held: kept: it gives others more rights: 0640 to 0674: coffer apply --held kept ${name}`,
        `held: wide: it gives others more rights: 0640 to 0644: coffer apply --held wide ${name}`,
      ],
      stderr,
    );
    const modeOf = (path: string): string => (statSync(join(box.path, path)).mode & 0o7777).toString(8);
    t.deepEqual(["new", "all", "p", "x", "wide", "dir"].map(modeOf), ["640", "750", "750", "700", "640", "700"]);
    const held = await command([...prefix, ...cofferArgv(), "apply", "--held", "kept", name], { cwd: "/", env });
    t.regex(held.stdout, /^1 applied/m, held.stderr);
    t.notRegex(listTree(box.path).join("\n"), /posix_acl/);
  },
  title: (_, who: Who) => `as ${who}: nobody else gets rights unasked: by bits, a umask, or a list of access`,
});
test.serial(rights, "root");
test.serial(rights, "user");

test.serial("a list of access that the tree has stays", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const set = access.replace('["new", "kept"]', '["f"]').replace('os.chmod("new", 0o666)', "");
  const { box, ask } = await written(t, "root", `echo f > f; python3 -c '${set}'`, "echo F > f");
  const acl = () => / \d+ \w{9} (\[.*)/.exec(listTree(box.path).join())?.[1]?.replace(/^.*(\('system)/, "$1") ?? "";
  const before = acl();
  t.regex(before, /posix_acl_access/);
  t.is((await ask("apply", name)).stdout, "1 applied, 0 not");
  t.is(readFileSync(join(box.path, "f"), "utf8"), "F\n");
  t.is(acl(), before);
});

/** What the host does to a file that an undo has put back, of the same size. */
const touches: readonly (readonly [title: string, script: string])[] = [
  ["writes to it, and puts its time back", "touch -r f ../t; printf 'h\\n' > f; touch -r ../t f"],
  ["changes its bits", "chmod 600 f"],
  ["gives it an attribute", `python3 -c 'import os; os.setxattr("f", "user.x", b"1")'`],
];

const since = test.macro({
  exec: async (t, script: string) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, ask } = await written(t, "root", small, smallScript);
    t.is((await ask("apply", name)).stdout, "2 applied, 0 not");
    t.is((await ask("undo", name)).stdout, "2 undone");
    execFileSync("sh", ["-ec", script], { cwd: box.path });
    const host = readFileSync(join(box.path, "f"), "utf8");
    const { stdout } = await ask("apply", name);
    t.regex(stdout, /^held: f: (?:the host has changed it since|it gives others more rights)/m);
    t.is(readFileSync(join(box.path, "f"), "utf8"), host);
    t.is((await ask("undo", name)).stdout, "1 undone");
    // And to what an apply has put there.
    t.is((await ask("apply", "--held", "f", name)).exitCode, 0);
    execFileSync("sh", ["-ec", script], { cwd: box.path });
    const again = await ask("undo", name);
    t.regex(again.stdout, /^not undone: f: it has changed since/m);
    t.is(again.exitCode, 1);
  },
  title: (title = "") => `what is applied or put back is the host's again if the host ${title}`,
});
for (const [title, script] of touches) test.serial(title, since, script);

test.serial("an overlay that a sandbox uses is not applied, and diff says that the list may be old", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, ask, env } = await written(t, "root", small, smallScript);
  const words = [
    "--tools",
    "none",
    "--no-settings",
    "--overlay=keep",
    "--name",
    name,
    "--",
    "sh",
    "-c",
    "echo began; cat",
  ];
  const running = startIn(box, "root", words, env);
  await running.saw("began");
  const { stderr, stdout } = await ask("diff", name);
  t.regex(stderr, /the sandbox a-\d+ is running: what it changes/);
  t.regex(stdout, /^added +file +n$/m);
  for (const verb of ["apply", "undo"]) t.regex((await ask(verb, name)).stderr, /the overlay a-\d+ is in use/);
  process.kill(-running.pid, "SIGKILL");
  await running.done;
});

const childrenOf = (pid: number): readonly number[] =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" "))
    .filter((word) => word !== "")
    .map(Number);

test.serial("as long as the helper exchanges names nobody else can, whoever has ended", async (t) => {
  if (!(await needs(t, "root", "userns", "strace"))) return;
  const place = await written(t, "root", small, smallScript);
  const { box, ask, env } = place;
  const before = listTree(box.path);
  const log = join(box.base, "log");
  const slow = ["-e", "trace=renameat2", "-e", "inject=renameat2:delay_enter=6000000:when=2"];
  const running = start(["strace", "-f", "-o", log, ...slow, ...cofferArgv(), "apply", name], { cwd: "/", env });
  const has = (): boolean => existsSync(log) && (readFileSync(log, "utf8").match(/renameat2\(/g)?.length ?? 0) > 0;
  for (let tries = 0; !has() && tries < 400; tries += 1) await pause(50);
  const [front = 0] = childrenOf(running.pid);
  t.true(front > 0);
  process.kill(front, "SIGKILL");
  await pause(200);
  t.regex((await ask("undo", name)).stderr, /is in use/);
  await running.done;
  t.is((await ask("undo", name)).exitCode, 0);
  t.deepEqual(listTree(box.path), before);
});
