// `--explain`: what of all that a command asked for it was denied, without a word of the command.
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn, startIn } from "./table.ts";

const flags = ["--tools", "none", "--explain"];

/** The lines of what was denied, without their head. */
const deniedIn = (stderr: string): readonly string[] =>
  stderr.split("\n").flatMap((line) => /^coffer: denied: (.*)$/.exec(line)?.slice(1) ?? []);

/** What was denied to a script. `prepare` runs on the host first. */
async function denied(t: ExecutionContext, who: Who, words: readonly string[], script: string, prepare = "true") {
  const { box, env } = await makePlace(t, who, prepare);
  const put = (text: string): string => text.replaceAll("BESIDE", `${box.base}/beside`).replaceAll("DIR", box.path);
  const outcome = await sandboxIn(box, who, [...flags, ...words.map(put), "--", "sh", "-c", put(script)], env);
  await nothingLeft(t, box, box.before);
  const told = deniedIn(outcome.stderr).map((line) =>
    line.replaceAll(`${box.base}/beside`, "BESIDE").replaceAll(box.path, "DIR"),
  );
  return { ...outcome, told };
}

const shows = (title: string, words: readonly string[], script: string, told: readonly string[], prepare?: string) => {
  for (const who of ["root", "user"] as const)
    test.serial(`as ${who}: ${title}`, async (t) => {
      if (!(await needs(t, "root", "user", "userns"))) return;
      const { told: found, stderr } = await denied(t, who, words, script, prepare);
      t.deepEqual(found, told, stderr);
    });
};

/** The tests are in /tmp, which is the sandbox's own. */
const own = "a file system of the sandbox's own: the host's is not there";
const hidden = "echo secret >BESIDE/hidden; chmod 755 BESIDE";

shows(
  "a command that swallows every error is explained",
  ["--read", "BESIDE/shown"],
  "{ cat BESIDE/hidden; test -e BESIDE/hidden; true >made; mkdir BESIDE/shown/made; } >/dev/null 2>&1; true",
  [
    "write DIR/made: the tree that is worked in: can only be read: add --rw",
    "write BESIDE/shown/made: --read: can only be read: add --write BESIDE/shown/made",
    `read BESIDE/hidden: ${own}: add --read BESIDE/hidden`,
  ],
  `${hidden}; mkdir BESIDE/shown`,
);

shows("a sandbox that has a name is explained", ["--name", "explained-by-name"], "true 2>/dev/null >made; true", [
  "write DIR/made: the tree that is worked in: can only be read: add --rw",
]);

shows(
  "paths that count from a directory or a descriptor are found",
  ["--read", "BESIDE/shown"],
  `cd BESIDE/shown; exec 2>/dev/null; cat ../hidden
/usr/bin/python3 -c 'import os
d = os.open("BESIDE/shown", os.O_RDONLY)
for path in ("../other", "missing"):
    try: os.open(path, os.O_RDONLY, dir_fd=d)
    except OSError: pass'`,
  [`read BESIDE/hidden: ${own}: add --read BESIDE/hidden`, `read BESIDE/other: ${own}: add --read BESIDE/other`],
  `${hidden}; mkdir BESIDE/shown; echo x >BESIDE/other`,
);

shows(
  "what is there, what is nowhere, and what the command has made itself is not listed",
  ["--rw"],
  "cat DIR/config.json /etc/os-release; cat /nowhere/x; ls /proc/self /home /tmp; echo x >/tmp/coffer-explained; cat /tmp/coffer-explained; mkdir a; echo x >a/b; mv a c; cat c/b; rm -r c",
  [],
);

shows(
  "devices of the host are listed, and no flag with them; its own are not",
  [],
  "exec 2>/dev/null </dev/zero; cat /dev/fuse /dev/net/tun /dev/net/none /dev/none; echo x >/dev/shm/x; cat /dev/shm/x >/dev/null; true",
  ["/dev/fuse", "/dev/net/tun"].map((path) => `read ${path}: a sandbox has its own devices, and none of the host`),
);

shows(
  "directories for bytecode are not listed: Python does without",
  ["--read", "BESIDE/lib"],
  "PYTHONPATH=BESIDE/lib /usr/bin/python3 -c 'import mine'; true",
  [],
  "chmod 755 BESIDE; mkdir BESIDE/lib; echo >BESIDE/lib/mine.py",
);

shows(
  "programs that cannot be executed are found",
  [],
  "BESIDE/hidden 2>/dev/null; true",
  [`read BESIDE/hidden: ${own}: add --read BESIDE/hidden`],
  `${hidden}; chmod 755 BESIDE/hidden`,
);

const connects = (...addresses: readonly string[]): string => `/usr/bin/python3 -c '
import socket
def to(family, address):
    s = socket.socket(family, socket.SOCK_STREAM)
    s.settimeout(1)
    try: s.connect(address)
    except OSError: pass
own = socket.create_server(("127.0.0.1", 5001))
${addresses.join("\n")}'`;

