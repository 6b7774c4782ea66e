// Submodules in a writable tree: what git cannot write is said, with what to do, and nobody takes a guard away.
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Row, Who } from "./table.ts";
import { declare, makePlace, sandboxIn } from "./table.ts";

const commit = "git -c user.name=n -c user.email=e commit -q --allow-empty -m first";
const library = `git init -q BESIDE/lib && (cd BESIDE/lib && ${commit})`;
const first = `${library} && git init -q . && ${commit}`;
const add = "git -c protocol.file.allow=always submodule --quiet add BESIDE/lib lib";
const flags = ["--rw", "--tools", "none", "--read", "BESIDE/lib"];
const half =
  /the submodule "lib" is added by half, since \.git\/config and \.gitmodules are guarded: complete it on the host/;

/** Whether the submodule is whole: git of the host would not say otherwise. */
const isWhole =
  "git submodule status | grep -q '^ .* lib' && git config -f .gitmodules submodule.lib.url && git config submodule.lib.url";

const completed = [
  { title: "the first submodule", prepare: first, after: "git submodule --quiet init" },
  {
    title: "a further submodule",
    prepare: `${first} && touch .gitmodules && git add .gitmodules && ${commit}`,
    after: "git -c protocol.file.allow=always submodule --quiet add --force BESIDE/lib lib",
  },
];

const withFile = `${library.replace("--allow-empty", "")}`.replace(
  "(cd BESIDE/lib &&",
  "(cd BESIDE/lib && echo a > a && git add a &&",
);

/** What git takes away, and cannot take away whole. */
const taken = [
  {
    title: "a submodule that is cleared",
    prepare: `${withFile} && git init -q . && ${add} && ${commit}`,
    script: "git submodule deinit -f lib",
    said: /the submodule "lib" has no file any more.*git submodule deinit -f of the host completes that/,
    after: "git submodule --quiet deinit -f lib; git status --short lib; git config submodule.lib.url || true",
  },
  {
    title: "a working tree that is removed",
    prepare: `${first} && git worktree add -q inner -b inner`,
    script: "git worktree remove inner",
    said: /the working tree "inner" is removed by half.*git worktree prune/,
    after: "git worktree prune; ls .git/worktrees 2>/dev/null || true; git branch -q -d inner",
  },
];

for (const who of ["root", "user"] satisfies readonly Who[]) {
  for (const { title, prepare, after } of completed)
    test.serial(`as ${who}: what is missing of ${title} is said, and the host completes it`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, prepare);
      const put = (text: string): string => text.replaceAll("BESIDE", `${box.base}/beside`);
      const made = await sandboxIn(box, who, [...flags.map(put), "--", "sh", "-c", put(add)], env);
      t.regex(made.stderr, half);
      const prefix = who === "user" ? asUser : [];
      const done = await command([...prefix, "sh", "-ec", put(`${after}; ${isWhole}`)], { cwd: box.path, env });
      t.is(done.exitCode, 0, done.stderr);
      const again = await sandboxIn(box, who, [...flags.map(put), "--", "sh", "-c", "touch lib/f"], env);
      t.is(again.stderr, "");
    });

  for (const { title, prepare, script, said, after } of taken)
    test.serial(`as ${who}: ${title} by half is said, and the host completes it`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, prepare);
      const run = (what: string) => sandboxIn(box, who, ["--rw", "--tools", "none", "--", "sh", "-c", what], env);
      t.is((await run("git status --short")).stderr, "");
      t.regex((await run(script)).stderr, said);
      const prefix = who === "user" ? asUser : [];
      const done = await command([...prefix, "sh", "-ec", after], { cwd: box.path, env });
      t.is(done.exitCode, 0, done.stderr);
      t.is(done.stdout, "");
      t.is((await run("git status --short")).stderr, "");
    });

  test.serial(`as ${who}: no submodule that a sandbox has made up takes a guard from another`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who, `${first} && ${add} && git submodule --quiet init && ${commit}`);
    const run = (script: string) => sandboxIn(box, who, ["--rw", "--tools", "none", "--", "sh", "-c", script], env);
    await run(
      "for i in $(seq 100); do mkdir -p .git/modules/a$i .git/modules/a$i/modules/b; touch .git/modules/a$i/HEAD; done",
    );
    const { stdout } = await run(
      "cd .git/modules/lib; echo x > hooks/post-commit || echo hook; echo x >> config || echo config; mv hooks h || echo moved; cd ..; mv lib l || echo dir",
    );
    t.is(stdout, "hook\nconfig\nmoved\ndir\n");
  });
}

const rows: readonly Row[] = [
  {
    title: "a submodule is added where its settings may be written",
    prepare: `${first} && touch .gitmodules`,
    flags: [...flags, "--write", ".git/config", "--write", ".gitmodules"],
    script: `${add} && ${isWhole}`,
    stdout: /lib\n.*lib\n$/s,
  },
  {
    title: "work in a submodule is nothing that is said",
    prepare: `${first} && ${add} && ${commit}`,
    flags,
    script: `cd lib && git checkout -qb a && touch f && git add f && ${commit} && git log --format=%s | wc -l`,
    stdout: /^2\n$/,
  },
  {
    title: "a directory of submodules that cannot be listed",
    prepare: `${first} && ${add} && ${commit}`,
    flags,
    script: "mkdir .git/modules/x && chmod 000 .git/modules/x && echo done",
    stdout: /^done\n$/,
  },
];

declare(rows);
