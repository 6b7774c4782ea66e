// `coffer shell`: the caller's shell on a terminal of a sandbox.
import { mkdirSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { command, start } from "../helpers/command.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

/** Calls `coffer shell` in a directory of the test's own. */
async function makeShell(t: ExecutionContext, who: Who) {
  const { box, env } = await makePlace(t, who);
  const argv = (words: readonly string[]) => [...(who === "user" ? asUser : []), ...cofferArgv(), "shell", ...words];
  return {
    box,
    call: (words: readonly string[], more = {}, input = "") =>
      command(argv(["--tools", "none", ...words]), { cwd: box.path, env: { ...env, ...more }, input }),
    type: (words: readonly string[], more = {}) =>
      start([tools(), "pty", "24x80", "--", ...argv(["--tools", "none", ...words])], {
        cwd: box.path,
        env: { ...env, TERM: "dumb", ...more },
        keepStdin: true,
      }),
  };
}

const sized = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, who);
    const argv = [
      ...(who === "user" ? asUser : []),
      ...cofferArgv(),
      "sandbox",
      "--tools",
      "none",
      "--",
      "stty",
      "size",
    ];
    const { stdout } = await command([tools(), "pty", "24x80", "--", ...argv], { cwd: box.path, env });
    t.is(stdout.trim(), "24 80");
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who) => `as ${who}: a terminal has its size before the program begins`,
});

test.serial(sized, "root");
test.serial(sized, "user");

const types = test.macro({
  exec: async (t, who: Who, shell: string, prompt: string, flags: readonly string[]) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, type } = await makeShell(t, who);
    const running = type(flags, { SHELL: shell });
    await running.saw(prompt.replace("DIR", box.path));
    /** Types a line, of which the shell says something else than what was typed. */
    const say = async (line: string, answer: string): Promise<void> => {
      running.write(`${line}\r`);
      await running.saw(answer);
    };
    await say('echo "size=$(stty size)" "at=$(tty)"', "size=24 80 at=/dev/pts/");
    process.kill(running.pid, "SIGUSR1");
    await say('while test "$(stty size)" = "24 80"; do :; done; echo "size=$(stty size)"', "size=34 90");
    // A job of its own tells: between two commands a shell may take the key for its own.
    await say("sh -c 'echo now=$((1 + 1)); exec sleep 1000'", "now=2");
    running.write("\u0003");
    await say("echo after=$((1 + 2))", "after=3");
    await say("sh -c 'echo then=$((2 + 2)); exec sleep 1000'", "then=4");
    running.write("\u001a");
    await say("kill -KILL %1; wait; echo job=$((2 + 3))", "job=5");
    running.write("(exit 7)\r\u0004");
    const { exitCode, stderr } = await running.done;
    t.is(exitCode, 7);
    t.true(stderr.endsWith("modes kept\n"), stderr);
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who, shell: string, _prompt: string, flags: readonly string[]) =>
    [`as ${who}: keys, jobs, size and status of`, shell, ...flags].join(" "),
});

for (const who of ["root", "user"] as const) {
  test.serial(types, who, "/bin/bash", "(sandbox mine) DIR ", ["--name", "mine"]);
  test.serial(types, who, "/bin/zsh", "(sandbox) DIR ", []);
  test.serial(types, who, "/bin/sh", "(sandbox) DIR ", []);
  test.serial(types, who, "/bin/bash", "(sandbox) DIR ", ["--reduced"]);
}

const answers = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, call } = await makeShell(t, who);
    const script = 'echo "$0 $SHELL $1 $COFFER_SANDBOX"; exit 3';
    t.like(await call(["--name", "mine", "--", "-c", script, "name", "word"], { SHELL: "/bin/dash" }), {
      stdout: "name /bin/dash word mine\n",
      exitCode: 3,
    });
    // No shell at all, and one that nobody may log in with: that of passwd(5), else sh(1).
    for (const SHELL of ["", "/usr/sbin/nologin", "bash"])
      t.regex((await call(["--", "-c", "echo $SHELL"], { SHELL })).stdout, /^\/(?:usr\/)?bin\/(?:ba)?sh\n$/);
    t.like(await call([], { SHELL: "/bin/sh" }, "echo $COFFER_SANDBOX; exit 4"), { stdout: "1\n", exitCode: 4 });
    await nothingLeft(t, box, box.before);
  },
  title: (_provided, who: Who) => `as ${who}: words are the shell's, and a script comes from a pipe`,
});
test.serial(answers, "root");
test.serial(answers, "user");

test.serial("a shell that the sandbox lacks, and a command, are errors that say what to do", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, call } = await makeShell(t, "root");
  mkdirSync(`${box.base}/beside`, { recursive: true });
  const missing = await call([], { SHELL: `${box.base}/beside/shell` });
  t.is(missing.exitCode, 127);
  t.regex(missing.stderr, /^coffer: [^\n]*beside\/shell[^\n]*: set SHELL to a shell that the sandbox has[^\n]*\n$/);
  const made = await call(["--", "make"]);
  t.is(made.exitCode, 125);
  t.regex(made.stderr, /^coffer: shell: "make" is no option of a shell: for a command write coffer sandbox -- make/);
  await nothingLeft(t, box, box.before);
});
