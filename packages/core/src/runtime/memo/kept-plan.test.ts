// Plans of containers that are kept: what is launched is what would be planned, byte for byte, and nothing else is taken for it.
import { createHash } from "node:crypto";
import { stringifyJson } from "@coffer/spec";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { ConfigChange } from "../../plan/testing/builders.ts";
import { baseConfig } from "../../plan/testing/builders.ts";
import type { MemorySystem } from "../../system/memory.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import { decodePlan } from "../../wire/decode.ts";
import { decodeText } from "../../wire/utf8.ts";
import { openRuntime } from "../open.ts";
import type { Guard } from "../policy/guard.ts";
import { create } from "../verbs/create.ts";
import type { RunVerbOptions } from "../verbs/run.ts";
import { run } from "../verbs/run.ts";

const mountinfo = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n25 22 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const files: Readonly<Record<string, string>> = {
  "/proc/self/status": "Name:\tcoffer\nCapEff:\t000001ffffffffff\n",
  "/proc/self/mountinfo": mountinfo,
  "/proc/self/cgroup": "0::/\n",
  "/proc/sys/kernel/cap_last_cap": "40\n",
  "/proc/1/stat": "1 (x) S 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 9 0\n",
};
const place = "/run/coffer/.plans/";
const file = "/work/b/config.json";

const link = { kind: "link", content: new Uint8Array(), mode: 0o777, uid: 0, gid: 0 } as const;

/** The container of the tests. A test changes one field. */
const secrets: ConfigChange = {
  process: {
    ...baseConfig().process,
    cwd: "/",
    args: ["/bin/sh", "-c", "a-word"],
    env: ["PATH=/bin", "TOKEN=a-secret", "HOME=/home/of"],
  },
  annotations: { "org.example.note": "a-note" },
};

const printed = (change: ConfigChange = {}): string => stringifyJson(baseConfig({ ...secrets, ...change }));

function makeHost(change: (system: MemorySystem) => void = () => {}): MemorySystem {
  const system = makeMemorySystem(0);
  for (const path of ["/work/b/rootfs", "/work/c/rootfs", "/work/state", "/sys/fs/cgroup/", "/run"]) system.put(path);
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  system.put(file, printed());
  system.put("/work/c/config.json", printed());
  const report = { phase: "host", errno: 0, code: "none", pid: 1, startTime: 9n, inode: 5n, detail: 0n } as const;
  const end = { status: { kind: "exited", code: 0 }, nanoseconds: 0n } as const;
  system.onLaunch = () => [
    ...(["created", "running", "exited", "done"] as const).map(
      (state) => ({ kind: "report", report: { ...report, ...end, state } }) as const,
    ),
    { kind: "exit", status: 0, signal: undefined, trace: new Uint8Array(0) },
  ];
  change(system);
  return system;
}

const digest: MemorySystem["digest"] = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** What differs between two calls. */
interface Call extends Partial<RunVerbOptions> {
  readonly build?: string | undefined;
  readonly system?: Partial<MemorySystem>;
  readonly caller?: Partial<MemorySystem["caller"]>;
  readonly guard?: Guard;
  readonly verb?: "create";
}

let count = 0;
/** An id that no call had, of one shape. */
const nextId = (): string => `job-${1000 + count++}`;

/** Makes a container: the bytes of the plan that is launched, and whether the plan was one that was kept. */
async function call(host: MemorySystem, { build = "one", system, caller, guard, verb, ...options }: Call = {}) {
  let found = false;
  const merged = { ...host, digest, ...system, caller: { ...host.caller, ...caller } };
  const opened = openRuntime({
    root: "/work/state",
    system: build === "" ? merged : { ...merged, build },
    warn: () => {},
    debug: (message) => {
      found ||= message.startsWith("a plan that was kept");
    },
  });
  const runtime = { ...opened, ...(guard === undefined ? {} : { guard }) };
  const words: RunVerbOptions = { id: nextId(), bundle: "/work/b", stdio: ["ignore", "ignore", "ignore"], ...options };
  if (verb === "create") await create(runtime, words);
  else await (await run(runtime, words)).wait();
  return { found, plan: host.launches.at(-1)?.plan ?? new Uint8Array() };
}

/** Calls until the plan is kept: the first is not, the second is. */
async function keep(host: MemorySystem, how: Call = {}): Promise<void> {
  for (let index = 0; index < 2; index++) await call(host, how);
}

const kept = (host: MemorySystem): readonly string[] =>
  [...host.entries.keys()].filter((path) => path.startsWith(`${place}container-`));

