// Repositories that a sandbox makes in a writable tree: git of the host enters them, and runs what their settings say.
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { asUser } from "../helpers/user.ts";
import type { Row, Who } from "./table.ts";
import { declare, makePlace, sandboxIn, startIn } from "./table.ts";

/** A way to have the host run something. */
interface Attack {
  readonly title: string;
  /** On the host before. */
  readonly prepare?: string;
  /** In the sandbox. `EVIL GITDIR` gives a repository settings that run `DIR/../beside/hit`. */
  readonly script: string;
  /** On the host afterwards, in the tree. */
  readonly after: string;
  /** The warning. */
  readonly told: RegExp;
}

const first = "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m first";
const commit = "git -c user.name=n -c user.email=e commit -q --allow-empty -m inner";
const enters = /enters it from the repository around it, and runs "core\.fsmonitor=/;
const usedIn = /used in it, runs "core\.fsmonitor=/;

const attacks: readonly Attack[] = [
  {
    title: "a submodule of the index alone",
    script: `git init -q x && (cd x && ${commit}) && git add x && EVIL x/.git`,
    after: "git status",
    told: enters,
  },
  {
    title: "a submodule in a directory that is not searched",
    script: `git init -q node_modules/a/b && (cd node_modules/a/b && ${commit}) && git add -f node_modules/a/b && EVIL node_modules/a/b/.git`,
    after: "git diff",
    told: enters,
  },
  {
    title: "a submodule that was not initialised",
    prepare: `git init -q x && (cd x && ${commit}) && git add x && git -c user.name=n -c user.email=e commit -qm sub && rm -rf x/.git`,
    script: `git init -q y && mv y/.git x && (cd x && ${commit}) && EVIL x/.git`,
    after: "git status",
    told: enters,
  },
  {
    title: "a file that names a directory elsewhere",
    script: `git init -q --bare z && mkdir x && echo "gitdir: ../z" > x/.git && git --git-dir z config core.bare false && (cd x && ${commit}) && git add x && EVIL z`,
    after: "git status",
    told: enters,
  },
  {
    title: "a submodule of a submodule in an index that is split",
    script: `git config -f .git/x a.b c 2>/dev/null; git init -q x && (cd x && git init -q y && (cd y && ${commit}) && git add y && ${commit}) && git add x && git update-index --split-index && EVIL x/y/.git`,
    after: "git status",
    told: enters,
  },
  {
    title: "a directory that a prompt asks git about",
    script: "git init -q a/b/x && EVIL a/b/x/.git",
    after: "cd a/b/x && git status",
    told: usedIn,
  },
  {
    title: "a package",
    prepare: "mkdir -p node_modules/@s/p",
    script: "git init -q node_modules/@s/p && EVIL node_modules/@s/p/.git",
    after: "cd node_modules/@s/p && git status",
    told: usedIn,
  },
  {
    title: "a directory with the shape of a repository",
    script:
      'git init -q --bare x && git --git-dir x config core.bare false && git --git-dir x config core.worktree "$PWD" && EVIL x',
    after: "cd x && git status",
    told: /used in it, runs "core\.worktree=.*", "core\.fsmonitor=/,
  },
  {
    title: "a link to a repository",
    script: "git init -q --bare z && mkdir x && ln -s ../z x/.git && git --git-dir z config core.bare false && EVIL z",
    after: "cd x && git status",
    told: usedIn,
  },
  {
    title: "settings that are included, behind a section on the same line",
    script:
      'git init -q x && git init -q y && EVIL y/.git && echo "[include]path = ../../y/.git/config" >> x/.git/config && touch -d @1 x/.git/config x/.git x y/.git/config y/.git y .',
    after: "cd x && git status",
    told: /x\/\.git": git of the host, used in it, runs "include\.path=/,
  },
  {
    title: "a file of a submodule that the host has",
    prepare: `git init -q m && (cd m && ${commit}) && git -c protocol.file.allow=always submodule -q add ./m s && git -c user.name=n -c user.email=e commit -qm sub`,
    script: 'git init -q --bare z && git --git-dir z config core.bare false && EVIL z && echo "gitdir: ../z" > s/.git',
    after: "git status",
    told: enters,
  },
  {
    title: "a file that names a directory elsewhere, with more lines than such a file has",
    script: `git init -q z && mkdir .git/deep x && mv z/.git .git/deep/z && EVIL .git/deep/z && { printf 'gitdir: ../.git/deep/z'; yes '' | head -9000; } > x/.git`,
    after: "cd x && git status",
    told: usedIn,
  },
  {
    title: "a file that names a directory behind a link, and goes up from there",
    script: `git init -q x/z && mkdir -p .git/deep/d && cp -r x/z/.git .git/deep/z && EVIL .git/deep/z && mv x/z/.git x/y && rm -r x/z && mv x/y x/z && ln -s ../.git/deep/d x/l && printf 'gitdir: l/../z' > x/.git`,
    after: "cd x && git status",
    told: usedIn,
  },
  {
    title: "a common directory elsewhere, with more lines than such a file has",
    script: `git init -q x && mkdir .git/deep && cp -r x/.git .git/deep/z && EVIL .git/deep/z && { printf '../../.git/deep/z'; yes '' | head -9000; } > x/.git/commondir`,
    after: "cd x && git status",
    told: /used in it, runs "core\.fsmonitor=/,
  },
  {
    title: "a common directory that a link to a file names",
    script: `git init -q x && mkdir .git/deep && cp -r x/.git .git/deep/z && EVIL .git/deep/z && echo ../../.git/deep/z > .git/deep/c && ln -s ../../.git/deep/c x/.git/commondir`,
    after: "cd x && git status",
    told: /used in it, runs ".*\/x\/\.git\/commondir", which cannot be read/,
  },
  {
    title: "a submodule of the index whose mode has other bits",
    prepare: "mkdir node_modules",
    script: `git init -q node_modules/a/b && (cd node_modules/a/b && ${commit}) && git add -f node_modules/a/b && EVIL node_modules/a/b/.git && python3 -c '
import hashlib
with open(".git/index", "rb") as f: index = f.read()[:-20]
index = index.replace(bytes([0, 0, 0xe0, 0]), bytes([0, 0, 0xe1, 0xa4]))
with open(".git/index", "wb") as f: f.write(index + hashlib.sha1(index).digest())'`,
    after: "git status",
    told: enters,
  },
  {
    title: "a submodule that the settings have and nobody has cloned",
    prepare: `git init -q BESIDE/m && (cd BESIDE/m && ${commit}) && git -c protocol.file.allow=always submodule -q add BESIDE/m s && git -c user.name=n -c user.email=e commit -qm sub && rm -rf s .git/modules && mkdir s`,
    script: `git init -q y && (cd y && ${commit}) && mkdir .git/modules && mv y/.git .git/modules/s && EVIL .git/modules/s`,
    after: "git -c protocol.file.allow=always submodule update --init",
    told: /\.git\/modules\/s": git of the host, used in it, runs "core\.fsmonitor=/,
  },
  {
    title: "a command of a rebase that has stopped",
    prepare: "git -c user.name=n -c user.email=e commit -q --allow-empty -m second",
    script: `GIT_SEQUENCE_EDITOR=true git -c user.name=n -c user.email=e rebase -q -i --exec false HEAD~1 2>/dev/null || printf '\tx touch HIT' > .git/rebase-merge/git-rebase-todo`,
    after: "git rebase --continue",
    told: /left work in the repository ".*\.git" that git of the host goes on with: git runs "touch .*" when a rebase goes on/,
  },
  {
    title: "a program that merges when a rebase goes on",
    prepare:
      "git -c user.name=n -c user.email=e commit -q --allow-empty -m second; echo a > a; git add a; git -c user.name=n -c user.email=e commit -qm a",
    script: `GIT_SEQUENCE_EDITOR=true git -c user.name=n -c user.email=e rebase -q -i --exec false HEAD~1 2>/dev/null || { echo "pick $(git rev-parse HEAD)" > .git/rebase-merge/git-rebase-todo; git reset -q --hard HEAD~2; echo y/z > .git/rebase-merge/strategy; mkdir git-merge-y; cp "$EVIL_HOOK" git-merge-y/z; chmod +x git-merge-y/z; }`,
    after: "git rebase --continue",
    told: /goes on with: git runs "git-merge-y\/z" when a rebase or a pick goes on/,
  },
  {
    title: "hooks of a directory that the host's own settings name",
    prepare: "git config core.hooksPath .own && mkdir .own",
    script:
      'mkdir -p x/.own && echo "gitdir: ../.git" > x/.git && cp "$EVIL_HOOK" x/.own/post-index-change && chmod +x x/.own/post-index-change && touch x/f',
    after: "cd x && git add f",
    told: /used in it, runs "core\.hookspath=/,
  },
  {
    title: "a hook",
    script:
      'git init -q x && (cd x && touch f && git add f) && cp "$EVIL_HOOK" x/.git/hooks/post-index-change && chmod +x x/.git/hooks/post-index-change',
    after: "cd x && touch g && git add g",
    told: /runs the hook "post-index-change"/,
  },
];

