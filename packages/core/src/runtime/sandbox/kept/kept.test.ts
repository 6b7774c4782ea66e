// Plans of sandboxes that are kept: a plan that was kept is the plan that would be made, and nothing else is taken for one.
import { createHash } from "node:crypto";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { MemorySystem } from "../../../system/memory.ts";
import { makeMemorySystem } from "../../../system/memory.ts";
import { decodePlan } from "../../../wire/decode.ts";
import { decodeText } from "../../../wire/utf8.ts";
import { openRuntime } from "../../open.ts";
import type { Guard } from "../../policy/guard.ts";
import { sandbox } from "../../verbs/sandbox.ts";
import type { SandboxVerbOptions } from "../plan.ts";

const status = "Name:\tcoffer\nCapEff:\t000001ffffffffff\n";
const mountinfo = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n25 22 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const files: Readonly<Record<string, string>> = {
  "/proc/self/status": status,
  "/proc/self/mountinfo": mountinfo,
  "/proc/self/cgroup": "0::/\n",
  "/etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
  "/etc/group": "root:x:0:\n",
  "/proc/sys/kernel/cap_last_cap": "40\n",
};
const directories = ["/run", "/usr/bin", "/bin", "/lib", "/root", "/work", "/mnt", "/tmp", "/dev", "/etc"];
const dir = "/run/coffer/.plans";

function makeHost(change: (system: MemorySystem) => void = () => {}): MemorySystem {
  const system = makeMemorySystem(0);
  for (const path of directories) system.put(path);
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  const report = { phase: "host", errno: 0, code: "none", pid: 7, startTime: 99n, inode: 5n, detail: 0n } as const;
  const end = { status: { kind: "exited", code: 0 }, nanoseconds: 0n } as const;
  system.onLaunch = () => [
    ...(["running", "exited", "done"] as const).map(
      (state) => ({ kind: "report", report: { ...report, ...end, state } }) as const,
    ),
    { kind: "exit", status: 0, signal: undefined, trace: new Uint8Array(0) },
  ];
  change(system);
  return system;
}

/** What differs between two calls. */
interface Call extends Partial<SandboxVerbOptions> {
  readonly build?: string | undefined;
  readonly caller?: Partial<MemorySystem["caller"]>;
  readonly guard?: Guard;
}

const digest: MemorySystem["digest"] = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Runs a sandbox: the bytes of the plan that is launched, and whether the plan was one that was kept. */
async function run(system: MemorySystem, { build, caller, guard, ...options }: Call = {}) {
  let found = false;
  const opened = openRuntime({
    system: { ...system, digest, caller: { ...system.caller, ...caller }, ...(build === undefined ? {} : { build }) },
    warn: () => {},
    debug: (message) => {
      found ||= message.startsWith("a plan that was kept");
    },
  });
  const runtime = { ...opened, ...(guard === undefined ? {} : { guard }) };
  await (await sandbox(runtime, { args: ["true"], stdio: ["ignore", "ignore", "ignore"], ...options })).wait();
  const { plan } = system.launches.at(-1) ?? { plan: new Uint8Array() };
  return { found, plan: decodePlan(plan) };
}

const kept = (system: MemorySystem): readonly string[] =>
  [...system.entries.keys()].filter((path) => path.startsWith(`${dir}/`));

const first: Call = { build: "one" };

test("a plan is kept, found, and the same", async (t) => {
  const { plan } = await run(makeHost());
  const system = makeHost();
  t.deepEqual(await run(system, first), { found: false, plan });
  t.deepEqual(await run(system, first), { found: true, plan });
  t.is(kept(system).length, 1);
});