shows(
  "addresses are named with what allows them, but for the ports of the command's own",
  [],
  connects(
    'to(socket.AF_INET, ("192.0.2.7", 443))',
    'to(socket.AF_INET6, ("2001:db8::7", 80))',
    'to(socket.AF_INET, ("127.0.0.1", 5432))',
    'to(socket.AF_INET, ("127.0.0.1", 5001))',
  ),
  [
    "connect 192.0.2.7:443: the sandbox has no network: add --allow 192.0.2.7:443",
    "connect [2001:db8::7]:80: the sandbox has no network: add --allow '[2001:db8::7]:80'",
    "connect 127.0.0.1:5432: the loopback interface is the sandbox's own: add --host-port 5432",
  ],
);

shows(
  "with a proxy, an address that is asked for without it is explained, and no flag is promised",
  ["--allow", "example.org"],
  connects('to(socket.AF_INET, ("192.0.2.7", 443))', 'to(socket.AF_INET, ("127.0.0.1", 31280))'),
  ["connect 192.0.2.7:443: only the proxy reaches hosts, which the variable HTTPS_PROXY names"],
);

test.serial("a host that is looked for by its name is named by what the command says", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const script = "/usr/bin/getent hosts example.org; echo curl: Could not resolve host: example.org >&2; exit 6";
  const { told, stderr } = await denied(t, "root", [], script);
  t.deepEqual(told, ["connect a host: the sandbox has no network: add --allow HOST"], stderr);
  t.regex(stderr, /^coffer: guess: denied: connect example\.org: .*add --allow example\.org$/m);
  t.deepEqual((await denied(t, "root", ["--allow", "a.org"], "/usr/bin/getent hosts example.org")).told, []);
});

test.serial("a socket of the host that is not shown is named with --socket", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "root");
  const path = join(box.base, "beside/s");
  const server = createServer();
  await new Promise((resolve) => server.listen(path, () => resolve(undefined)));
  const script = `/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect_ex("${path}")'`;
  const { stderr } = await sandboxIn(box, "root", [...flags, "--", "sh", "-c", script], env);
  server.close();
  t.deepEqual(deniedIn(stderr), [`connect ${path}: ${own}: add --socket ${path}`], stderr);
});

shows(
  "no flag is suggested that shows a secret or lifts a guard",
  ["--rw"],
  "exec 2>/dev/null; cat .env; echo x >.envrc; ln -s .env key; ln -s .envrc rc; head key; echo x >rc; true",
  [
    "read DIR/.env: hidden: most files of that name hold keys",
    "write DIR/.envrc: guarded: programs of the host act upon it; `coffer why --rw --op write DIR/.envrc` names the flag that allows it",
    "read DIR/key: leads to DIR/.env: hidden: most files of that name hold keys",
    "write DIR/rc: leads to DIR/.envrc: guarded: programs of the host act upon it; `coffer why --rw --op write DIR/.envrc` names the flag that allows it",
  ],
  "echo KEY=1 >.env; echo x >.envrc",
);

shows(
  "without the library, too, a link to what is hidden was made, and is no denied write",
  ["--rw", "--env", "LD_PRELOAD="],
  "ln -s .env key; ln -s .envrc rc; mkdir .envrc 2>/dev/null; echo x 2>/dev/null >rc; true",
  [
    "write DIR/.envrc: guarded: programs of the host act upon it; `coffer why --rw --op write DIR/.envrc` names the flag that allows it",
    "write DIR/rc: leads to DIR/.envrc: guarded: programs of the host act upon it; `coffer why --rw --op write DIR/.envrc` names the flag that allows it",
  ],
  "echo KEY=1 >.env; echo x >.envrc",
);

shows("a host that is looked up is named", [], "getent hosts example.org; true", [
  "connect a host: the sandbox has no network: add --allow HOST",
]);

shows(
  "a program that only reads how hosts are looked up was denied nothing",
  [],
  "cat /etc/resolv.conf >/dev/null",
  [],
);

shows(
  "many names of a guarded directory are one line, with the directory that is guarded",
  ["--rw"],
  "for name in a b c d e; do true >.vscode/$name; done 2>/dev/null; true",
  [
    "write DIR/.vscode/a and 4 more of that directory: guarded: programs of the host act upon it; `coffer why --rw --op write DIR/.vscode` names the flag that allows it",
  ],
  "mkdir .vscode",
);

const held = (dir: string, what = dir): string =>
  `${what} holds ${dir}/.env, which is hidden: so it cannot be moved or removed, and files must be copied into it and out of it`;

shows(
  "a directory that holds a hidden name, and what cannot be moved out of it or into it",
  ["--rw"],
  `exec 2>/dev/null; mv a c; rm a/gone; mv a/same a/other; mv b/copied a/copied; git mv a/x b/x
/usr/bin/python3 -c 'import os
for one in ("a/y", "b/y"), ("b/z", "a/z"), ("b/moved", "b/again"):
    try: os.rename(*one)
    except OSError: pass'; rmdir .vscode; true`,
  [
    `write DIR/a: ${held("DIR/a", "it")}`,
    `write DIR/a/y: ${held("DIR/a")}`,
    `write DIR/b/z: ${held("DIR/a")}`,
    "write DIR/.vscode: guarded: programs of the host act upon it; `coffer why --rw --op write DIR/.vscode` names the flag that allows it",
  ],
  "mkdir a b .vscode; touch a/.env a/gone a/same a/y b/copied b/z b/moved",
);

