// The command line's own: global flags, errors, help, and the verbs that make no container.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseConfig, parseFeatures } from "@coffer/spec";
import test from "ava";
import { isNative } from "../helpers/callers/front.ts";
import { command } from "../helpers/command.ts";
import { makeBox, ok } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { coffer, cofferArgv } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

const run = (...words: readonly string[]) => command([...cofferArgv(), ...words]);

test.serial("--version is what engines read", async (t) => {
  const { stdout, exitCode } = await run("--version");
  t.is(exitCode, 0);
  t.regex(stdout, /^coffer version \d+\.\d+\.\d+\nspec: 1\.\d+\.\d+\n$/);
});

test.serial("--help names every verb", async (t) => {
  const { stdout, exitCode } = await run("--help");
  t.is(exitCode, 0);
  for (const verb of [
    "audit",
    "create",
    "delete",
    "doctor",
    "exec",
    "features",
    "kill",
    "list",
    "plan",
    "run",
    "sandbox",
    "spec",
    "start",
  ]) {
    t.regex(stdout, new RegExp(`^ +${verb} `, "m"));
  }
});

test.serial("global flags stand before the verb or after it", async (t) => {
  const box = makeBox(t);
  t.is((await run("--root", box.state, "--debug", "list", "-q")).stdout, "");
  t.is((await run("--rootless", "auto", "--root", box.state, "--log-format=json", "list", "-q")).exitCode, 0);
  t.is((await run("list", "-q", "--root", box.state)).exitCode, 0);
});

test.serial("an error is one line", async (t) => {
  const box = makeBox(t);
  const { stderr, exitCode } = await run("--root", box.state, "state", "nothing");
  t.is(exitCode, 1);
  t.is(
    stderr,
    "coffer: container nothing does not exist: `coffer list` shows the containers of this state directory\n",
  );
});

test.serial("a bundle without a config names the file, and what to do", async (t) => {
  const { base, state } = makeBox(t);
  const { stderr, exitCode } = await command([...cofferArgv(), "--root", state, "run", "x"], { cwd: base });
  t.is(exitCode, 125);
  const what = `cannot read the config "${base}/config.json": no such file or directory`;
  t.is(
    stderr,
    `coffer: ${what}: name the bundle's directory with --bundle, or make a config with \`coffer spec\` (\`coffer sandbox -- CMD\` needs none)\n`,
  );
  const other = await run("--root", state, "run", "-b", `${base}/gone`, "x");
  t.regex(other.stderr, /gone\/config\.json": no such file or directory: name the bundle's directory with --bundle/);
});

test.serial("a mistyped --root is told beside the empty table", async (t) => {
  const { base, state } = makeBox(t);
  const gone = join(base, "gone");
  const { stdout, stderr, exitCode } = await run("--root", gone, "list");
  t.is(exitCode, 0);
  t.regex(stdout, /^ID .*\n$/);
  t.is(stderr, `coffer: warning: the state directory "${gone}" does not exist: nothing was started with it\n`);
  mkdirSync(state, { mode: 0o700, recursive: true });
  t.is((await run("--root", state, "list")).stderr, "");
  for (const words of [["-q"], ["-f", "json"]]) t.is((await run("--root", gone, "list", ...words)).stderr, "");
});

test.serial("an error goes to the log too, as engines read it", async (t) => {
  const box = makeBox(t);
  const file = join(box.base, "log.json");
  const outcome = await run("--log", file, "--log-format", "json", "--root", box.state, "start", "nothing");
  t.is(outcome.exitCode, 1);
  t.regex(outcome.stderr, /^coffer: [^\n]+\n$/);
  t.like(JSON.parse(readFileSync(file, "utf8")), { level: "error" });
  t.regex(JSON.parse(readFileSync(file, "utf8")).msg, /^container nothing does not exist/);
  const bare = await run("--log-format", "json", "--root", box.state, "start", "nothing");
  t.like(JSON.parse(bare.stderr), { level: "error" });
});

test.serial("--debug logs what happens, beside the container's own output", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "echo", "out"] });
  const log = join(box.base, "log.json");
  const words = ["--debug", "--log", log, "--log-format", "json", "--root", box.state];
  const { stdout, stderr } = await run(...words, "run", "-b", box.path, box.tag);
  t.deepEqual([stdout, stderr], ["out\n", ""]);
  const lines = readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  t.true(lines.every(({ level }) => level === "debug"));
  const told = lines.map(({ msg }) =>
    `${msg}`.replaceAll(/\d+/g, "N").replaceAll(box.tag.replaceAll(/\d+/g, "N"), "ID"),
  );
  t.deepEqual(told, [
    "run ID",
    "launching a plan of kind create: N ops, N bytes",
    "the launcher has started, pid N",
    "run ends with status N",
  ]);
});

test.serial("--debug tells the causes", async (t) => {
  const { stderr } = await run("--debug", "run", "-b", "/nowhere", "x");
  t.regex(stderr, /^coffer: debug: run x\ncoffer: cannot read the config/);
  t.regex(stderr, /\ncaused by: SystemError: open \/nowhere: ENOENT\n/);
});

