// Reports about a sandbox: guesses about files, a log of events, a profile of what was used, and settings of others.
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command, start } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, testUser } from "../helpers/user.ts";

type Who = "root" | "user";

async function makeField(t: ExecutionContext, who: Who) {
  const made = makeBox(t);
  const own = who === "user" ? giveToUser(made) : {};
  const home = join(made.base, "me");
  const as = who === "user" ? asUser : [];
  mkdirSync(home);
  const box = { ...made, before: snapshot(made) };
  const env = { ...own, HOME: home };
  const coffer = (verb: string, ...words: readonly string[]) =>
    command([...as, ...cofferArgv(), verb, ...words], { cwd: box.path, env });
  const sandbox = (words: readonly string[], script: string) =>
    coffer("sandbox", "--tools", "none", ...words, "--", "bash", "-c", script);
  return { box, home, env, as, coffer, sandbox };
}

const guesses = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, home, sandbox } = await makeField(t, who);
    writeFileSync(join(home, "data"), "x");
    mkdirSync(join(home, ".ssh"));
    writeFileSync(join(home, ".ssh/id_rsa"), "x");
    const script = `touch made; cat ${home}/data ${home}/nowhere; echo "x: ${home}/.ssh/id_rsa: Permission denied" >&2; exit 3`;
    const { stderr, exitCode } = await sandbox(["--hints"], script);
    t.is(exitCode, 3);
    t.regex(stderr, /^touch: /m, "what the program says is passed on");
    t.regex(stderr, new RegExp(`^coffer: guess: denied: write ${box.path}/made: .*: add --rw$`, "m"));
    t.regex(stderr, new RegExp(`^coffer: guess: denied: read ${home}/data: .*: add --read ${home}/data$`, "m"));
    t.notRegex(stderr, /guess.*nowhere/);
    t.notRegex(stderr, /add --read \S*\.ssh/, "a program's word does not suggest to show a secret");
    t.notRegex((await sandbox([], script)).stderr, /guess/);
    t.notRegex((await sandbox(["--hints"], "touch made; true")).stderr, /guess/);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_, who: Who) => `as ${who}: files that a program was denied are guessed`,
});
test.serial(guesses, "root");
test.serial(guesses, "user");

test.serial("a program of the host that the sandbox does not show is named with the flag that shows it", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  for (const who of ["root", "user"] as const) {
    const { box, coffer } = await makeField(t, who);
    const path = join(box.base, "tool");
    writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 });
    const run = (...words: readonly string[]) => coffer("sandbox", "--tools", "none", ...words, "--", path);
    const { exitCode, stderr } = await run();
    t.is(exitCode, 127);
    t.true(stderr.includes(`: the host has ${path}: `) && stderr.endsWith(`: add --read ${path}\n`), stderr);
    t.is((await run("--read", path)).exitCode, 0);
    t.notRegex((await coffer("sandbox", "--", `${path}-none`)).stderr, /the host has/);
  }
});

test.serial("hosts are guessed where there is no network, and no proxy to tell of them", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { sandbox } = await makeField(t, "root");
  const script = "echo 'curl: (6) Could not resolve host: example.org' >&2; exit 6";
  const guess = /^coffer: guess: denied: connect example\.org: the sandbox has no network: add --allow example\.org$/m;
  t.regex((await sandbox(["--hints"], script)).stderr, guess);
  t.notRegex((await sandbox([], script)).stderr, guess);
  t.notRegex((await sandbox(["--hints", "--allow", "a.org"], script)).stderr, guess);
});

