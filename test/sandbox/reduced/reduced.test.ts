// A sandbox without namespaces, as an ordinary user who may make none: what holds, and what its audit says stays open.
import { readFileSync, statSync } from "node:fs";
import test from "ava";
import { buildWeakened } from "../../defence/matrix/weaken.ts";
import type { Edit } from "../../defence/weakened.ts";
import { tools } from "../../helpers/build.ts";
import { command, pause, start } from "../../helpers/command.ts";
import { cofferArgv } from "../../helpers/peers/runtimes.ts";
import { ofToday } from "../../helpers/runner/daily.ts";
import { asUser } from "../../helpers/user.ts";
import { attempts, onTerminal, open, place, reduced, restricted, shellOf, typed } from "./attempt.ts";

for (const flags of [[], ["--rw", "--no-guards"]])
  test.serial(`nothing outside is reached (${flags.join(" ") || "read-only"})`, async (t) => {
    const at = await place(t);
    if (at === undefined) return;
    const found = await attempts(t, at, flags);
    t.true(found.size > 45);
    const done = [...found].filter(([, answer]) => answer === "done").map(([name]) => name);
    t.deepEqual(done, open);
  });

/** One defence is taken out, and what a program gets by that. */
const weakened: readonly (readonly [what: string, edit: Edit, done: readonly string[]])[] = [
  [
    "the ruleset is not enforced",
    {
      file: "init/landlock.c",
      from: "(int)SYS2(landlock_restrict_self, op_fd(run, op, 0), 0)",
      to: "0",
    },
    [
      "read",
      "read by a descriptor",
      "list",
      "write",
      "make a file",
      "execute",
      "environment",
      "memory",
      "working directory",
      "signal",
    ],
  ],
  ["truncate(2) is not handled", rights("scoped: 3 }", "fs: 0xffff", "fs: 0xbfff"), ["truncate"]],
  ["signals have no scope", rights("scoped: 3 }", "scoped: 3", "scoped: 1"), ["signal"]],
  [
    "sockets are let through",
    filter("socket socketcall bind connect", "socketcall"),
    ["a socket by path", "MPTCP", "UDP", "netlink"],
  ],
  ["pairs of datagram sockets are let through", filter("connectedTypes = [1, 5]", "connectedTypes = [1, 2, 5]"), []],
  [
    "calls by path are let through",
    filter("`chmod fchmodat fchmodat2 chown", "`chown"),
    ["chmod", "chmod by fchmodat2"],
  ],
  [
    "times are let through",
    filter('[["utimensat"], [[{ index: 1, op: "SCMP_CMP_EQ", value: 0 }]]],', ""),
    ["change times"],
  ],
  ["memory of the user is let through", filter("`ipc shmget", "`ipc"), ["shared memory"]],
  [
    "requests of every kind are let through",
    filter('  [["ioctl"], requests.map((request) => [is(1, request)])],\n', ""),
    ["flags of a file that can be read", "flags of a file, with a long number"],
  ],
  [
    "attributes of open files are let through",
    filter('"fsetxattr fremovexattr"', '"fremovexattr"'),
    ["an attribute of a file that can be read"],
  ],
  ["limits of others are let through", filter(" prlimit64", ""), ["limits"]],
  [
    "priorities of others are let through",
    filter('[["setpriority"], [[is(0, PRIO_PROCESS), is(1, 0)]]],', ""),
    ["priority", "priority of all"],
  ],
];

function filter(from: string, to: string): Edit {
  return { file: "packages/core/src/seccomp/reduced.ts", from, to };
}

/** An edit of the newest kernel's row. */
function rights(row: string, from: string, to: string): Edit {
  const before = `{ minor: 12, major: 6, fs: 0xffff, net: 3, ${row}`;
  return { file: "packages/core/src/plan/reduced/landlock.ts", from: before, to: before.replace(from, to) };
}

for (const [what, edit, done] of ofToday(weakened, 2))
  test.serial(`this would be seen: ${what}`, async (t) => {
    t.timeout(300_000);
    const at = await place(t);
    if (at === undefined) return;
    const found = await attempts(t, { ...at, build: buildWeakened([edit]) }, ["--rw", "--no-guards"]);
    t.deepEqual(
      done.filter((name) => found.get(name) !== "done"),
      [],
    );
  });

