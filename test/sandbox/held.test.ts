// What a hostile program leaves in an overlay, and what of that comes to the tree.
import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, existsSync, openSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { makeBox } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";
import { listTree, name, written } from "./applying.ts";
import type { Who } from "./table.ts";

const prepared = `git init -q .; git config core.hooksPath my-hooks; git config include.path ../more.cfg; mkdir deep; git init -q deep/sub; mkdir deep/sub/tools
git -C deep/sub config core.hooksPath ../sub/tools/hooks; git init -q --bare bare; git init -q --bare cold; git init -q deep/quiet; echo e > .envrc; echo f > f; ln -s deep shallow
mkdir .github real; echo w > .github/w; git config --add core.attributesFile "$PWD/shallow/attributes"; echo 1 > one; ln one two`;

/** What the program does, and the paths that must not be applied by themselves. */
const attacks: readonly (readonly [script: string, ...held: readonly string[]])[] = [
  ["echo x > .git/hooks/post-checkout", ".git/hooks/post-checkout"],
  ["echo x >> .git/config", ".git/config"],
  ["echo x > .git/config.worktree", ".git/config.worktree"],
  ["mkdir -p .git/objects/info; echo /x > .git/objects/info/alternates", ".git/objects/info/alternates"],
  [
    "mkdir -p .git/objects/.git/hooks; echo x > .git/objects/.git/hooks/y",
    ".git/objects/.git",
    ".git/objects/.git/hooks",
    ".git/objects/.git/hooks/y",
  ],
  [
    "mkdir .git/rebase-merge; echo 'exec x' > .git/rebase-merge/git-rebase-todo",
    ".git/rebase-merge",
    ".git/rebase-merge/git-rebase-todo",
  ],
  ["mkdir -p .git/sequencer; echo x > .git/sequencer/todo", ".git/sequencer", ".git/sequencer/todo"],
  ["mkdir my-hooks; echo x > my-hooks/pre-commit", "my-hooks", "my-hooks/pre-commit"],
  ["echo x > more.cfg", "more.cfg"],
  ["echo x > deep/attributes", "deep/attributes"],
  ["mkdir -p deep/sub/tools/hooks; echo x > deep/sub/tools/hooks/y", "deep/sub/tools/hooks", "deep/sub/tools/hooks/y"],
  ["echo x >> deep/sub/.git/config", "deep/sub/.git/config"],
  ["echo x > bare/hooks/update", "bare/hooks/update"],
  ["mkdir -p new/objects new/refs; echo x > new/HEAD", "new", "new/objects", "new/refs", "new/HEAD"],
  ["mkdir linked; echo x > linked/HEAD; echo /x > linked/commondir", "linked", "linked/HEAD", "linked/commondir"],
  ["mkdir Upper; mkdir Upper/.GIT; echo x > Upper/.GIT/config", "Upper/.GIT", "Upper/.GIT/config"],
  ["rm -r .github; ln -s real .github", ".github", ".github/w"],
  ["rm .envrc; ln f .envrc", ".envrc"],
  ["ln -s .git/config to-config; ln -s .git/objects/../hooks behind", "to-config", "behind"],
  ["ln -s cold to-cold; ln -s cold/hooks to-cold-hooks", "to-cold", "to-cold-hooks"],
  ["ln -s deep/quiet to-quiet; ln -s ../cold/refs deep/to-refs", "to-quiet", "deep/to-refs"],
  [
    "ln -s /etc/passwd out; ln -s ../../x above; ln -s shallow/sub through; ln -s . top",
    "out",
    "above",
    "through",
    "top",
  ],
  ["mkdir sticky; chmod 1777 sticky; mkfifo pipe", "sticky", "pipe"],
  ["echo 2 > one", "one"],
  ["mkdir \"$(printf 'c\\n\\033[2J')\"; echo x > \"$(printf 'c\\n\\033[2J/.envrc')\"", "c\n\u001b[2J/.envrc"],
  ["mkdir far; (cd far; i=0; while [ $i -lt 300 ]; do mkdir d; cd d; i=$((i+1)); done)", `${"far"}${"/d".repeat(255)}`],
];

const harmless = `echo x > harmless; : > "$(printf 'bad\\377byte')"; ln -s harmless inside; ln .envrc copy; ln harmless second`;