const noNetwork = "coffer: denied: connect a host: the sandbox has no network: add --allow HOST\n";
const noProxy = "coffer: denied: connect a host: only the proxy reaches hosts, which the variable HTTPS_PROXY names\n";
const wants = test.macro<[title: string, row: { flags?: readonly string[]; script: string; told: boolean }]>({
  exec: async (t, _, { flags = [], script, told }) => {
    const line = flags.includes("--allow") ? noProxy : noNetwork;
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const who of ["root", "user"] as const) {
      const { box, sandbox } = await makeField(t, who);
      // A command of a millisecond may be over before its counters are opened.
      const { stderr } = await sandbox(flags, `sleep 0.2; ${script}`);
      t.is(stderr.split(line).length - 1, told ? 1 : 0, stderr);
      await nothingLeft(t, box, box.before, "rootfs");
    }
  },
  title: (_, title, { flags = [] }) => `${flags.includes("--allow") ? "with a proxy" : "without a network"}: ${title}`,
});
const lookUp = "getent hosts example.org";
test.serial(wants, "a command that fails after a look-up is told why", { script: `${lookUp}; exit 3`, told: true });
test.serial(wants, "so is one that wanted an address", { script: "true > /dev/tcp/192.0.2.7/80; exit 3", told: true });
test.serial(wants, "so is one with a port of the host", { flags: ["--host-port", "5432"], script: lookUp, told: true });
test.serial(wants, "one that succeeds is told nothing", { script: `${lookUp}; true`, told: false });
test.serial(wants, "one that asked its own ports is told nothing", {
  script: "echo x > /dev/udp/127.0.0.1/53; echo x > /dev/tcp/127.0.0.1/80; exit 3",
  told: false,
});
test.serial(wants, "one that fails otherwise is told nothing", {
  script: "getent ahosts localhost; exit 3",
  told: false,
});
test.serial(wants, "so is one that wanted an address of IPv6", {
  script: "true > /dev/tcp/2001:db8::1/80; exit 3",
  told: true,
});
const proxied = ["--allow", "a.org"];
test.serial(wants, "a command that fails after a look-up by itself is told why", {
  flags: proxied,
  script: `${lookUp}; exit 3`,
  told: true,
});
for (const address of ["192.0.2.7", "2001:db8::1"])
  test.serial(wants, `so is one that wanted ${address}`, {
    flags: proxied,
    script: `true > /dev/tcp/${address}/80; exit 3`,
    told: true,
  });
test.serial(wants, "one that succeeds is told nothing", { flags: proxied, script: `${lookUp}; true`, told: false });

test.serial("without a network: what the host has sent is told of no sandbox", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box } = await makeField(t, "root");
  for (const flag of ["--unsafe-host-network", "--reduced"]) {
    const words = [
      ...cofferArgv(),
      "sandbox",
      "--tools",
      "none",
      "--no-guards",
      flag,
      "--",
      "bash",
      "-c",
      "sleep 0.2; exit 3",
    ];
    const before = ["bash", "-c", 'true > /dev/tcp/192.0.2.7/80; exec "$@"', "-"];
    const { stderr, exitCode } = await command(["unshare", "--net", ...before, ...words], { cwd: box.path });
    t.is(exitCode, 3, stderr);
    t.true(stderr.includes("unreachable"), "the host's counter has it");
    t.notRegex(stderr, /^coffer: denied/m, flag);
  }
});

const fails = test.macro<[title: string, row: { script: string; told: string }]>({
  exec: async (t, _, { script, told }) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const who of ["root", "user"] as const) {
      const { box, sandbox } = await makeField(t, who);
      const log = join(box.path, "events");
      const { stderr } = await sandbox(["--allow", "none.invalid", "--allow", "127.0.0.1", "--json-log", log], script);
      t.is(stderr.replaceAll(/^coffer: warning: .*\n/gm, ""), told);
      t.true(readFileSync(log, "utf8").includes(`"event":"failed"`), "the log has it, however the command ends");
      rmSync(log);
      await nothingLeft(t, box, box.before, "rootfs");
    }
  },
  title: (_, title) => `an allowed host that cannot be reached: ${title}`,
});
const ask = (target: string): string =>
  `exec 3<>/dev/tcp/127.0.0.1/31280; printf 'CONNECT ${target} HTTP/1.1\\r\\n\\r\\n' >&3; cat <&3 >/dev/null`;
const noHost = "coffer: failed: connect none.invalid:443: no such host (ENOTFOUND)\n";
test.serial(fails, "a name that leads nowhere is told once", {
  script: `${ask("none.invalid:443")}; ${ask("none.invalid:443")}; exit 3`,
  told: noHost,
});
test.serial(fails, "so is a port that refuses", {
  script: `${ask("127.0.0.1:1")}; exit 3`,
  told: "coffer: failed: connect 127.0.0.1:1: the connection is refused (ECONNREFUSED)\n",
});
test.serial(wants, "one that asked the proxy is told nothing more", {
  flags: proxied,
  script: `${ask("a.org:1")}; getent ahosts localhost; exit 3`,
  told: false,
});
test.serial(fails, "a command that succeeds is told nothing", { script: ask("none.invalid:443"), told: "" });

