// Names that programs of the host act upon, and that are not there: nobody inside makes one, whatever the call
// (docs/decisions/0031-names-that-do-not-exist.md).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { buildProgram } from "../helpers/build.ts";
import { command, until } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Row, Who } from "./table.ts";
import { declare, makePlace, sandboxIn, startIn } from "./table.ts";

const program = (): string => buildProgram("test/sandbox/fence", ["-pthread"]);
const repository = `git init -q . && git config user.email me@example.org && git config user.name me && rm -rf .git/hooks
git add config.json && git commit -qm one`;
const attacked: readonly (readonly [name: string, who: Who, prepare?: string])[] = [
  [".envrc", "root"],
  [".envrc", "user"],
  [".vscode", "user"],
  [".git/hooks", "root"],
  [".git/hooks", "user"],
  [".git/commondir", "user"],
  [".git/info/attributes", "user"],
  [".git/info/attributes", "root", "rm -rf .git/info"],
  [".config/git", "user", "mkdir .config"],
  [".config/git", "root"],
  ["kept/hooks", "user", "mkdir kept; git config core.hooksPath kept/hooks"],
];

const isKept = test.macro({
  exec: async (t: ExecutionContext, name: string, who: Who, prepare = "true") => {
    t.timeout(300_000);
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who, `${repository}; ${prepare}; cp ${program()} fence`);
    const words = ["--rw", "--fence", "--", "./fence", name, "1000"];
    const { stdout, stderr, exitCode } = await sandboxIn(box, who, words, env);
    t.is(stdout, "done\n", stderr);
    t.is(exitCode, 0);
    t.false(existsSync(join(box.path, name)));
    t.notRegex(stderr, /the sandbox made/);
  },
  title: (_, name, who, prepare = "") => `as ${who}: nothing makes ${name}${prepare && ` (${prepare})`}`,
});

for (const row of attacked) test.serial(isKept, ...row);

/** Spellings that file systems without regard to case, or to what cannot be seen, take for the same name. */
const alike = [
  ".ENVRC",
  ".Vscode",
  ".v\u{17f}code",
  ".hus\u{212a}y",
  "Jenkins\u{fb01}le",
  ".env\u{200d}rc",
  ".envrc.",
  ".vscode ",
];

