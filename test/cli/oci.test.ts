// coffer-oci as an engine calls it: flags before the verb, one log line, the exit status.
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseFeatures } from "@coffer/spec";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Bundle } from "../helpers/bundle.ts";
import { makeBundle } from "../helpers/bundle.ts";
import { frontArgv, isNative } from "../helpers/callers/front.ts";
import type { CommandOptions, Outcome } from "../helpers/command.ts";
import { command } from "../helpers/command.ts";
import { makeBox } from "../helpers/container.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

const argv = frontArgv("coffer-oci");
const [entry = ""] = argv.slice(-1);

function oci(words: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  return command([...argv, ...words], options);
}

function logged(file: string): readonly unknown[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line): unknown => JSON.parse(line));
}

test.serial("--version is what engines read", async (t) => {
  const { stdout, exitCode } = await oci(["--version"]);
  t.is(exitCode, 0);
  t.regex(stdout, /^coffer-oci version \d+\.\d+\.\d+\nspec: 1\.\d+\.\d+\n$/);
});

test.serial("--version of a link named runc or crun is what engines read of those", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "cft-names-"));
  t.teardown(() => rmSync(directory, { recursive: true }));
  for (const name of ["runc", "crun"]) {
    const link = join(directory, name);
    symlinkSync(entry, link);
    const called = [...argv.slice(0, -1), link];
    const { stdout } = await command([...called, "--version"]);
    t.regex(stdout, new RegExp(`^${name} version \\d+\\.\\d+\\.\\d+\ncommit: coffer-[\\d.]+\nspec: 1\\.\\d+\\.\\d+\n`));
    t.is(/\+CRIU/.test(stdout), name === "crun");
    t.is((await command([...called, "features"])).exitCode, 0);
  }
});

test.serial("crun's --config is a file of the bundle, or elsewhere", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "7"] });
  mkdirSync(join(box.path, "sub"));
  renameSync(join(box.path, "config.json"), join(box.path, "sub/other.json"));
  for (const file of ["sub/other.json", join(box.path, "sub/other.json")]) {
    const { exitCode, stderr } = await oci(["--root", box.state, "run", "-f", file, "--bundle", box.path, box.tag]);
    t.is(exitCode, 7, stderr);
  }
  const { stderr } = await oci(["--root", box.state, "run", "--config", "gone.json", "--bundle", box.path, box.tag]);
  t.regex(stderr, /cannot read the config "[^"]*\/bundle\/gone\.json"/);
  await nothingLeft(t, box, box.before);
});

test.serial("crun's --regex is for every container whose id matches", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  const ids = ["a", "b"].map((name) => `${box.tag}-${name}`);
  for (const id of ids) {
    const config = JSON.parse(readFileSync(join(box.path, "config.json"), "utf8"));
    config.linux.cgroupsPath = `${config.linux.cgroupsPath}-${id.at(-1)}`;
    writeFileSync(join(box.path, "config.json"), JSON.stringify(config));
    const { exitCode, stderr } = await oci(["--root", box.state, "create", "--bundle", box.path, id]);
    t.is(exitCode, 0, stderr);
  }
  t.is((await oci(["--root", box.state, "delete", "--force", "--regex", `^${box.tag}-a$`])).exitCode, 0);
  t.is((await oci(["--root", box.state, "list", "-q"])).stdout, `${ids[1]}\n`);
  t.is((await oci(["--root", box.state, "kill", "-r", box.tag, "KILL"])).exitCode, 0);
  t.is((await oci(["--root", box.state, "delete", "--force", "--regex", "."])).exitCode, 0);
  t.is((await oci(["--root", box.state, "list", "-q"])).stdout, "");
  t.regex((await oci(["--root", box.state, "kill", "--regex", "("])).stderr, /is not a regular expression/);
  await nothingLeft(t, box, box.before);
});

test.serial("podman's keep-groups is the caller's groups", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, {
    "/annotations": { "run.oci.keep_original_groups": "1" },
    "/process/args": ["/probe", "facts"],
    "/process/user": { uid: 0, gid: 0, additionalGids: [9] },
  });
  const run = ["--root", box.state, "run", "--bundle", box.path, box.tag];
  const called = ["setpriv", "--groups", "7,8", ...argv, ...run];
  const { stdout, stderr } = await command(called);
  t.deepEqual(JSON.parse(stdout).groups, [7, 8]);
  t.regex(stderr, /additionalGids: is ignored/);
  await nothingLeft(t, box, box.before);
});