test("a plan with a fence is kept, and another guarded name that is missing is another question", async (t) => {
  const fenced: Call = { ...first, writable: true, fence: true };
  const system = makeHost((one) => one.put("/work/.envrc", "x"));
  const { plan } = await run(system, fenced);
  t.true(plan.ops.some(({ op }) => op === "supervise"));
  t.deepEqual(await run(system, fenced), { found: true, plan });
  t.false((await run(system, { ...fenced, fence: false })).found);
  system.entries.delete("/work/.envrc");
  t.false((await run(system, fenced)).found);
});

test("other words and variables are put into it, and are not kept", async (t) => {
  const other: Call = { ...first, args: ["true", "a-word", ""], env: { TOKEN: "a-secret" } };
  const { plan } = await run(makeHost(), { ...other, build: undefined });
  const system = makeHost();
  t.deepEqual(await run(system, other), { found: false, plan });
  t.deepEqual(await run(system, other), { found: true, plan });
  await run(system, first);
  t.deepEqual(await run(system, other), { found: true, plan });
  const written = kept(system).map((path) => decodeText(system.readBytes(path, 1 << 20)));
  t.is(written.length, 1);
  t.false(written.some((text) => text.includes("a-secret") || text.includes("a-word") || text.includes("TOKEN")));
});

/** What a plan depends on: with any of it the first plan is another question's. */
const questions: Readonly<Record<string, Call | ((system: MemorySystem) => void)>> = {
  "another program of ours": { build: "other" },
  "another command": { args: ["false"] },
  "another directory": { cwd: "/work/other" },
  "a directory that can be written": { writable: true },
  "a path that can be read": { read: ["/work/other"] },
  "another PATH inside": { env: { PATH: "/opt/bin" } },
  "no HOME inside": { env: { HOME: undefined } },
  "a weaker sandbox": { unsafe: ["no-seccomp"] },
  "a terminal": { stdio: undefined, caller: { isInteractive: true } },
  "other ids": { caller: { gid: 5 } },
  "another size": { sizes: { "/tmp": 4096 } },
  "a secret that was not there": (system) => system.put("/work/.env", "KEY=1"),
  "a link of the root directory": (system) => {
    system.put("/lib64");
    system.entries.set("/lib64", { kind: "link", content: new Uint8Array(), mode: 0o777, uid: 0, gid: 0 });
  },
  "a kernel that knows fewer capabilities": (system) => system.put("/proc/sys/kernel/cap_last_cap", "39\n"),
  "fewer capabilities": (system) => system.put("/proc/self/status", "CapEff:\t0000000000200000\n"),
  "other cgroups": (system) => system.put("/proc/self/cgroup", "0::/other\n"),
  "another file system": (system) => system.put("/proc/self/mountinfo", mountinfo.replace("ext4", "nfs")),
  "a file of /etc": (system) => system.put("/etc/services", ""),
  "another name in passwd": (system) => system.put("/etc/passwd", "me:x:0:0:root:/root:/bin/sh\n"),
  "a security module": (system) => system.put("/sys/kernel/security/lsm", "apparmor\n"),
};

for (const [title, change] of Object.entries(questions))
  test(`${title} is another question`, async (t) => {
    const system = makeHost((one) => one.put("/work/other"));
    await run(system, first);
    const call = typeof change === "function" ? first : { ...first, ...change };
    if (typeof change === "function") change(system);
    t.false((await run(system, call)).found);
  });

const neither: Readonly<Record<string, Call>> = {
  "a sandbox with a name": { name: "box" },
  "one with a network": { network: { allow: ["example.org"] } },
  "one that is traced": { trace: true },
  "one under a policy": { guard: { policy: { version: 1 }, find: () => [] } },
  "one whose word has a NUL": { args: ["true", "a\0b"] },
  "one whose word is too long": { args: ["true", "a".repeat(131_072)] },
};

for (const [title, call] of Object.entries(neither))
  test(`${title} is not kept`, async (t) => {
    const system = makeHost();
    await run(system, { ...first, ...call }).catch(() => {});
    t.deepEqual(kept(system), []);
  });