test.serial("it starts beneath the filter of docker, which denies clone3(2) and keyctl(2)", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const denying = ["clone3", "keyctl", "setns", "unshare", "pivot_root"].flatMap((call) => [
    tools(),
    "deny",
    call,
    "--",
  ]);
  const argv = [
    ...denying,
    ...asUser,
    ...cofferArgv(),
    "sandbox",
    "--reduced",
    "--",
    "sh",
    "-c",
    "echo it runs; exit 4",
  ];
  const { stdout, stderr, exitCode } = await command(argv, { cwd: at.path, env: at.env });
  t.is(stdout, "it runs\n", stderr);
  t.is(exitCode, 4);
});

test.serial("the error of the ordinary sandbox names the switch, the remedy and the other way", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const argv = [...restricted, ...asUser, ...cofferArgv(), "sandbox", "--", "true"];
  const { stderr, exitCode } = await command(argv, { cwd: at.path, env: at.env });
  t.is(exitCode, 125);
  t.regex(stderr, /sysctl user\.max_user_namespaces is 0/);
  t.regex(stderr, /sysctl -w user\.max_user_namespaces=15000/);
  t.regex(stderr, /--reduced/);
});

const refused: readonly (readonly [flags: readonly string[], message: RegExp])[] = [
  [["--rw"], /cannot guard ".*\.gitmodules".*add --no-guards/],
  [["--allow", "example.org"], /cannot have a network/],
  [["--publish", "80"], /cannot have a network/],
  [["--pids", "9"], /cannot have a limit/],
  [["--name", "box"], /cannot have a name/],
  [["--bind", "/usr:/srv/usr"], /cannot have --bind/],
  [["--tmp", "/srv/x"], /cannot have --tmp/],
  [["--size", "/tmp=1g"], /cannot have --size/],
  [["--unsafe-no-seccomp"], /cannot have --unsafe/],
  [["--pid-only-proc"], /cannot have --pid-only-proc/],
  [["--rw", "--no-guards", "--deny", "DIR/kept"], /cannot hide ".*kept" in ".*", which can be written: add --read/],
  [["--write", "BESIDE", "--no-guards", "--read", "BESIDE/secret"], /cannot keep the sandbox from writing ".*secret"/],
];

for (const [flags, message] of refused)
  test.serial(`what only a namespace could hold is refused: ${flags.join(" ")}`, async (t) => {
    const at = await place(t);
    if (at === undefined) return;
    const words = flags.map((word) => word.replaceAll("DIR", at.path).replaceAll("BESIDE", at.beside));
    const { stderr, exitCode } = await reduced(at, words, "true");
    t.is(exitCode, 125);
    t.regex(stderr, message);
  });

test.serial("what is hidden in a directory that can be read stays hidden, and all else is there", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const script = "cat kept/../sub/seen; cat sub/hidden; cat sub/deep/secret; ls sub";
  await command(
    [
      "sh",
      "-c",
      "mkdir -p sub/deep; echo 1 > sub/seen; echo 2 > sub/hidden; echo 3 > sub/deep/secret; chown -R coffer-test: sub",
    ],
    { cwd: at.path },
  );
  const flags = ["--deny", `${at.path}/sub/hidden`, "--deny", `${at.path}/sub/deep`];
  const { stdout, stderr } = await reduced(at, flags, "sh", "-c", script.replace("kept/../", ""));
  t.is(stdout, "1\ndeep\nhidden\nseen\n");
  t.is(stderr.match(/Permission denied/g)?.length, 2, stderr);
});