const rows: readonly Row[] = [
  {
    title: "a name that some file systems take for a guarded one is not made",
    flags: ["--rw", "--fence"],
    script: alike.map((name) => `(: > '${name}') 2>/dev/null || echo no`).join("; "),
    stdout: new RegExp(`^(no\n){${alike.length}}$`),
  },
  {
    title: "what is like a guarded name, and is another, is made",
    flags: ["--rw", "--fence"],
    script:
      "mkdir .env.d sub sub/.vscode .git2 && : > .envrc2 && : > sub/.envrc && : > .github.md && ln -s x .claudes && ls -A",
    stdout: /^.claudes\n.env.d\n.envrc2\n.git2\n.github.md\nconfig.json\nrootfs\nsub\n$/,
  },
  {
    title: "a file has the mode, the umask and the owner of its maker",
    flags: ["--rw", "--fence"],
    script: `umask 027; : > a; mkdir b; mkfifo c; umask 0; : > d; mkdir e; stat -c '%n %a %U' a b c d e | sed "s/ $(id -un)$//"`,
    stdout: /^a 640\nb 750\nc 640\nd 666\ne 777\n$/,
  },
  {
    title: "errors are those of the kernel",
    flags: ["--rw", "--fence"],
    script: `export LC_ALL=C; mkdir a; mkdir a; mkdir no/b; (: > no/c); ln -s x config.json; mv a config.json; ln no a/d
(set -C; : > config.json); (: > a); true`,
    stdout: /^$/,
    stderr:
      /^mkdir: [^\n]*File exists\nmkdir: [^\n]*No such file[^\n]*\n[^\n]*no\/c: Directory nonexistent\nln: [^\n]*File exists\nmv: [^\n]*\nln: [^\n]*No such file[^\n]*\n[^\n]*File exists\n[^\n]*Is a directory\n$/,
  },
  {
    title: "git works: commit, branch, rebase, stash, worktree, gc, and a hook is none",
    prepare: repository,
    flags: ["--rw", "--fence"],
    script: `set -e; git checkout -qb side; echo 1 > one; git add one; git commit -qm two; git checkout -q -; echo 2 > two; git add two
git commit -qm three; git rebase -q side; echo 3 > one; git stash -q; git stash pop -q; git commit -qam four
git worktree add -q /tmp/other side; git worktree remove /tmp/other; git gc -q; git tag t; git pack-refs --all
git log --oneline | wc -l; git status --short -uno; git fsck --no-dangling 2>&1; ls .git/hooks 2>&1 | wc -l`,
    stdout: /^4\n1\n$/,
  },
  {
    title: "editors save by a rename, and what is written is there",
    flags: ["--rw", "--fence"],
    script: `echo 1 > a; echo 2 > a.new; mv a.new a; cat a; mkdir -p d/e; echo 3 > d/e/f; mv d g; cat g/e/f; ln g/e/f h; cat h; ln -s h i; cat i
python3 -c 'import os; os.replace("a", "g/e/a"); print(open("g/e/a").read(), end="")'; cp -r g k; cat k/e/f; rm -r k g; ls`,
    stdout: /^2\n3\n3\n3\n2\n3\nconfig.json\nh\ni\nrootfs\n$/,
  },
  {
    title: "a socket is bound, and a name in /tmp is nobody's affair",
    flags: ["--rw", "--fence"],
    script: `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("sock")' && mkdir /tmp/.vscode ~/.vscode && : > /dev/shm/.envrc && echo made`,
    stdout: /^made\n$/,
  },
  {
    title: "a descriptor is as it was asked for",
    flags: ["--rw", "--fence"],
    script: `python3 -c '
import os, fcntl
for flags in (os.O_WRONLY, os.O_RDWR | os.O_APPEND, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK):
    fd = os.open("f", os.O_CREAT | os.O_EXCL | flags, 0o600)
    got = fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_ACCMODE | os.O_APPEND | os.O_NONBLOCK)
    print(got == flags & ~os.O_CLOEXEC, fcntl.fcntl(fd, fcntl.F_GETFD) & 1)
    os.unlink("f")
'`,
    stdout: /^True 1\nTrue 1\nTrue 1\n$/,
  },
  {
    title: "a full table of descriptors is an error",
    flags: ["--rw", "--fence"],
    script: `python3 -c '
import os, resource
resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8))
try:
    for i in range(8): os.open(f"f{i}", os.O_CREAT | os.O_WRONLY)
except OSError as e: print(e.errno)
'`,
    stdout: /^24\n$/,
  },
  {
    title: "eight processes make and rename 4,000 files at once",
    flags: ["--rw", "--fence"],
    script: `for i in 1 2 3 4 5 6 7 8; do (mkdir d$i; n=0; while [ $n -lt 500 ]; do echo $n > d$i/t; mv d$i/t d$i/$n; n=$((n+1)); done) & done; wait
ls d* | grep -c '^[0-9]'; rm -r d*`,
    stdout: /^4000\n$/,
  },
  {
    title: "without --fence the names can be made, and that is told",
    flags: ["--rw"],
    script: ": > .envrc; echo made",
    stdout: /^made\n$/,
    stderr: /the sandbox made ".*\.envrc"/,
  },
];

declare(rows);

/** A fence that cannot be had is an error, and never a sandbox without. */
const refused: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
  ...["host-root", "no-seccomp", "new-privileges", "capabilities"].map(
    (name) => [[`--unsafe-${name}`], new RegExp(`--unsafe-${name} has no fence`)] as const,
  ),
  [["--reduced", "--no-guards"], /--reduced has no namespaces, and so cannot have --fence/],
];