/** The file of the plan, and not of a question that was asked once. */
function planOf(host: MemorySystem): { readonly path: string; readonly bytes: Uint8Array } {
  const [path = ""] = kept(host).filter((one) => host.readBytes(one, 1 << 20).length > 200);
  return { path, bytes: host.readBytes(path, 1 << 20) };
}

/** The third call with the same words finds the plan, and it is the one that a front without memory makes. */
async function isFound(t: ExecutionContext, host: MemorySystem, how: Call = {}): Promise<void> {
  const id = nextId();
  const planned = await call(
    makeHost((one) => one.put(file, decodeText(host.readBytes(file, 1 << 20)))),
    {
      ...how,
      id,
      build: "",
    },
  );
  t.deepEqual(await call(host, { ...how, id }), { found: true, plan: planned.plan });
}

test("the third container of a bundle has a plan that was kept, which is the planned one, byte for byte", async (t) => {
  const host = makeHost();
  t.false((await call(host)).found);
  t.deepEqual(
    kept(host).map((path) => host.readBytes(path, 1 << 20).length),
    [129],
  );
  t.false((await call(host)).found);
  for (let index = 0; index < 3; index++) await isFound(t, host);
  t.true(decodeText((await call(host, { id: "job-4321" })).plan).includes("coffer-job-4321"));
  t.is(kept(host).length, 1);
});

/** Containers whose plans are kept, each with its own. */
const ways: Readonly<Record<string, Call & { readonly config?: ConfigChange }>> = {
  "a created container": { verb: "create" },
  "a detached one": { detach: true },
  "one with process 1": { init: true },
  "one with locked mounts": { lockMounts: true },
  "one that keeps its state": { keep: true },
  "one that nobody pivots": { noPivot: true },
  "one without a pivot, with a keyring": { noPivot: true, noNewKeyring: true },
  "one with a pidfd": { pidfdSocket: "/run/s" },
  "one with a cgroup of its config": { config: { linux: { ...baseConfig().linux, cgroupsPath: "/of/config" } } },
  "one whose program has no words": { config: { process: { cwd: "/", args: ["/x"], env: [] } } },
  "one whose words are not ASCII": { config: { process: { cwd: "/", args: ["/x", 'ä\\ "☃', ""], env: ["A=ö\n"] } } },
};

for (const [title, { config, ...how }] of Object.entries(ways))
  test(`${title} is found, and is the planned one`, async (t) => {
    const host = makeHost((one) => one.put(file, printed(config)));
    await keep(host, how);
    await isFound(t, host, how);
  });

test("words and variables of the program are not kept, nor annotations", async (t) => {
  const host = makeHost();
  await keep(host);
  t.true((await call(host)).found);
  const texts = [...host.entries]
    .filter(([path]) => path.startsWith(place))
    .map(([, entry]) => decodeText(entry.content));
  t.true(texts.length > 0);
  for (const secret of ["a-word", "a-secret", "TOKEN", "a-note", "/home/of"])
    t.false(
      texts.some((text) => text.includes(secret)),
      secret,
    );
});

/** Ids that look like something else. The planner takes each as it is. */
const ids: readonly string[] = [
  "a",
  "0",
  "A.b+c_d-e",
  "+",
  "_._",
  "config",
  "rootfs",
  "coffer",
  "x".repeat(128),
  "1e5",
];

for (const id of ids)
  test(`the id ${id.slice(0, 20)} has the plan that would be made`, async (t) => {
    const host = makeHost();
    const planned = await call(makeHost(), { id, build: "" });
    for (let index = 0; index < 4; index++) {
      const { plan } = await call(host, { id });
      t.deepEqual(plan, planned.plan);
    }
  });

test("an id that is a word of the plan gets the same ops as if it were planned", async (t) => {
  const change = { hostname: "coffer-job-4321", linux: { ...baseConfig().linux, cgroupsPath: "" } };
  const host = makeHost((one) => one.put(file, printed(change)));
  await keep(host);
  const id = "job-4321";
  const planned = await call(
    makeHost((one) => one.put(file, printed(change))),
    { id, build: "" },
  );
  const { found, plan } = await call(host, { id });
  t.true(found);
  t.deepEqual(decodePlan(plan), decodePlan(planned.plan));
});

test("an id of another shape is another question", async (t) => {
  const host = makeHost();
  await keep(host);
  for (const id of ["job_1000", "job-100", "job-10000", "job.1000"]) t.false((await call(host, { id })).found, id);
});

