// Callers in odd places: a directory that is gone, or too deep; few descriptors; odd files in their home directory.
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { create, makeBox, ok } from "../helpers/container.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";

const removed = 'mkdir gone; cd gone; rmdir "$PWD"; exec "$@"';
/** Deeper than the longest path that getcwd(2) of a libc tells: 4096 bytes. */
const deep = 'for i in $(seq 30); do n=$(printf "%0200d" $i); mkdir $n; cd -P ./$n; done; exec "$@"';

const worksFrom = test.macro({
  exec: async (t: ExecutionContext, _title: string, script: string) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
    await create(t, box);
    const from = ["sh", "-c", script, "sh"];
    const at = join(box.base, "there");
    mkdirSync(at);
    for (const verb of [["state"], ["start"], ["kill", "KILL"], ["list"], ["delete", "--force"]]) {
      const [name = "", ...rest] = verb;
      execFileSync("sh", ["-c", 'rm -rf "$0" && mkdir "$0"', at]);
      const words = name === "list" ? [] : [box.tag];
      await ok(t, box, name, name === "delete" ? [...rest, ...words] : [...words, ...rest], { prefix: from, cwd: at });
    }
  },
  title: (_provided, title: string) => `verbs with an absolute root work from a directory that ${title}`,
});

test.serial(worksFrom, "was removed", removed);
test.serial(worksFrom, "is too deep to have a name", deep);

test.serial("a home directory that lets nothing be made in it keeps no verb from its end", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const { base } = makeBox(t);
  for (const HOME of ["/proc", "/proc/self/fd", "/sys", "/dev/null", "/no/such/home"]) {
    const argv = [...asUser, ...cofferArgv(), "why", "example.org"];
    const { exitCode, stdout } = await command(argv, { cwd: "/", env: { HOME }, timeoutMs: 20_000 });
    t.is(exitCode, 1, HOME);
    t.regex(stdout, /^denied: connect example\.org:443/, HOME);
  }
  const cached = await command([...cofferArgv(), "sandbox", "--cache", "npm", "--", "true"], {
    cwd: base,
    env: { HOME: "/proc" },
  });
  t.is(cached.exitCode, 125);
  t.is(
    cached.stderr,
    'coffer: --cache: cannot make "/proc/.npm": no such file or directory: make the directory, or leave --cache away\n',
  );
});

test.serial("a limit of the size of files that is too small is named", async (t) => {
  const { base } = makeBox(t);
  const limited = ["sh", "-c", 'ulimit -f 16; exec "$@"', "sh"];
  const { exitCode, stderr } = await command([...limited, ...cofferArgv(), "sandbox", "--", "true"], { cwd: base });
  t.is(exitCode, 125);
  t.regex(stderr, /ulimit -f/);
});

test.serial("a link that leads nowhere is named with what it leads to", async (t) => {
  const { base } = makeBox(t);
  symlinkSync("missing", join(base, "link"));
  const { exitCode, stderr } = await command([...cofferArgv(), "sandbox", "--write", "./link", "--", "true"], {
    cwd: base,
  });
  t.is(exitCode, 125);
  t.is(
    stderr,
    `coffer: --write "${base}/link": a link to "missing", which does not exist: make what the link leads to, or name another path\n`,
  );
});

test.serial("modes that another program gives the terminal meanwhile stay", async (t) => {
  const { base, path } = makeBox(t);
  const words = [...cofferArgv(), "audit", "--fix", path].join(" ");
  const inside = `mkfifo answer; ${words} <answer & exec 3>answer; until grep -qF '[y/N]' typed; do sleep 0.1; done; stty -opost; echo n >&3; wait $!; stty -a`;
  const { stdout, stderr } = await command(["script", "-qefc", inside, "typed"], { cwd: base, input: "" });
  t.regex(stdout, /nothing is written/, stderr);
  t.regex(stdout, /^-opost /m);
});

test.serial("what needs the working directory says that there is none", async (t) => {
  const { base } = makeBox(t);
  const argv = ["sh", "-c", removed, "sh", ...cofferArgv(), "sandbox", "--", "true"];
  const { exitCode, stderr } = await command(argv, { cwd: base });
  t.is(exitCode, 125);
  t.regex(stderr, /^coffer: cannot tell the working directory: no such file or directory[^\n]*\n$/m);
});

test.serial("a FIFO in the caller's configuration directory is not opened", async (t) => {
  const { base } = makeBox(t);
  execFileSync("sh", ["-ec", "mkdir -p .config/coffer; mkfifo .config/coffer/theme.json"], { cwd: base });
  const env = { HOME: base, XDG_CONFIG_HOME: join(base, ".config") };
  for (const words of [["features"], ["run", "--help"]]) {
    const outcome = await command([...cofferArgv(), ...words], { env, timeoutMs: 30_000 });
    t.is(outcome.exitCode, 0, outcome.stderr);
  }
});

test.serial("a limit of few descriptors is an error of one line, or none", async (t) => {
  for (const limit of [32, 64]) {
    const argv = ["sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh", ...cofferArgv(), "list"];
    const { exitCode, stderr } = await command(argv);
    t.true(exitCode === 0 || /^coffer: [^\n]*too many open files[^\n]*\n$/.test(stderr), `${limit}: ${stderr}`);
  }
});