const config = test.macro<[title: string, row: { flags?: readonly string[]; script: string; told: boolean }]>({
  exec: async (t, _, { flags = [], script, told }) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const who of ["root", "user"] as const) {
      const { box, sandbox } = await makeField(t, who);
      t.is((await command([...(who === "user" ? asUser : []), "git", "init", "-q", box.path])).exitCode, 0);
      const { stderr } = await sandbox(["--rw", ...flags], script);
      const line = `coffer: denied: write ${box.path}/.git/config: guarded: programs of the host act upon it; \`coffer why`;
      t.is(stderr.split(line).length - 1, told ? 1 : 0, stderr);
    }
  },
  title: (_, title) => `a config of git: ${title}`,
});
const twice = "git config a.b c; git config a.d e";
test.serial(config, "who cannot change it is told that it is guarded, once", {
  script: `sleep 0.2; ${twice}`,
  told: true,
});
test.serial(config, "also by a command that succeeds", { script: `sleep 0.2; ${twice}; true`, told: true });
test.serial(config, "who reads it is told nothing", {
  script:
    "sleep 0.2; git config --list; git status; touch a; git add a; git -c user.name=a -c user.email=a@b commit -qm a",
  told: false,
});
test.serial(config, "who may change it is told nothing", {
  flags: ["--write", ".git/config"],
  script: twice,
  told: false,
});
test.serial(config, "without guards nothing is told", { flags: ["--no-guards"], script: twice, told: false });

const later = test.macro<[title: string, row: { flags?: readonly string[]; script: string; told: readonly string[] }]>({
  exec: async (t, _, { flags = [], script, told }) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    for (const who of ["root", "user"] as const) {
      const { box, env, as } = await makeField(t, who);
      t.is((await command([...as, "git", "init", "-q", box.path])).exitCode, 0);
      const argv = [...as, ...cofferArgv(), "--root", box.state];
      const how = { cwd: box.path, env };
      const first = ["sandbox", "--tools", "none", "--rw", ...flags, "--name", "first"];
      const wants = "getent hosts example.org; echo begun; read word";
      const open = start([...argv, ...first, "--", "sh", "-c", wants], { ...how, keepStdin: true });
      await open.saw("begun");
      const { stderr, exitCode } = await command([...argv, "exec", "first", "bash", "-c", script], how);
      open.write("x\n");
      t.is((await open.done).exitCode, 0);
      t.is(exitCode, script.endsWith("true") ? 0 : 3, stderr);
      const lines = stderr.split("\n").filter((line) => line.startsWith("coffer: denied: "));
      t.is(lines.length, told.length, stderr);
      for (const [at, line] of lines.entries()) t.true(`${line}\n`.startsWith(told[at] ?? "none"), line);
      await nothingLeft(t, box, box.before, "rootfs");
    }
  },
  title: (_, title) => `a further command: ${title}`,
});
const guarded = "coffer: denied: write ";
test.serial(later, "one that fails after a look-up is told why", {
  script: `${lookUp}; git config a.b; exit 3`,
  told: [noNetwork],
});
test.serial(later, "what the command before it has wanted is not told", { script: "exit 3", told: [] });
test.serial(later, "one that succeeds is told nothing of hosts", { script: `${lookUp}; true`, told: [] });
test.serial(later, "with a proxy it is told of it", {
  flags: proxied,
  script: `${lookUp}; exit 3`,
  told: [noProxy],
});
test.serial(later, "with a proxy too each is told of itself alone", { flags: proxied, script: "exit 3", told: [] });
test.serial(later, "a config that is guarded is told, and then what was wanted of the network", {
  script: `${twice}; ${lookUp}; exit 3`,
  told: [guarded, noNetwork],
});
test.serial(later, "a config that is guarded is told whoever succeeds", {
  script: `${twice}; true`,
  told: [guarded],
});
test.serial(later, "who may change the config is told nothing", {
  flags: ["--write", ".git/config"],
  script: `${twice}; exit 3`,
  told: [],
});

test.serial("guards are not suggested to be lifted, and words of a program are escaped", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, coffer, sandbox } = await makeField(t, "root");
  mkdirSync(join(box.path, ".vscode"));
  const script = "echo a > .vscode/x; printf '\\033[2J/etc/\\033[2J\\302\\233x: Permission denied\\n' >&2; exit 1";
  const { stderr } = await sandbox(["--rw", "--hints"], script);
  const told =
    /^coffer: guess: denied: write \S+\/\.vscode\/x: guarded: [^:]*; `coffer why --rw --op write (\S+)` names the flag/m;
  t.regex(stderr, told);
  const why = await coffer("why", "--rw", "--op", "write", told.exec(stderr)?.[1] ?? "");
  t.regex(why.stdout, /guarded: .*: add --write \S+\.vscode$/m);
  for (const line of stderr.split("\n")) if (line.startsWith("coffer: ")) t.regex(line, /^[\x20-\x7e]*$/);
});