/** What a plan depends on: with any of it the plan that was kept is another question's. */
const questions: Readonly<Record<string, Call | ((system: MemorySystem) => void)>> = {
  "another program of ours": { build: "other" },
  "another bundle with the same config": { bundle: "/work/c" },
  "another verb": { verb: "create" },
  "a detached container": { detach: true },
  "process 1": { init: true },
  "locked mounts": { lockMounts: true },
  "no pivot": {
    noPivot: true,
    system: { readLines: (path) => [...makeHost().readLines(path), "1 1 0:2 / / rw - rootfs rootfs rw"] },
  },
  "the caller's keyring": { noNewKeyring: true },
  "a state that stays": { keep: true },
  "a descriptor more": { preserveFds: 1, system: { readLink: () => "/x" } },
  "a pidfd": { pidfdSocket: "/run/s" },
  "no cgroups": { cgroupManager: "none" },
  "another user": { caller: { uid: 5 }, system: { stat: (path) => ({ ...makeHost().stat(path), uid: 5 }) } },
  "another group": { caller: { gid: 5 } },
  "another kernel": { system: { uname: () => ({ system: "Linux", release: "6.1.0", machine: "x86_64" }) } },
  "sockets of socket activation": { caller: { env: { LISTEN_PID: "1", LISTEN_FDS: "1" } }, stdio: undefined },
  "another word of the program": (system) => system.put(file, printed().replace("a-word", "b-word")),
  "another variable": (system) => system.put(file, printed().replace("a-secret", "b-secret")),
  "another annotation": (system) => system.put(file, printed().replace("a-note", "b-note")),
  "a config with more rights": (system) =>
    system.put(file, printed({ process: { cwd: "/", args: ["/bin/sh"], noNewPrivileges: false } })),
  "fewer capabilities of the caller": (system) => system.put("/proc/self/status", "CapEff:\t0000000000200000\n"),
  "a kernel that knows fewer capabilities": (system) => system.put("/proc/sys/kernel/cap_last_cap", "39\n"),
  "another cgroup of the caller": (system) => system.put("/proc/self/cgroup", "0::/other\n"),
  "other mounts of cgroups": (system) =>
    system.put("/proc/self/mountinfo", mountinfo.replace("- cgroup2 cgroup2 rw", "- cgroup cgroup rw,memory")),
  "a security module": (system) => system.put("/sys/kernel/security/lsm", "apparmor\n"),
};

for (const [title, change] of Object.entries(questions))
  test(`${title} is another question`, async (t) => {
    const host = makeHost();
    await keep(host);
    t.true((await call(host)).found);
    if (typeof change === "function") change(host);
    const { found } = await call(host, typeof change === "function" ? {} : change).catch(() => ({ found: false }));
    t.false(found);
  });

test("a source of a bind that is gone, or is a file now, is another question", async (t) => {
  const mounts = [{ destination: "/data", type: "bind", source: "/data", options: ["rbind"] }];
  const host = makeHost((one) => one.put(file, printed({ mounts })));
  host.put("/data");
  await keep(host);
  t.true((await call(host)).found);
  host.put("/data", "a file");
  t.false((await call(host)).found);
});

/** What is planned each time, and leaves nothing behind. */
const neither: Readonly<Record<string, Call & { readonly config?: ConfigChange }>> = {
  "one under a policy": { guard: { policy: { version: 1 }, find: () => [] } },
  "one whose caller gives a socket to notify": { caller: { env: { NOTIFY_SOCKET: "/run/n" } } },
  "one whose cgroup is there": { id: "job-5555" },
  "one with systemd": { cgroupManager: "systemd" },
  "one with a hook": { config: { hooks: { poststop: [{ path: "/x", env: ["TOKEN=a-secret"] }] } } },
  "one with a listener of seccomp": {
    config: { linux: { ...baseConfig().linux, seccomp: { defaultAction: "SCMP_ACT_ALLOW", listenerPath: "/run/l" } } },
  },
  "one with a mount that may have a password": {
    config: { mounts: [{ destination: "/m", type: "cifs", source: "//h/s", options: ["password=a-secret"] }] },
  },
  "one whose program is a module": { config: { process: { cwd: "/", args: ["/a.wasm"] } } },
  "a front that keeps nothing": { build: "" },
};

for (const [title, { config, ...how }] of Object.entries(neither))
  test(`${title} is not kept`, async (t) => {
    const host = makeHost((one) => one.put(file, printed(config)));
    host.put("/sys/fs/cgroup/coffer-job-5555/cgroup.procs", "");
    host.entries.set("/run/dbus/system_bus_socket", { ...link, kind: "socket" });
    for (let index = 0; index < 3; index++) await call(host, how);
    t.deepEqual(kept(host), []);
  });

/** Milliseconds since the config was changed, and whether the plan is found. Engines call at once. */
const ages: readonly (readonly [age: number, found: boolean])[] = [
  [0, false],
  [999, false],
  [1000, true],
  [-1000, false],
];

