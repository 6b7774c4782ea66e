// A further process of a container in which the native front has run the same program before (decision 0071). The plan is that of
// the call before. Words and variables are those of this call, and whatever else has changed counts.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import test from "ava";
import { decodePlan } from "../../packages/core/src/wire/decode.ts";
import { frontArgv } from "../helpers/callers/front.ts";
import { command } from "../helpers/command.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";

const marker = /a plan that was kept: (\S+)/;
/** A younger container is probably one for a single command. */
const oldEnough = 1100;

const face = (isNative = true) => frontArgv("coffer", [], isNative);

interface How {
  readonly flags?: readonly string[];
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly isNative?: boolean;
}

/** A container that runs, and is old enough. */
async function begin(t: ExecutionContext, patch: Patch = {}): Promise<Box> {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], ...patch });
  await start(t, box);
  await sleep(oldEnough);
  return box;
}

async function start(t: ExecutionContext, box: Box): Promise<void> {
  const made = [...face(), "run", "--root", box.state, "--bundle", box.path, "--detach", box.tag];
  const { exitCode, stderr } = await command(made, { env: { COFFER_TEST_TAG: box.tag } });
  t.is(exitCode, 0, stderr);
}

async function exec(box: Box, { flags = [], words = ["/probe", "facts"], env, isNative }: How = {}) {
  const argv = [...face(isNative), "--debug", "exec", "--root", box.state, ...flags, box.tag, ...words];
  const { stdout, stderr, exitCode } = await command(argv, env === undefined ? {} : { env });
  return { stdout, stderr, exitCode, file: marker.exec(stderr)?.[1] };
}

/** What a process that was started has seen. */
function factsOf({ stdout, stderr }: { readonly stdout: string; readonly stderr: string }) {
  const facts = JSON.parse(stdout || JSON.stringify({ args: [stderr], env: [] }));
  const { args, env, uid, gid, cwd, noNewPrivs } = facts;
  return { args, env, uid, gid, cwd, noNewPrivs };
}

/** A helper that writes down the plan that it is given. */
function makeCapture(box: Box, name: string) {
  const [file, helper] = [join(box.base, name), join(box.base, `${name}-helper`)];
  const script = `#!/bin/sh\ncat <&3 >'${file}'\nexec '${helperPath()}' "$@" 3<'${file}'\n`;
  writeFileSync(helper, script, { mode: 0o755 });
  return { env: { COFFER_HELPER: helper }, plan: () => decodePlan(readFileSync(file)) };
}

test.serial("the plan is that of the call before, and words and variables are those of this call", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = await begin(t);
  const first = await exec(box, { words: ["/probe", "facts", "+env", "one"], flags: ["--env", "TOKEN=a-secret"] });
  t.deepEqual([first.exitCode, first.file], [0, undefined], first.stderr);
  const how: How = { words: ["/probe", "facts", "-", "another word"], flags: ["--env", "OTHER=a value"] };
  const [kept, planned] = [makeCapture(box, "kept"), makeCapture(box, "planned")];
  const second = await exec(box, { ...how, env: kept.env });
  t.is(second.exitCode, 0, second.stderr);
  t.not(second.file, undefined);
  const other = await exec(box, { ...how, env: planned.env, isNative: false });
  t.is(other.file, undefined);
  t.deepEqual(factsOf(second), factsOf(other));
  t.deepEqual(kept.plan(), planned.plan());
  const bytes = readFileSync(second.file ?? "", "latin1");
  for (const secret of ["a-secret", "TOKEN", "another word", "OTHER", "one"]) t.false(bytes.includes(secret), secret);
  t.is((await exec(box, { words: ["/probe", "exit", "7"] })).exitCode, 7);
  await command([...face(), "delete", "--root", box.state, "--force", box.tag]);
  await nothingLeft(t, box, box.before, "rootfs");
});

const document = (more: object = {}) => ({ args: ["/probe", "facts"], cwd: "/", env: ["PATH=/"], ...more });

/** Calls for which the plan of `/probe facts` is none. */
const others: Readonly<Record<string, How>> = {
  "another program": { words: ["/dev/../probe", "facts"] },
  "another user": { flags: ["--user", "5:6"] },
  "another group": { flags: ["--additional-gids", "7"] },
  "another directory": { flags: ["--cwd", "/tmp"] },
  "another PATH": { flags: ["--env", "PATH=/other"] },
  "a HOME of its own": { flags: ["--env", "HOME=/other"] },
  "no new privileges": { flags: ["--no-new-privs"] },
  "another capability": { flags: ["--cap", "CAP_SYS_TIME"] },
  "a process that is left": { flags: ["--detach"] },
};

