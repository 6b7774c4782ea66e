// The parts that look files of the host up for a sandbox, on input of every kind.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { CofferError } from "../../packages/core/src/errors.ts";
import { readConfig } from "../../packages/core/src/runtime/sandbox/git/config.ts";
import { isInPack } from "../../packages/core/src/runtime/sandbox/git/objects.ts";
import { refuseMany } from "../../packages/core/src/runtime/sandbox/guards.ts";
import { deniedByName } from "../../packages/core/src/runtime/sandbox/named.ts";
import { baseOf, readGlob } from "../../packages/core/src/runtime/sandbox/search/glob.ts";
import { isEnvFile, isKeyFile, passwdHomes } from "../../packages/core/src/runtime/sandbox/secrets.ts";
import { SystemError } from "../../packages/core/src/system/error.ts";
import { makeMemorySystem } from "../../packages/core/src/system/memory.ts";
import { makeBox } from "../helpers/container.ts";

const globs: readonly (readonly [glob: string, hit: readonly string[], miss: readonly string[]])[] = [
  ["/p/**/.env", ["/p/.env", "/p/a/.env", "/p/a/b/.env"], ["/p/.env.local", "/p/a.env", "/q/.env", "/p/.env/x"]],
  ["/p/*.key", ["/p/a.key", "/p/.key"], ["/p/a/b.key", "/p/a.keys", "/p/xxx"]],
  ["/p/?/x", ["/p/a/x"], ["/p/ab/x", "/p//x"]],
  ["/p/a*b*c", ["/p/abc", "/p/a-b-b-c", "/p/a.b.c"], ["/p/a.c.b", "/p/a.b.c.d"]],
  ["/**/a/**/b", ["/a/b", "/x/a/y/a/b", "/a/b/b"], ["/b/a", "/a/b/c", "/a"]],
  ["/p/**", ["/p", "/p/a/b"], ["/q/p"]],
  ["/p/?", ["/p/\u{1f600}", "/p/\udc80"], ["/p/ab"]],
  ["/p/a+(b)/*", ["/p/a+(b)/c"], ["/p/aab/c"]],
];

for (const [glob, hit, miss] of globs)
  test(`${glob} means what it says`, (t) => {
    for (const path of hit) t.true(readGlob(glob)?.(path), path);
    for (const path of miss) t.false(readGlob(glob)?.(path), path);
  });

// A test that hangs is red: each of these took longer than the universe lasts, or minutes.
test("no word and no name takes long", (t) => {
  t.false(readGlob(`/p/${"*a".repeat(100)}*b`)?.(`/p/${"a".repeat(250)}`));
  t.false(readGlob(`${"/**".repeat(30)}/zz`)?.("/d".repeat(500)));
  t.false(readGlob(`${"/**/*a*a*a".repeat(30)}/zz`)?.(`/${"a".repeat(100)}`.repeat(40)));
  t.is(readConfig(`[a]\nb = x${" ".repeat(200_000)}y`).settings.length, 1);
});

test("a tree is searched once for all words that hide", (t) => {
  const memory = makeMemorySystem();
  for (const name of ["a.key", "b.pem", "sub/c.key", "sub/d"]) memory.put(`/work/${name}`, "");
  const searched: string[] = [];
  const listTyped: typeof memory.listTyped = (path) => {
    searched.push(path);
    return memory.listTyped(path);
  };
  const hide = (deny: string[]) => [
    ...deniedByName({ system: { ...memory, listTyped }, root: "/run" }, { deny }, ["/work", "/other"]).values(),
  ];
  t.deepEqual(hide(["*.pem", "*.key", "**/*.key", "sub/?"]).toSorted(), [
    "/work/a.key",
    "/work/b.pem",
    "/work/sub/c.key",
    "/work/sub/d",
  ]);
  t.deepEqual(searched, ["/work", "/work/sub", "/work/sub"]);
  t.throws(() => hide(Array.from({ length: 257 }, (_, index) => `*${index}`)), { message: /more than 256/ });
});

