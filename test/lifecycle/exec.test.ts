// exec: a further process gets what init has, and no more unless asked.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { tools } from "../helpers/build.ts";
import { ownIds } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { fails, makeBox, ok, runDetached } from "../helpers/container.ts";
import type { ProbeFacts } from "../helpers/facts.ts";
import { parseFacts } from "../helpers/facts.ts";
import type { Json, Patch } from "../helpers/json.ts";
import { nothingLeft, processesOf } from "../helpers/leftovers.ts";
import { helperPath, runBundle, runVerb } from "../helpers/peers/runtimes.ts";

async function running(t: ExecutionContext, patch: Patch = {}): Promise<Box> {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], ...patch });
  await runDetached(t, box);
  return box;
}

async function execFacts(t: ExecutionContext, box: Box, ...flags: readonly string[]): Promise<ProbeFacts> {
  return parseFacts((await ok(t, box, "exec", [...flags, box.tag, "/probe", "facts"])).stdout);
}

async function done(t: ExecutionContext, box: Box): Promise<void> {
  await ok(t, box, "delete", ["--force", box.tag]);
  await nothingLeft(t, box, box.before);
}

test.serial("exec gives what init has", async (t) => {
  const userns: Patch = {
    "/linux/namespaces/-": { type: "user" },
    "/linux/uidMappings": ownIds(1000),
    "/linux/gidMappings": ownIds(1000),
  };
  for (const patch of [{}, userns]) {
    const first = makeBox(t, patch);
    const init = parseFacts((await runBundle("coffer", first)).stdout);
    const box = await running(t, patch);
    const facts = await execFacts(t, box);
    for (const name of [
      "uid",
      "gid",
      "groups",
      "umask",
      "noNewPrivs",
      "seccomp",
      "cwd",
      "hostname",
      "caps",
      "rlimits",
    ] as const) {
      t.deepEqual(facts[name], init[name], name);
    }
    t.deepEqual(facts.env, init.env);
    t.deepEqual(
      facts.fds.map((row) => row.fd),
      [0, 1, 2],
    );
    t.deepEqual(facts.signals, init.signals);
    t.is(facts.oomScoreAdj, init.oomScoreAdj);
    t.not(facts.pid, 1);
    t.is(facts.ppid, 0);
    await done(t, box);
  }
});

test.serial("exec is in init's namespaces and cgroup", async (t) => {
  const box = await running(t);
  const init = JSON.parse((await ok(t, box, "state", [box.tag])).stdout);
  const facts = await execFacts(t, box);
  t.is(facts.cgroup.replaceAll(/^\d+:/gm, "").includes(box.tag), false, "the cgroup namespace hides the path");
  const outcome = await ok(t, box, "exec", [
    "--detach",
    "--pid-file",
    join(box.base, "pid"),
    box.tag,
    "/probe",
    "sleep",
    "100",
  ]);
  t.is(outcome.stderr, "");
  const pid = readFileSync(join(box.base, "pid"), "utf8");
  t.is(readFileSync(`/proc/${pid}/cgroup`, "utf8"), readFileSync(`/proc/${init.pid}/cgroup`, "utf8"));
  await done(t, box);
});

type FlagRow = readonly [flags: readonly string[], fact: keyof ProbeFacts, expected: unknown];

const flagRows: readonly FlagRow[] = [
  [["--user", "7:8"], "uid", [7, 7, 7]],
  [["--user", "7:8"], "gid", [8, 8, 8]],
  [["--additional-gids", "5", "--additional-gids", "6"], "groups", [5, 6]],
  [["--cwd", "/home"], "cwd", "/home"],
];

const flagSets = test.macro({
  exec: async (t, [flags, fact, expected]: FlagRow) => {
    const box = await running(t);
    t.deepEqual((await execFacts(t, box, ...flags))[fact], expected);
    await done(t, box);
  },
  title: (_provided, [flags, fact]: FlagRow) => `exec ${flags.join(" ")} sets ${fact}`,
});

for (const row of flagRows) test.serial(flagSets, row);

test.serial("exec keeps the words of a command in their places, also those that occur twice", async (t) => {
  const box = await running(t);
  const words = ["a", "b", "a", box.tag, "/probe", "--", "-x", "--", "b"];
  t.is((await ok(t, box, "exec", [box.tag, "/probe", "echo", ...words])).stdout, `${words.join(" ")}\n`);
  await fails(t, box, "exec", ["--colour", box.tag, "/probe", "echo"], /--colour/);
  await done(t, box);
});

test.serial("exec --env and --cap add", async (t) => {
  const box = await running(t);
  const facts = await execFacts(t, box, "--env", "A=1", "--env", "B=2", "--cap", "CAP_CHOWN");
  t.true(facts.env.includes("A=1") && facts.env.includes("B=2"));
  t.is(BigInt(`0x${facts.caps.effective}`) & 1n, 1n);
  await done(t, box);
});

test.serial("exec --cap makes ambient what the config lets be inherited", async (t) => {
  const set = (...caps: readonly string[]): Json => [...caps];
  const box = await running(t, {
    "/process/capabilities/bounding": set("CAP_CHOWN", "CAP_KILL"),
    "/process/capabilities/permitted": set(),
    "/process/capabilities/effective": set(),
    "/process/capabilities/inheritable": set("CAP_KILL"),
    "/process/capabilities/ambient": set(),
  });
  const { caps } = await execFacts(t, box, "--cap", "CAP_CHOWN", "--cap", "CAP_KILL");
  const masks = [caps.permitted, caps.inheritable, caps.ambient].map((mask) => BigInt(`0x${mask}`));
  t.deepEqual(masks, [0x21n, 0x20n, 0x20n]);
  await done(t, box);
});