/** Puts the words of an attack in. */
function words(script: string, hit: string): string {
  const evil = `evil() { git --git-dir "$1" config core.fsmonitor "touch ${hit}; false"; }; EVIL_HOOK=$(mktemp); printf '#!/bin/sh\\ntouch ${hit}\\n' > "$EVIL_HOOK"; `;
  return evil + script.replaceAll("EVIL ", "evil ").replaceAll("HIT", hit);
}

for (const who of ["root", "user"] satisfies readonly Who[])
  for (const { title, prepare = "true", script, after, told } of attacks)
    test.serial(`as ${who}: what git of the host would run is told: ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { box, env } = await makePlace(t, who, `${first} && ${prepare}`);
      const hit = `${box.base}/beside/hit`;
      const made = await sandboxIn(box, who, ["--rw", "--", "sh", "-ec", words(script, hit)], env);
      t.is(made.exitCode, 0, made.stderr);
      t.regex(made.stderr, told);
      const prefix = who === "user" ? asUser : [];
      const git =
        "export GIT_AUTHOR_NAME=n GIT_AUTHOR_EMAIL=e GIT_COMMITTER_NAME=n GIT_COMMITTER_EMAIL=e HOME=/nonexistent";
      const done = await command([...prefix, "sh", "-c", `${git}; ${after}`], { cwd: box.path, env });
      const seen = await command(["ls", hit], { cwd: box.path });
      t.is(seen.exitCode, 0, `the host has not run it, so this is no attack: ${done.stdout}${done.stderr}`);
    });

const quiet = [
  { title: "a repository that is new", script: "git init -q x && cd x && touch f && git add f" },
  { title: "a clone", script: "git clone -q . x && git clone -q --bare . y" },
  { title: "a working tree", script: "git worktree add -q x && cd x && touch f && git add f" },
  {
    title: "work in a repository beneath, whose hooks are guarded",
    prepare: `git init -q x && (cd x && git config core.fsmonitor false && ${commit} && touch -d @1 .git/config .git)`,
    script: `cd x && touch f && git add f && ${commit}`,
  },
  {
    title: "a rebase that has stopped, and a submodule that is worked in",
    prepare: `git init -q BESIDE/m && (cd BESIDE/m && ${commit}) && git -c protocol.file.allow=always submodule -q add BESIDE/m s && git -c user.name=n -c user.email=e commit -qm sub && git -c user.name=n -c user.email=e commit -q --allow-empty -m last`,
    script: `(cd s && touch f && git add f && ${commit}); export GIT_SEQUENCE_EDITOR='sed -i 1ibreak'; git -c user.name=n -c user.email=e rebase -q -i HEAD~1 2>/dev/null`,
  },
  { title: "what is in memory", script: "git init -q /tmp/x && git --git-dir /tmp/x/.git config core.fsmonitor false" },
  {
    title: "what has no guards",
    flags: ["--no-guards"],
    script: "git init -q x && git --git-dir x/.git config core.fsmonitor false",
  },
  {
    title: "what is in an overlay",
    flags: ["--overlay"],
    script: "git init -q x && git --git-dir x/.git config core.fsmonitor false",
  },
].map(
  ({ title, script, prepare = "true", flags = [] }): Row => ({
    title: `nothing is told of ${title}`,
    script,
    prepare: `${first} && ${prepare}`,
    flags: ["--rw", ...flags],
    stdout: /^/,
  }),
);

declare(quiet);

const others: readonly Row[] = [
  {
    title: "a repository of another program is told",
    script: "mkdir -p a/.hg; echo [hooks] > a/.hg/hgrc",
    stderr: /the sandbox made ".*\/a\/\.hg": programs of the host act upon it/,
  },
  {
    title: "a repository of another program that was there is not told",
    prepare: "mkdir -p a/.hg",
    script: "touch a/.hg/x",
    stderr: /^$/,
  },
  {
    title: "a directory that cannot be listed is told",
    script: "mkdir -p a/b && git init -q a/b/x && chmod 311 a/b",
    stderr: /a\/b" has too much, or cannot be read/,
  },
  {
    title: "a repository with settings that cannot be read is told",
    script: "git init -q x && echo '!' >> x/.git/config && git init -q y && rm y/.git/config && mkfifo y/.git/config",
    stderr: /x\/\.git".* runs config, which cannot be read.*\n.*y\/\.git".* runs config, which is no plain file/,
  },
  {
    title: "names of a repository are no words of a message",
    script: `git init -q x && printf '[a "\\033[2J\\n"]\\n' >/dev/null; git --git-dir x/.git config "a.$(printf '\\033')[2J.b" "$(printf 'c\\nd')"`,
    stderr: /runs "a\.\\x1b\[2J\.b=c\\x0ad"/,
  },
].map((row) => ({ ...row, prepare: row.prepare ?? first, flags: ["--rw"], stdout: /^/ }));

declare(others.filter(({ title }) => !title.includes("listed")));
// Root can list every directory.
declare(
  others.filter(({ title }) => title.includes("listed")),
  ["user"],
);

for (const who of ["root", "user"] satisfies readonly Who[])
  test.serial(`as ${who}: a sandbox that a signal ends is searched as well`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who, first);
    const script = "git init -q x; git --git-dir x/.git config core.fsmonitor ./x; echo begun; exec sleep 100";
    const running = startIn(box, who, ["--rw", "--", "sh", "-c", script], env);
    await running.saw("begun");
    process.kill(-running.pid, "SIGTERM");
    t.regex((await running.done).stderr, /the repository ".*x\/\.git": git of the host, used in it, runs/);
  });