const isHeld = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const script = [...attacks.map(([one]) => one), harmless].join("\n");
    const { box, ask } = await written(t, who, prepared, script);
    const guarded = [
      "-path ./.git",
      "-path ./deep/sub",
      "-path ./bare",
      "-path ./.github",
      "-name .envrc",
      "-name one",
    ];
    const look = (): string =>
      execFileSync(
        "sh",
        ["-c", `find . \\( ${guarded.join(" -o ")} \\) -exec find {} -printf '%p %i %s %C@ %l\\n' \\;`],
        { cwd: box.path, encoding: "utf8" },
      );
    const before = look();
    const { stdout, stderr, exitCode } = await ask("apply", "--json", name);
    t.is(exitCode, 0, stderr);
    const told: { readonly waiting: readonly { readonly path: string }[] } = JSON.parse(stdout);
    const waiting = told.waiting.map(({ path }) => path);
    for (const [one, ...paths] of attacks) for (const path of paths) t.true(waiting.includes(path), `${one}: ${path}`);
    t.is(look(), before);
    for (const path of attacks.flatMap(([, ...paths]) => paths))
      if (!["one", ".github", ".envrc", ".git/config", "deep/sub/.git/config", ".github/w"].includes(path))
        t.false(existsSync(join(box.path, path)), path);
    // What is not held is there, and is nobody else's file.
    t.is(readlinkSync(join(box.path, "inside")), "harmless");
    t.is(readFileSync(join(box.path, "copy"), "utf8"), "f\n");
    for (const path of ["copy", "second", "harmless"]) t.is(statSync(join(box.path, path)).nlink, 1);
    t.true(listTree(box.path).some((line) => line.startsWith("b'./bad\\xffbyte' ")));
    const text = await ask("apply", name);
    t.notRegex(text.stdout.replaceAll("\n", ""), /\p{Cc}/u);
    t.true(text.stdout.includes(`coffer apply --held $'c\\x0a\\x1b[2J/.envrc' ${name}`), text.stdout);
    // Only what is named comes.
    const named = await ask("apply", "--held", "c\n\u001b[2J/.envrc", "--held", ".git/config", name);
    t.regex(named.stdout, /^2 applied, /m, named.stderr);
    t.is(readFileSync(join(box.path, "c\n\u001b[2J/.envrc"), "utf8"), "x\n");
    t.regex(readFileSync(join(box.path, ".git/config"), "utf8"), /^x$/m);
    t.is((await ask("undo", name)).stdout, "2 undone");
    t.is((await ask("undo", name)).exitCode, 0);
    // A repository is one line, and one word takes it.
    t.regex(
      text.stdout,
      /^held: \.git \(and \d+ changes in it\): it is of a repository, .*: coffer apply --held \.git a-/m,
    );
    t.is(text.stdout.match(/^held: \.git[/ ]/gm)?.length, 1);
    t.is(look().replaceAll(/ \d+\.\d+ /g, " "), before.replaceAll(/ \d+\.\d+ /g, " "));
    t.regex((await ask("apply", "--held", "nowhere", name)).stderr, /nothing has changed at "nowhere"/);
  },
  title: (_, who: Who) => `as ${who}: nothing that programs of the host act upon comes to the tree unnamed`,
});
test.serial(isHeld, "root");
test.serial(isHeld, "user");

test.serial("what is copied is what was judged", (t) => {
  const { base } = makeBox(t);
  execFileSync(
    "sh",
    ["-ec", "mkdir upper slots; echo f > upper/f; ln -s /etc/passwd upper/l; ln -s f upper/s; mkdir upper/d"],
    { cwd: base },
  );
  const upper = openSync(join(base, "upper"), "r");
  const slots = openSync(join(base, "slots"), "r");
  const whole = (
    more: { readonly ino?: bigint; readonly mtime?: bigint; readonly mode?: bigint; readonly ctime?: bigint } = {},
  ) => {
    const { ino, size, mtimeNs, mode, ctimeNs } = statSync(join(base, "upper/f"), { bigint: true });
    const seen = { ino, mtime: mtimeNs, mode: mode & 0o7777n, ctime: ctimeNs, ...more };
    return `f ${seen.ino} ${size} ${seen.mtime} ${seen.mode} ${seen.ctime}`;
  };
  const ino = statSync(join(base, "upper/f"), { bigint: true }).ino;
  const stage = (slot: string, path: string, object: string, target = "", lower = "-") =>
    execFileSync("sh", ["-c", `umask 027; ${helperPath()} layers stage --upper-fd 3 --slots-fd 4 --lower-fd 3; true`], {
      input: [slot, path, object, lower, "4294967295", target].map((word) => `${word}\0`).join(""),
      stdio: ["pipe", "pipe", "pipe", upper, slots],
      encoding: "utf8",
    });
  t.regex(stage("0", "f", whole()), /^0 f \d+ 2 /);
  t.regex(stage("1", "f", whole({ ino: ino + 1n })), /^1 ! 116$/m);
  t.regex(stage("2", "f", whole({ mtime: 1n })), /^2 ! 116$/m);
  t.regex(stage("3", "s", whole()), /^3 ! 40$/m);
  t.regex(stage("4", "d", whole()), /^4 ! 116$/m);
  t.regex(stage("5", "../upper/f", whole()), /^5 ! 18$/m);
  t.regex(stage("7", "f", whole({ mode: 0o600n })), /^7 ! 116$/m);
  t.regex(stage("8", "f", whole({ ctime: 1n })), /^8 ! 116$/m);
  // What the tree has is looked at too.
  t.regex(stage("9", "f", whole(), "", whole({ ctime: 1n })), /^9 ! 116$/m);
  chmodSync(join(base, "upper/f"), 0o777);
  t.regex(stage("10", "f", whole()), /^10 f /m);
  t.regex(stage("11", "f", whole(), "", whole()), /^11 f /m);
  const modes = ["10", "11"].map((slot) => statSync(join(base, "slots", slot)).mode & 0o7777);
  t.deepEqual(modes, [0o750, 0o777]);
  stage("6", "l", "l 1 1 1 511 1", "judged");
  t.is(readlinkSync(join(base, "slots/6")), "judged");
  t.false(existsSync(join(base, "slots/1")));
  closeSync(upper);
  closeSync(slots);
});
