// What settings of git have the host run stays as it is in a writable tree, wherever the settings are from.
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Row, Who } from "./table.ts";
import { declare, makePlace, sandboxIn } from "./table.ts";

/** A way to have git of the host run something. */
interface Attack {
  readonly title: string;
  /** On the host before. `SCRIPT PATH` makes a harmless script. */
  readonly prepare: string;
  /** In the sandbox. `EVIL PATH` tries everything to have a script of its own there. */
  readonly script: string;
  /** On the host afterwards, in the tree. */
  readonly after: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Nothing of that name is there before: a fence keeps it so. Without a fence the name is reported. */
  readonly isMissing?: boolean;
}

const setting = (key: string, value: string, path: string, after = "git status"): Attack => {
  return { title: key, prepare: `SCRIPT ${path}; git config ${key} "${value}"`, script: `EVIL ${path}`, after };
};
const hook = (dir: string): string => `EVIL ${dir}/post-index-change`;
const included = (path: string, key: string): Attack => ({
  title: `settings by ${key}`,
  prepare: `mkdir -p $(dirname ${path}); git config ${key} "$PWD/${path}"; touch ${path}`,
  script: `git config -f ${path} core.fsmonitor "touch HIT; false"; SETTINGS ${path}`,
  after: "git checkout -qb other; git status",
});

const attacks: readonly Attack[] = [
  setting("core.fsmonitor", "tools/f", "tools/f"),
  setting("core.fsmonitor", "sh -c 'sh tools/deep/f'", "tools/deep/f"),
  setting("core.fsmonitor", "\\$(git rev-parse --show-toplevel)/tools/f", "tools/f"),
  setting("filter.x.clean", "sh tools/clean", "tools/clean", "echo '* filter=x' > .gitattributes; git add f"),
  setting("diff.x.textconv", "sh conv.sh", "conv.sh", "echo '* diff=x' > .gitattributes; git diff; git show"),
  setting("diff.external", "tools/diff", "tools/diff", "echo g > f; git diff"),
  setting("core.editor", "./tools/edit -x", "tools/edit", "git commit --allow-empty"),
  setting("core.sshCommand", "tools/ssh -4", "tools/ssh", "git ls-remote ssh://nowhere.invalid/x"),
  setting("gpg.program", "./tools/gpg", "tools/gpg", "git commit --allow-empty -q -S -m x"),
  setting(
    "credential.helper",
    "!tools/cred",
    "tools/cred",
    "echo url=https://x.invalid | GIT_TERMINAL_PROMPT=0 git credential fill",
  ),
  setting("alias.go", "!tools/go", "tools/go", "git go"),
  setting("alias.go", "!cd tools; sh tools/go && true", "tools/go", "cd tools; ln -s . tools; git go"),
  setting("remote.o.url", "ext::sh tools/remote", "tools/remote", "git -c protocol.ext.allow=always ls-remote o"),
  setting(
    "core.fsmonitor",
    "make -s -C ./tools/mk",
    "tools/mk/f",
    "printf '%%:\\n\\tsh f\\n' > tools/mk/Makefile; git status",
  ),
  {
    title: "a script that is a link",
    prepare: "SCRIPT impl/f; mkdir tools; ln -s ../impl/f tools/f; git config core.fsmonitor tools/f",
    script: "EVIL impl/f",
    after: "git status",
  },
  included("inc/one", "include.path"),
  included("inc/two", "includeIf.onbranch:other.path"),
  {
    title: "settings that settings of a branch include",
    prepare: `mkdir inc; git config includeIf.onbranch:other.path ../inc/one; git config -f inc/one include.path two; touch inc/two`,
    script: 'git checkout -qb other; git config -f inc/two core.fsmonitor "touch HIT; false"',
    after: "git status",
  },
  {
    title: "settings of a working tree",
    prepare: "git config extensions.worktreeConfig true; SCRIPT tools/f; git config --worktree core.fsmonitor tools/f",
    script: "EVIL tools/f",
    after: "git status",
  },
  {
    title: "settings of another working tree",
    prepare:
      "git config extensions.worktreeConfig true; git worktree add -q w; SCRIPT w/tools/f; git -C w config --worktree core.fsmonitor tools/f",
    script: "EVIL w/tools/f",
    after: "cd w; git status",
  },
  {
    title: "settings of a repository beneath",
    prepare: `git init -q sub; SCRIPT sub/tools/f; git -C sub config core.fsmonitor tools/f`,
    script: "EVIL sub/tools/f",
    after: "cd sub; git status",
  },
  {
    title: "settings of the home directory that lead into the tree",
    prepare: "mkdir -p dots BESIDE/home; touch dots/own; ln -s DIR/dots/own BESIDE/home/.gitconfig",
    script: 'git config -f dots/own core.fsmonitor "touch HIT; false"; SETTINGS dots/own',
    after: "git status",
    env: { HOME: "BESIDE/home" },
  },
  {
    title: "hooks that the settings of the home directory name",
    prepare:
      "mkdir -p BESIDE/home; git config -f BESIDE/home/.gitconfig core.hooksPath own/hooks; SCRIPT own/hooks/post-index-change",
    script: hook("own/hooks"),
    after: "git add f",
    env: { HOME: "BESIDE/home" },
  },
  {
    title: "hooks that settings of the home directory name for a repository beneath",
    prepare:
      "git init -q sub; mkdir -p BESIDE/home; git config -f BESIDE/home/.gitconfig core.hooksPath own/hooks; SCRIPT sub/own/hooks/post-index-change",
    script: hook("sub/own/hooks"),
    after: "cd sub; touch g; git add g",
    env: { HOME: "BESIDE/home" },
  },
  {
    title: "settings of XDG_CONFIG_HOME",
    prepare: "mkdir -p xdg/git; touch xdg/git/config",
    script: 'git config -f xdg/git/config core.fsmonitor "touch HIT; false"; SETTINGS xdg/git/config',
    after: "git status",
    env: { XDG_CONFIG_HOME: "DIR/xdg" },
  },
  {
    title: "settings of GIT_CONFIG_GLOBAL",
    prepare: "mkdir conf; touch conf/own",
    script: 'git config -f conf/own core.fsmonitor "touch HIT; false"; SETTINGS conf/own',
    after: "git status",
    env: { GIT_CONFIG_GLOBAL: "DIR/conf/own" },
  },
  {
    title: "settings of the repository that GIT_DIR names",
    prepare: "mv .git BESIDE/own; SCRIPT tools/f; git --git-dir BESIDE/own config core.fsmonitor tools/f",
    script: "EVIL tools/f",
    after: "git status",
    env: { GIT_DIR: "BESIDE/own", GIT_WORK_TREE: "DIR" },
  },
  {
    title: "settings of the repository that GIT_DIR names, for a working tree beneath",
    prepare: "mv .git BESIDE/own; SCRIPT a/tools/f; git --git-dir BESIDE/own config core.fsmonitor tools/f",
    script: "EVIL a/tools/f",
    after: "git status",
    env: { GIT_DIR: "BESIDE/own", GIT_WORK_TREE: "DIR/a" },
  },
  {
    title: "hooks of the repository that GIT_DIR names",
    prepare: "mv .git own; mkdir -p own/hooks",
    script: hook("own/hooks"),
    after: "git add f",
    env: { GIT_DIR: "own", GIT_WORK_TREE: "." },
  },
  {
    title: "settings of variables",
    prepare: "SCRIPT tools/f",
    script: "EVIL tools/f",
    after: "git status",
    env: { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "Core.FSMonitor", GIT_CONFIG_VALUE_0: "tools/f" },
  },
  {
    title: "settings that git hands on",
    prepare: "SCRIPT tools/f",
    script: "EVIL tools/f",
    after: "git status",
    env: { GIT_CONFIG_PARAMETERS: "'core.fsmonitor'='tools/f'" },
  },
  {
    title: "the editor of a variable",
    prepare: "SCRIPT tools/edit",
    script: "EVIL tools/edit",
    after: "git commit --allow-empty",
    env: { VISUAL: "tools/edit", TERM: "xterm" },
  },
  {
    ...setting("core.fsmonitor", "later/f", "/dev/null"),
    title: "a script that is missing",
    prepare: "git config core.fsmonitor later/f",
    script: "EVIL later/f",
    isMissing: true,
  },
  {
    title: "settings that are missing",
    prepare: "git config include.path ../inc/later",
    script: 'mkdir inc; git config -f inc/later core.fsmonitor "touch HIT; false"',
    after: "git status",
    isMissing: true,
  },
  {
    title: "a script that is missing, and has no slash",
    prepare: "git config filter.x.clean 'sh clean.sh'",
    script: "EVIL clean.sh",
    after: "echo '* filter=x' > .gitattributes; git add f",
    isMissing: true,
  },
];

