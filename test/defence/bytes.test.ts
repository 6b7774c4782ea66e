// Names that are not text: of processes, directories, mounts and users. Whoever can choose one must stop nobody and be nobody else.
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { fails, makeBox, ok, runDetached, stateOf, stopped } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

const sleeper = { "/process/args": ["/probe", "sleep", "1000"] } as const;
const renamed = { "/process/args": ["/probe", "renamed", "sleep", "1000"] } as const;

/** Runs words of coffer after a script of the shell, in namespaces that unshare(1) makes. */
function after(
  box: Box,
  namespaces: readonly string[],
  script: string,
  words: readonly string[],
  who: readonly string[] = [],
): Promise<Outcome> {
  const place = namespaces.length === 0 ? [] : ["unshare", "--propagation", "private", ...namespaces];
  const shell = ["sh", "-ec", `${script.replaceAll("$BASE", box.base)}\nexec "$@"`, "sh"];
  return command([...place, ...shell, ...who, ...cofferArgv(), ...words], { cwd: box.base });
}

test.serial("a container whose process has a name that is not UTF-8 is seen, paused, killed and deleted", async (t) => {
  const box = makeBox(t, renamed);
  await runDetached(t, box);
  const { pid, status } = await stateOf(t, box);
  t.is(status, "running");
  t.deepEqual([...readFileSync(`/proc/${pid}/comm`)], [0x61, 0xff, 0x62, 0x0a]);
  t.regex((await ok(t, box, "list")).stdout, new RegExp(`^${box.tag} +${pid} +running `, "m"));
  await ok(t, box, "ps", ["--format", "json", box.tag]);
  await ok(t, box, "pause", [box.tag]);
  t.is((await stateOf(t, box)).status, "paused");
  await ok(t, box, "resume", [box.tag]);
  await ok(t, box, "exec", [box.tag, "/probe", "renamed", "echo"]);
  await ok(t, box, "kill", [box.tag, "KILL"]);
  await stopped(t, box);
  await ok(t, box, "delete", [box.tag]);
  await runDetached(t, box);
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
});

/** A directory `w\377` of the test, and beside it what Node makes of its name, which belongs to another user. */
const raw = Buffer.from("w\xff", "latin1");
const lookAlike = "w\ufffd";
const goThere = `cd "$BASE/$(printf 'w\\377')"`;

function makePlaces(box: Box): { readonly real: Buffer; readonly fake: string } {
  const real = Buffer.concat([Buffer.from(`${box.base}/`), raw]);
  const fake = `${box.base}/${lookAlike}`;
  mkdirSync(real);
  mkdirSync(fake);
  return { real, fake };
}

const works = test.macro({
  exec: async (t: ExecutionContext, who: "root" | "user") => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const box = makeBox(t);
    const { real, fake } = makePlaces(box);
    const [owner, stranger] = who === "root" ? ["0:0", "coffer-test"] : ["coffer-test", "0:0"];
    const give = `chown ${stranger} "$BASE/${lookAlike}"; chmod 777 "$BASE/${lookAlike}"; chown ${owner} "$BASE/$(printf 'w\\377')"`;
    const env = who === "user" ? giveToUser(box) : {};
    const words = ["sandbox", "--rw", "--", "sh", "-c", "touch here; pwd | od -An -c"];
    await command(["sh", "-ec", give.replaceAll("$BASE", box.base)]);
    const shell = ["sh", "-ec", `${goThere.replaceAll("$BASE", box.base)}\nexec "$@"`, "sh"];
    const outcome = await command([...shell, ...(who === "user" ? asUser : []), ...cofferArgv(), ...words], { env });
    t.is(outcome.exitCode, 0, outcome.stderr);
    t.regex(outcome.stdout, /w +377/);
    t.deepEqual(readdirSync(real), ["here"]);
    t.deepEqual(readdirSync(fake), []);
  },
  title: (_, who) => `a sandbox of ${who} works in the directory that it was called in, never in a look-alike`,
});

test.serial(works, "root");
test.serial(works, "user");

test.serial("a bundle and a state directory of the working directory are never those of a look-alike", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "echo", "real"] });
  const { real, fake } = makePlaces(box);
  cpSync(box.path, fake, { recursive: true });
  const config = readFileSync(`${fake}/config.json`, "utf8");
  writeFileSync(`${fake}/config.json`, config.replace('"real"', '"fake"'));
  rmSync(real, { recursive: true });
  renameSync(box.path, real);
  const words = ["run", "--root", "state", "--bundle", ".", box.tag];
  const { exitCode, stdout, stderr } = await after(box, [], goThere, words);
  t.is(exitCode, 0, stderr);
  t.regex(stdout, /real/);
  t.deepEqual(readdirSync(real).toSorted(), ["config.json", "rootfs", "state"]);
  t.deepEqual(readdirSync(fake).toSorted(), ["config.json", "rootfs"]);
});

test.serial("a created container of such a bundle is listed with its bytes, started and deleted", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, sleeper);
  const { real } = makePlaces(box);
  rmSync(real, { recursive: true });
  renameSync(box.path, real);
  const created = await after(box, [], goThere, ["create", "--root", box.state, "--bundle", ".", box.tag]);
  t.is(created.exitCode, 0, created.stderr);
  t.regex((await ok(t, box, "list")).stdout, /\/w\\xff +/);
  t.regex((await ok(t, box, "state", [box.tag])).stdout, /"bundle": "[^"]*\/w\\udcff"/);
  t.is((await stateOf(t, box)).bundle, `${box.base}/w\udcff`);
  await ok(t, box, "start", [box.tag]);
  await ok(t, box, "delete", ["--force", box.tag]);
});