test.serial("ordinary work: files, git, node and children", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const inside = [
    "mkdir -p a/b && echo x > a/b/c && mv a/b/c a/ && ln a/c a/d && ln -s c a/e && cat a/e && rm -r a",
    "git -c user.name=x -c user.email=x commit -qam two && git log --oneline | wc -l",
    'node -e \'console.log(require("child_process").execSync("echo child").toString().trim())\'',
    "exit 3",
  ].join(" && ");
  const repository = "git init -q . && git add -A && git -c user.name=x -c user.email=x commit -qm one";
  const made = await command([...asUser, "sh", "-c", repository], { cwd: at.path, env: at.env });
  t.is(made.exitCode, 0, made.stderr);
  const found = await reduced(at, ["--rw", "--no-guards"], "sh", "-c", `echo y >> kept; ${inside}`);
  t.is(found.stdout, "x\n2\nchild\n", found.stderr);
  t.is(found.exitCode, 3);
});

test.serial("the program ends with its caller, and its status is that of the sandbox", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const killed = await reduced(at, [], "sh", "-c", "kill -TERM $$");
  t.is(killed.exitCode, 143);
  const argv = [...asUser, ...cofferArgv(), "sandbox", "--reduced", "--", "sh", "-c", "echo $$; exec sleep 60"];
  const running = start(argv, { cwd: at.path, env: at.env });
  await running.saw("\n");
  const pid = Number(running.output());
  process.kill(running.pid, "SIGKILL");
  await running.done;
  for (let left = 100; left > 0 && isAlive(pid); left -= 1) await pause(50);
  t.false(isAlive(pid));
});

for (const [streams, terminals] of [
  ["", "1 1 1"],
  ["> out", "0 0 1"],
  ["2> out", "1 1 0"],
  ["> out 2>&1", "0 0 0"],
  ["< /dev/null", "0 1 1"],
  ["< /dev/null > out", "0 0 1"],
] as const)
  test.serial(`what is typed after its end is the caller's (${streams || "all on the terminal"})`, async (t) => {
    const at = await place(t);
    if (at === undefined) return;
    const found = await typed(at, streams);
    t.deepEqual(found, { terminals, taken: "ended", line: true });
  });

test.serial("this would be seen: the caller's terminal is given to it", async (t) => {
  t.timeout(300_000);
  const at = await place(t);
  if (at === undefined) return;
  const edit = {
    file: "packages/core/src/runtime/sandbox/reduced/streams.ts",
    from: 'return kind === "char" && major !== memoryMajor;',
    to: 'return kind === "link" && major !== memoryMajor;',
  };
  const found = await typed({ ...at, build: buildWeakened([edit]) }, "");
  t.regex(found.taken, /typed/);
  t.false(found.line);
});

test.serial("a program of a terminal has the size of the caller's, its keys, and jobs", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const jobs = "set -m; sleep 0.1 & fg > /dev/null; echo job $?; tty < /dev/tty > /dev/null && echo own";
  const { stdout, stderr } = await onTerminal(
    at,
    `stty rows 33 cols 77; ${shellOf(at, "bash", "-c", `stty size; ${jobs}`)}`,
  );
  t.regex(stdout, /33 77/, stderr);
  t.regex(stdout, /job 0/);
  t.regex(stdout, /own/);
});

/** A zombie has ended. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test.serial("what it leaves behind goes on, in the same domain", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const script = `(sleep 0.5; cat ${at.beside}/secret > left 2> error; echo ended >> left) > /dev/null 2>&1 &`;
  const { exitCode } = await reduced(at, ["--rw", "--no-guards"], "sh", "-c", script);
  t.is(exitCode, 0);
  await pause(1500);
  t.is(readFileSync(`${at.path}/left`, "utf8"), "ended\n");
  t.regex(readFileSync(`${at.path}/error`, "utf8"), /Permission denied/);
});

test.serial("as root the files of the system keep their modes", async (t) => {
  const at = await place(t);
  if (at === undefined) return;
  const script =
    "chmod 755 /usr/bin/env; cat /etc/shadow; python3 -c 'import os; os.fchmod(os.open(\"/usr/bin/env\", 0), 0o755)'";
  const { stderr } = await command([...cofferArgv(), "sandbox", "--reduced", "--", "sh", "-c", script], {
    cwd: at.path,
  });
  t.regex(stderr, /chmod: .*Operation not permitted/);
  t.regex(stderr, /shadow: Permission denied/);
  t.regex(stderr, /PermissionError/);
  t.is(statSync("/usr/bin/env").mode & 0o777, 0o755);
});
