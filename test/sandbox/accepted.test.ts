// A project's file that its caller has accepted: its sandboxes have what it asks for, until a byte of it changes. What a program
// inside, or a repository, can do about that.
import { appendFileSync, chmodSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openRuntime, sandbox } from "@coffer/core";
import type { ExecutionContext } from "ava";
import test from "ava";
import { command } from "../helpers/command.ts";
import { needs } from "../helpers/needs.ts";
import { cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser } from "../helpers/user.ts";
import type { Who } from "./table.ts";
import { makePlace } from "./table.ts";

const callers: readonly Who[] = ["root", "user"];

/** What a caller does in a project of its own, whose home directory is beside. */
async function makeProject(t: ExecutionContext, who: Who, prepare = "true") {
  const { box, env } = await makePlace(t, who, `mkdir ../beside/home; ${prepare}`);
  const beside = join(box.base, "beside");
  const prefix = who === "user" ? asUser : [];
  const own = { ...env, HOME: join(beside, "home") };
  const coffer = (words: readonly string[], cwd = box.path) =>
    command([...prefix, ...cofferArgv(), ...words], { cwd, env: own });
  const inside = (script: string, flags: readonly string[] = []) =>
    coffer(["sandbox", ...flags, "--", "sh", "-c", script]);
  return {
    box,
    beside,
    coffer,
    inside,
    file: join(box.path, "coffer.json"),
    record: `${join(beside, "home")}/.local/state/coffer/accepted`,
    accept: async () => {
      const { exitCode, stdout, stderr } = await coffer(["accept", "--yes"]);
      t.is(exitCode, 0, stderr);
      return stdout;
    },
    refuses: async (why: RegExp, what = "") => {
      const { exitCode, stdout, stderr } = await inside("echo ran");
      t.is(exitCode, 125, `${what} ${stdout}`);
      t.is(stdout, "", what);
      t.regex(stderr, why, what);
    },
  };
}

const writable = `echo '{"writable": true}' > coffer.json`;