/** What an attacker or a fault may have done to the plan that is kept. */
const damage: Readonly<Record<string, (system: MemorySystem, path: string, bytes: Uint8Array) => void>> = {
  "a byte of it was changed": (system, path, bytes) =>
    system.writeFile(
      path,
      bytes.map((byte, index) => (index === 900 ? byte ^ 1 : byte)),
    ),
  "it was cut": (system, path, bytes) => system.writeFile(path, bytes.slice(0, -8)),
  "it is empty": (system, path) => system.writeFile(path, ""),
  "it has the digest alone": (system, path, bytes) => system.writeFile(path, bytes.slice(0, 64)),
  "it is nothing but zeros": (system, path, bytes) => system.writeFile(path, new Uint8Array(bytes.length)),
  "the plan is another's, with its own digest": (system, path, bytes) => {
    const image = bytes.slice(128).map((byte, index) => (index === 900 ? byte ^ 1 : byte));
    system.writeFile(path, Buffer.concat([Buffer.from(digest(image)), image]));
  },
  "a group may write to the directory": (system) => system.put(dir, undefined, { mode: 0o770, gid: 5 }),
  "the directory is another user's": (system) => system.put(dir, undefined, { uid: 1000 }),
  "a directory on the way is another user's": (system) => system.put("/run/coffer", undefined, { uid: 1000 }),
  "others may write to a directory on the way": (system) => system.put("/run/coffer", undefined, { mode: 0o777 }),
  "the directory is a link": (system) =>
    void system.entries.set("/run/coffer", { kind: "link", content: new Uint8Array(), mode: 0o777, uid: 0, gid: 0 }),
};

async function isIgnored(t: ExecutionContext, harm: (typeof damage)[string]): Promise<void> {
  const { plan } = await run(makeHost());
  const system = makeHost();
  await run(system, first);
  const [path = ""] = kept(system);
  harm(system, path, system.readBytes(path, 1 << 20));
  t.deepEqual(await run(system, first), { found: false, plan });
}

for (const [title, harm] of Object.entries(damage))
  test(`a plan counts for nothing if ${title}`, async (t) => isIgnored(t, harm));

test("a plan counts for nothing if others may write to the directory", async (t) =>
  isIgnored(t, (system) => system.put(dir, undefined, { mode: 0o707 })));

/** Where plans of an ordinary user are, whatever the variables say. */
const ofUser: Readonly<Record<string, readonly string[]>> = {
  "/run/user/1000/coffer/.plans": ["/run/user/1000"],
  "/tmp/coffer-1000/.plans": [],
};

for (const [place, there] of Object.entries(ofUser))
  test(`plans of a user are in ${place}, whatever the variables say`, async (t) => {
    const system = makeHost((one) => {
      for (const path of there) one.put(path, undefined, { uid: 1000 });
      one.put("/tmp", undefined, { mode: 0o1777 });
    });
    const makeDir: MemorySystem["makeDir"] = (path) => {
      if (!system.entries.has(path)) system.put(path, undefined, { mode: 0o700, uid: 1000 });
    };
    const env = { HOME: "/root", XDG_CACHE_HOME: "/work", XDG_RUNTIME_DIR: "/work", XDG_STATE_HOME: "/work" };
    await run({ ...system, makeDir }, { ...first, caller: { uid: 1000, gid: 1000, env } });
    const made = [...system.entries.keys()].filter((path) => path.startsWith(`${place}/`));
    t.is(made.length, 1, [...system.entries.keys()].filter((path) => path.includes("plans")).join(" "));
  });

test("where nothing can be written, the plan is made each time", async (t) => {
  const { plan } = await run(makeHost());
  const system = makeHost();
  const fail: MemorySystem["makeDir"] = (path) => system.stat(`${path}/missing`) && undefined;
  t.deepEqual(await run({ ...system, makeDir: fail }, first), { found: false, plan });
  t.deepEqual(kept(system), []);
});