test("a word that hides means a name in either case where the directory does", (t) => {
  const memory = makeMemorySystem();
  for (const name of ["Keys/A.Pem", "Keys/b.txt", "plain/C.PEM", "plain/d.pem"]) memory.put(`/work/${name}`, "");
  // As a directory of ext4 with the flag casefold: the name is looked up without regard to case.
  const folding = (path: string): string =>
    path.replace(/^\/work\/keys/i, "/work/Keys").replace(/\/a\.pem$/i, "/A.Pem");
  const stat: typeof memory.stat = (path, options) =>
    memory.stat(/^\/work\/Keys\/./.test(path) ? folding(path) : path, options);
  const hide = (deny: string[], system = { ...memory, stat }) => [
    ...deniedByName({ system, root: "/run" }, { deny }, ["/work"]).values(),
  ];
  t.deepEqual(hide(["**/*.pem"]).toSorted(), ["/work/Keys/A.Pem", "/work/plain/d.pem"]);
  t.deepEqual(hide(["**/*.PEM"]).toSorted(), ["/work/Keys/A.Pem", "/work/plain/C.PEM"]);
  t.deepEqual(hide(["**/*.pem"], memory), ["/work/plain/d.pem"]);
});

test("more names than can be guarded are an error, and none is left out", (t) => {
  const guards = Array.from({ length: 3001 }, (_, index) => ({
    path: `/r${index}`,
    source: `/r${index}`,
    readonly: true,
  }));
  t.notThrows(() => refuseMany({ guards: guards.slice(1) }, ["/w/.git"]));
  const error = t.throws(() => refuseMany({ guards }, ["/w/.git", "/w/a", "/w/b", "/w/c"]), {
    instanceOf: CofferError,
  });
  t.regex(
    error?.message ?? "",
    /^cannot guard 3001 names, at most 3000: there are 4 repositories, such as "\/w\/\.git", "\/w\/a", "\/w\/b"/,
  );
});

test("a sign that is not known is no name", (t) => {
  for (const glob of ["/a/[ab]", "/a/{b,c}"]) t.is(readGlob(glob), undefined);
  t.is(baseOf("/a/b/*.c"), "/a/b");
  t.is(baseOf("/**/x"), "/");
});

test("files with keys are known by their names", (t) => {
  for (const name of [".env", ".env.local", ".env.production.local", ".ENV", ".Env.Local"])
    t.true(isEnvFile(name), name);
  for (const name of [".env.example", ".env.sample", ".envrc", "env", ".environment", ".env.local.template"])
    t.false(isEnvFile(name), name);
  for (const name of ["id_rsa", "id_ed25519_sk", "server.key", "a.pem"]) t.true(isKeyFile(name), name);
  for (const name of ["id_rsa.pub", "key", "keys.ts"]) t.false(isKeyFile(name), name);
});

test("a host may have no passwd(5), but one that cannot be read is an error", (t) => {
  const memory = makeMemorySystem(1000);
  t.deepEqual(passwdHomes(memory), []);
  memory.put("/etc/passwd", "a:x:1:1::/b:\nc:x:1000:1::/home/c:\nd:x:1000:1::/home/d:\n");
  t.deepEqual(passwdHomes(memory), ["/home/c", "/home/d"]);
  for (const errno of ["EACCES", "EIO", "EISDIR"]) {
    const fails = (path: string): never => {
      throw new SystemError("open", path, errno);
    };
    const error = t.throws(() => passwdHomes({ ...memory, readLines: fails }));
    t.true(CofferError.is(error, "E_IO"));
    t.regex(error?.message ?? "", /^cannot read "\/etc\/passwd", which has your home directories: /);
  }
});

test("an object is found in a pack, and no other", (t) => {
  const { path } = makeBox(t);
  const git = (...words: readonly string[]) => execFileSync("git", words, { cwd: path, encoding: "utf8" }).trim();
  git("init", "-q");
  for (let n = 0; n < 300; n++) writeFileSync(join(path, `f${n}`), `content ${n}\n`);
  git("add", ".");
  git("-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "first");
  git("repack", "-adq");
  const dir = join(path, ".git/objects/pack");
  const bytes = readFileSync(join(dir, readdirSync(dir).find((name) => name.endsWith(".idx")) ?? ""));
  for (let n = 0; n < 300; n++) t.true(isInPack(bytes, git("hash-object", `f${n}`)), `f${n}`);
  for (const hex of ["0".repeat(40), "f".repeat(40), "7".repeat(40)]) t.false(isInPack(bytes, hex), hex);
  for (const length of [0, 7, 1031, 1032, 1100]) t.false(isInPack(bytes.subarray(0, length), git("hash-object", "f1")));
});
