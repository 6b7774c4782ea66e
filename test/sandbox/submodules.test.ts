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