test.serial("a guard is guessed of a command that succeeds as well", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  for (const who of ["root", "user"] as const) {
    const { box, as, sandbox } = await makeField(t, who);
    t.is((await command([...as, "git", "init", "-q", box.path])).exitCode, 0);
    const script = "echo x >.git/hooks/pre-commit; cat /etc/shadow; true";
    const { stderr, exitCode } = await sandbox(["--rw", "--hints"], script);
    t.is(exitCode, 0);
    const guesses = stderr.split("\n").filter((line) => line.startsWith("coffer: guess: "));
    t.is(guesses.length, 1, stderr);
    t.regex(
      guesses[0] ?? "",
      /^coffer: guess: denied: write \S+\/\.git\/hooks\/pre-commit: guarded: .*`coffer why --rw/,
    );
  }
});

const moved = (held: string, dir: string, name: string): RegExp =>
  new RegExp(
    `^coffer: guess: denied: write \\S+/${held}: (?:it|\\S+/${dir}) holds \\S+/${name}, which is hidden: .* must be copied`,
    "m",
  );

test.serial("what cannot be moved is explained by what it holds", async (t) => {
  if (!(await needs(t, "root", "user", "userns"))) return;
  for (const who of ["root", "user"] as const) {
    const { box, sandbox } = await makeField(t, who);
    for (const dir of ["a", "b", ".vscode"]) mkdirSync(join(box.path, dir));
    for (const name of ["a/.env", "a/x"]) writeFileSync(join(box.path, name), "x");
    if (who === "user") await command(["chown", "-R", testUser, box.path]);
    const told = async (script: string) => (await sandbox(["--rw", "--hints"], script)).stderr;
    t.regex(await told("mv a c"), moved("a", "a", "a/\\.env"), who);
    t.regex(
      await told('/usr/bin/python3 -c \'import os; os.rename("a/x", "b/x")\''),
      moved("a/x", "a", "a/\\.env"),
      who,
    );
    t.regex(await told("mv .vscode c"), /denied: write \S+\/\.vscode: guarded: .* --rw --op write \S+\/\.vscode`/, who);
    t.notRegex(await told("mv b/none c; echo \"'b': Device or resource busy\" >&2; exit 1"), /guess/, who);
  }
});

test.serial("advice is a word of a shell, whatever a program calls its files", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, sandbox } = await makeField(t, "root");
  const log = join(box.base, "events");
  const said = `touch: cannot touch '/opt/x;touch ${box.base}/pwned #': Read-only file system`;
  const { stderr } = await sandbox(["--hints", "--json-log", log], `echo "${said}" >&2; exit 1`);
  const word = `--write '/opt/x;touch ${box.base}/pwned #'`;
  t.true(stderr.includes(`: add ${word}\n`), stderr);
  t.true(readFileSync(log, "utf8").includes(JSON.stringify(word)));
});

const proxy = (said: string): string => `exec 3<>/dev/tcp/127.0.0.1/31280; printf '${said}' >&3; cat <&3 >/dev/null`;

test.serial("events are lines of JSON, in a file that the command neither reads nor changes", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, sandbox } = await makeField(t, "root");
  const log = join(box.path, "events");
  const target = join(box.base, "target");
  writeFileSync(target, "");
  const changes = [
    "cat events",
    ": > events",
    "echo {} >> events",
    "rm -f events",
    "mv events moved",
    "ln -sf target events",
  ];
  const script = `${proxy("CONNECT b.org:443 HTTP/1.1\\r\\n\\r\\n")}; (${changes.join("; ")}); exit 3`;
  const { exitCode, stdout } = await sandbox(["--rw", "--allow", "a.org", "--json-log", "events"], script);
  t.is(exitCode, 3);
  t.is(stdout, "");
  t.is(readFileSync(target, "utf8"), "");
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  const events = lines.map((line): { readonly event: string } => JSON.parse(line));
  t.deepEqual(
    events.map(({ event }) => event),
    ["start", "denied", "end"],
  );
  t.like(events[1], { op: "connect", target: "b.org:443", add: "--allow b.org:443" });
  t.like(events[2], { status: 3 });
  rmSync(log);
  symlinkSync(target, log);
  const linked = await sandbox(["--json-log", log], "exit 0");
  t.is(linked.exitCode, 125, "a link is not followed");
  rmSync(log);
  const socks = "\\005\\001\\000\\005\\001\\000\\003\\010\\033[2J\\302\\233ab\\000\\120";
  await sandbox(["--allow", "a.org", "--json-log", log], proxy(socks));
  t.notRegex(readFileSync(log, "utf8"), /[^\P{Cc}\n]/u);
  t.regex(readFileSync(log, "utf8"), /"event":"denied"/);
});

