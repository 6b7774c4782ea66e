// What the words of a call lead to is not for an earlier sandbox of the tree to say, nor for the sandbox itself.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

interface Case {
  readonly title: string;
  /** On the host before: `KEPT` must be what the file `kept` has, and in the end. */
  readonly prepare: string;
  readonly kept: string;
  readonly first: readonly [flags: readonly string[], script: string];
  readonly second: readonly [flags: readonly string[], script: string];
  /** Why the second does not begin. */
  readonly refused?: RegExp;
  /** Where a shell enters before the second. */
  readonly enters?: string;
}

const beside = "echo KEPT > BESIDE/f";
const out = /leads out of its tree, to "\S+beside"/;

const cases: readonly Case[] = [
  {
    title: "a directory to work in that is a link now is refused",
    prepare: `git init -q; mkdir -p pkg/app; ${beside}`,
    kept: "../beside/f",
    first: [["--rw", "--cwd", "pkg/app"], "cd ..; mv app x; ln -s BESIDE app"],
    second: [["--rw", "--cwd", "pkg/app"], "echo EVIL > f"],
    refused: out,
  },
  {
    title: "so is one outside of a repository",
    prepare: `mkdir -p pkg/app; ${beside}`,
    kept: "../beside/f",
    first: [["--rw"], "mv pkg/app x; ln -s BESIDE pkg/app"],
    second: [["--rw", "--cwd", "pkg/app"], "echo EVIL > f"],
    refused: out,
  },
  {
    title: "so is one that the caller's shell has entered",
    prepare: `git init -q; mkdir -p pkg/app; ${beside}`,
    kept: "../beside/f",
    first: [["--rw"], "mv pkg/app x; ln -s BESIDE pkg/app"],
    second: [["--rw"], "echo EVIL > f"],
    refused: out,
    enters: "pkg/app",
  },
  {
    title: "a directory that a link leads to can be worked in by its own name",
    prepare: "git init -q; mkdir -p ../beside/d; ln -s BESIDE/d app; echo KEPT > ../beside/d/f",
    kept: "../beside/d/f",
    first: [["--rw", "--cwd", "BESIDE/d"], "touch first"],
    second: [["--rw", "--cwd", "BESIDE/d"], "test -e first || echo EVIL > f"],
    enters: "app",
  },
  {
    title: "a link within the tree can be worked in",
    prepare: "git init -q; mkdir -p pkg/app; ln -s pkg/app a; echo KEPT > f",
    kept: "f",
    first: [["--rw", "--cwd", "a"], "touch first"],
    second: [["--rw", "--cwd", "a"], "test -e first && cat ../../f > seen"],
  },
  {
    title: "the source of a bind stays where it is",
    prepare: `mkdir -p pkg/data; ${beside}`,
    kept: "../beside/f",
    first: [
      ["--rw", "--bind", "pkg/data:/data:rw"],
      "(mv pkg/data x; mv pkg y; mkdir pkg; ln -s BESIDE pkg/data) 2>/dev/null",
    ],
    second: [["--rw", "--bind", "pkg/data:/data:rw"], "echo EVIL > /data/f"],
  },
  {
    title: "a source of a bind that is a link out of the tree is refused",
    prepare: `mkdir -p pkg; ${beside}`,
    kept: "../beside/f",
    first: [["--rw"], "ln -s BESIDE pkg/data"],
    second: [["--rw", "--bind", "pkg/data:/data:rw"], "echo EVIL > /data/f"],
    refused: out,
  },
  {
    title: "so is a path to write",
    prepare: `mkdir -p pkg; ${beside}`,
    kept: "../beside/f",
    first: [["--rw"], "ln -s BESIDE pkg/data"],
    second: [["--rw", "--read", "BESIDE", "--write", "pkg/data"], "echo EVIL > pkg/data/f"],
    refused: out,
  },
  {
    title: "what is only read in a tree that can be written stays where it is",
    prepare: "mkdir -p a/b; echo KEPT > a/b/f",
    kept: "a/b/f",
    first: [["--rw", "--read", "a/b"], "(mv a a2; mkdir -p a/b) 2>/dev/null"],
    second: [["--rw", "--read", "a/b"], "(echo EVIL > a/b/f; echo EVIL > a2/b/f) 2>/dev/null"],
  },
];

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const { title, prepare, kept, first, second, refused, enters = "." } of cases)
    test.serial(`as ${who}: ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, prepare);
      const put = (text: string): string => text.replaceAll("BESIDE", `${box.base}/beside`);
      const wordsOf = ([flags, script]: Case["first"]) => [
        ...flags.map(put),
        "--tools",
        "none",
        "--",
        "sh",
        "-c",
        put(script),
      ];
      const one = await sandboxIn(box, who, wordsOf(first), env);
      const enter = ["sh", "-c", 'cd "$0" && exec "$@"', enters];
      const argv = [...(who === "user" ? asUser : []), ...enter, ...cofferArgv(), "sandbox", ...wordsOf(second)];
      const two = await command(argv, { cwd: box.path, env });
      t.is(readFileSync(join(box.path, kept), "utf8"), "KEPT\n", `${one.stderr}${two.stderr}`);
      if (refused === undefined) return;
      t.is(two.exitCode, 125);
      t.regex(two.stderr, refused);
    });

for (const who of ["root", "user"] satisfies readonly Who[])
  test.serial(`as ${who}: a directory of PATH that is a link out of its tree is no toolchain`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const prepare = "mkdir -p BESIDE/priv BESIDE/p/tool; git -C BESIDE/p init -q; echo SECRET > BESIDE/priv/key";
    const { box, env } = await makePlace(t, who, `${prepare}; ln -s ../../priv BESIDE/p/tool/bin`);
    const dir = join(box.base, "beside/p/tool/bin");
    const words = ["--", "sh", "-c", `cat ${dir}/key; echo done`];
    const { stdout } = await sandboxIn(box, who, words, { ...env, PATH: `${dir}:${process.env.PATH}`, NVM_DIR: dir });
    t.is(stdout, "done\n");
  });

test("a directory of a module that is a link out of its tree is refused", async (t) => {
  const { box } = await makePlace(t, "root", "ln -s BESIDE out");
  const module =
    "0061736d0100000001040160000003020100050301000107130206" + "6d656d6f72790200065f737461727400000a040102000b";
  writeFileSync(join(box.path, "m.wasm"), Buffer.from(module, "hex"));
  const words = ["wasm", "--dir", "out", "m.wasm"];
  const { stderr, exitCode } = await command([...cofferArgv(), ...words], { cwd: box.path });
  t.is(exitCode, 125);
  t.regex(stderr, out);
});

for (const flag of ["--trace", "--learn"] as const)
  test.serial(`a sandbox does not say where the file of ${flag} goes`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, env } = await makePlace(t, "root", "mkdir -p out; echo KEPT > BESIDE/f.json");
    const script = `mv out o && ln -s ${box.base}/beside out`;
    const words = ["--rw", "--tools", "none", `${flag}=out/new.json`, "--", "sh", "-c", script];
    const outcome = await sandboxIn(box, "root", words, env);
    t.is(outcome.exitCode, 0, outcome.stderr);
    t.false(existsSync(join(box.base, "beside/new.json")));
    t.true(existsSync(join(box.path, "o/new.json")));
  });

for (const words of [
  ["--trace=out/f.json"],
  ["--learn", "out/f.json"],
  ["--json-log", "out/f.json"],
  ["--show", "explain", "--html", "out/f.json"],
])
  test.serial(`an earlier sandbox does not say where the file of ${words.join(" ")} goes`, async (t) => {
    if (!(await needs(t, "root", "userns"))) return;
    const { box, env } = await makePlace(t, "root", "mkdir -p out");
    const first = ["--rw", "--tools", "none", "--", "sh", "-c", `rmdir out && ln -s ${box.base}/beside out`];
    t.is((await sandboxIn(box, "root", first, env)).exitCode, 0);
    const { exitCode, stderr } = await sandboxIn(box, "root", ["--tools", "none", ...words, "--", "true"], env);
    t.is(exitCode, 125);
    t.regex(stderr, out);
    t.deepEqual(readdirSync(join(box.base, "beside")), []);
  });
