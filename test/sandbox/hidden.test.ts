// What is hidden from one sandbox is hidden from the next one of the same words, whatever the first one does to the tree.
import test from "ava";
import { command, pause } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { declare, makePlace, sandboxIn, startIn } from "./table.ts";

interface Case {
  readonly title: string;
  /** On the host before. */
  readonly prepare: string;
  /** In the first sandbox. */
  readonly first: string;
  /** In the second. */
  readonly second: string;
  /** On the host afterwards. */
  readonly after?: string;
  /** Of both sandboxes. */
  readonly flags?: readonly string[];
}

const inHome = ["--write", "DIR/home"];

/** SECRET is what nobody may see, and no host file may have got from a sandbox. */
const cases: readonly Case[] = [
  {
    title: "a directory with a file .env cannot be moved to where nobody looks for such files",
    prepare: "mkdir sub; echo SECRET > sub/.env",
    first: "mkdir -p node_modules; mv sub node_modules/sub",
    second: "cat node_modules/sub/.env sub/.env",
  },
  {
    title: "many names beside a file .env do not keep it from being found",
    prepare: "mkdir -p sub/deep; echo SECRET > sub/deep/.env",
    first: "mkdir junk; cd junk; seq 21000 | xargs touch",
    second: "cat sub/deep/.env",
  },
  {
    title: "what is above such a directory cannot be moved, without guards",
    prepare: "mkdir -p sub/deep/er; echo SECRET > sub/deep/er/.env",
    first: "mkdir -p target; mv sub/deep target/deep; mv sub target/sub",
    second: "cat target/deep/er/.env target/sub/deep/er/.env",
    flags: ["--no-guards"],
  },
  {
    title: "what is above a denied path cannot be moved",
    prepare: "mkdir private; echo SECRET > private/key",
    first: "mv private other",
    second: "cat other/key",
    flags: ["--deny", "private/key"],
  },
  {
    title: "what is above a well-known place of secrets cannot be moved",
    prepare: "mkdir -p home/.config/gh; echo SECRET > home/.config/gh/hosts.yml",
    first: "mv home/.config home/c",
    second: "cat home/c/gh/hosts.yml",
    flags: inHome,
  },
  {
    title: "what a link .env leads to cannot be moved",
    prepare: "mkdir conf sub; echo SECRET > conf/e; ln -s ../conf/e sub/.env",
    first: "mv conf c; mkdir conf; touch conf/e",
    second: "cat c/e",
  },
  {
    title: "nor can the link .env",
    prepare: "mkdir conf; echo SECRET > conf/e; ln -s conf/e .env",
    first: "rm .env; mv .env x; ln -sfn conf .env; ln -s conf y; mv -T y .env",
    second: "cat conf/e x",
  },
  {
    title: "nor can a link on the way from .env, without guards",
    prepare: "mkdir conf sub; echo SECRET > conf/e; ln -s conf c; ln -s ../c/e sub/.env",
    first: "mv sub s; rm c; mv c x; mkdir c; touch c/e",
    second: "cat conf/e",
    flags: ["--no-guards"],
  },
  {
    title: "a link by which a path is denied cannot be replaced",
    prepare: "mkdir conf; echo SECRET > conf/key; ln -s conf/key key",
    first: "rm key; touch key",
    second: "cat conf/key",
    flags: ["--deny", "key"],
  },
  {
    title: "nor can a link that is found by a pattern",
    prepare: "mkdir conf; echo SECRET > conf/key; ln -s conf/key key.pem",
    first: "rm key.pem",
    second: "cat conf/key",
    flags: ["--deny", "*.pem"],
  },
  {
    title: "nor can a link in the home directory that leads to a well-known place of secrets",
    prepare: "mkdir -p home/dotfiles/aws; echo SECRET > home/dotfiles/aws/credentials; ln -s dotfiles/aws home/.aws",
    first: "rm home/.aws; mv home/.aws home/x",
    second: "cat home/dotfiles/aws/credentials",
    flags: inHome,
  },
  {
    title: "a directory with a file .env that nobody may read is hidden",
    prepare: "mkdir sub; echo SECRET > sub/.env",
    first: "chmod 0 sub",
    second: "chmod 755 sub; cat sub/.env",
  },
  {
    title: "a directory that can be listed and not searched is hidden",
    prepare: "mkdir -p sub/in; echo SECRET > sub/in/.env",
    first: "chmod 444 sub",
    second: "chmod 755 sub; cat sub/in/.env",
  },
  {
    title: "a directory with a denied path that nobody may look up is hidden",
    prepare: "mkdir private; echo SECRET > private/key",
    first: "chmod 0 private",
    second: "chmod 755 private; cat private/key",
    flags: ["--deny", "private/key"],
  },
  {
    title: "a directory with names that are denied by a pattern is hidden when nobody may read it",
    prepare: "mkdir -p a/b; echo SECRET > a/b/x.pem",
    first: "chmod 0 a/b",
    second: "chmod 755 a/b; cat a/b/x.pem",
    flags: ["--deny", "**/*.pem"],
  },
  {
    title: "a directory with a well-known place that nobody may look up is hidden",
    prepare: "mkdir -p home/.local/share/keyrings; echo SECRET > home/.local/share/keyrings/k",
    first: "chmod 0 home/.local",
    second: "chmod 755 home/.local; cat home/.local/share/keyrings/k",
    flags: inHome,
  },
  {
    title: "a repository that nobody may look into is hidden",
    prepare: "git init -q",
    first: "chmod 0 .git",
    second: "chmod 755 .git; echo '# SECRET' >> .git/config; echo SECRET > .git/hooks/pre-commit",
    after: "chmod 755 .git; cat .git/config .git/hooks/pre-commit",
  },
  {
    title: "so is a repository of a submodule, beside something else that nobody may look into",
    prepare: "git init -q; git init -q --bare .git/modules/x; mkdir other",
    first: "chmod 0 .git/modules/x other",
    second: "chmod 755 .git/modules/x; echo '# SECRET' >> .git/modules/x/config",
    after: "chmod 755 .git/modules/x; cat .git/modules/x/config",
  },
];

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const { title, prepare, first, second, after = "true", flags = [] } of cases)
    test.serial(`as ${who}: ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, prepare);
      const words = flags.map((word) => word.replaceAll("DIR", box.path));
      const ofHome = flags === inHome ? { HOME: `${box.path}/home` } : {};
      const run = (script: string) =>
        sandboxIn(box, who, ["--rw", ...words, "--tools", "none", "--", "sh", "-c", `${script}; echo done`], {
          ...env,
          ...ofHome,
        });
      for (const { stdout, stderr } of [await run(first), await run(second)]) t.is(stdout, "done\n", stderr);
      const prefix = who === "user" ? asUser : [];
      const host = await command([...prefix, "sh", "-c", after], { cwd: box.path, env });
      t.notRegex(host.stdout, /SECRET/);
      await command(["chmod", "-R", "u+rwx", box.path], {});
    });

declare([
  {
    title: "what is above something hidden can be worked in",
    prepare: "mkdir -p a/sub/open b; echo seen > a/sub/open/f; echo SECRET > a/sub/h; echo SECRET > b/.env",
    flags: ["--rw", "--tools", "none", "--deny", "a/sub", "--read", "a/sub/open"],
    script: "cat a/sub/open/f a/sub/h; echo new > a/new; mv a/new b/new; cat b/new; mv b/new new; ls a b",
    stdout: /^seen\nnew\na:\nsub\n\nb:\n$/,
    stderr: /a\/sub\/h/,
  },
  {
    title: "links .env that lead nowhere, or to what is not shown, keep no sandbox from its start",
    prepare: "mkdir c; ln -s nowhere .env; echo SECRET > BESIDE/e; ln -s BESIDE/e c/.env",
    flags: ["--rw", "--tools", "none"],
    script: "cat .env c/.env 2>/dev/null; echo begun",
    stdout: /^begun\n$/,
  },
]);

declare(
  [
    {
      title: "a sandbox does not begin in a tree that its caller may not look into",
      prepare: "git init -q; mkdir -p y/k; chmod 300 y",
      flags: ["--cwd", "y/k", "--tools", "none"],
      script: "true",
      stdout: /^$/,
      stderr: /cannot search "\S+\/y" for what is to be hidden: you may not look into it: chmod u\+rx/,
      exitCode: 125,
    },
  ],
  ["user"],
);

for (const who of ["root", "user"] satisfies readonly Who[])
  test.serial(`as ${who}: a hidden file that the host replaces meanwhile is told of at the end`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const [change, shown, ...flags] of [
      ["echo SECRET >new; mv new .env", true],
      ["echo SECRET >new; mv new .env", false, "--overlay"],
      ["echo SECRET >new; mv new .env", false, "--reduced"],
      ["rm .env; echo SECRET >.env", true],
      ["echo SECRET >>.env", false],
      ["rm .env", false],
    ] as const) {
      const { box, env } = await makePlace(t, who, "echo SECRET >.env; true >go");
      const script = "echo begun; until test -s go; do sleep 0.05; done; cat .env; true";
      const running = startIn(box, who, ["--tools", "none", ...flags, "--", "sh", "-c", script], env);
      await running.saw("begun");
      // What hidden names are is noted while the program begins. What the host does at that very moment is not told of.
      await pause(500);
      await command([...(who === "user" ? asUser : []), "sh", "-c", `${change}; echo go >go`], { cwd: box.path });
      const { stdout, stderr } = await running.done;
      t.is(stdout.includes("SECRET"), shown, `${change}: ${stdout}${stderr}`);
      t.is(stderr.includes(`"${box.path}/.env" was hidden until the host replaced it`), shown, `${change}: ${stderr}`);
    }
  });
