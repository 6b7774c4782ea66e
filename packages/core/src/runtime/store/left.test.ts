// What the state directory says where something is missing, broken, or another's; and what a killed sandbox has left in it.
import { checkConfig } from "@coffer/spec";
import test from "ava";
import { SystemError } from "../../system/error.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import type { Runtime } from "../runtime.ts";
import { canBeSeen, isAlive, readOwnIdentity, readStartTime, readViewpoint } from "./identity.ts";
import { tryLock, withLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { lateHooks, parseRecord, printRecord, toRemembered } from "./record.ts";
import {
  checkUnused,
  claim,
  forget,
  hasContainer,
  hasGate,
  listIds,
  placeOf,
  readIdentity,
  readRecord,
  writeCommand,
  writeRecord,
} from "./store.ts";
import { sweep, sweepAll } from "./sweep.ts";

const boot = "01234567-89ab-cdef-0123-456789abcdef";
const record: ContainerRecord = {
  id: "box",
  bundle: "/b",
  rootfs: "/b/rootfs",
  created: "2026-01-01T00:00:00.000Z",
  uid: 0,
  cgroups: [],
  config: { ociVersion: "1.2.0" },
};
const dir = "/run/coffer/box";

function makeRuntime() {
  const system = makeMemorySystem();
  system.put("/proc/sys/kernel/random/boot_id", boot);
  const runtime = { system, root: "/run/coffer" };
  claim(runtime, "box");
  return { system, runtime };
}

/** A machine where one call on one path fails. */
function failing(runtime: Runtime, call: "stat" | "readText" | "readLink" | "makeDir", path: string, error: Error) {
  const { system } = runtime;
  const replaced = (at: string, ...more: readonly unknown[]) => {
    if (at === path) throw error;
    return Reflect.apply(system[call], system, [at, ...more]);
  };
  return { ...runtime, system: { ...system, [call]: replaced } };
}

const denied = (path: string) => new SystemError("stat", path, "EACCES");
const none = { system: makeMemorySystem(), root: "/run/none" };

test("without a state directory there is no container", (t) => {
  t.deepEqual(listIds(none), []);
  t.false(hasContainer(none, "box"));
  for (const call of [() => placeOf(none, "box"), () => readRecord(none, "box")])
    t.throws(call, { code: "E_CONTAINER_NOT_FOUND", message: /^container box does not exist: `coffer list`/ });
  t.notThrows(() => checkUnused(none, "box"));
});

test("an id that is taken is refused, and what cannot be looked at is an error of its own", (t) => {
  const { runtime } = makeRuntime();
  t.throws(() => checkUnused(runtime, "box"), { code: "E_CONTAINER_EXISTS" });
  t.notThrows(() => checkUnused(runtime, "other"));
  const blind = failing(runtime, "stat", dir, denied(dir));
  t.throws(() => checkUnused(blind, "box"), {
    code: "E_IO",
    message: `cannot look for the container: ${dir}: permission denied`,
  });
  const ours = failing(runtime, "stat", dir, new TypeError("ours"));
  t.throws(() => checkUnused(ours, "box"), { instanceOf: TypeError });
});

test("a directory that cannot be made is told by its name", (t) => {
  const { runtime } = makeRuntime();
  const other = "/run/coffer/other";
  const full = failing(runtime, "makeDir", other, new SystemError("mkdir", other, "ENOSPC"));
  t.throws(() => claim(full, "other"), {
    code: "E_IO",
    message: /^cannot make the state directory: \/run\/coffer\/other: /,
  });
});

test("a directory without a record is no container, and a file of that name neither", (t) => {
  const { runtime, system } = makeRuntime();
  t.throws(() => readRecord(runtime, "box"), { code: "E_CONTAINER_NOT_FOUND" });
  system.put("/run/coffer/file", "x");
  t.false(hasContainer(runtime, "file"));
  t.throws(() => readRecord(runtime, "file"), { code: "E_CONTAINER_NOT_FOUND" });
  t.is(readIdentity(runtime, "box"), undefined);
  const broken = failing(runtime, "readText", `${dir}/process`, denied(dir));
  t.throws(() => readIdentity(broken, "box"), { code: "E_IO", message: /^cannot read the container's state: / });
});

test("a gate is a socket that is open", async (t) => {
  const { runtime, system } = makeRuntime();
  t.false(await hasGate(runtime, "box"));
  system.put(`${dir}/gate`, "");
  t.false(await hasGate(runtime, "box"));
  system.put(`${dir}/gate`, "", { kind: "socket" });
  t.true(await hasGate(runtime, "box"));
  const asked = (errno: string): Runtime => {
    const isBound = async (path: string) => Promise.reject(new SystemError("connect", path, errno));
    return { ...runtime, system: { ...system, isBound } };
  };
  t.false(await hasGate(asked("ENOENT"), "box"));
  await t.throwsAsync(hasGate(asked("EACCES"), "box"), {
    code: "E_IO",
    message: /^cannot look for the container's gate/,
  });
});

test("plans of commands are stored beside each other, and go with the container", (t) => {
  const { runtime, system } = makeRuntime();
  let count = 0;
  const counting = { ...runtime, system: { ...system, randomId: () => `r${++count}` } };
  const paths = [1, 2].map((byte) => writeCommand(counting, "box", Uint8Array.of(byte)));
  t.deepEqual(paths, [`${dir}/commands/r1.plan`, `${dir}/commands/r2.plan`]);
  t.deepEqual(
    paths.map((path) => system.readBytes(path, 9)),
    [Uint8Array.of(1), Uint8Array.of(2)],
  );
  t.throws(() => writeCommand(runtime, "gone", Uint8Array.of(1)), { code: "E_IO" });
  const same = { ...runtime, system: { ...system, randomId: () => "r1" } };
  t.throws(() => writeCommand(same, "box", Uint8Array.of(3)), { code: "E_IO", message: /^cannot store the plan/ });
  forget(runtime, "box");
  t.false(hasContainer(runtime, "box"));
});

test("a lock that somebody has", async (t) => {
  const { runtime } = makeRuntime();
  await withLock(runtime, "box", async () => {
    t.is(await tryLock(runtime, "box"), undefined);
    const busy = withLock(runtime, "box", async () => t.fail());
    await t.throwsAsync(busy, { code: "E_TIMEOUT", message: /^container box is busy: another verb works on it/ });
  });
  (await tryLock(runtime, "box"))?.release();
  await t.throwsAsync(tryLock(runtime, "gone"), { code: "E_CONTAINER_NOT_FOUND" });
});

const hook = { path: "/bin/x" };
test("only the hooks of later points are remembered", (t) => {
  const remember = (hooks: object) => toRemembered(checkConfig({ ociVersion: "1.2.0", mounts: [], hooks }));
  const some = remember({ prestart: [hook], poststart: [hook] });
  t.deepEqual(some, { ociVersion: "1.2.0", hooks: { poststart: [hook], poststop: [] } });
  t.deepEqual(remember({ poststart: [hook], poststop: [hook] }).hooks, { poststart: [hook], poststop: [hook] });
  t.deepEqual(remember({ prestart: [hook] }), { ociVersion: "1.2.0" });
  const one = { ...record, config: some };
  t.is(lateHooks(one, "poststop"), undefined);
  t.deepEqual(lateHooks(one, "poststart")?.hooks, [hook]);
  t.is(lateHooks(record, "poststart"), undefined);
});

test("what only the making of a container needs of Linux is not remembered", (t) => {
  const later = { namespaces: [{ type: "pid" }], uidMappings: [{ containerID: 0, hostID: 1, size: 1 }] };
  const made = {
    maskedPaths: ["/proc/keys"],
    readonlyPaths: ["/proc/sys"],
    devices: [],
    resources: { pids: { limit: 5 } },
  };
  const config = checkConfig({ ociVersion: "1.2.0", linux: { ...later, ...made } });
  t.deepEqual(toRemembered(config), {
    ociVersion: "1.2.0",
    linux: checkConfig({ ociVersion: "1.2.0", linux: later }).linux,
  });
});

const text = { ...record, resctrl: { mount: "/m", group: "/g", own: true } };
for (const other of [{ resctrl: [] }, { cgroups: [null] }, { viewpoint: null }, { config: [] }, { maker: 1 }])
  test(`a record with ${JSON.stringify(other)} is broken`, (t) => {
    const json = JSON.stringify({ version: 1, ...text, ...other });
    t.throws(() => parseRecord("box", "f", json), { code: "E_STATE_CORRUPT" });
  });
for (const args of [
  ["a", 1],
  [1, "a"],
])
  test(`arguments ${JSON.stringify(args)} are none`, (t) => {
    const json = JSON.stringify({ version: 1, ...text, config: { ociVersion: "1.2.0", process: { args } } });
    t.throws(() => parseRecord("box", "f", json), { code: "E_STATE_CORRUPT" });
  });
test("annotations are texts, all of them", (t) => {
  const json = JSON.stringify({ version: 1, ...text, config: { ociVersion: "1.2.0", annotations: { a: "x", b: 1 } } });
  t.throws(() => parseRecord("box", "f", json), { code: "E_STATE_CORRUPT" });
});

const stat = (time: string): string => `9 (a) S ${"0 ".repeat(18)}${time} 0`;
test("times and places of processes", (t) => {
  const { runtime, system } = makeRuntime();
  t.is(readStartTime(system, 9), 0n);
  system.put("/proc/9/stat", stat("77"));
  t.is(readStartTime(system, 9), 77n);
  system.put("/proc/9/stat", stat("x"));
  t.is(readStartTime(system, 9), 0n);
  system.put("/proc/1/stat", stat("5"));
  t.is(readOwnIdentity(system), `1 5 0 ${boot}`);
  const closed = failing(runtime, "readLink", "/proc/self", denied("/proc/self")).system;
  t.deepEqual(readViewpoint(closed), { pid: "", time: "time:[1]" });
  const identity = { pid: 9, startTime: 1n, inode: 0n, bootId: boot };
  t.false(canBeSeen(closed, identity, { pid: "", time: "time:[1]" }));
  const hidden = failing(runtime, "readText", "/proc/9/stat", denied("/proc/9/stat")).system;
  t.throws(() => isAlive(hidden, identity), { instanceOf: SystemError });
});

const maker = `9 77 0 ${boot}`;
async function swept(change: Partial<ContainerRecord>, files: Readonly<Record<string, string>>) {
  const { runtime, system } = makeRuntime();
  writeRecord(runtime, { ...record, viewpoint: readViewpoint(system), ...change });
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  await sweepAll(runtime);
  return hasContainer(runtime, "box");
}

test("what a sandbox has left goes if its maker has ended, and stays else", async (t) => {
  t.false(await swept({ maker }, {}));
  t.false(await swept({ maker }, { "/proc/9/stat": stat("78") }));
  t.true(await swept({ maker }, { "/proc/9/stat": stat("77") }));
  t.true(await swept({}, {}));
  t.true(await swept({ maker, viewpoint: { pid: "pid:[2]", time: "time:[1]" } }, {}));
});

test("nothing is swept while somebody has the lock, nor what has a maker by then", async (t) => {
  const { runtime, system } = makeRuntime();
  writeRecord(runtime, { ...record, maker });
  await withLock(runtime, "box", () => sweep(runtime, "box"));
  t.true(hasContainer(runtime, "box"));
  const lockToLaunch: typeof system.lockToLaunch = (...words) => {
    system.put(`${dir}/state.json`, printRecord({ ...record, maker: `8 1 0 ${boot}` }));
    system.put("/proc/8/stat", stat("1"));
    return system.lockToLaunch(...words);
  };
  await sweep({ ...runtime, system: { ...system, lockToLaunch } }, "box");
  t.true(hasContainer(runtime, "box"));
});

test("a broken record stops no sweep, and a fault of ours is one", async (t) => {
  const { runtime, system } = makeRuntime();
  system.put(`${dir}/state.json`, "{");
  await t.notThrowsAsync(sweepAll(runtime));
  await t.notThrowsAsync(sweep(failing(runtime, "stat", dir, denied(dir)), "box"));
  await t.throwsAsync(sweep(failing(runtime, "stat", dir, new TypeError("ours")), "box"), { instanceOf: TypeError });
});