for (const [age, found] of ages)
  test(`a config that was changed ${age} ms ago is ${found ? "" : "not "}looked for`, async (t) => {
    const host = makeHost();
    const modified = Date.parse(host.now()) - age;
    const system: Call["system"] = { stat: (path, how) => ({ ...host.stat(path, how), modified }) };
    for (let index = 0; index < 2; index++) await call(host, { system });
    t.is((await call(host, { system })).found, found);
    t.is(kept(host).length, found ? 1 : 0);
  });

test("a config that changes while it is used is read once", async (t) => {
  const host = makeHost();
  await keep(host);
  let reads = 0;
  const other = printed().replace("a-secret", "b-secret");
  const readNamedText: MemorySystem["readNamedText"] = (path, limit) =>
    reads++ === 0 ? host.readNamedText(path, limit) : other;
  const { found, plan } = await call(host, { system: { readNamedText } });
  t.deepEqual([found, reads], [true, 1]);
  t.true(decodeText(plan).includes("a-secret"));
});

test("one whose config has an unknown field is not kept", async (t) => {
  const host = makeHost((one) => one.put(file, printed().replace("{", '{"unknown":1,')));
  for (let index = 0; index < 3; index++) await call(host);
  t.deepEqual(kept(host), []);
});

/** A file as it is kept: its seal is the digest of what follows, the key of the question and the content. */
const seal = (sealed: Uint8Array): Uint8Array => Buffer.concat([Buffer.from(digest(sealed)), sealed]);

/** What an attacker or a fault may have done to what is kept. */
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
  "it is sealed for no question": (system, path, bytes) => system.writeFile(path, seal(bytes.slice(128))),
  "it is sealed for another question": (system, path, bytes) =>
    system.writeFile(path, seal(bytes.slice(64).map((byte, index) => (index === 63 ? byte ^ 1 : byte)))),
  "a group may write to the directory": (system) => system.put(place.slice(0, -1), undefined, { mode: 0o770 }),
  "the directory is another user's": (system) => system.put(place.slice(0, -1), undefined, { uid: 1000 }),
  "others may write to a directory on the way": (system) => system.put("/run", undefined, { mode: 0o777 }),
  "the directory is a link": (system) => void system.entries.set(place.slice(0, -1), link),
};

for (const [title, harm] of Object.entries(damage))
  test(`what is kept counts for nothing if ${title}`, async (t) => {
    const host = makeHost();
    await keep(host);
    const id = nextId();
    const planned = await call(makeHost(), { id, build: "" });
    const { path, bytes } = planOf(host);
    harm(host, path, bytes);
    t.deepEqual(await call(host, { id }), { found: false, plan: planned.plan });
  });

test("whoever can seal a plan, and so is the caller, does not get one past the verifier", async (t) => {
  const host = makeHost();
  await keep(host);
  const { path, bytes } = planOf(host);
  const [key, content] = [bytes.slice(64, 128), bytes.slice(128)];
  const head = 4 + new DataView(content.buffer, content.byteOffset).getUint32(0, true);
  // The number of ops.
  const changed = content.map((byte, index) => (index === head + 20 ? byte - 1 : byte));
  host.writeFile(path, seal(Buffer.concat([key, changed])));
  const id = nextId();
  const planned = await call(makeHost(), { id, build: "" });
  t.deepEqual(await call(host, { id }), { found: false, plan: planned.plan });
  host.writeFile(path, seal(Buffer.concat([key, content])));
  t.true((await call(host)).found);
});

test("an error of a launch tells what the ops are", async (t) => {
  const host = makeHost();
  await keep(host);
  const report = { phase: "exec", errno: 2, code: "none", pid: 0, startTime: 0n, inode: 0n, detail: 0n } as const;
  const status = { status: { kind: "exited", code: 0 }, nanoseconds: 0n } as const;
  const { ops } = decodePlan((await call(host)).plan);
  const op = ops.findIndex(({ op: name }) => name === "find-exec");
  host.onLaunch = () => [
    { kind: "report", report: { ...report, ...status, state: "failed", op, opName: "find-exec" } },
  ];
  const said = async (build: string) => (await t.throwsAsync(call(host, { build })))?.message;
  t.is(await said("one"), await said(""));
});

test("where nothing can be written, the plan is made each time", async (t) => {
  const host = makeHost();
  const makeDir: MemorySystem["makeDir"] = (path, options) =>
    path.includes(".plans") ? void host.stat(`${path}/missing`) : host.makeDir(path, options);
  for (let index = 0; index < 3; index++) t.false((await call(host, { system: { makeDir } })).found);
  t.deepEqual(kept(host), []);
});