const odd: Readonly<Record<string, string>> = {
  "a mount": `mkdir -p "$BASE/$(printf 'm\\377')"; mount -t tmpfs none "$BASE/$(printf 'm\\377')"`,
  "a name of a user": `{ cat /etc/passwd; printf 'odd:x:77:77:Jos\\351:/:/bin/sh\\n'; } > $BASE/passwd; mount --bind $BASE/passwd /etc/passwd`,
  "an owner of ids":
    "{ printf 'odd\\377:1:2\\n'; cat /etc/subuid; } > $BASE/subuid; mount --bind $BASE/subuid /etc/subuid",
};

for (const [what, script] of Object.entries(odd))
  test.serial(`${what} that is not UTF-8 stops no verb`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "echo", "ran"] });
    const bundle = box.path;
    const other = `${box.tag}-created`;
    const verbs: Readonly<Record<string, readonly string[]>> = {
      run: ["run", "--root", box.state, "--bundle", bundle, box.tag],
      create: ["create", "--root", box.state, "--bundle", bundle, other],
      sandbox: ["sandbox", "--", "true"],
      doctor: ["doctor"],
      plan: ["plan", bundle],
      audit: ["audit", "--fail-on", "critical", bundle],
      list: ["list", "--root", box.state],
      delete: ["delete", "--root", box.state, "--force", other],
    };
    for (const [verb, words] of Object.entries(verbs)) {
      const outcome = await after(box, ["--mount"], script, words);
      t.is(outcome.stderr, "", verb);
      if (verb !== "audit") t.is(outcome.exitCode, 0, verb);
      if (verb === "list") t.regex(outcome.stdout, new RegExp(`^${other} .* root$`, "m"));
    }
    if (!(await needs(t, "user", "userns"))) return;
    const users = await after(box, ["--mount"], script, ["sandbox", "--", "true"], asUser);
    t.is(users.stderr, "");
    t.is(users.exitCode, 0);
  });

test.serial("a bundle's name makes no row, no column and nothing that a terminal obeys", async (t) => {
  const box = makeBox(t, sleeper);
  const name = `${box.base}/b\nfake   1   running   \u009b2J\u202e`;
  renameSync(box.path, name);
  t.teardown(() => rmSync(name, { recursive: true, force: true }));
  await ok(t, box, "create", ["--bundle", name, box.tag]);
  const rows = (await ok(t, box, "list")).stdout.trimEnd().split("\n");
  t.is(rows.length, 2);
  t.regex(rows[1] ?? "", /\/b\\x0afake \\x20\\x201 \\x20\\x20running \\x20\\x20\\u009b2J\\u202e +\S+ +root$/);
  const json = (await ok(t, box, "list", ["--format", "json"])).stdout;
  t.notRegex(json.trimEnd(), /[\p{Cc}\p{Cf}]/u);
  t.is(JSON.parse(json)[0].bundle, name);
  await ok(t, box, "delete", ["--force", box.tag]);
});

const elsewhere: Readonly<Record<string, readonly string[]>> = {
  "another pid namespace": ["--mount", "--pid", "--fork", "--mount-proc"],
  "another pid namespace, with the /proc of this one": ["--mount", "--pid", "--fork"],
  "another time namespace": ["--mount", "--time", "--boottime", "1000", "--fork"],
};

for (const [where, namespaces] of Object.entries(elsewhere))
  test.serial(`from ${where} a running container is not said to have stopped, and only --force ends it`, async (t) => {
    if (!(await needs(t, "root"))) return;
    const box = makeBox(t, sleeper);
    await runDetached(t, box);
    const call = (verb: string, ...args: readonly string[]): Promise<Outcome> =>
      after(box, namespaces, ":", [verb, "--root", box.state, ...args, box.tag]);
    t.is(JSON.parse((await call("state")).stdout).status, "unknown");
    for (const verb of ["delete", "kill", "start", "pause"]) {
      const { exitCode, stderr } = await call(verb);
      t.is(exitCode, 1, verb);
      t.regex(stderr, /made in another pid or time namespace/);
    }
    t.is((await stateOf(t, box)).status, "running");
    t.is((await call("delete", "--force")).exitCode, 0);
    await nothingLeft(t, box, box.before);
  });

test.serial("a look-alike of the home directory gets no cache of programs", async (t) => {
  const box = makeBox(t);
  const { fake } = makePlaces(box);
  const shell = ["sh", "-ec", `export HOME="${box.base}/$(printf 'w\\377')"; exec "$@"`, "sh"];
  await command([...shell, ...cofferArgv(), "list", "--root", box.state]);
  if (await needs(t, "root", "user")) {
    await command(["chown", "coffer-test", fake]);
    await command([...shell, ...asUser, ...cofferArgv(), "list", "--root", box.state]);
  }
  t.deepEqual(readdirSync(fake), []);
});

test.serial("a word of the command line that is not UTF-8 is refused", async (t) => {
  const box = makeBox(t);
  const shell = ["sh", "-c", `exec "$@" "$(printf 'x\\377')"`, "sh"];
  const outcome = await command([...shell, ...cofferArgv(), "state"]);
  t.not(outcome.exitCode, 0);
  t.regex(outcome.stderr, /is not UTF-8/);
  await fails(t, box, "state", ["none"], /does not exist/);
  t.is((await coffer(box, "list")).exitCode, 0);
  t.true(userIds().uid > 0);
});