for (const [flags, message] of refused)
  test.serial(`a fence is refused with ${flags.join(" ")}`, async (t) => {
    const { box, env } = await makePlace(t, "root");
    const { stderr, stdout, exitCode } = await sandboxIn(
      box,
      "root",
      ["--rw", "--fence", ...flags, "--", "echo", "run"],
      env,
    );
    t.regex(stderr, message);
    t.is(stdout, "");
    t.not(exitCode, 0);
  });

/** The satellite beside a launcher: by its name, as it has a memfd for a program. */
function supervisorOf(launcher: number): number | undefined {
  const children = (pid: number): readonly number[] => {
    try {
      const list = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
        readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" "),
      );
      return list.filter((one) => one !== "").map(Number);
    } catch {
      return []; // it has ended
    }
  };
  const all = (pid: number): readonly number[] => [pid, ...children(pid).flatMap(all)];
  return all(launcher).find((pid) => {
    const file = `/proc/${pid}/cmdline`;
    return existsSync(file) && readFileSync(file, "utf8").startsWith("coffer-satellite");
  });
}

test.serial("a supervisor that is killed makes nothing, and lets nothing go on", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user");
  const script = "echo begun; read word; (: > new) 2>&1; mkdir .vscode 2>&1; mkdir /tmp/x 2>&1; echo done";
  const running = startIn(box, "user", ["--rw", "--fence", "--", "sh", "-c", script], env);
  await running.saw("begun");
  const supervisor = supervisorOf(running.pid);
  t.not(supervisor, undefined);
  if (supervisor !== undefined) process.kill(supervisor, "SIGKILL");
  running.write("go\n");
  const { stdout } = await running.done;
  t.regex(stdout, /^(?:[^\n]*Function not implemented\n){3}done$/m);
  t.deepEqual(readdirSync(box.path).sort(), ["config.json", "rootfs"]);
});

test.serial("nothing is there while it runs, nor once it was killed", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", repository);
  const words = [
    "--rw",
    "--fence",
    "--",
    "sh",
    "-c",
    "echo begun; while :; do mkdir .vscode; (: > .envrc); mkdir .git/hooks; done 2>/dev/null",
  ];
  const running = startIn(box, "user", words, env);
  await running.saw("begun");
  const status = async (): Promise<string> =>
    (await command([...asUser, "git", "status", "--porcelain", "--ignored"], { cwd: box.path, env })).stdout;
  for (let look = 0; look < 5; look += 1) t.is(await status(), "?? rootfs/\n");
  const supervisor = supervisorOf(running.pid);
  process.kill(running.pid, "SIGKILL");
  await running.done;
  await until("it has ended", () => !existsSync(`/proc/${supervisor}`));
  t.is(await status(), "?? rootfs/\n");
  t.false(existsSync(join(box.path, ".git/hooks")));
});

test.serial("what joins a sandbox later is held as well", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "user", repository);
  const name = `fence-${box.tag}`;
  const running = startIn(
    box,
    "user",
    ["--rw", "--fence", "--name", name, "--", "sh", "-c", "echo begun; read word"],
    env,
  );
  await running.saw("begun");
  const script = `cd ${box.path}; mkdir .vscode .git/hooks; (: > .envrc); : > new; mkdir dir; mv new dir/; ls dir`;
  const exec = [...asUser, ...cofferArgv(), "exec"];
  const joined = await command([...exec, name, "sh", "-c", script], { cwd: box.path, env });
  // What goes on alone needs a supervisor as long.
  const late = `cd ${box.path}; sleep 0.3; mkdir .vscode; mkdir late`;
  const detached = await command([...exec, "--detach", name, "sh", "-c", late], { cwd: box.path, env });
  t.is(detached.exitCode, 0, detached.stderr);
  await until("it has made a name", () => existsSync(join(box.path, "late")));
  running.write("go\n");
  await running.done;
  t.is(joined.stdout, "new\n", joined.stderr);
  for (const path of [".vscode", ".envrc", ".git/hooks"]) t.false(existsSync(join(box.path, path)), path);
});
