// What a sandbox leaves takes no guard from the next sandbox of the tree, and a guard that the host ends is reported.
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn, startIn } from "./table.ts";

interface Case {
  readonly title: string;
  /** On the host before. `SCRIPT PATH` makes a harmless script. */
  readonly prepare: string;
  /** In the first sandbox. */
  readonly first?: string;
  /** In the second. `EVIL PATH` has a script of its own there. */
  readonly second: string;
  /** On the host afterwards. */
  readonly after: string;
}

const head =
  "git init -q . && echo f > f && git add f && git -c user.name=n -c user.email=e commit -qm first && script() { mkdir -p $(dirname $1); printf '#!/bin/sh\\ntrue\\n' > $1; chmod 755 $1; }";
const manyTrees =
  "mkdir -p .git/worktrees/a; echo /nowhere/.git > .git/worktrees/a/gitdir; for i in $(seq 1100); do echo .git/worktrees/b$i; done | xargs -n 1100 sh -c 'mkdir $*; for i; do echo /nowhere/.git > $i/gitdir; done' sh";

const cases: readonly Case[] = [
  {
    title: "linked working trees that are none do not count as files of settings",
    prepare: "mkdir inc; touch inc/one; git config include.path ../inc/one",
    first:
      "mkdir .git/worktrees; for i in $(seq 70); do mkdir .git/worktrees/$i; : > .git/worktrees/$i/config.worktree; done",
    second: "git config -f inc/one core.fsmonitor 'touch HIT; false'",
    after: "git status",
  },
  {
    title: "linked working trees that are none do not take the place of one",
    prepare:
      "git config extensions.worktreeConfig true; git worktree add -q zz; SCRIPT zz/tools/f; git config core.fsmonitor tools/f",
    first: manyTrees,
    second: "EVIL zz/tools/f",
    after: "cd zz; git status",
  },
  {
    title: "linked working trees that are none do not make names too many",
    prepare:
      "for i in $(seq 11); do git config alias.x$i '!./tools/c'$i; done; SCRIPT tools/f; git config diff.external ./tools/f",
    first: manyTrees,
    second: "EVIL tools/f",
    after: "echo g > f; git diff",
  },
  {
    title: "files with the same start do not take the place of a script",
    prepare: "SCRIPT tools/f.js; git config core.fsmonitor 'sh tools/f$NOTHING.js'",
    first: "for i in $(seq 600); do : > tools/f.$i; : > tools/f0.$i; done",
    second: "EVIL tools/f.js",
    after: "git status",
  },
  {
    title: "modules that are none do not take the place of one three levels deep",
    prepare: `git -C . init -q x && git -C x -c user.name=n -c user.email=e commit -q --allow-empty -m x; for at in .git/modules/a .git/modules/a/modules/b .git/modules/a/modules/b/modules/c; do cp -r x/.git $at 2>/dev/null || { mkdir -p $(dirname $at); cp -r x/.git $at; }; done; git config submodule.a.url x; git -C .git/modules/a config submodule.b.url x; git -C .git/modules/a/modules/b config submodule.c.url x; SCRIPT .git/modules/a/modules/b/modules/c/hooks/post-index-change`,
    first: "for i in $(seq 80); do mkdir -p .git/modules/a/modules/z$i; touch .git/modules/a/modules/z$i/HEAD; done",
    second: "EVIL .git/modules/a/modules/b/modules/c/hooks/post-index-change",
    after: "touch g; git --git-dir .git/modules/a/modules/b/modules/c --work-tree . add g",
  },
  {
    title: "a name .git that leads to a guarded directory takes no guard from it",
    prepare: "SCRIPT own/hooks/post-index-change; git config core.hooksPath own/hooks; touch g",
    first: "mkdir x y; ln -s ../own/hooks x/.git; echo 'gitdir: ../own/hooks' > y/.git",
    second: "EVIL own/hooks/post-index-change",
    after: "git add g",
  },
  {
    title: "a repository around a guarded script takes no guard from it",
    prepare: "SCRIPT tools/modules/f; git config core.fsmonitor tools/modules/f",
    first:
      "mkdir x y tools/objects tools/refs; echo 'ref: refs/heads/x' > tools/HEAD; ln -s ../tools x/.git; echo 'gitdir: ../tools' > y/.git",
    second: "EVIL tools/modules/f",
    after: "git status",
  },
  {
    title: "a file .git guards what it leads to",
    prepare: "mv .git .bare; git --git-dir .bare config core.bare false; echo 'gitdir: ./.bare' > .git",
    second: "git config -f .bare/config core.fsmonitor 'touch HIT; false'",
    after: "git status",
  },
  {
    title: "a bare repository of the tree keeps its hooks, which a push of the host runs",
    prepare: "git init -q --bare deep/remote; git remote add o ./deep/remote; SCRIPT deep/remote/hooks/post-receive",
    second: "mv deep/remote/hooks x && cp -r x deep/remote/hooks; EVIL deep/remote/hooks/post-receive",
    after: "git push -q o HEAD:x",
  },
  {
    title: "a bare repository of the tree keeps its settings, also where a directory above it is moved",
    prepare: "git init -q --bare deep/remote; git --git-dir deep/remote config core.bare false",
    second:
      "git config -f deep/remote/config core.fsmonitor 'touch HIT; false' || { mv deep other; cp -r other deep; git config -f deep/remote/config core.fsmonitor 'touch HIT; false'; }",
    after: "git --git-dir deep/remote --work-tree . status",
  },
  {
    title: "a link .git guards what it leads to",
    prepare: "mv .git own; ln -s own .git; git init -q s; mv s/.git s/own; ln -s own s/.git",
    second: "for one in own s/own; do git config -f $one/config core.fsmonitor 'touch HIT; false'; done",
    after: "git status; cd s; git status",
  },
];

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const { title, prepare, first, second, after } of cases)
    test.serial(`as ${who}: ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      for (const guards of [[], ["--no-guards"]]) {
        const { box, env } = await makePlace(t, who, `${head}; ${prepare.replaceAll("SCRIPT ", "script ")}`);
        const hit = `${box.base}/beside/hit`;
        const evil = `evil() { printf '#!/bin/sh\\ntouch ${hit}\\nfalse\\n' > new; chmod 755 new; cat new > $1 || mv -f new $1; }; `;
        const run = (words: readonly string[], script: string) =>
          sandboxIn(box, who, ["--rw", "--tools", "none", ...words, "--", "sh", "-c", script], env);
        const one = first === undefined ? undefined : await run([], first);
        t.is(one?.exitCode ?? 0, 0, one?.stderr);
        const two = await run(guards, evil + second.replaceAll("EVIL ", "evil ").replaceAll("HIT", hit));
        const prefix = who === "user" ? asUser : [];
        const done = await command([...prefix, "sh", "-c", after], { cwd: box.path, env });
        const isHit = (await command(["ls", hit], { cwd: box.path })).exitCode === 0;
        t.is(isHit, guards.length > 0, `${one?.stderr}${two.stderr}${done.stderr}`);
      }
    });

/** Files that a sandbox gives a second name before they are guarded, and what it does by that name afterwards. */
const links: readonly (readonly [first: string, second: string, after: string, told: RegExp])[] = [
  [
    "git init -q; ln .git/config other",
    "git config -f copy core.fsmonitor 'touch HIT; false'; cat copy > other",
    "git status",
    /"\S*\/\.git\/config" may be the sandbox's: it has another name/,
  ],
  [
    "git init -q; echo x > .git/hooks/post-index-change; ln .git/hooks/post-index-change other; touch f",
    "printf '#!/bin/sh\\ntouch HIT\\n' > other; chmod 755 other",
    "git add f",
    /"\S*\/hooks\/post-index-change" may be the sandbox's: it has another name/,
  ],
];

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const [first, second, after, told] of links)
    test.serial(`as ${who}: a guarded file that was written by another name is reported: ${first}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who);
      const hit = `${box.base}/beside/hit`;
      const run = (script: string) =>
        sandboxIn(box, who, ["--rw", "--tools", "none", "--", "sh", "-ec", script.replaceAll("HIT", hit)], env);
      t.regex((await run(first)).stderr, /runs (?:config, which has another name|the hook "post-index-change")/);
      t.regex((await run(second)).stderr, told);
      const prefix = who === "user" ? asUser : [];
      await command([...prefix, "sh", "-c", after], { cwd: box.path, env });
      t.is(
        (await command(["ls", hit], { cwd: box.path })).exitCode,
        0,
        "the host has not run it, so this is no attack",
      );
    });