test.serial("a program cannot fill the log", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, sandbox } = await makeField(t, "root");
  const log = join(box.base, "events");
  const script = `for i in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/31280; printf 'CONNECT b.org:'$i' HTTP/1.1\\r\\n\\r\\n' >&3; read x <&3); done`;
  const { stderr } = await sandbox(["--allow", "a.org", "--json-log", log], script);
  t.is(stderr.split("\n").filter((line) => line.startsWith("coffer: denied")).length, 20);
  t.is(
    readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line.includes('"denied"')).length,
    300,
  );
});

test.serial("what a command has used becomes a profile, which is never written over a file", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, home, coffer, sandbox } = await makeField(t, "root");
  writeFileSync(join(home, "data"), "x");
  const file = join(box.base, "learnt.jsonc");
  const script = `${proxy("CONNECT 10.0.0.1:80 HTTP/1.1\\r\\n\\r\\n")}; cat ${home}/data; echo '*/ "x": 1' >&2; touch made; touch /opt/x; true`;
  t.is((await sandbox(["--rw", "--learn", file], script)).exitCode, 0);
  const text = readFileSync(file, "utf8");
  t.regex(text, /^ {2}\/\/ denied: connect 10\.0\.0\.1:80: .*$/m);
  t.regex(text, new RegExp(`^ {2}// denied: read ${home}/data: `, "m"));
  t.regex(text, /^ {2}"writable": true$/m);
  t.is(text.split("write /opt/x: ").length, 2, "what was denied is not guessed as well");
  t.is((await coffer("sandbox", "--profile", file, "--", "touch", "again")).exitCode, 0, text);
  t.is((await sandbox(["--learn", file], "true")).exitCode, 125);
  t.is(readFileSync(file, "utf8"), text);
  const link = join(box.base, "link");
  symlinkSync(join(box.base, "new"), link);
  t.is((await sandbox(["--learn", link], "true")).exitCode, 125);
  t.false(existsSync(join(box.base, "new")));
});

test.serial("plans and audits make no directory for downloads", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { home, coffer } = await makeField(t, "root");
  for (const verb of ["plan", "audit", "explain"]) {
    const { exitCode, stderr } = await coffer(verb, "sandbox", "--cache", "npm", "--", "true");
    t.not(exitCode, 125, stderr);
    t.false(existsSync(join(home, ".npm")), verb);
  }
});

test.serial("settings of others become a project's file, with what is lost", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, coffer } = await makeField(t, "root");
  const settings = join(box.base, "srt.json");
  const filesystem = { denyRead: ["secret"], allowWrite: [".", "missing"], denyWrite: ["kept", "later"] };
  writeFileSync(settings, JSON.stringify({ network: { allowedDomains: ["a.org"], "f\u001b[2J": 1 }, filesystem }));
  for (const name of ["secret", "kept"]) writeFileSync(join(box.path, name), "x");
  const made = await coffer("init", "--from", settings);
  t.is(made.exitCode, 0, made.stderr);
  t.regex(made.stdout, /^not forbidden here: network\.f\\x1b\[2J: is not known$/m);
  t.regex(made.stdout, /^not forbidden here: read "later": left away/m);
  t.regex(made.stdout, /^write "missing": left away/m);
  const script = "cat secret; echo a > made; echo a > kept";
  const ran = await coffer("sandbox", "--profile", "coffer.jsonc", "--", "sh", "-c", script);
  t.not(ran.exitCode, 0);
  t.is(ran.stdout, "");
  t.true(existsSync(join(box.path, "made")));
  t.is(readFileSync(join(box.path, "kept"), "utf8"), "x");
  linkSync(join(box.path, "coffer.jsonc"), join(box.base, "again"));
  t.not((await coffer("init", "--from", settings)).exitCode, 0);
});
