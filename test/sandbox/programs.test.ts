// Programs that need something of the host, or of the kernel, that a sandbox keeps from them: it is named, and they work.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { findBrowser } from "../../scripts/site/browser.mjs";
import { repository } from "../helpers/build.ts";
import { command, start, until } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs, postgresPrograms } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, testUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace, sandboxIn } from "./table.ts";

test.serial("an agent's keys are used where its socket is named, and not elsewhere", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "ssh"))) return;
  const { box, env } = await makePlace(t, "user");
  const socket = join(box.base, "run", "agent");
  const asCaller = (...words: readonly string[]) =>
    command([...asUser, ...words], { cwd: box.path, env: { ...env, SSH_AUTH_SOCK: socket } });
  const { stdout: said } = await asCaller("ssh-agent", "-a", socket);
  const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(said)?.[1]);
  await asCaller("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "of-the-caller", "-f", "../run/key");
  t.is((await asCaller("ssh-add", "../run/key")).exitCode, 0);
  const lists = (...words: readonly string[]) =>
    sandboxIn(box, "user", ["--tools", "none", ...words, "--", "ssh-add", "-l"], { ...env, SSH_AUTH_SOCK: socket });
  t.regex((await lists()).stderr, /Could not open a connection to your authentication agent/);
  // The variable alone leads nowhere, and a directory around the socket does not name the socket.
  t.regex((await lists("--env", "SSH_AUTH_SOCK")).stderr, /No such file or directory|Connection refused/);
  t.is((await lists("--env", "SSH_AUTH_SOCK", "--read", join(box.base, "run"))).exitCode, 2);
  const { exitCode, stdout, stderr } = await lists("--env", "SSH_AUTH_SOCK", "--read", socket);
  const { stdout: by } = await lists("--socket", socket);
  t.is(by, stdout);
  // The caller's git signs by a key of the agent: so does that of the sandbox, if it has the socket.
  const config = `[user]\nname = n\nemail = e\nsigningKey = ${join(box.base, "run", "key")}\n[gpg]\nformat = ssh\n[commit]\ngpgSign = true\n`;
  writeFileSync(join(env.HOME ?? "", ".gitconfig"), config);
  const commits = async (...words: readonly string[]): Promise<string> => {
    const script = "git init -q /tmp/r; cd /tmp/r; git commit -q --allow-empty -m m; git cat-file commit HEAD";
    const flags = ["--tools", "none", ...words, "--", "sh", "-c", script];
    return (await sandboxIn(box, "user", flags, { ...env, SSH_AUTH_SOCK: socket })).stdout;
  };
  t.regex(await commits("--socket", socket), /gpgsig -----BEGIN SSH SIGNATURE/);
  t.regex(await commits(), /committer n <e>(?!(?:.|\s)*gpgsig)/);
  process.kill(pid);
  await until("the agent has ended", () => !existsSync(socket));
  t.regex(stdout, /of-the-caller \(ED25519\)/, stderr);
  t.is(exitCode, 0);
  await nothingLeft(t, box, box.before);
});

/** A database of its own at 127.0.0.1, which asks for a password. The server does not run as root. */
async function startDatabase(t: ExecutionContext, box: Box, programs: string) {
  const dir = join(box.base, "database");
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(Object(server.address()).port));
  });
  await new Promise((resolve) => server.close(resolve));
  await command(["install", "-d", "-o", testUser, dir]);
  writeFileSync(join(box.base, "password"), "of-the-host\n");
  const make = ["--auth", "scram-sha-256", "--pwfile", join(box.base, "password"), "--username", "app", "--no-sync"];
  const made = await command([...asUser, join(programs, "initdb"), "--pgdata", join(dir, "data"), ...make], {
    cwd: dir,
  });
  t.is(made.exitCode, 0, made.stderr);
  const settings = ["-k", "", "-p", `${port}`, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"];
  const running = start([...asUser, join(programs, "postgres"), "-D", join(dir, "data"), ...settings], { cwd: dir });
  let isOver = false;
  const end = async (): Promise<void> => {
    if (!isOver) process.kill(running.pid, "SIGINT");
    isOver = true;
    await running.done;
  };
  t.teardown(() => end().finally(() => rmSync(dir, { recursive: true, force: true })));
  await running.saw("ready to accept connections");
  return { port, end };
}