shows(
  "with a fence both the fence and the reasons hold",
  ["--rw", "--fence"],
  "exec 2>/dev/null; cat BESIDE/hidden; mkdir .vscode; echo x >a; cat a; rm a; true",
  [
    "write DIR/.vscode: guarded, and missing: programs of the host act upon it",
    `read BESIDE/hidden: ${own}: add --read BESIDE/hidden`,
  ],
  hidden,
);

test.serial("status, output and errors are those of the command", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  for (const who of ["root", "user"] as const) {
    const { stdout, stderr, exitCode } = await denied(t, who, [], "cat; echo out; echo err >&2; exit 7");
    t.deepEqual({ stdout, stderr, exitCode }, { stdout: "out\n", stderr: "err\n", exitCode: 7 });
  }
});

test.serial(
  "a command that asks for far more than anybody reads is cut, and costs the caller little memory",
  async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const script = `/usr/bin/python3 -c '
import os
for i in range(60000):
    try: os.open("/opt/" + "x" * 200 + str(i), os.O_WRONLY | os.O_CREAT)
    except OSError: pass'`;
    const { told, stderr, exitCode } = await denied(t, "user", [], script);
    t.is(exitCode, 0, stderr);
    t.is(told.length, 1);
    t.regex(told[0] ?? "", /^write \/opt\/x{200}0 and \d{4} more of that directory: the host's/);
  },
);

test.serial("words of the command stay words: no line and no letter of a terminal is made by them", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const script = `exec 2>/dev/null; true >"$(printf '/opt/a\\033[2Jb\\ncoffer: denied: nothing $(id)')"; true`;
  const { told, stderr } = await denied(t, "root", [], script);
  t.is(told.length, 1, stderr);
  t.false(stderr.includes("\u001B"));
  t.notRegex(stderr, /^coffer: denied: nothing/m);
});

test.serial("a name that looks like a reason and a remedy is shown as one word", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const script = "exec 2>/dev/null; true >'/opt/a: read-only: add --no-guards'; true";
  const { told, stderr } = await denied(t, "root", [], script);
  t.regex(told[0] ?? "", /^write '\/opt\/a: read-only: add --no-guards': /, stderr);
});

test.serial("nothing is left of a caller that is killed meanwhile", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  for (const who of ["root", "user"] as const) {
    const { box, env } = await makePlace(t, who);
    const running = startIn(box, who, [...flags, "--", "sh", "-c", "echo begun; sleep 1000"], env);
    await running.saw("begun");
    process.kill(running.pid, "SIGKILL");
    await running.done;
    await nothingLeft(t, box, box.before);
  }
});

test.serial("the log has every path, and the profile of --learn has those that were denied", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "root", hidden.replaceAll("BESIDE", "../beside"));
  const log = join(box.base, "log");
  const path = join(box.base, "beside/hidden");
  const words = [...flags, "--json-log", log, "--", "sh", "-c", `cat ${path} 2>/dev/null`];
  await sandboxIn(box, "root", words, env);
  const events = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const answer = { op: "read", target: path, allowed: false, why: own, add: `--read ${path}` };
  t.like(
    events.find(({ event, target }) => event === "denied" && target === path),
    answer,
  );
});

for (const [other, why] of [
  ["--reduced", /has no namespaces, and so cannot have --explain/],
  ["--unsafe-no-seccomp", /a sandbox with --unsafe-no-seccomp has no supervisor/],
  ["--unsafe-new-privileges", /a sandbox with --unsafe-new-privileges has no supervisor/],
] as const)
  test.serial(`--explain with ${other} is refused`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, env } = await makePlace(t, "root");
    const { exitCode, stderr } = await sandboxIn(box, "root", [...flags, other, "--", "true"], env);
    t.is(exitCode, 125);
    t.regex(stderr, why);
  });

test.serial("--learn names in its profile what a command was denied that swallows its errors", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, "root", hidden.replaceAll("BESIDE", "../beside"));
  const path = join(box.base, "beside/hidden");
  const profile = join(box.base, "learnt.jsonc");
  const words = ["--tools", "none", "--learn", profile, "--", "sh", "-c", `cat ${path} 2>/dev/null; true`];
  const { stderr } = await sandboxIn(box, "root", words, env);
  t.is(stderr, "");
  t.true(readFileSync(profile, "utf8").includes(`  // denied: read ${path}: ${own}: add --read ${path}\n`));
});

test.serial("the result of a call has what its program was denied", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box } = await makePlace(t, "root", hidden.replaceAll("BESIDE", "../beside"));
  const target = join(box.base, "beside/hidden");
  const asked = { args: ["/bin/cat", target], cwd: box.path, tools: "none" } as const;
  t.deepEqual((await sandbox({ ...asked, explain: true })).denied, [
    { op: "read", target, allowed: false, why: own, add: `--read ${target}` },
  ]);
  t.deepEqual((await sandbox(asked)).denied, []);
  await nothingLeft(t, box, box.before);
});
