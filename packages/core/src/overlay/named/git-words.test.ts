// Which files settings of git, and variables, name.
import test from "ava";
import { pathsOf, readSettings, sayKey, workTreeOf } from "./git-words.ts";
import { relativeOf, settingsOfEnv } from "./variables.ts";

const bases = { dirs: ["/t", "/t/.git"], home: "/home/me" };

/** A setting, and paths that it must name: for certain, and if something is there. */
const rows: readonly (readonly [key: string, value: string, certain: readonly string[], likely: readonly string[]])[] =
  [
    ["core.hookspath", "hooks", ["/t/hooks", "/t/.git/hooks"], []],
    ["core.hookspath", "~/hooks", ["/home/me/hooks"], []],
    ["core.hookspath", "/t/my hooks", ["/t/my hooks"], []],
    ["core.attributesfile", "a/b", ["/t/a/b"], []],
    ["include.path", "../more", ["/t/more"], []],
    ["includeif.gitdir:~/x.path", "more", ["/t/.git/more"], []],
    ["init.templatedir", "tpl", ["/t/tpl"], []],
    ["gpg.ssh.allowedsignersfile", "s", ["/t/s"], []],
    ["filter.x.clean", "tools/clean %f", [], ["/t/tools/clean"]],
    ["filter.x.process", "python3 clean.py", [], ["/t/clean.py"]],
    ["diff.x.textconv", "sh -c 'cat tools/y'", [], ["/t/tools/y"]],
    ["diff.x.command", "./y", [], ["/t/y"]],
    ["merge.x.driver", '"$(git rev-parse --show-toplevel)/tools/m" %O', [], ["/t/tools/m"]],
    ["merge.x.driver", "$HERE/tools/m", [], ["/t/tools/m"]],
    ["core.fsmonitor", "tools/fs", [], ["/t/tools/fs"]],
    ["core.sshcommand", "ssh -F cfg", [], ["/t/cfg"]],
    ["core.editor", "vim -u ./vimrc", [], ["/t/vimrc"]],
    ["core.pager", "less --lesskey-src=keys", [], ["/t/keys"]],
    ["alias.x", "!tools/x", [], ["/t/tools/x"]],
    ["alias.x", "!cd sub && ./x", [], ["/t/sub", "/t/x"]],
    ["alias.x", "-c core.hooksPath=h log", [], ["/t/h"]],
    ["credential.helper", "!./helper get", [], ["/t/helper"]],
    ["credential.https://x.helper", "/t/helper", [], ["/t/helper"]],
    ["gpg.program", "tools/gpg", [], ["/t/tools/gpg"]],
    ["remote.x.uploadpack", "./up", [], ["/t/up"]],
    ["remote.x.url", "ext::sh -c ./x", [], ["/t/x"]],
    ["sequence.editor", "node a.js", [], ["/t/a.js"]],
    ["trailer.x.cmd", "sh tr.sh", [], ["/t/tr.sh"]],
    ["submodule.x.update", "!./up", [], ["/t/up"]],
    ["url.ext::sh -c ./x.insteadof", "x:", [], ["/t/x"]],
    ["url.y.insteadof", "ext::sh -c ./x", [], ["/t/x"]],
    ["core.editor", "vim -u./rc", [], ["/t/rc"]],
    ["core.editor", "vim -urc", [], ["/t/rc"]],
    ["filter.x.clean", "npx prettier", ["/t/node_modules", "/t/package.json"], []],
    ["filter.x.clean", "uv run x", ["/t/pyproject.toml", "/t/.venv"], []],
    ["alias.x", "!make x", ["/t/Makefile"], []],
    ["alias.x", "!/usr/bin/bundle exec x", ["/t/Gemfile"], []],
    ["uploadpack.packobjectshook", "./hook", [], ["/t/hook"]],
    // A path in quotes may have blanks, as the tree's own may.
    ["filter.x.clean", "'/t/my tools/clean' %f", [], ["/t/my tools/clean"]],
    ["filter.x.clean", '"my tools/clean" %f', [], ["/t/my tools/clean"]],
    ["filter.x.clean", "my\\ tools/clean %f", [], ["/t/my tools/clean"]],
    ["filter.x.clean", "sh -c '\"my tools/clean\" x'", [], ["/t/my tools/clean"]],
    ["diff.x.textconv", "sh '--rc=my tools/rc' '-Fmy tools/f'", [], ["/t/my tools/rc", "/t/my tools/f"]],
    ["merge.x.driver", '"$(git rev-parse --show-toplevel)/my tools/m" %O', [], ["/t/my tools/m"]],
    ["alias.x", '!"a, b (1)/x" y', [], ["/t/a, b (1)/x"]],
    ["core.hookspath", "~me/hooks", ["/home/me/hooks"], []],
    ["variable XDG_CONFIG_HOME", "/t/etc", [], ["/t/etc"]],
    ["variable LESSOPEN", "|/t/less %s", [], ["/t/less"]],
    ["variable PYTHONPATH", "lib", [], ["/t/lib"]],
  ];

for (const [key, value, certain, likely] of rows)
  test(`${key}=${value}`, (t) => {
    const found = pathsOf({ origin: "file:/t/.git/config", key, value }, bases);
    for (const path of certain) t.true(found.certain.includes(path), JSON.stringify(found));
    for (const path of likely) t.true(found.likely.includes(path), JSON.stringify(found));
  });