test.serial("features", async (t) => {
  const { stdout, exitCode } = await oci(["features"]);
  t.is(exitCode, 0);
  t.is(parseFeatures(stdout).ociVersionMax, "1.3.0");
});

test.serial("every verb has its help", async (t) => {
  for (const verb of [
    "create",
    "start",
    "kill",
    "delete",
    "exec",
    "pause",
    "resume",
    "ps",
    "update",
    "state",
    "list",
  ]) {
    const { stdout, exitCode } = await oci([verb, "--help"]);
    t.is(exitCode, 0);
    t.regex(stdout, new RegExp(`^usage: coffer-oci \\[global flags\\] ${verb}`));
  }
});

const refused = test.macro({
  async exec(t, line: string, error: RegExp, exitCode: number = 1) {
    const outcome = await oci(line.split(" "));
    t.is(outcome.exitCode, exitCode);
    t.regex(outcome.stderr, /^coffer-oci: [^\n]+\n$/);
    t.regex(outcome.stderr, error);
  },
  title: (_provided, line: string) => `refused: ${line}`,
});

test.serial(refused, "nonsense", /unknown command/);
test.serial(refused, "--nonsense state x", /flag provided but not defined: -nonsense/);
test.serial(refused, "state", /"state" takes the words of: state ID; 0 were given/);
test.serial(refused, "start a b", /2 were given/);
test.serial(refused, "state ../x", /invalid container ID format/);
test.serial(refused, "--root /nonexistent/coffer state x", /container x does not exist/);
test.serial(refused, "--root /nonexistent/coffer exec x true", /container x does not exist/, 255);
test.serial(refused, "exec", /"exec" takes the words of: .*; 0 were given/);
test.serial(refused, "exec --nonsense x true", /flag provided but not defined: -nonsense/);
test.serial(refused, "--systemd-cgroup state x", /container x does not exist/);
test.serial(refused, "--cgroup-manager systemd state x", /container x does not exist/);
test.serial(refused, "--cgroup-manager nonsense state x", /invalid cgroup manager/);
test.serial(refused, "--log-format nonsense state x", /invalid log-format/);
test.serial(refused, "--policy policy.json state x", /--policy must be an absolute path: "policy.json"/);

test.serial("an error is one line of the log file, and one on standard error", async (t) => {
  const bundle = makeBundle(t);
  const file = join(bundle.base, "log");
  const words = ["--root", bundle.state, "--log", file, "--log-format", "json", "start", "x"];
  const { stderr, exitCode } = await oci(words);
  t.is(exitCode, 1);
  t.regex(stderr, /^container x does not exist[^\n]*\n$/);
  const [line, ...rest] = logged(file);
  t.deepEqual(rest, []);
  t.like(line, { level: "error", msg: stderr.trimEnd() });
});

test.serial("an error in the flags is logged too, if the log is named before it", async (t) => {
  const bundle = makeBundle(t);
  const file = join(bundle.base, "log");
  const { exitCode } = await oci(["--log", file, "--log-format=json", "start", "--nonsense", "x"]);
  t.is(exitCode, 1);
  t.like(logged(file)[0], { level: "error", msg: "flag provided but not defined: -nonsense" });
});