const first =
  "git init -q . && echo f > f && git add f && git -c user.name=n -c user.email=e -c core.editor=true commit -qm first && echo g > f";
const makes = `script() { mkdir -p "$(dirname "$1")"; printf '#!/bin/sh\\ntrue\\n' > "$1"; chmod 755 "$1"; }; `;
/** Every way to have something else at a path, and in the place of directories above. */
const tries = (hit: string): string =>
  `body='#!/bin/sh
touch ${hit}
'
settings() { mv "$1" m; rm -f "$1"; d=$(dirname "$1"); mv "$d" moved && mkdir -p "$d"; git config -f "$1" core.fsmonitor "touch ${hit}; false"; }
evil() { mkdir -p "$(dirname "$1")"; printf %s "$body" > new; chmod 755 new; cat new > "$1"; cp new "$1"; ln -f new "$1"; ln -sf "$PWD/new" "$1"; mv -f new "$1"
 rm -f "$1"; d=$(dirname "$1"); [ "$d" = . ] || { mv "$d" moved; rm -rf "$d"; mkdir -p "$d"; }; printf %s "$body" > "$1"; chmod 755 "$1"; }
`;

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const { title, prepare, script, after, env: given = {}, isMissing = false } of attacks)
    test.serial(`as ${who}: the host does not run what a sandbox has made of ${title}: ${prepare}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const flags = isMissing ? ["--rw", "--fence"] : ["--rw"];
      for (const words of [["--rw", "--no-guards"], flags, ...(isMissing ? [["--rw"]] : [])]) {
        const { box, env } = await makePlace(t, who, `${makes}${first} && ${prepare.replaceAll("SCRIPT ", "script ")}`);
        const beside = `${box.base}/beside`;
        const put = (text: string): string => text.replaceAll("BESIDE", beside).replaceAll("DIR", box.path);
        const all = { ...env, ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, put(value)])) };
        const hit = `${beside}/hit`;
        const inside = script.replaceAll("HIT", hit).replaceAll("EVIL ", "evil ").replaceAll("SETTINGS ", "settings ");
        const ran = await sandboxIn(
          box,
          who,
          [...words, "--tools", "none", "--", "sh", "-c", tries(hit) + inside],
          all,
        );
        const git = "export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=e";
        const prefix = who === "user" ? asUser : [];
        const done = await command([...prefix, "sh", "-c", `${git}; ${put(after)}`], { cwd: box.path, env: all });
        const isHit = (await command(["ls", hit], { cwd: box.path })).exitCode === 0;
        const said = `${ran.stdout}${ran.stderr}${done.stdout}${done.stderr}`;
        const isGuarded = words === flags;
        t.is(isHit, !isGuarded, isGuarded ? said : `the host has not run it, so this is no attack: ${said}`);
        if (words.length === 1 && isMissing)
          t.regex(ran.stderr, /the sandbox made ".*": programs of the host act upon it/);
      }
    });

for (const who of ["root", "user"] satisfies readonly Who[])
  test.serial(`as ${who}: no repository that a sandbox has made takes a guard from the next one`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const prepare =
      "git config core.hooksPath own/hooks; SCRIPT own/hooks/post-index-change; git config core.fsmonitor 'make -C ./mk'; mkdir mk; touch mk/Makefile";
    const { box, env } = await makePlace(t, who, `${makes}${first} && ${prepare.replaceAll("SCRIPT ", "script ")}`);
    const run = (script: string) => sandboxIn(box, who, ["--rw", "--tools", "none", "--", "sh", "-c", script], env);
    await run(`git init -q own; git init -q mk/x; mkdir -p .git/worktrees/a .git/worktrees/b n/.git .git/modules/m; echo "$PWD/own/hooks/.git" > .git/worktrees/a/gitdir
echo "$PWD/mk/.git" > .git/worktrees/b/gitdir; git init -q n; git -C n config core.worktree "$PWD/mk"; git -C n config alias.x '!${"sh own/hooks/post-index-change; ".repeat(200)}'
git init -q --bare .git/modules/m; git -C .git/modules/m config core.worktree "$PWD/own/hooks"; mkdir -p own/hooks/.git/objects own/hooks/.git/refs; touch own/hooks/.git/HEAD`);
    const { stdout } = await run(
      "for f in own/hooks/post-index-change mk/Makefile; do echo x > $f && echo changed $f; rm -f $f && echo gone; done; mv own o && echo moved; mv mk m && echo moved; touch free && echo free",
    );
    t.is(stdout, "free\n");
  });

const aliases = `git config alias.r '!cat README.md'; git config alias.l '!eslint src/ --fix'; git config alias.b '!npm run build -- --out dist'
git config alias.h 'log HEAD -- README.md'; git config blame.ignoreRevsFile .ignored; git config core.excludesFile .ignored; git config commit.template doc/message
git config gui.recentrepo "$PWD"; git config core.worktree "$PWD"; git config alias.s '!cat .git/HEAD .git/index'; mkdir -p src dist doc; echo r > README.md; echo x > build; echo i > .ignored; echo m > doc/message`;
const commit = "git -c user.name=n -c user.email=e commit -q";

const work: readonly Row[] = [
  {
    title: "what commands are only about can be written",
    prepare: `git init -q .; ${aliases}`,
    script:
      "for f in README.md src/a dist/b build .ignored doc/message; do echo more >> $f || echo $f; done; mv src lib && mv README.md READ && git add -A && git status --short | wc -l",
    stdout: /^[6-9]\n$/,
  },
  {
    title: "git commits, rebases, and makes working trees where settings name scripts",
    prepare: `${makes}${first} && git checkout -q f && ${aliases}; script tools/edit; git config core.editor tools/edit; git config core.hooksPath tools; git config include.path ../inc/x; git add -A; ${commit} -m tools; echo n > n; git add n; ${commit} -m n`,
    script: `git checkout -qb a HEAD~1 && echo a > a && git add a && ${commit} -m a && git -c user.name=n -c user.email=e rebase -q master 2>&1
git worktree add -q w && cd w && echo b > b && git add b && ${commit} -m b && git log --format=%s | head -3; cd ..; git stash list; git config a.b c 2>&1`,
    stdout: /^b\na\nn\n.*could not (?:lock|write) config file/s,
    // What is checked out there counts hooks from there.
    stderr: /w\/\.git": git of the host, used in it, runs .*"core\.hookspath=tools"/,
    exitCode: 4,
  },
].map((row) => ({ ...row, flags: ["--rw", "--tools", "none"] }));

declare(work);