test.serial("settings of other version control stay as they are", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box } = await makePlace(
    t,
    "root",
    "mkdir .hg; touch .hg/hgrc; mkdir -p .jj/repo; touch .jj/repo/config.toml",
  );
  const script =
    "for f in .hg/hgrc .jj/repo/config.toml; do echo x >> $f && echo changed; mv $f moved && echo moved; done; touch .hg/x && echo free";
  const { stdout } = await sandboxIn(box, "root", ["--rw", "--tools", "none", "--", "sh", "-c", script]);
  t.is(stdout, "free\n");
});

/** What the host does to a guarded name while the sandbox runs, and whether that is reported. */
const replaced: readonly (readonly [script: string, told: RegExp])[] = [
  ["git config a.b c", /"\S*\/\.git\/config" may be the sandbox's: the host changed it/],
  ["git config a.b c; git config a.b d", /"\S*\/\.git\/config" may be the sandbox's/],
  [
    "rm -r .vscode; mkdir .vscode; echo a > .vscode/tasks.json",
    /"\S*\/\.vscode" may be the sandbox's: the host changed it/,
  ],
  ["echo a > .vscode/tasks.json; git status; touch f", /^$/],
];

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const [script, told] of replaced)
    test.serial(`as ${who}: a guard that the host ends is told: ${script}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, `${head}; mkdir .vscode; touch -d @1 .git/config; sleep 0.1`);
      const words = ["--rw", "--tools", "none", "--", "sh", "-c", "echo begun; read line; touch g"];
      const running = startIn(box, who, words, env);
      await running.saw("begun");
      const prefix = who === "user" ? asUser : [];
      await command([...prefix, "sh", "-ec", script], { cwd: box.path, env });
      running.write("\n");
      t.regex((await running.done).stderr, told);
    });