test.serial("spec writes a config that is valid, once", async (t) => {
  const box = makeBox(t);
  t.is((await run("spec", "-b", box.canary)).exitCode, 0);
  const file = join(box.canary, "config.json");
  t.is(String(parseConfig(readFileSync(file, "utf8")).root?.path), "rootfs");
  const again = await run("spec", "-b", box.canary);
  t.is(again.exitCode, 1);
  t.regex(again.stderr, /config\.json exists.*remove it first/);
});

test.serial("features is a features document", async (t) => {
  const { stdout } = await run("features");
  const features = parseFeatures(stdout);
  t.is(features.ociVersionMax, "1.3.0");
  t.true(features.mountOptions?.includes("rro"));
  t.deepEqual(features.linux?.memoryPolicy?.flags, [
    "MPOL_F_NUMA_BALANCING",
    "MPOL_F_RELATIVE_NODES",
    "MPOL_F_STATIC_NODES",
  ]);
  t.true(features.potentiallyUnsafeConfigAnnotations?.includes("org.criu.config"));
});

test.serial("plan prints, stores, checks and compares", async (t) => {
  const box = makeBox(t);
  const text = (await ok(t, box, "plan", [box.path])).stdout;
  t.regex(text, /pivot/);
  t.regex(text, /\/linux\/namespaces/);
  const json = JSON.parse((await ok(t, box, "plan", [box.path, "--json"])).stdout);
  t.is(json.kind, "create");
  const file = join(box.base, "plan");
  t.regex(
    (await ok(t, box, "plan", [box.path, "--raw", file])).stdout,
    /^create plan, \d+ ops, \d+ bytes, sha256 [0-9a-f]{64}\n$/,
  );
  t.is(statSync(file).mode & 0o777, 0o600);
  t.regex((await ok(t, box, "plan", ["--verify", file])).stdout, /^ok: create plan/);
  t.is((await ok(t, box, "plan", ["--diff", file, box.path])).stdout, "");
  writeFileSync(join(box.path, "config.json"), JSON.stringify({ ...Object(box.config), hostname: "other" }));
  t.regex((await ok(t, box, "plan", ["--diff", file, box.path])).stdout, /set-hostname.*other/);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a stored plan runs without its config", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "echo", "from the plan"] });
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  writeFileSync(join(box.path, "config.json"), "gone");
  const outcome = await ok(t, box, "run", ["--plan", file, "--input", `rootfs=${box.rootfs}`]);
  t.is(outcome.stdout, "from the plan\n");
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a stored plan that asks for a terminal needs one", async (t) => {
  const box = makeBox(t, { "/process/terminal": true });
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  const { stderr, exitCode } = await coffer(box, "run", ["--plan", file, "--input", `rootfs=${box.rootfs}`]);
  t.regex(stderr, /asks for a terminal, and the caller has none: plan a config whose \/process\/terminal is false/);
  t.is(exitCode, 125);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a stored plan ends nothing in the cgroups above its own", async (t) => {
  const other = makeBox(t);
  await ok(t, other, "create", ["--bundle", other.path, other.tag]);
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
  const file = join(box.base, "plan");
  await ok(t, box, "plan", [box.path, "--raw", file]);
  await ok(t, box, "run", ["--plan", file, "--input", `rootfs=${box.rootfs}`]);
  t.like(JSON.parse((await ok(t, other, "state", [other.tag])).stdout), { status: "created" });
  await nothingLeft(t, box, box.before, "rootfs");
  await ok(t, other, "delete", ["--force", other.tag]);
});

test.serial("doctor tells what a caller can have", async (t) => {
  if (!(await needs(t, "root", "user"))) return;
  const box = makeBox(t);
  const told = (await ok(t, box, "doctor", [])).stdout;
  t.regex(told, /^ok {7}caller: root of the host$/m);
  t.regex(told, isNative ? /^ok {7}front: native, without Node$/m : /^ok {7}front: on Node v\d/m);
  const env = giveToUser(box);
  const { stdout } = await command([...asUser, ...cofferArgv(), "doctor", "--json"], { env });
  t.like(
    JSON.parse(stdout).diagnoses.find(({ about }: { readonly about: string }) => about === "caller"),
    { state: "limited", found: `user ${userIds().uid}` },
  );
});

test.serial("run --trace tells the time of every op", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
  const { stderr } = await coffer(box, "run", ["--trace", "--bundle", box.path, box.tag]);
  t.regex(stderr, /µs +host +\d+ open-root\n/);
  t.regex(stderr, /µs +inside +\d+ pivot/);
  t.notRegex(stderr, / \n/);
  await nothingLeft(t, box, box.before);
});

test.serial("run --trace=FILE draws it", async (t) => {
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "3"] });
  const page = join(box.base, "page.html");
  const { stderr, exitCode } = await coffer(box, "run", [`--trace=${page}`, "--bundle", box.path, box.tag]);
  t.is(exitCode, 3, stderr);
  t.false(stderr.includes("µs"));
  const text = readFileSync(page, "utf8");
  t.regex(text, /<td>pivot \/root\/path<\/td><td>inside<\/td><td>init<\/td><td>[\d.]+ ms<\/td>/);
  t.false(/<script|https?:|url\(/.test(text));
  const nowhere = await coffer(box, "run", ["--trace=/nowhere/page", "--bundle", box.path, box.tag]);
  t.regex(nowhere.stderr, /^coffer: cannot write the timeline "\/nowhere\/page": no such file or directory\n$/);
  await nothingLeft(t, box, box.before);
});
