// What names files of a tree from elsewhere: repositories above the tree, links in PATH, variables, and words in quotes. And what
// a crash, the place of an overlay, or a hostile repository adds to an apply.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv, helperPath } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import { listTree, name, written } from "./applying.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

interface Told {
  readonly applied: number;
  readonly waiting: readonly { readonly path: string; readonly held?: string }[];
}

/** Applies with further variables: what was applied, and what waits. */
async function applied(t: ExecutionContext, place: Awaited<ReturnType<typeof written>>, more = {}): Promise<Told> {
  const argv = [...place.prefix, ...cofferArgv(), "apply", "--json", name];
  const { stdout, stderr, exitCode } = await command(argv, { cwd: "/", env: { ...place.env, ...more } });
  t.is(exitCode, 0, stderr);
  return JSON.parse(stdout);
}
const pathsOf = ({ waiting }: Told): readonly string[] => waiting.map(({ path }) => path).toSorted();

test.serial("a word of a setting may be in quotes, and have blanks, as the tree itself may", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const prepare = `git init -q .; mkdir 'my tools' wt; git config filter.a.clean "'$PWD/my tools/a' %f"
git config filter.b.clean '"my tools/b" %f'; git config filter.c.clean 'my\\ tools/c %f'; git config core.worktree ../wt
git config alias.d "!sh -c '\\"my tools/d\\" x'"; git config core.hooksPath hooks`;
  const script =
    "for n in a b c d other; do echo x > my\\ tools/$n; done; mkdir wt/hooks; echo x > wt/hooks/pre-commit";
  const told = await applied(t, await written(t, "root", prepare, script));
  t.deepEqual(pathsOf(told), [
    ...["a", "b", "c", "d"].map((one) => `my tools/${one}`),
    "wt/hooks",
    "wt/hooks/pre-commit",
  ]);
  t.is(told.applied, 1);
});

test.serial("where links in PATH lead, and what variables name, is held", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const prepare = "echo p > prog; mkdir lib etc; mkdir ../bin; ln -s DIR/prog ../bin/prog; ln -s DIR/new ../bin/new";
  const script = `echo x > prog; echo x > new; echo x > lib/m.py; mkdir etc/git; echo x > etc/git/config; echo x > kube; echo x > rc
echo x > sitecustomize.py; mkdir d; echo x > d/libm.so.6; echo x > other`;
  const place = await written(t, "root", prepare, script);
  const { base, path } = place.box;
  const told = await applied(t, place, {
    PATH: `${base}/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    PYTHONPATH: `lib:${path}/nowhere`,
    XDG_CONFIG_HOME: `${path}/etc`,
    KUBECONFIG: `${path}/kube`,
    LESSOPEN: `|${path}/rc %s`,
    LD_LIBRARY_PATH: ":/opt/lib",
    PWD: path,
    GREETING: "other things",
  });
  const held = [
    "d/libm.so.6",
    "etc/git",
    "etc/git/config",
    "kube",
    "lib/m.py",
    "new",
    "prog",
    "rc",
    "sitecustomize.py",
  ];
  t.deepEqual(pathsOf(told), held);
  t.is(told.applied, 2);
});

const inHome = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const home = join(box.base, "home");
    mkdirSync(join(home, "tree"), { recursive: true, mode: 0o700 });
    const state = join(box.base, "state");
    mkdirSync(state, { mode: 0o700 });
    const prefix = who === "user" ? asUser : [];
    if (who === "user") execFileSync("chown", ["-R", testUser, home, state]);
    const settings =
      "git config core.hooksPath tree/hooks; git config core.fsmonitor tree/fs; git config alias.x '!tree/x'";
    const all = { ...env, HOME: home, XDG_STATE_HOME: state };
    const made = await command([...prefix, "sh", "-ec", `git init -q .; ${settings}; echo f > tree/f`], {
      cwd: home,
      env: all,
    });
    t.is(made.exitCode, 0, made.stderr);
    const script = "mkdir hooks; echo x > hooks/pre-commit; echo x > fs; echo x > x; echo F > f";
    const words = ["--tools", "none", "--no-settings", "--overlay=keep", "--name", name, "--", "sh", "-ec", script];
    const ran = await sandboxIn({ ...box, path: join(home, "tree") }, who, words, all);
    t.is(ran.exitCode, 0, ran.stderr);
    const { stdout } = await command([...prefix, ...cofferArgv(), "apply", name], { cwd: "/", env: all });
    for (const path of ["hooks", "fs", "x"]) t.regex(stdout, new RegExp(`^held: ${path}[ :].*git's setting`, "m"));
    t.regex(stdout, /^1 applied, 4 not$/m);
    t.deepEqual(readdirSync(join(home, "tree")), ["f"]);
  },
  title: (_, who: Who) => `as ${who}: a home directory that is a repository itself is asked too`,
});
test.serial(inHome, "root");
test.serial(inHome, "user");

test.serial("a pipe that is a file of settings is waited for once, and every file is held", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  t.timeout(120_000);
  const more = "for i in 1 2 3 4; do mkdir r$i; cp -r .git r$i/.git; done";
  const place = await written(
    t,
    "root",
    `git init -q .; mkfifo .git/p; git config include.path p; ${more}`,
    "echo n > n",
  );
  const begin = performance.now();
  const told = await applied(t, place);
  t.true(performance.now() - begin < 55_000);
  t.deepEqual(pathsOf(told), ["n"]);
});