const asksDatabase = test.macro({
  exec: async (t, who: Who) => {
    const programs = postgresPrograms();
    if (!(await needs(t, "root", "user", "userns", "postgres")) || programs === undefined) return;
    const { box, env } = await makePlace(t, who);
    const { port, end } = await startDatabase(t, box, programs);
    const psql = `psql --host localhost --port ${port} --username app --no-password --tuples-only --no-align postgres`;
    const script = `seq 100000 | ${psql} -qc 'create table t (x bigint)' -c 'copy t from stdin' -c 'select sum(x) from t'
seq 8 | xargs -P 8 -I N ${psql} -c 'select 6 * 7' | sort -u`;
    const asks = (...words: readonly string[]) =>
      sandboxIn(box, who, ["--tools", "none", ...words, "--", "sh", "-c", script], {
        ...env,
        PGPASSWORD: "of-the-host",
      });
    const given = ["--env", "PGPASSWORD"];
    const kept = await asks(...given);
    t.is(kept.stdout, "");
    t.regex(kept.stderr, /Connection refused/);
    const other = await asks(...given, "--host-port", port === 5432 ? "5433" : "5432");
    t.regex(other.stderr, new RegExp(`port ${port} failed: Connection refused`));
    // The host's variables are not the sandbox's.
    t.regex((await asks("--host-port", `${port}`)).stderr, /no password supplied/);
    const asked = await asks(...given, "--host-port", `${port}`);
    await end();
    t.is(asked.stdout, "5000050000\n42\n", asked.stderr);
    await nothingLeft(t, box, box.before, "rootfs");
  },
  title: (_, who: Who) => `as ${who}: a database of the host is asked at the port that is named, and at no other`,
});
test.serial(asksDatabase, "root");
test.serial(asksDatabase, "user");

test.serial("Node keeps no compiled code that ends with the sandbox, but where it is given a place", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, env } = await makePlace(t, "root");
  // What npm and tsc do as they start: 3 is DISABLED, and 2 is ALREADY_ENABLED (module.constants.compileCacheStatus).
  const script = "console.log(require('node:module').enableCompileCache().status)";
  const node = ["--read", join(repository, "node_modules")];
  const says = (...words: readonly string[]) =>
    sandboxIn(box, "root", [...node, ...words, "--", process.execPath, "-e", script], env);
  t.like(await says(), { exitCode: 0, stdout: "3\n" });
  t.like(await says("--env", "NODE_COMPILE_CACHE=/tmp/cache"), { exitCode: 0, stdout: "2\n" });
});

test.serial("go builds without a network", async (t) => {
  if (!(await needs(t, "root", "user", "userns", "go"))) return;
  const prepare = "printf 'module m\\n' > go.mod; printf 'package main\\nfunc main() { println(6 * 7) }\\n' > main.go";
  const { box, env } = await makePlace(t, "user", prepare);
  const { stderr, exitCode } = await sandboxIn(box, "user", ["--rw", "--", "sh", "-c", "go build -o m . && ./m"], env);
  t.is(stderr, "42\n");
  t.is(exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("a browser keeps its own pages apart where it may make namespaces, which the audit says", async (t) => {
  const browser = findBrowser();
  if (!(await needs(t, "root", "user", "userns", "chromium")) || browser === undefined) return;
  const { box, env } = await makePlace(t, "user", "echo '<p>made by a page</p>' > page.html");
  const words = ["--profile", "browser", "--tools", "none"];
  const page = [browser, "--headless", "--disable-gpu", "--dump-dom", `file://${box.path}/page.html`];
  const kept = await sandboxIn(box, "user", [...words, "--", ...page], env);
  t.notRegex(kept.stdout, /made by a page/);
  t.regex(kept.stderr, /No usable sandbox/);
  const given = await sandboxIn(box, "user", [...words, "--unsafe-user-namespaces", "--", ...page], env);
  t.regex(given.stdout, /<p>made by a page<\/p>/, given.stderr);
  const shown = [...asUser, ...cofferArgv(), "audit", "sandbox", ...words, "--unsafe-user-namespaces", "--", ...page];
  t.regex((await command(shown, { cwd: box.path, env })).stdout, /\[allows-user-namespaces;/);
  await nothingLeft(t, box, box.before);
});

/** What giving a file to another user says, and to the caller; and an archive that has files of another user. */
const givesAway = `cd "$PWD"; : > f; chown "$(id -u):$(id -g)" f && chown -h "$(id -u)" f && echo own; chown 12345 f; chgrp 12345 f
tar xf a.tar && cat made/of-another`;

async function unpacks(t: ExecutionContext, who: Who): Promise<void> {
  if (!(await needs(t, "root", "user", "userns"))) return;
  const { box, env } = await makePlace(t, who);
  const pack =
    "mkdir made && echo packed > made/of-another && tar --owner 12345 --group 12345 -cf a.tar made && rm -r made";
  t.is((await command(["sh", "-c", pack], { cwd: box.path })).exitCode, 0);
  const { stdout, stderr, exitCode } = await sandboxIn(
    box,
    who,
    ["--rw", "--tools", "none", "--", "sh", "-c", givesAway],
    env,
  );
  t.is(stdout, "own\npacked\n", stderr);
  t.is(exitCode, 0);
  // As on the host without the right: programs that go on without it expect that, and not EINVAL.
  t.regex(stderr, /^chown: [^\n]*: Operation not permitted\nchgrp: [^\n]*: Operation not permitted\n$/);
  await nothingLeft(t, box, box.before);
}

for (const who of ["root", "user"] as const)
  test.serial(`${who} unpacks an archive with files of another user, and can give none away`, unpacks, who);
