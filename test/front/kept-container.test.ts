// A bundle that the native front has run before (decision 0054): the plan is taken from the call before. Whatever has changed since
// then counts, and what is launched is what would be planned.
import { chmodSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import { frontArgv } from "../helpers/callers/front.ts";
import { command } from "../helpers/command.ts";
import { ownIds, rootlessPatch } from "../helpers/config.ts";
import type { Box } from "../helpers/container.ts";
import { makeBox } from "../helpers/container.ts";
import type { Patch } from "../helpers/json.ts";
import { patched, toJson } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { helperPath } from "../helpers/peers/runtimes.ts";
import { asUser, giveToUser, userIds } from "../helpers/user.ts";

/** Other tests may change what the planner reads of the host: so often a call may find another one. */
const mostCalls = 10;
const marker = "a plan that was kept";
const longAgo = new Date("2026-01-01T00:00:00Z");
/** On a slow machine what is changed now may be old when it is looked at. */
const soon = new Date(Date.now() + 3_600_000);

interface How {
  readonly verb?: "create";
  readonly id?: string;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly prefix?: readonly string[];
  /** The config is new: nothing is looked for. */
  readonly isNew?: boolean;
}

let count = 0;
const nextId = (box: Box): string => `${box.tag}-${1000 + count++}`;

async function call(box: Box, { verb, id = nextId(box), flags = [], env, prefix = [], isNew }: How = {}) {
  const changed = isNew ? soon : longAgo;
  utimesSync(join(box.path, "config.json"), changed, changed);
  const face = [...frontArgv("coffer", [], true), "--debug"];
  const argv = [...prefix, ...face, verb ?? "run", "--root", box.state, "--bundle", box.path, ...flags, id];
  const { stdout, stderr, exitCode } = await command(argv, { env: { COFFER_TEST_TAG: box.tag, ...env } });
  return { stdout, stderr, exitCode, id, found: stderr.includes(marker) };
}

const remove = (box: Box, id: string) =>
  command([...frontArgv("coffer", [], true), "delete", "--root", box.state, "--force", id]);

/** Calls until the plan is found. */
async function settle(t: ExecutionContext, box: Box, how: How = {}): Promise<void> {
  for (let tries = 0; tries < mostCalls; tries++) {
    const { found, exitCode, stderr, id } = await call(box, how);
    if (how.flags?.includes("--detach")) await remove(box, id);
    if (exitCode !== 0) t.fail(stderr);
    if (found) return;
  }
  t.fail("the plan was never found");
}

/** Calls with one id until the plan is found, and removes the container each time. */
async function findPlan(box: Box, how: How & { readonly id: string }) {
  for (let tries = 1; ; tries++) {
    const called = await call(box, how);
    await remove(box, how.id);
    if (called.found || tries === mostCalls) return called;
  }
}

/** What the program has seen. */
function factsOf(stdout: string): { readonly args: readonly string[]; readonly env: readonly string[] } {
  const { args, env } = JSON.parse(stdout || '{"args":[],"env":[]}');
  return { args, env };
}

/** A helper that writes down the plan that it is given. */
function makeCapture(box: Box, name: string) {
  const [file, helper] = [join(box.base, name), join(box.base, `${name}-helper`)];
  const script = `#!/bin/sh\ncat <&3 >'${file}'\nexec '${helperPath()}' "$@" 3<'${file}'\n`;
  writeFileSync(helper, script, { mode: 0o755 });
  return { env: { COFFER_HELPER: helper }, plan: () => readFileSync(file) };
}

/** Containers that are launched with the very bytes that would be planned. */
const ways: Readonly<Record<string, { readonly patch?: Patch; readonly how?: How }>> = {
  "of the default config": {},
  "with the cgroup of its id": { patch: { "/linux/cgroupsPath": undefined } },
  "with a user namespace": {
    patch: {
      "/linux/namespaces": ["pid", "network", "ipc", "uts", "mount", "cgroup", "user"].map((type) => ({ type })),
      "/linux/uidMappings": ownIds(1000),
      "/linux/gidMappings": ownIds(1000),
    },
  },
  "with a bind and a filter": {
    patch: {
      "/mounts/6": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", "ro"] },
      "/linux/seccomp": {
        defaultAction: "SCMP_ACT_ALLOW",
        syscalls: [{ names: ["ptrace"], action: "SCMP_ACT_ERRNO" }],
      },
    },
  },
  "with process 1": { how: { flags: ["--init"] } },
  "that is detached": { how: { flags: ["--detach"] } },
};

for (const [title, { patch, how }] of Object.entries(ways))
  test.serial(`a container ${title} is launched with the bytes that would be planned`, async (t) => {
    if (!(await needs(t, "native-front", "root", "userns"))) return;
    const box = makeBox(t, patch);
    await settle(t, box, how);
    const id = nextId(box);
    const [kept, planned] = [makeCapture(box, "kept"), makeCapture(box, "planned")];
    const first = await findPlan(box, { ...how, id, env: kept.env });
    const other = await call(box, { ...how, id, env: planned.env, isNew: true });
    await remove(box, id);
    t.deepEqual([first.found, first.exitCode, other.found, other.exitCode], [true, 0, false, 0], first.stderr);
    t.deepEqual(kept.plan(), planned.plan());
    t.deepEqual(factsOf(first.stdout), factsOf(other.stdout));
  });

test.serial("a created container has the plan of the call before, and goes its way", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = makeBox(t);
  const verb = (...words: readonly string[]) =>
    command([...frontArgv("coffer", [], true), words[0] ?? "", "--root", box.state, ...words.slice(1)]);
  const pidFile = join(box.base, "pid");
  for (let tries = 0, found = false; !found && tries < mostCalls; tries++) {
    const made = await call(box, { verb: "create", flags: ["--pid-file", pidFile] });
    t.is(made.exitCode, 0, made.stderr);
    found = made.found;
    const state = JSON.parse((await verb("state", made.id)).stdout);
    t.deepEqual([state.id, state.status, `${state.pid}`], [made.id, "created", readFileSync(pidFile, "utf8")]);
    t.is((await verb("start", made.id)).exitCode, 0);
    t.is((await verb("delete", "--force", made.id)).exitCode, 0);
    if (tries === mostCalls - 1) t.true(found);
  }
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("eight at once have a cgroup each, and leave nothing", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = makeBox(t, { "/linux/cgroupsPath": undefined });
  await settle(t, box);
  const all = await Promise.all(Array.from({ length: 8 }, () => call(box)));
  t.deepEqual(
    all.map(({ exitCode }) => exitCode),
    all.map(() => 0),
  );
  t.true(all.some(({ found }) => found));
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("a taken id is refused, and so is a cgroup that has processes", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  const made = await call(box, { flags: ["--detach"] });
  t.is(made.exitCode, 0, made.stderr);
  for (let tries = 0; tries < 3; tries++) {
    t.regex((await call(box, { id: made.id, flags: ["--detach"] })).stderr, /already exists/);
    t.regex((await call(box, { flags: ["--detach"] })).stderr, /cannot be taken: container's cgroup is not empty/);
  }
  await remove(box, made.id);
  await nothingLeft(t, box, box.before, "rootfs");
});

test.serial("another config with the time of the first is another question", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = makeBox(t);
  await settle(t, box);
  const file = join(box.path, "config.json");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace("TERM=xterm", "TERM=other"));
  const { found, stdout } = await call(box);
  t.false(found);
  t.true(factsOf(stdout).env.includes("TERM=other"));
  writeFileSync(file, toJson(patched(box.config, { "/process/args": ["/probe", "facts", "-", "+hold"] })));
  t.deepEqual(factsOf((await call(box)).stdout).args.slice(1, 2), ["facts"]);
});

/** What somebody does to the root directory between two calls. The plan has nothing of it: both calls say the same. */
const roots: Readonly<Record<string, (box: Box) => void>> = {
  "a user of its passwd has another home": ({ rootfs }) =>
    writeFileSync(join(rootfs, "etc/passwd"), "root:x:0:0:root:/of/passwd:/bin/sh\n"),
  "passwd is a link to the host": ({ rootfs, canary }) => symlinkSync(join(canary, "file"), join(rootfs, "etc/passwd")),
  "a mount point is a link out of it": ({ rootfs, canary }) => {
    rmSync(join(rootfs, "dev"), { recursive: true });
    symlinkSync(canary, join(rootfs, "dev"));
  },
  "a mount point is a link that goes up": ({ rootfs }) => {
    rmSync(join(rootfs, "sys"), { recursive: true });
    symlinkSync("../../canary", join(rootfs, "sys"));
  },
  "/proc is a link to a directory of it": ({ rootfs }) => {
    rmSync(join(rootfs, "proc"), { recursive: true });
    symlinkSync("tmp", join(rootfs, "proc"));
  },
  "its program is a link to the host": ({ rootfs }) => {
    rmSync(join(rootfs, "probe"));
    symlinkSync("/bin/true", join(rootfs, "probe"));
  },
  "its program cannot be executed": ({ rootfs }) => chmodSync(join(rootfs, "probe"), 0o644),
};

for (const [title, change] of Object.entries(roots))
  test.serial(`a root that has changed counts: ${title}`, async (t) => {
    if (!(await needs(t, "native-front", "root", "userns"))) return;
    const box = makeBox(t);
    await settle(t, box);
    const before = readdirSync(box.canary);
    change(box);
    const id = nextId(box);
    const kept = await call(box, { id });
    const planned = await call(box, { id, isNew: true });
    const said = ({ stdout, stderr, exitCode }: typeof kept) => ({
      exitCode,
      last: exitCode === 0 ? factsOf(stdout) : stderr.trim().split("\n").at(-1),
    });
    t.deepEqual(said(kept), said(planned));
    t.true(kept.found);
    t.deepEqual(readdirSync(box.canary), before);
    t.is(readFileSync(join(box.canary, "file"), "utf8"), "canary\n");
  });

test.serial("a home of passwd is that of this call", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = makeBox(t);
  await settle(t, box);
  writeFileSync(join(box.rootfs, "etc/passwd"), "root:x:0:0:root:/of/passwd:/bin/sh\n");
  const { found, stdout } = await call(box);
  t.true(found);
  t.true(factsOf(stdout).env.includes("HOME=/of/passwd"));
});