test.serial("a poststop hook that fails is a warning in the log", async (t) => {
  const hook = { path: "/bin/sh", args: ["sh", "-c", "exit 7"] };
  const box = makeBox(t, { "/hooks": { poststop: [{ path: "/bin/true" }, hook] } });
  const file = join(box.base, "log");
  const call = (...words: readonly string[]): Promise<Outcome> =>
    oci(["--root", box.state, "--log", file, "--log-format=json", ...words]);
  t.is((await call("create", "--bundle", box.path, box.tag)).exitCode, 0);
  const { exitCode, stderr } = await call("delete", box.tag);
  t.is(exitCode, 0);
  t.is(stderr, "coffer-helper: the hook /bin/sh failed, status 7\n");
  t.like(logged(file), [{ level: "warning" }]);
  t.regex(JSON.stringify(logged(file)), /"msg":"error running poststop hook #1: exit status 7/);
});

async function lifecycle(t: ExecutionContext, bundle: Bundle, globals: readonly string[]): Promise<void> {
  const call = async (...words: readonly string[]): Promise<string> => {
    const outcome = await oci(["--root", bundle.state, ...globals, ...words], { env: { COFFER_TEST_TAG: bundle.tag } });
    t.is(outcome.exitCode, 0, `${words.join(" ")}: ${outcome.stderr}`);
    return outcome.stdout;
  };
  const pidFile = join(bundle.base, "pid");
  await call("create", "--bundle", bundle.path, "--pid-file", pidFile, bundle.tag);
  const pid = Number(readFileSync(pidFile, "utf8"));
  t.like(JSON.parse(await call("state", bundle.tag)), { status: "created", pid });
  await call("start", bundle.tag);
  await call("exec", bundle.tag, "/probe");
  await call("kill", bundle.tag, "KILL");
  await call("delete", "--force", bundle.tag);
  await call("delete", "--force", bundle.tag);
}

const sleeps = { "/process/args": ["/probe", "sleep", "60"] };

test.serial("the verbs of an engine", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, sleeps);
  await lifecycle(t, box, []);
  await nothingLeft(t, box, box.before);
});

test.serial("--cgroup-manager disabled makes no cgroup", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { ...sleeps, "/linux/resources": { devices: [{ allow: false, access: "rwm" }] } });
  await lifecycle(t, box, ["--cgroup-manager", "disabled"]);
  await nothingLeft(t, box, box.before);
});

test.serial("--policy refuses what is made, with the config's field, and ends what is there", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, sleeps);
  const log = join(box.base, "log");
  const policy = join(box.base, "policy.json");
  const call = (verb: string, ...words: readonly string[]) =>
    oci(["--root", box.state, "--log", log, "--log-format=json", "--policy", policy, verb, ...words]);
  const none = await call("create", "--bundle", box.path, box.tag);
  t.regex(none.stderr, /cannot read the policy .*no such file or directory/);
  writeFileSync(policy, JSON.stringify({ version: 1, userNamespace: "required", capabilities: { allowed: [] } }));
  for (const verb of ["create", "run"]) t.is((await call(verb, "--bundle", box.path, box.tag)).exitCode, 1);
  const told = logged(log).slice(1);
  t.is(told.length, 2);
  const msg =
    /^refused by the policy: .*\/linux\/namespaces: .*; rule \/capabilities\/allowed: \/process\/capabilities/;
  for (const line of told) t.regex(JSON.stringify(line), new RegExp(`"msg":"${msg.source.slice(1)}`));
  writeFileSync(policy, JSON.stringify({ version: 1, noNewPrivileges: "required" }));
  for (const words of [["create", "--bundle", box.path], ["start"], ["exec"]]) {
    const [verb = "", ...flags] = words;
    const { exitCode, stderr } = await call(verb, ...flags, box.tag, ...(verb === "exec" ? ["/probe"] : []));
    t.is(exitCode, 0, `${verb}: ${stderr}`);
  }
  writeFileSync(policy, JSON.stringify({ version: 1, capabilities: { allowed: [] } }));
  const refusedExec = await call("exec", box.tag, "/probe");
  t.is(refusedExec.exitCode, 255);
  t.regex(refusedExec.stderr, /rule \/capabilities\/allowed: /);
  writeFileSync(policy, "{");
  t.regex((await call("exec", box.tag, "/probe")).stderr, /^invalid policy /);
  t.is((await call("state", box.tag)).exitCode, 0);
  t.is((await call("delete", "--force", box.tag)).exitCode, 0);
  await nothingLeft(t, box, box.before);
});

test.serial("the cache of compiled code is in no directory that others may write", async (t) => {
  if (isNative) {
    // Nothing is compiled.
    t.pass();
    return;
  }
  if (!(await needs(t, "root", "user"))) return;
  const bundle = makeBundle(t);
  const { HOME = "", ...env } = giveToUser(bundle);
  const cache = join(HOME, ".cache");
  const call = () => command([...asUser, ...argv, "list"], { env: { ...env, HOME } });
  mkdirSync(cache);
  chownSync(cache, userIds().uid, userIds().gid);
  chmodSync(cache, 0o777);
  t.is((await call()).exitCode, 0);
  t.deepEqual(readdirSync(cache), []);
  chmodSync(cache, 0o700);
  t.is((await call()).exitCode, 0);
  t.deepEqual(readdirSync(cache), ["coffer-oci"]);
});