test.serial("exec --process takes the whole process object", async (t) => {
  const box = await running(t);
  const process: Json = {
    args: ["/probe", "facts"],
    cwd: "/tmp",
    env: ["X=y"],
    user: { uid: 9, gid: 9, additionalGids: [10] },
    noNewPrivileges: true,
    capabilities: {},
  };
  writeFileSync(join(box.base, "process.json"), JSON.stringify(process));
  const outcome = await ok(t, box, "exec", ["--process", join(box.base, "process.json"), box.tag]);
  const facts = parseFacts(outcome.stdout);
  t.deepEqual([facts.uid[0], facts.cwd, facts.groups], [9, "/tmp", [10]]);
  t.true(facts.env.includes("X=y"));
  t.is(facts.caps.bounding, "0000000000000000");
  await done(t, box);
});

test.serial("exec --process adds no limits, no_new_privs and OOM score", async (t) => {
  const box = await running(t, {
    "/process/oomScoreAdj": 500,
    "/process/rlimits": [{ type: "RLIMIT_NOFILE", soft: 77, hard: 88 }],
  });
  const process: Json = { args: ["/probe", "facts"], cwd: "/", user: { uid: 0, gid: 0 } };
  writeFileSync(join(box.base, "process.json"), JSON.stringify(process));
  const whole = parseFacts((await ok(t, box, "exec", ["--process", join(box.base, "process.json"), box.tag])).stdout);
  t.is(whole.noNewPrivs, 0);
  t.notDeepEqual(whole.rlimits.nofile, ["77", "88"]);
  t.not(whole.oomScoreAdj, 500);
  const flags = await execFacts(t, box);
  t.deepEqual([flags.noNewPrivs, flags.rlimits.nofile, flags.oomScoreAdj], [1, ["77", "88"], 500]);
  await done(t, box);
});

test.serial("exec passes exit codes, signals and streams", async (t) => {
  const box = await running(t);
  for (const code of [0, 1, 42, 255]) {
    t.is((await runVerb("coffer", box, "exec", [box.tag, "/probe", "exit", String(code)])).exitCode, code);
  }
  t.is((await runVerb("coffer", box, "exec", [box.tag, "/probe", "raise", "15"])).exitCode, 143);
  t.is((await runVerb("coffer", box, "exec", [box.tag, "/probe", "cat"], { input: "in" })).stdout, "in");
  await done(t, box);
});

test.serial("exec on a terminal", async (t) => {
  const box = await running(t);
  const prefix = [tools(), "pty", "31x77", "--"];
  const outcome = await runVerb("coffer", box, "exec", ["--tty", box.tag, "/probe", "facts"], { prefix });
  t.is(outcome.exitCode, 0, outcome.stderr);
  t.like(parseFacts(outcome.stdout.replaceAll("\r", "")).terminal, { rows: 31, columns: 77 });
  t.is(outcome.stderr, "modes kept\n");
  await done(t, box);
});

test.serial("exec says what it cannot run", async (t) => {
  const box = await running(t);
  await fails(t, box, "exec", [box.tag, "nosuch"], /"nosuch": executable file not found in \$PATH/, 127);
  await fails(t, box, "exec", [box.tag, "/nosuch"], /no such file or directory/, 127);
  await fails(t, box, "exec", [box.tag, "/etc/motd"], /permission denied/, 126);
  await fails(t, box, "exec", ["--cwd", "/probe", box.tag, "/probe"], /cwd|ENOTDIR/i);
  await fails(t, box, "exec", ["--user", "x", box.tag, "/probe"], /user/);
  await done(t, box);
});

test.serial("many execs at once", async (t) => {
  const box = await running(t);
  const codes = [...Array(6).keys()];
  const outcomes = await Promise.all(
    codes.map((code) => runVerb("coffer", box, "exec", [box.tag, "/probe", "exit", String(code)])),
  );
  t.deepEqual(
    outcomes.map((outcome) => outcome.exitCode),
    codes,
  );
  await done(t, box);
});

test.serial("a process whose pid file cannot be written is ended, and not waited for", async (t) => {
  const box = await running(t);
  for (const flags of [[], ["--detach"]]) {
    const words = [...flags, "--pid-file", `${box.base}/nowhere/pid`, box.tag, "/probe", "sleep", "1000"];
    await fails(t, box, "exec", words, /cannot write the pid file/);
    t.is(processesOf(box).length, 1, "only its first process");
  }
  await done(t, box);
});

test.serial("a process that is refused leaves no launcher, which may have begun before", async (t) => {
  const box = await running(t);
  const [pids, helper] = [join(box.base, "pids"), join(box.base, "helper")];
  const script = `#!/bin/sh\necho $$ >>'${pids}'\nexec '${helperPath()}' "$@"\n`;
  writeFileSync(helper, script, { mode: 0o755 });
  const env = { COFFER_HELPER: helper };
  const refused = await runVerb("coffer", box, "exec", ["--cwd", "not/absolute", box.tag, "/probe"], { env });
  t.is(refused.exitCode, 125, refused.stderr);
  t.regex(refused.stderr, /cwd/);
  const allowed = await runVerb("coffer", box, "exec", [box.tag, "/probe", "exit", "7"], { env });
  t.is(allowed.exitCode, 7, allowed.stderr);
  const begun = readFileSync(pids, "utf8").trim().split("\n");
  t.deepEqual(
    begun.filter((pid) => existsSync(`/proc/${pid}`)),
    [],
  );
  await done(t, box);
});
