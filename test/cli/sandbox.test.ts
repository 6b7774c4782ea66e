// `coffer sandbox`: a container made of nothing but this host, as root and as an ordinary user.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft, snapshot } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

type Who = "root" | "user";

/** A sandbox in the test's own bundle directory, which is the one to work in. */
async function makeSandbox(t: ExecutionContext, who: Who) {
  const made = makeBox(t);
  const env = who === "user" ? giveToUser(made) : {};
  const box: Box = { ...made, before: snapshot(made) };
  const sandbox = (words: readonly string[]): Promise<Outcome> =>
    command([...(who === "user" ? asUser : []), ...cofferArgv(), "sandbox", ...words], { cwd: box.path, env });
  return { box, sandbox, shell: (script: string) => sandbox(["--tools", "none", "--", "sh", "-c", script]) };
}

const script = `
echo pid=$$ host=$(hostname) cwd=$(pwd)
sed -n 's/^\\(CapEff\\|CapBnd\\|Seccomp\\|NoNewPrivs\\):[[:space:]]*/\\1=/p' /proc/self/status
echo procs=$(ls -d /proc/[0-9]* | wc -l)
echo home=$(ls -A /home /tmp | tr '\\n' ' ')
touch here 2>/dev/null && echo wrote
touch /usr/here 2>/dev/null && echo wrote usr
ls /root 2>/dev/null && echo saw root
cat /etc/shadow 2>/dev/null && echo saw shadow
true
`;

const isPrivate = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, shell } = await makeSandbox(t, who);
    const { stdout, stderr, exitCode } = await shell(script);
    t.is(exitCode, 0, stderr);
    t.regex(stdout, new RegExp(`^pid=2 host=sandbox cwd=${box.path}$`, "m"));
    t.regex(stdout, /^CapEff=0+$/m);
    t.regex(stdout, /^CapBnd=0+$/m);
    t.regex(stdout, /^Seccomp=2$/m);
    t.regex(stdout, /^NoNewPrivs=1$/m);
    t.notRegex(stdout, /wrote|saw/);
    t.is(stderr, "");
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, who: Who) => `as ${who}: nothing of the host can be changed`,
});

test.serial(isPrivate, "root");
test.serial(isPrivate, "user");

const writes = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const made = await makeSandbox(t, who);
    const { exitCode, stderr } = await made.sandbox(["--rw", "--", "sh", "-c", "echo text > written"]);
    t.is(exitCode, 0, stderr);
    t.is(readFileSync(join(made.box.path, "written"), "utf8"), "text\n");
    await nothingLeft(t, made.box, made.box.before);
  },
  title: (_provided, who: Who) => `as ${who}: --rw lets it write the directory`,
});

test.serial(writes, "root");
test.serial(writes, "user");

test.serial("as user: no supplementary group is kept", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "newuidmap"))) return;
  const { box } = await makeSandbox(t, "user");
  const { uid, gid } = userIds();
  const member = ["setpriv", "--reuid", `${uid}`, "--regid", `${gid}`, "--groups", `${gid},4,6`, "--"];
  const words = ["sandbox", "--", "grep", "^Groups:", "/proc/self/status"];
  const { stdout, stderr } = await command([...member, ...cofferArgv(), ...words], { cwd: box.path });
  t.is(stdout.trim(), "Groups:", stderr);
});

test.serial("the exit status, input and output are the command's", async (t) => {
  const { box, shell, sandbox } = await makeSandbox(t, "root");
  t.is((await shell("exit 7")).exitCode, 7);
  t.is((await shell("sh -c 'kill -TERM $$'; exit $?")).exitCode, 143);
  t.like(await shell("echo out; echo err >&2"), { stdout: "out\n", stderr: "err\n" });
  const missing = await sandbox(["--", "no-such-program"]);
  t.is(missing.exitCode, 127);
  t.regex(missing.stderr, /^coffer: .*"no-such-program": executable file not found in \$PATH\n$/);
  const line = await sandbox(["--", "echo a"]);
  t.regex(
    line.stderr,
    /"echo a": executable file not found in \$PATH: .* or give the line to a shell: -- sh -c 'LINE'\n$/,
  );
  await nothingLeft(t, box, box.before);
});

test.serial("--trace tells the plan's size and the largest steps", async (t) => {
  const { box, sandbox } = await makeSandbox(t, "root");
  const { stderr } = await sandbox(["--trace", "--", "true"]);
  t.regex(
    stderr,
    /^coffer: plan: \d+ bytes, \d+ ops\ncoffer: launch to exit: [\d.]+ ms\n(coffer: largest: [\d.]+ µs [^\n]+\n){3}$/,
  );
  await nothingLeft(t, box, box.before);
});