/** What names nothing: a word of a setting that is only data, a program of PATH. */
const none: readonly (readonly [key: string, value: string])[] = [
  ["user.name", "src docs"],
  ["remote.origin.url", "../src"],
  ["branch.main.merge", "refs/heads/main"],
  ["core.worktree", "../../sub"],
  ["credential.helper", "store"],
  ["core.bare", "false"],
  ["core.pager", "less"],
  ["pull.rebase", "."],
  ["alias.up", ""],
  ["variable TOOL", "npx"],
  ["variable PYTHONPATH", "."],
  ["filter.lfs.clean", "git-lfs clean -- %f"],
  ["filter.lfs.smudge", "git-lfs smudge --skip -- %f"],
  ["filter.lfs.process", "git-lfs filter-process"],
];
for (const [key, value] of none)
  test(`${key}=${value} names nothing`, (t) => {
    const { certain, likely } = pathsOf({ origin: "file:/t/.git/config", key, value }, bases);
    t.deepEqual([...certain, ...likely], []);
  });

test("the letter that git replaces by a path is no name, and what is before it begins one", (t) => {
  const { likely, starts } = pathsOf({ origin: "file:/c", key: "merge.x.driver", value: "m %O tools/%A %f" }, bases);
  t.false(likely.some((path) => /\/[OAf]$/.test(path)));
  t.true(starts.some(({ path, isOpen }) => path === "/t/tools/" && isOpen));
});

test("a list of settings is read whole, or not at all", (t) => {
  t.deepEqual(readSettings("file:/a\0core.x\nb\nc\0file:/a\0core.flag\0"), [
    { origin: "file:/a", key: "core.x", value: "b\nc" },
    { origin: "file:/a", key: "core.flag", value: "" },
  ]);
  t.deepEqual(readSettings(""), []);
  for (const text of ["file:/a\0core.x\nb", "file:/a\0", "x"]) t.is(readSettings(text), undefined);
});

test("variables name what programs run", (t) => {
  const settings = settingsOfEnv({
    PATH: "/usr/bin:bin:/t/bin",
    GIT_AUTHOR_NAME: "/t/x",
    GIT_EDITOR: "/t/ed",
    HOME: "/t",
    PWD: "/t/src",
    npm_package_json: "/t/package.json",
    LANG: "C.UTF-8",
    PYTHONPATH: "/t/a:lib:",
    KUBECONFIG: "/t/kube",
  });
  t.deepEqual(
    settings.map(({ key, value }) => [key, value]),
    [
      ["variable PATH", "/usr/bin"],
      ["variable PATH", "/t/bin"],
      ["variable GIT_EDITOR", "/t/ed"],
      ["variable PYTHONPATH", "/t/a"],
      ["variable PYTHONPATH", "lib"],
      ["variable KUBECONFIG", "/t/kube"],
    ],
  );
  const [, path] = settings;
  t.true(path !== undefined && pathsOf(path, bases).certain.includes("/t/bin"));
  t.is(sayKey("variable PATH"), "the variable PATH");
  t.is(sayKey("alias.x"), "git's setting alias.x");
  // A repository has any bytes in its keys.
  t.is(sayKey("filter.\u001b]0;x\u0007\udc9b.clean"), "git's setting $'filter.\\x1b]0;x\\x07\\x9b.clean'");
  t.is(sayKey("variable GIT_\u001b"), "the variable $'GIT_\\x1b'");
  t.true(sayKey(`alias.${"x".repeat(1 << 20)}`).length < 200);
});

/** A value, and beginnings of paths that it must name. */
const starts: readonly (readonly [value: string, path: string, isOpen: boolean])[] = [
  ["node tools/run", "/t/tools/run", false],
  ["sh -c 'cat tools/*.sh'", "/t/tools/", true],
  ["sh tools/$x", "/t/tools/", true],
  ["sh tools/pre%n", "/t/tools/pre", true],
];
for (const [value, path, isOpen] of starts)
  test(`${value} names what begins with ${path}`, (t) => {
    const found = pathsOf({ origin: "", key: "filter.x.clean", value }, bases).starts;
    t.true(
      found.some((one) => one.path === path && one.isOpen === isOpen),
      JSON.stringify(found),
    );
  });

test("a pattern alone names nothing", (t) => {
  t.false(
    pathsOf({ origin: "", key: "alias.x", value: '!f() { git log "$@"; }; f *' }, bases).starts.some(
      (one) => one.isOpen,
    ),
  );
});

test("places of PATH may count from the working directory", (t) => {
  t.deepEqual(relativeOf({ PATH: "/usr/bin:bin:./node_modules/.bin/:/bin" }), ["bin", "node_modules/.bin"]);
  for (const path of [":/bin", "/bin:", "/bin::/x", ".", "./"]) t.true(relativeOf({ PATH: path }).includes(""), path);
  t.deepEqual(relativeOf({}), []);
  t.deepEqual(relativeOf({ LD_LIBRARY_PATH: ":/opt/x" }), [""]);
  t.deepEqual(relativeOf({ LD_LIBRARY_PATH: "" }), []);
});

test("paths count from the working tree that a repository names", (t) => {
  const origin = "file:/t/.git/config";
  t.deepEqual(workTreeOf({ origin, key: "core.worktree", value: "../sub" }), ["/t/sub"]);
  t.deepEqual(workTreeOf({ origin, key: "core.worktree", value: "/t/sub/" }), ["/t/sub"]);
  t.deepEqual(workTreeOf({ origin, key: "core.bare", value: "../sub" }), []);
});

test("a value of any kind is taken apart in a time that its length bounds", (t) => {
  for (const part of ["\"'", '"\\', '\\"', "'\"'", "a b", "$(", "-x'", "'-x=a b' "]) {
    const begin = performance.now();
    pathsOf({ origin: "", key: "filter.x.clean", value: `!x ${part.repeat(4_000)}` }, bases);
    t.true(performance.now() - begin < 5000, part);
  }
});