for (const [title, how] of Object.entries(others))
  test.serial(`another question has another plan: ${title}`, async (t) => {
    if (!(await needs(t, "native-front", "root", "userns"))) return;
    const box = await begin(t, { "/process/env": ["TERM=xterm"] });
    await exec(box);
    t.not((await exec(box)).file, undefined);
    const asked = await exec(box, how);
    t.deepEqual([asked.exitCode, asked.file], [0, undefined], asked.stderr);
    if (how.flags?.includes("--detach")) return;
    const again = await exec(box, how);
    t.not(again.file, undefined);
    t.deepEqual(factsOf(again), factsOf(asked));
    t.deepEqual(factsOf(again), factsOf(await exec(box, { ...how, isNative: false })));
  });

test.serial("a document of the process is read in each call, and all of it counts", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = await begin(t);
  const file = join(box.base, "process.json");
  const call = (value: object) => {
    writeFileSync(file, JSON.stringify(value));
    return exec(box, { flags: ["--process", file], words: [] });
  };
  t.is((await call(document())).file, undefined);
  const second = await call(document({ env: ["PATH=/", "MORE=a"], args: ["/probe", "facts", "word"] }));
  t.not(second.file, undefined);
  t.deepEqual(factsOf(second).args.slice(1), ["facts", "word"]);
  t.true(factsOf(second).env.includes("MORE=a"));
  const asUser = await call(document({ user: { uid: 5, gid: 6 } }));
  t.deepEqual([asUser.file, factsOf(asUser).uid], [undefined, [5, 5, 5]]);
  const limit = { type: "RLIMIT_NOFILE", soft: 77, hard: 77 };
  t.is((await call(document({ rlimits: [limit] }))).file, undefined);
  // Whatever planning refuses or warns of is planned each time.
  for (const wrong of [{ rlimits: [limit, limit] }, { cwd: "tmp" }, { env: ["no value"] }, { args: [] }])
    for (const _ of [1, 2]) {
      const { exitCode, file: kept } = await call(document(wrong));
      t.deepEqual([exitCode, kept], [125, undefined], JSON.stringify(wrong));
    }
  for (const odd of [{ unknown: 1 }, { env: ["PATH=/", "A=1", "A=2"] }])
    for (const _ of [1, 2]) {
      const { exitCode, file: kept } = await call(document(odd));
      t.deepEqual([exitCode, kept], [0, undefined], JSON.stringify(odd));
    }
});

test.serial("a container of the same name has plans of its own, and a young one none", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = await begin(t);
  await exec(box);
  t.not((await exec(box)).file, undefined);
  await command([...face(), "delete", "--root", box.state, "--force", box.tag]);
  await start(t, box);
  t.is((await exec(box)).file, undefined);
  await sleep(oldEnough);
  const old = await exec(box);
  t.deepEqual([old.exitCode, old.file], [0, undefined], old.stderr);
  t.not((await exec(box)).file, undefined);
});

test.serial("under a policy the plan is made and judged each time", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = await begin(t);
  await exec(box);
  t.not((await exec(box)).file, undefined);
  const policy = join(box.base, "policy.json");
  writeFileSync(policy, JSON.stringify({ version: 1, noNewPrivileges: true }));
  const { exitCode, file, stderr } = await exec(box, { flags: ["--policy", policy] });
  t.deepEqual([exitCode, file], [125, undefined], stderr);
});

test.serial("a launch that fails names what failed, although the plan was kept", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = await begin(t);
  const said = async (how: How) => (await exec(box, how)).stderr.split("\n").filter((line) => !line.includes("debug"));
  const missing: How = { words: ["missing"] };
  const first = await said(missing);
  const second = await exec(box, missing);
  t.not(second.file, undefined, second.stderr);
  t.deepEqual(
    second.stderr.split("\n").filter((line) => !line.includes("debug")),
    first,
  );
  rmSync(join(box.rootfs, "probe"));
  t.is((await exec(box)).exitCode, 127);
  t.deepEqual(readdirSync(box.state), [box.tag]);
});
