// What of an overlay is applied by itself, what waits for a word of the caller, and what is never applied.
import test from "ava";
import type { TreeFacts } from "./facts.ts";
import type { Judged } from "./judge.ts";
import { choose, judge } from "./judge.ts";
import type { LayerKind, LayerObject, LayerRecord } from "./records.ts";

const facts: TreeFacts = {
  uid: 0,
  at: "/t",
  created: 10n,
  named: new Map([
    ["tools/hooks", "git's setting core.hookspath"],
    ["extra.cfg", "git's setting include.path"],
    ["bin", "the variable PATH"],
  ]),
  starts: [
    { start: "tools/lint", why: "git's setting core.editor", isOpen: false },
    { start: "scripts/", why: "git's setting alias.x", isOpen: true },
  ],
  relative: ["node_modules/.bin"],
  isGitUnknown: false,
  homes: ["/t/home/me"],
  isRepository: (path) => (path === "bare" ? "is" : path === "lib" ? "has" : undefined),
  isLink: (path) => path === "away",
  own: new Set(["9 1 1 420 11"]),
};

const object = (kind: LayerKind, more: Partial<LayerObject> = {}): LayerObject => ({
  kind,
  inode: "7",
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: "1",
  links: 1,
  modified: "1",
  changed: "1",
  ...(kind === "directory" ? { mode: 0o755 } : {}),
  ...more,
});

const record = (path: string, more: Partial<LayerRecord> = {}): LayerRecord => ({
  path,
  upper: object("file"),
  lower: undefined,
  target: "",
  isSame: false,
  isMount: false,
  fault: undefined,
  ...more,
});

const changed = (path: string, lower: LayerObject = object("file")): LayerRecord => record(path, { lower });
const gone = (path: string, kind: LayerKind = "file"): LayerRecord =>
  record(path, { upper: undefined, lower: object(kind) });
const dir = (path: string): LayerRecord => record(path, { upper: object("directory") });
const link = (path: string, target: string): LayerRecord => record(path, { upper: object("link"), target });
const mode = (bits: number, kind: LayerKind = "file"): LayerRecord =>
  record("a", { upper: object(kind, { mode: bits }), lower: object(kind) });