test.serial("what is written to the sandbox's own directories is gone", async (t) => {
  const { box, shell } = await makeSandbox(t, "root");
  writeFileSync(join(box.base, "beside"), "hidden");
  const { stdout, exitCode } = await shell(`echo x > /tmp/coffer-trace; cat ${box.base}/beside 2>/dev/null; ls /tmp`);
  t.is(exitCode, 0);
  t.notRegex(stdout, /hidden/);
  t.false(existsSync("/tmp/coffer-trace"));
  await nothingLeft(t, box, box.before);
});

test.serial("the words of a command stay in their places, also those that occur twice", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { sandbox } = await makeSandbox(t, "root");
  t.is((await sandbox(["--", "echo", "a", "b", "a", "-l", "--", "a"])).stdout, "a b a -l -- a\n");
});

test.serial("--net none takes away what settings allow, and nothing can be asked for besides", async (t) => {
  const { box, sandbox } = await makeSandbox(t, "root");
  const settings = join(box.base, "allowing.json");
  writeFileSync(settings, '{"network": {"allow": ["example.org"]}}');
  const proxyOf = async (...words: readonly string[]) =>
    (await sandbox(["--profile", settings, ...words, "--", "sh", "-c", "echo $https_proxy"])).stdout.trim();
  t.regex(await proxyOf(), /127\.0\.0\.1/);
  t.is(await proxyOf("--net", "none"), "");
  for (const [flag, value] of Object.entries({ allow: "example.org", publish: "3000", "host-port": "5432" })) {
    const { exitCode, stderr } = await sandbox(["--net", "none", `--${flag}`, value, "--", "true"]);
    t.is(exitCode, 125);
    t.true(stderr.includes(`${flag} needs a network, and the sandbox is to have none: leave ${flag} out`), stderr);
  }
  const wide = await sandbox(["--net", "none", "--unsafe-host-network", "--", "true"]);
  t.is(wide.exitCode, 125);
  t.regex(wide.stderr, /a sandbox with the host's network can reach all of it/);
  await nothingLeft(t, box, box.before);
});

test.serial("a sandbox needs a command", async (t) => {
  const { sandbox } = await makeSandbox(t, "root");
  const { exitCode, stderr } = await sandbox([]);
  t.is(exitCode, 125);
  t.regex(stderr, /^coffer: [^\n]*command[^\n]*\n$/);
});

const denies = test.macro({
  exec: async (t, who: Who) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, sandbox } = await makeSandbox(t, who);
    const ask = (place: string) =>
      `exec 3<>/dev/tcp/127.0.0.1/31280; printf 'CONNECT ${place} HTTP/1.1\\r\\n\\r\\n' >&3; head -n 1 <&3; exec 3<&-`;
    const places = ["denied.example:443", "denied.example:443", "169.254.169.254:80", "[::1]:22", "other.example:80"];
    const flags = ["--allow", "allowed.example", "--allow", "*.example", "--deny-host", "denied.example"];
    const script = `${places.map(ask).join("\n")}\necho "$https_proxy"`;
    const { stdout, stderr, exitCode } = await sandbox([
      ...flags.slice(0, 2),
      "--tools",
      "none",
      "--",
      "bash",
      "-c",
      script,
    ]);
    t.is(exitCode, 0);
    const whys = [
      ...Array(2).fill("denied.example:443: not allowed; add --allow denied.example:443"),
      "169.254.169.254:80: an address of the host's link, where metadata services are; add --allow 169.254.169.254:80",
      "[::1]:22: an address of the host's loopback interface; add --allow '[::1]:22'",
      "other.example:80: not allowed; add --allow other.example:80",
    ];
    const lines = whys.map((why) => `HTTP/1.1 403 Forbidden (coffer: ${why})\r\n`);
    t.is(stdout, `${lines.join("")}http://127.0.0.1:31280\n`);
    t.deepEqual(stderr.split("\n"), [
      "coffer: denied: connect denied.example:443: not allowed: add --allow denied.example:443",
      "coffer: denied: connect 169.254.169.254:80: an address of the host's link, where metadata services are: add --allow 169.254.169.254:80",
      "coffer: denied: connect [::1]:22: an address of the host's loopback interface: add --allow '[::1]:22'",
      "coffer: denied: connect other.example:80: not allowed: add --allow other.example:80",
      "",
    ]);
    const both = await sandbox([...flags, "--tools", "none", "--", "bash", "-c", ask("denied.example:443")]);
    t.is(both.stderr, "coffer: denied: connect denied.example:443: denied.example is denied\n");
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_provided, who: Who) => `as ${who}: what was denied is told at the end, once, with the flag that allows it`,
});

test.serial(denies, "root");
test.serial(denies, "user");