test.serial("no key of a hostile repository reaches the terminal", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const prepare = `git init -q .; mkdir tools; printf '[filter "a\\033]0;x\\007\\302\\233"]\\n\\tclean = tools/clean\\n' >> .git/config`;
  const { ask } = await written(t, "root", prepare, "echo x > tools/clean");
  const { stdout } = await ask("apply", name);
  t.regex(stdout, /^held: tools\/clean: git's setting \$'filter\.a\\x1b\]0;x\\x07\\u009b\.clean' names it: /m);
  t.notRegex(stdout.replaceAll("\n", ""), /\p{Cc}/u);
});

/** A list of access that every new name gets. */
const inherited = `import os, struct, sys; os.setxattr(sys.argv[1], "system.posix_acl_default", struct.pack("<I", 2) + b"".join(
  struct.pack("<HHI", *one) for one in [(1, 7, 0xffffffff), (2, 5, 1234), (4, 5, 0xffffffff), (16, 5, 0xffffffff), (32, 0, 0xffffffff)]))`;

const access = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, ask, store } = await written(t, who, "echo f > f; chmod 640 f", "echo F > f; mkdir n; echo x > n/x");
    execFileSync("python3", ["-c", inherited, store]);
    t.is((await ask("apply", name)).stdout, "3 applied, 0 not");
    t.regex(listTree(store).join("\n"), /applies\/1\/slots'.*posix_acl_default/);
    t.notRegex(listTree(box.path).join("\n"), /posix_acl/);
  },
  title: (_, who: Who) => `as ${who}: the list of access of the place of overlays does not come to the tree`,
});
test.serial(access, "root");
test.serial(access, "user");

/** How an apply ends before its state has its name. */
const ends: readonly (readonly [title: string, how: string])[] = [
  ["is killed after", "signal=KILL"],
  ["is killed before", "error=EIO:signal=KILL"],
  ["fails at", "error=ENOSPC"],
];
for (const [title, how] of ends)
  test.serial(`an apply that ${title} the first rename, that of its state, is in nobody's way`, async (t) => {
    if (!(await needs(t, "root", "userns", "strace"))) return;
    const { box, ask, env, store } = await written(t, "root", "echo f > f", "echo F > f; echo n > n");
    const before = listTree(box.path);
    const inject = ["-f", "-o", "/dev/null", "-e", "trace=rename", "-e", `inject=rename:${how}:when=1`];
    const cut = await command(["strace", ...inject, ...cofferArgv(), "apply", name], { cwd: "/", env });
    t.not(cut.exitCode, 0);
    t.deepEqual(listTree(box.path), before);
    t.is((await ask("apply", name)).stdout, "2 applied, 0 not");
    t.is(readdirSync(join(store, "applies")).length, 1);
    t.is((await ask("undo", name)).stdout, "2 undone");
    t.deepEqual(listTree(box.path), before);
  });

/** What comes between the front and the helper, and cuts what the helper reads. Four words are a step. */
const cuts: readonly (readonly [title: string, verb: string, script: string])[] = [
  ["nothing of the copies", "stage", 'exec HELPER "$@" < /dev/null'],
  ["one copy of three", "stage", 'head -z -n 6 | HELPER "$@"'],
  ["nothing of the steps", "swap", 'exec HELPER "$@" < /dev/null'],
  ["one step of four", "swap", 'head -z -n 4 | HELPER "$@"'],
];
for (const [title, verb, script] of cuts)
  test.serial(`nothing is applied, and nothing lost, where the helper gets ${title}`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, ask, env } = await written(
      t,
      "root",
      "echo f > f; echo g > g",
      "echo F > f; rm g; echo n > n; echo m > m",
    );
    const before = listTree(box.path);
    const between = join(box.base, "between");
    const words = `#!/bin/sh\n[ "$2" != ${verb} ] || { ${script}; exit; }\nexec HELPER "$@"\n`;
    writeFileSync(between, words.replaceAll("HELPER", helperPath()), { mode: 0o755 });
    const cut = await command([...cofferArgv(), "apply", name], { cwd: "/", env: { ...env, COFFER_HELPER: between } });
    t.is(cut.exitCode, 1, cut.stdout);
    t.regex(cut.stderr, /has not made every copy|not all of them are known.*call the same again/s);
    if (verb === "swap") t.is((await ask("undo", name)).exitCode, 0);
    t.deepEqual(listTree(box.path), before);
    t.is((await ask("apply", name)).stdout, "4 applied, 0 not");
    t.is((await ask("undo", name)).stdout, "4 undone");
    // An undo that was cut is not at its end.
    t.is((await ask("apply", name)).exitCode, 0);
    const back = await command([...cofferArgv(), "undo", name], { cwd: "/", env: { ...env, COFFER_HELPER: between } });
    t.is(back.exitCode, verb === "swap" ? 1 : 0, back.stdout);
    if (verb === "swap") t.is((await ask("undo", name)).exitCode, 0);
    t.deepEqual(listTree(box.path), before);
  });