const git = /repository|programs of the host/;
const rows: readonly (readonly [title: string, record: LayerRecord, held: RegExp | undefined, refused?: RegExp])[] = [
  ["a new file", record("a"), undefined],
  ["a new directory", dir("a"), undefined],
  ["a changed file", changed("a/b"), undefined],
  ["a file that is gone", gone("a"), undefined],
  ["other bits of the owner", mode(0o744), undefined],
  ["fewer bits", mode(0o600), undefined],
  ["new bits for others of what is new", record("a", { upper: object("file", { mode: 0o777 }) }), undefined],
  ["a link beside", link("a/l", "b"), undefined],
  ["a link up and down", link("a/l", "../b/c"), undefined],
  ["a file that an apply has put there", changed("a", object("file", { inode: "9", changed: "11" })), undefined],
  ["a name that only resembles", record("a.git/.github2"), undefined],
  ["a directory above what git's settings name", dir("tools"), undefined],
  ["a directory above a name of several parts", dir(".config"), undefined],
  ["another name in such a directory", record(".config/other"), undefined],
  ["a link into a directory of the tree", link("l", "src/lib"), undefined],
  ["a name of the home directory", record("home/me/work/a"), undefined],

  ["a hook", record(".git/hooks/pre-commit"), git],
  ["settings of git", changed(".git/config"), git],
  ["an object of git", record(".git/objects/ab/cd"), git],
  ["an alternate", record(".git/objects/info/alternates"), git],
  ["a rebase", record(".git/rebase-merge/git-rebase-todo"), git],
  ["a repository in a directory of objects", record(".git/objects/.git/config"), git],
  ["a repository deep in the tree", record("a/b/.git/config"), git],
  ["a repository in capital letters", record("a/.GIT/config"), git],
  ["a new repository", dir("a/.git"), git],
  ["a file .git", record("a/.git"), git],
  ["a repository that is gone", gone(".git", "directory"), git],
  ["a file of a bare repository", changed("bare/config"), git],
  ["a bare repository itself", gone("bare", "directory"), git],
  ["a guarded name", record(".envrc"), /programs of the host/],
  ["a guarded name deeper, in other letters", record("x/.GitHub/workflows/a"), /programs of the host/],
  ["a guarded name that is gone", gone(".envrc"), /programs of the host/],
  ["what git's settings name", record("tools/hooks/pre-push"), /git's setting/],
  ["what git's settings name, in other letters", record("extra.CFG"), /git's setting/],
  ["a link in place of a directory above what git's settings name", link("tools", "x"), git],
  ["a link to settings", link("l", ".git/config"), /a link to/],
  ["a link to what git's settings name", link("a/l", "../tools/hooks"), /a link to/],
  ["a link above what git's settings name", link("l", "tools"), /a link to/],
  ["a link to the tree", link("a/l", ".."), /a link to/],
  ["a link to a bare repository", link("l", "bare/hooks"), /a link to/],
  ["a link to a directory that has a repository", link("l", "lib"), /has a repository/],
  ["a link through a link of the overlay, in other letters", link("l", "L/x"), /through another/],
  ["a part of a name of several parts, as a link", link(".config", "x"), /programs of the host/],
  ["a part of a name of several parts that is gone", gone("gradle"), /programs of the host/],
  ["a name with a rest", record("x/lefthook-local.yml"), /programs of the host/],
  ["a name with a beginning", record("x/a.code-workspace"), /programs of the host/],
  ["a name with characters that count for nothing", record(".g\u200cit/config"), git],
  ["a name in letters that are the same elsewhere", record(".v\u017fcode/tasks.json"), /programs of the host/],
  ["a program of PATH in whatever directory", record("x/node_modules/.bin/ls"), /PATH has a place/],
  ["what settings name without an extension", record("tools/lint.js"), /core.editor may name it/],
  ["what is in a directory that settings name", record("tools/lint/index.js"), /core.editor may name it/],
  ["another name that only begins so", record("tools/linter"), undefined],
  ["what settings name by a pattern", record("scripts/x"), /alias.x may name it/],
  ["a program of PATH", record("bin/ls"), /the variable PATH/],
  ["a setting of the home directory", record("Home/me/.anything/x"), /home directory/],
  ["bits for others", mode(0o777), /others more rights: 0644 to 0777/],
  ["bits of a directory for others", mode(0o757, "directory"), /others more rights/],
  [
    "a file that Coffer has put there and that has other bits since",
    changed("a", object("file", { inode: "9", changed: "11", mode: 0o600 })),
    /others more rights|has changed it since/,
  ],
  [
    "a file that Coffer has put there and that was touched since",
    changed("a", object("file", { inode: "9", changed: "12" })),
    /has changed it since/,
  ],
  ["an absolute link", link("l", "/etc"), /out of the tree/],
  ["an empty link", link("l", ""), /out of the tree/],
  ["a link out of the tree", link("a/l", "../../x"), /out of the tree/],
  ["a link with .. behind a name", link("l", "a/../.git"), /out of the tree/],
  ["a link through a link of the tree", link("l", "away/x"), /through another/],
  ["a link through a link of the overlay", link("l", "l/x"), /through another/],
  [
    "a link in place of a directory",
    record("a", { upper: object("link"), lower: object("directory"), target: "b" }),
    /replaces/,
  ],
  ["a file in place of a directory", changed("a", object("directory")), /replaces/],
  ["a file that the host has changed", changed("a", object("file", { changed: "11" })), /has changed it since/],
  [
    "a file that the host has made",
    changed("a", object("file", { changed: "12", inode: "8" })),
    /has changed it since/,
  ],
  ["a file that has another name", changed("a", object("file", { links: 2 })), /another name/],

  ["set-user-id", mode(0o4755), undefined, /set-user-id/],
  ["a sticky directory", mode(0o1777, "directory"), undefined, /sticky/],
  ["a directory without its owner", mode(0o055, "directory"), undefined, /cannot use/],
  ["a file that its owner cannot read", mode(0o200), undefined, /cannot read/],
  [
    "a file of the tree that its owner cannot read",
    changed("a", object("file", { mode: 0o264 })),
    undefined,
    /cannot read what the tree has there, nor who else/,
  ],
  ["a device", record("a", { upper: object("char") }), undefined, /char/],
  ["a pipe", record("a", { upper: object("fifo") }), undefined, /fifo/],
  ["a socket that is gone", gone("a", "socket"), undefined, /socket/],
  ["a mount", record("a", { lower: object("directory"), isMount: true }), undefined, /mounted/],
  ["what cannot be read", record("a", { fault: "it cannot be read" }), undefined, /cannot be read/],
  ["somebody else's file", changed("a", object("file", { uid: 5 })), undefined, /user 5/],
  ["a path that the kernel does not take", record(`${"a/".repeat(700)}b`), undefined, /too long/],
];

for (const [title, one, held, refused] of rows)
  test(`${title}: ${refused === undefined ? (held === undefined ? "applied" : "held") : "never applied"}`, (t) => {
    const [found] = judge([one], facts, []);
    if (held === undefined) t.is(found?.held, undefined);
    else t.regex(found?.held ?? "", held);
    if (refused === undefined) t.is(found?.refused, undefined);
    else t.regex(found?.refused ?? "", refused);
    const isNamed = choose(judge([one], facts, [one.path]), { paths: [], held: [one.path] }).length === 1;
    t.is(isNamed, refused === undefined);
  });

test("git's settings can name the whole tree", (t) => {
  const [found] = judge([record("any")], { ...facts, named: new Map([["", "git's setting x"]]) }, []);
  t.regex(found?.held ?? "", /git's setting/);
});

test("the tree can be a repository itself", (t) => {
  const [found] = judge([record("any")], { ...facts, isRepository: () => "is" }, []);
  t.regex(found?.held ?? "", /repository/);
});

/** What is applied of records, with what the caller names. */
const applied = (records: readonly LayerRecord[], paths: readonly string[] = [], held: readonly string[] = []) =>
  choose(judge(records, facts, held), { paths, held }).map((one: Judged) => one.record.path);

const choices: readonly (readonly [
  title: string,
  records: readonly LayerRecord[],
  named: readonly [paths: readonly string[], held: readonly string[]],
  applied: readonly string[],
])[] = [
  ["nothing in a directory that is held", [dir(".github"), record(".github/a"), record("b")], [[], []], ["b"]],
  ["a directory stays with what is held in it", [gone("d", "directory"), gone("d/.envrc"), gone("d/a")], [[], []], []],
  ["a directory goes if both are named", [gone("d", "directory"), gone("d/.envrc")], [[], ["d/.envrc"]], ["d/.envrc"]],
  [
    "a replaced directory takes what is in it",
    [changed("d", object("directory")), gone("d/.envrc")],
    [[], ["d"]],
    ["d", "d/.envrc"],
  ],
  [
    "a replaced directory goes with what is in it",
    [changed("d", object("directory")), gone("d/a")],
    [[], ["d"]],
    ["d", "d/a"],
  ],
  [
    "a path has its new directories",
    [dir("a"), dir("a/b"), record("a/b/c"), record("a/x")],
    [["a/b"], []],
    ["a", "a/b", "a/b/c"],
  ],
  ["a path lifts nothing", [record(".envrc"), record("b")], [[".envrc"], []], []],
  [
    "a held directory is taken whole",
    [dir(".github"), record(".github/a"), record("b/.envrc")],
    [[], [".github"]],
    [".github", ".github/a"],
  ],
  [
    "a repository is taken whole",
    [changed(".git/config"), record(".git/x"), record("a")],
    [[], [".git"]],
    [".git/config", ".git/x"],
  ],
  ["what is named alone is applied alone", [record("a"), record("ab"), record("b")], [["a"], []], ["a"]],
];

for (const [title, records, [paths, held], expected] of choices)
  test(`choice: ${title}`, (t) => t.deepEqual(applied(records, paths, held), expected));

test("every file is held where git cannot be asked", (t) => {
  const unknown = { ...facts, isGitUnknown: true };
  const run = record("a", { upper: object("file", { mode: 0o755 }) });
  for (const one of [run, record("a"), changed("a"), gone("a"), link("l", "a")]) {
    t.regex(judge([one], unknown, [])[0]?.held ?? "", /git cannot be asked/);
    t.is(judge([one], facts, [])[0]?.held, undefined);
  }
  t.is(judge([dir("a")], unknown, [])[0]?.held, undefined);
});

/** Where a tree is, a path of it, and why that is held there. */
const places: readonly (readonly [at: string, path: string, held: RegExp | undefined])[] = [
  ["/w/.config", "git/config", /act upon it: git/],
  ["/w/.config/git", "attributes", /act upon it: git/],
  ["/w/.cargo", "config.toml", /act upon it: package managers/],
  ["/w/.vscode", "tasks.json", /act upon it: editors/],
  ["/w/.git/hooks", "x", /act upon it: git/],
  ["/home/me/.config/systemd", "user/x.service", /home directory/],
  ["/home/me", ".config/systemd/user/x.service", /home directory/],
  ["/", "home/me/.profile.d/x", /home directory/],
  ["/home/me/src", "x", undefined],
  ["/w/config", "git/config", undefined],
];
for (const [at, path, held] of places)
  test(`${path} of a tree at ${at} is ${held === undefined ? "applied" : "held"}`, (t) => {
    const [found] = judge([record(path)], { ...facts, at, homes: ["/home/me"] }, []);
    if (held === undefined) t.is(found?.held, undefined);
    else t.regex(found?.held ?? "", held);
  });

test("where PATH has the working directory, what can be executed is held", (t) => {
  const here = { ...facts, relative: [""] };
  const run = record("a/ls", { upper: object("file", { mode: 0o755 }) });
  t.regex(judge([run], here, [])[0]?.held ?? "", /PATH has a place that counts from/);
  t.is(judge([record("a")], here, [])[0]?.held, undefined);
});