test.serial("under a policy the plan is made and judged each time", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const box = makeBox(t);
  await settle(t, box);
  const policy = join(box.base, "policy.json");
  writeFileSync(policy, JSON.stringify({ version: 1, noNewPrivileges: true, userNamespace: "required" }));
  const { found, stderr, exitCode } = await call(box, { flags: ["--policy", policy] });
  t.deepEqual({ found, exitCode }, { found: false, exitCode: 125 }, stderr);
  t.regex(stderr, /policy/);
});

test.serial("a file that was cut, or has another's content, counts for nothing", async (t) => {
  if (!(await needs(t, "native-front", "root", "userns"))) return;
  const changes: readonly ((bytes: Uint8Array) => Uint8Array)[] = [
    (bytes) => bytes.subarray(0, -1),
    (bytes) => bytes.subarray(0, 20),
    () => Buffer.alloc(0),
    (bytes) => Buffer.alloc(bytes.length),
  ];
  // A bundle for each: the plan of one whose file is another's is kept at its second place.
  for (const change of changes) {
    const box = makeBox(t);
    await settle(t, box);
    const { stderr } = await call(box);
    const [, file = ""] = /a plan that was kept: (\S+)/.exec(stderr) ?? [];
    writeFileSync(file, change(readFileSync(file)));
    const { found, exitCode } = await call(box);
    t.deepEqual({ found, exitCode }, { found: false, exitCode: 0 });
  }
});

test.serial("an ordinary user has files of its own, which nobody else may read", async (t) => {
  if (!(await needs(t, "native-front", "root", "user", "userns"))) return;
  const { uid, gid } = userIds();
  const box = makeBox(t, rootlessPatch(uid, gid));
  const env = giveToUser(box);
  const how: How = { env, prefix: asUser };
  await settle(t, box, how);
  const [, file = ""] = /a plan that was kept: (\S+)/.exec((await call(box, how)).stderr) ?? [];
  t.regex(file, new RegExp(`^/(run/user/${uid}/coffer|tmp/coffer-${uid})/\\.plans/container-\\d+$`));
  const { stdout } = await command(["stat", "-c", "%u %a", file]);
  t.is(stdout, `${uid} 600\n`);
});