for (const who of callers) {
  test.serial(`as ${who}: a file is accepted until a byte changes, and what is new is told`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const project = await makeProject(t, who, `${writable}; mkdir ../beside/more`);
    const { file, inside, coffer, accept, refuses } = project;
    await refuses(/more than projects may have: "writable": `coffer accept \S+coffer\.json`/);
    const asked = await coffer(["accept"]);
    t.like(asked, { exitCode: 1 });
    t.regex(asked.stderr, /no terminal to ask at: give --yes/);
    t.regex(await accept(), /lets commands in a sandbox of this project\n {2}write the tree.*\naccepted/);
    t.like(await inside("touch made && echo ok"), { stdout: "ok\n", stderr: "" });
    t.regex((await coffer(["accept"])).stdout, /you have accepted it/);
    t.regex((await coffer(["accept", "--list"])).stdout, /^accepted .*coffer\.json$/m);
    t.regex((await coffer(["doctor"])).stdout, /^ok +settings: .*coffer\.json, which you have accepted$/m);
    t.regex((await coffer(["audit", "sandbox", "--", "true"])).stdout, /^accepted +.*coffer\.json: "writable"$/m);
    appendFileSync(file, "\n");
    await refuses(/has changed since you accepted it \(it asks for nothing new\), and asks for more .*`coffer accept /);
    writeFileSync(file, '{"writable": true, "read": ["../beside/more"], "cache": ["npm"]}');
    await refuses(/has changed since you accepted it \(new: "cache" npm, "read" \S*more\)/);
    t.regex((await coffer(["accept", "--list"])).stdout, /^changed .*coffer\.json$/m);
    t.regex((await coffer(["doctor"])).stdout, /^limited +settings: .*not accepted\n.*coffer accept/m);
    t.regex(await accept(), /has changed since you accepted it\n.*\n(?:.*\n)* {2}new: read \S*more/);
    t.regex((await coffer(["why", "../beside/more"])).stdout, /allowed: .*coffer\.json, which you have accepted/);
    t.like(await coffer(["accept", "--revoke"]), { exitCode: 0 });
    await refuses(/more than projects may have/);
    t.regex((await coffer(["accept", "--revoke"])).stderr, /is not accepted/);
    t.is((await coffer(["accept", "--list"])).stdout, "");
  });

  test.serial(`as ${who}: a link out of the project leads in the sandbox where it was accepted to lead`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const prepare = `mkdir ../beside/docs; echo text > ../beside/docs/a; ln -s ../beside/docs docs; echo '{"read": ["docs"]}' > coffer.json`;
    const { accept, inside, refuses } = await makeProject(t, who, prepare);
    await refuses(/more than projects may have: "read" \S+beside\/docs/);
    await accept();
    t.regex((await inside("cat docs/a; touch docs/b 2>&1")).stdout, /^text\n.*Read-only/);
  });

  test.serial(`as ${who}: init accepts the file that it has written`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { coffer, inside } = await makeProject(t, who, "echo {} > package.json");
    const { stdout } = await coffer(["init"]);
    t.regex(
      stdout,
      /wrote \S+coffer\.jsonc\n(?:.*\n)* {2}connect to registry.*\n(?:.*\n)*accepted until the file changes/,
    );
    t.like(await inside("touch made && echo ok"), { stdout: "ok\n" });
  });

  test.serial(`as ${who}: settings of another sandbox are not accepted by init`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { coffer, inside } = await makeProject(
      t,
      who,
      `echo '{"filesystem":{"allowWrite":["."]},"network":{"allowedDomains":["a.org"]}}' > srt.json`,
    );
    t.regex((await coffer(["init", "--from", "srt.json"])).stdout, /until you accept the file.*coffer accept/);
    t.like(await inside("echo ran"), { stdout: "", exitCode: 125 });
  });

  test.serial(`as ${who}: a program inside changes neither an accepted file nor what it extends`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, inside, accept, refuses, file } = await makeProject(
      t,
      who,
      `mkdir ci; echo '{"extends": ["./ci/more.json"]}' > coffer.json; echo '{"writable": true}' > ci/more.json`,
    );
    t.regex(await accept(), /it extends \S+more\.json, which is accepted with it/);
    const tries = ["echo {} > coffer.json", "rm coffer.json", "mv coffer.json x", "ln -sf /etc/passwd coffer.json"];
    const more = ["echo {} > ci/more.json", "rm ci/more.json", "mv ci c", "cp -r ci c2 && mv -T c2 ci"];
    const script = [...tries, ...more].map((one) => `{ ${one}; } 2>/dev/null && echo "did: ${one}"`).join("; ");
    t.is((await inside(`${script}; touch free; true`)).stdout, "");
    t.like(await inside("echo ok"), { stdout: "ok\n" });
    writeFileSync(join(box.path, "ci/more.json"), '{"writable": true, "env": {"A": "b"}}');
    await refuses(/has changed since you accepted it/, "what it extends");
    await accept();
    // A link to the same bytes is no file of the project.
    renameSync(file, join(box.path, "other.json"));
    symlinkSync("other.json", file);
    await refuses(/is no file/, "a link");
  });

  test.serial(`as ${who}: what is accepted is of one path, and another tree there needs the same bytes`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { box, coffer, accept, refuses } = await makeProject(
      t,
      who,
      `${writable}; mkdir ../beside/clone; cp coffer.json ../beside/clone`,
    );
    await accept();
    const other = await coffer(["sandbox", "--", "true"], join(box.base, "beside/clone"));
    t.regex(other.stderr, /clone\/coffer\.json" asks for more than projects may have/);
    writeFileSync(join(box.path, "coffer.json"), '{"writable": true, "tools": "none"}');
    await refuses(/has changed since you accepted it/);
  });

  test.serial(`as ${who}: a path of an accepted file that leads elsewhere is refused`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { beside, inside, accept, refuses } = await makeProject(
      t,
      who,
      `mkdir ../beside/a ../beside/keys; echo a > ../beside/a/f; echo key > ../beside/keys/f; ln -s a ../beside/link; echo '{"read": ["../beside/link"]}' > coffer.json`,
    );
    await accept();
    t.like(await inside("cat ../beside/link/f"), { stdout: "a\n", stderr: "" });
    rmSync(join(beside, "link"));
    symlinkSync("keys", join(beside, "link"));
    await refuses(/asks for what it did not when you accepted it: "read" \S*keys/);
  });

  test.serial(`as ${who}: a built-in profile that gives more since has to be accepted once more`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { inside, accept, refuses, record } = await makeProject(t, who, `echo '{"extends": ["node"]}' > coffer.json`);
    t.regex(await accept(), /connect to registry\.npmjs\.org:443\n {2}connect to registry\.yarnpkg\.com:443/);
    t.like(await inside("echo ok"), { stdout: "ok\n" });
    const [dir = ""] = (await command(["ls", record])).stdout.split("\n");
    const noted = join(record, dir, "record.json");
    const asks = readFileSync(noted, "utf8");
    const earlier = asks.replace(/,\s*"\S* ?registry\.yarnpkg\.com[^"]*"|"\S* ?registry\.yarnpkg\.com[^"]*",\s*/, "");
    t.not(earlier, asks);
    writeFileSync(noted, earlier);
    await refuses(/asks for what it did not .*registry\.yarnpkg\.com\S*: .*a built-in profile gives more since/);
    await accept();
    t.like(await inside("echo ok"), { stdout: "ok\n" });
  });

  test.serial(`as ${who}: no sandbox sees or writes what is accepted`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { beside, inside, accept, record } = await makeProject(t, who, writable);
    await accept();
    const [dir = ""] = (await command(["ls", record])).stdout.split("\n");
    const before = readFileSync(join(record, dir, "record.json"), "utf8");
    const home = join(beside, "home");
    const script = [
      `cat ${record}/*/record.json`,
      `echo '{}' > ${record}/${dir}/record.json`,
      `mkdir -p ${record}/x && touch ${record}/x/record.json`,
      `mv ${home}/.local ${home}/l`,
      `mv ${home}/.local/state ${home}/s`,
      `rm -r ${home}/.local/state/coffer`,
    ];
    const all = script.map((one) => `{ ${one}; } 2>/dev/null && echo "did: ${one}"`).join("; ");
    const { stdout, stderr } = await inside(`touch ${home}/free && echo free; ${all}; true`, ["--write", home]);
    t.is(stdout, "free\n", stderr);
    t.is(readFileSync(join(record, dir, "record.json"), "utf8"), before);
    t.is((await command(["ls", record])).stdout, `${dir}\n`);
    const reduced = await inside(`cat ${record}/*/record.json; echo {} > ${record}/${dir}/record.json`, [
      "--reduced",
      "--write",
      home,
    ]);
    t.not(reduced.exitCode, 0);
    t.notRegex(reduced.stdout, /sha256/);
    t.is(readFileSync(join(record, dir, "record.json"), "utf8"), before);
  });

  test.serial(`as ${who}: what somebody else could have noted is not believed`, async (t) => {
    if (!(await needs(t, "root", "user", "userns"))) return;
    const { accept, record, refuses } = await makeProject(t, who, writable);
    await accept();
    const [dir = ""] = (await command(["ls", record])).stdout.split("\n");
    const path = join(record, dir, "record.json");
    for (const [at, mode] of [
      [path, 0o600],
      [join(record, dir), 0o700],
      [record, 0o700],
    ] as const) {
      chmodSync(at, mode | 0o002);
      await refuses(/settings \S+accepted\S+ are not used: .*others may write/, at);
      chmodSync(at, mode);
    }
    writeFileSync(path, '{"path": 5}');
    await refuses(/more than projects may have/, "a record without sense");
  });
}

test.serial("the API reads the files of settings where that is said, as far as they are accepted", async (t) => {
  if (!(await needs(t, "root", "userns"))) return;
  const { box, accept, beside } = await makeProject(t, "root", writable);
  const runtime = openRuntime({ root: box.state });
  const env = { HOME: join(beside, "home") };
  const system = { ...runtime.system, caller: { ...runtime.system.caller, env: { ...process.env, ...env } } };
  const options = { runtime: { ...runtime, system }, cwd: box.path, tools: "none" } as const;
  const run = () => sandbox("sh", ["-c", "touch made && echo ok"], { ...options, settings: true });
  await t.throwsAsync(run(), { message: /more than projects may have: "writable"/ });
  await accept();
  t.like(await run(), { stdout: "ok\n" });
  t.like(await sandbox("sh", ["-c", "touch made"], options), { failed: true });
});
