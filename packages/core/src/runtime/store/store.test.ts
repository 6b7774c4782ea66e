import type { Status } from "@coffer/spec";
import { checkConfig } from "@coffer/spec";
import test from "ava";
import { CofferError } from "../../errors.ts";
import { SystemError } from "../../system/error.ts";
import { makeMemorySystem } from "../../system/memory.ts";
import type { Viewpoint } from "./identity.ts";
import { withLock } from "./lock.ts";
import type { ContainerRecord } from "./record.ts";
import { configOf } from "./record-config.ts";
import type { ContainerStatus } from "./status.ts";
import { findStatus, wrongStatus } from "./status.ts";
import {
  claim,
  forget,
  forgetClaimed,
  hasContainer,
  hasNotify,
  listIds,
  readIdentity,
  readRecord,
  writeRecord,
} from "./store.ts";

const boot = "01234567-89ab-cdef-0123-456789abcdef";

const record: ContainerRecord = {
  id: "box",
  bundle: "/b",
  rootfs: "/b/rootfs",
  created: "2026-01-01T00:00:00.000Z",
  uid: 0,
  cgroups: [{ version: 2, mount: "/sys/fs/cgroup", path: "/box", controllers: [] }],
  config: checkConfig({
    ociVersion: "1.2.0",
    root: { path: "rootfs" },
    process: { cwd: "/", args: ["a"], rlimits: [{ type: "RLIMIT_MEMLOCK", soft: 1, hard: 18446744073709551615n }] },
  }),
};

function makeRuntime() {
  const system = makeMemorySystem();
  system.put("/proc/sys/kernel/random/boot_id", boot);
  const runtime = { system, root: "/run/coffer" };
  claim(runtime, "box");
  return { system, runtime };
}

test("a record comes back as it was written, 64-bit numbers too", (t) => {
  const { runtime } = makeRuntime();
  writeRecord(runtime, record);
  const read = readRecord(runtime, "box");
  t.deepEqual({ ...read, config: configOf(read) }, record);
});

test("what no verb asks for is kept, and checked for those that ask for all of it", (t) => {
  const { runtime } = makeRuntime();
  const config = { ...record.config, process: { cwd: 1, args: ["a"] } };
  writeRecord(runtime, { ...record, config });
  const read = readRecord(runtime, "box");
  t.is(read.config.process?.args?.[0], "a");
  const error = t.throws(() => configOf(read), { instanceOf: CofferError });
  t.true(CofferError.is(error, "E_STATE_CORRUPT"));
});

test("a record of a container in a resctrl group", (t) => {
  const { runtime } = makeRuntime();
  const resctrl = { mount: "/sys/fs/resctrl", group: "/box", own: true, monitor: "/box/mon_groups/box" };
  writeRecord(runtime, { ...record, resctrl });
  t.deepEqual(readRecord(runtime, "box").resctrl, resctrl);
});

test("an id is claimed once", (t) => {
  const { runtime } = makeRuntime();
  const error = t.throws(() => claim(runtime, "box"), { instanceOf: CofferError });
  t.true(CofferError.is(error, "E_CONTAINER_EXISTS"));
});

test("a record is not overwritten", (t) => {
  const { runtime } = makeRuntime();
  writeRecord(runtime, record);
  t.throws(() => writeRecord(runtime, record), { instanceOf: CofferError });
});

const corrupt = test.macro({
  exec(t, json: string) {
    const { runtime, system } = makeRuntime();
    system.put("/run/coffer/box/state.json", json);
    const error = t.throws(() => readRecord(runtime, "box"), { instanceOf: CofferError });
    t.true(CofferError.is(error, "E_STATE_CORRUPT"));
  },
  title: (provided, json: string) =>
    `${json.slice(0, 30)}${json.length > 30 ? `…${json.slice(-60)}` : ""} is no record${provided === undefined ? "" : ` ${provided}`}`,
});

for (const json of ["", "{", "[]", "null", '{"version":2}', '{"version":1,"id":"other"}', '{"version":1,"id":"box"}']) {
  test(corrupt, json);
}

// Whole but for the one field.
const place = { version: 2, mount: "/sys/fs/cgroup", path: "/box", controllers: [] };
for (const other of [
  { id: "other" },
  { version: 2 },
  { uid: "0" },
  { cgroups: {} },
  { created: 1 },
  { rootfs: null },
  { cgroups: [{ ...place, version: 3 }] },
  { cgroups: [{ ...place, path: 1 }] },
  { cgroups: [{ ...place, controllers: [1] }] },
  { cgroups: [{ ...place, mark: "user.other" }] },
  { cgroups: [{ ...place, unit: { name: "a", slice: "b", socket: "/s" } }] },
])
  test(
    `with ${JSON.stringify(other)}`,
    corrupt,
    JSON.stringify({ version: 1, ...record, config: { ociVersion: "1.2.0" }, ...other }),
  );

test("files that are too long are damaged, not unreadable: delete --force removes them", (t) => {
  const { system, runtime } = makeRuntime();
  system.put("/run/coffer/box/process", "7".repeat(257));
  t.is(readIdentity(runtime, "box"), undefined);
});

for (const errno of ["EFBIG", "EISDIR", "ELOOP"] as const)
  test(`a state file that fails with ${errno} is damaged, not unreadable: delete --force removes it`, (t) => {
    const { system, runtime } = makeRuntime();
    writeRecord(runtime, record);
    const readText = (path: string): string => {
      throw new SystemError("read", path, errno);
    };
    const damaged = { ...runtime, system: { ...system, readText } };
    t.throws(() => readRecord(damaged, "box"), { code: "E_STATE_CORRUPT" });
    t.is(readIdentity(damaged, "box"), undefined);
  });

test("a record with all that a cgroup can have", (t) => {
  const { runtime } = makeRuntime();
  const unit = { name: "a.scope", slice: "b.slice", socket: "/run/bus", direct: false };
  const cgroups = [
    { version: 1, mount: "/sys/fs/cgroup/cpu", path: "/box", controllers: ["cpu", "cpuacct"], unit },
    { version: 2, mount: "/sys/fs/cgroup", path: "/box", controllers: [], mark: "trusted.coffer" },
  ] as const;
  writeRecord(runtime, { ...record, cgroups });
  t.deepEqual(readRecord(runtime, "box").cgroups, cgroups);
});

test("a hook is remembered by its absolute path", (t) => {
  const { runtime } = makeRuntime();
  const hooks = { poststop: [{ path: "/usr/bin/x", args: ["x"], env: ["A=b"], timeout: 3 }] };
  const config = checkConfig({ ociVersion: "1.2.0", hooks });
  writeRecord(runtime, { ...record, config });
  t.like(readRecord(runtime, "box").config, { hooks });
});

test("a container may say that it is ready where it has a directory for that", (t) => {
  const { runtime, system } = makeRuntime();
  t.false(hasNotify(runtime, "box"));
  system.put("/run/coffer/box/notify");
  t.true(hasNotify(runtime, "box"));
  system.put("/run/coffer/box/notify", "");
  t.false(hasNotify(runtime, "box"));
});

test("the error of a wrong status has a hint: the verb's own, or what helps where nobody can see it", (t) => {
  const told = (status: ContainerStatus, own?: string) => wrongStatus("box", status, ["running"], "no", own).message;
  t.is(told("stopped"), "no");
  t.is(told("stopped", "start it"), "no: start it");
  t.regex(told("unknown", "start it"), /`delete --force` ends/);
});

const configs: readonly unknown[] = [
  undefined,
  {},
  { ociVersion: "1.2.0", annotations: { a: 1 } },
  { ociVersion: "1.2.0", process: { args: "sh" } },
  { ociVersion: "1.2.0", hooks: { poststop: [{ path: "relative" }] } },
  { ociVersion: "1.2.0", hooks: { poststop: [{ path: "/x", env: [1] }] } },
  { ociVersion: "1.2.0", hooks: { poststop: [{ path: "/x", timeout: "1" }] } },
];
for (const config of configs) test(corrupt, JSON.stringify({ version: 1, ...record, config }));

test("a container that is not there is not found", (t) => {
  const { runtime } = makeRuntime();
  const error = t.throws(() => readRecord(runtime, "other"), { instanceOf: CofferError });
  t.true(CofferError.is(error, "E_CONTAINER_NOT_FOUND"));
});

test("what is forgotten is gone, and a file is no container", (t) => {
  const { runtime, system } = makeRuntime();
  writeRecord(runtime, record);
  system.put(`${runtime.root}/note`, "");
  t.deepEqual(listIds(runtime), ["box"]);
  forget(runtime, "box");
  t.false(hasContainer(runtime, "box"));
  t.deepEqual(listIds(runtime), []);
});

test("a file that is not ours stays, and is told of", (t) => {
  const { runtime, system } = makeRuntime();
  system.put("/run/coffer/box/notes", "mine");
  t.throws(() => forget(runtime, "box"), { instanceOf: CofferError });
  t.true(system.entries.has("/run/coffer/box/notes"));
});

const statuses = test.macro(async (t, files: Readonly<Record<string, string>>, expected: Status) => {
  const { runtime, system } = makeRuntime();
  for (const [path, content] of Object.entries(files)) system.put(path, content);
  if ("/run/coffer/box/gate" in files)
    system.put("/run/coffer/box/gate", files["/run/coffer/box/gate"] ?? "", { kind: "socket" });
  t.is((await findStatus(runtime, "box")).status, expected);
});

const process = { "/run/coffer/box/process": `42 1000 7 ${boot}\n` };
const alive = { "/proc/42/stat": `42 (a) S ${"0 ".repeat(18)}1000 0` };

test("without a process and a lock it has stopped", statuses, {}, "stopped");
test("with a process that is gone it has stopped", statuses, process, "stopped");
test(
  "with a process and a gate it is created",
  statuses,
  { ...process, ...alive, "/run/coffer/box/gate": "" },
  "created",
);
test(
  "with a gate that nobody has open it runs",
  statuses,
  { ...process, ...alive, "/run/coffer/box/gate": "closed" },
  "running",
);
test("with a process it runs", statuses, { ...process, ...alive }, "running");

const elsewhere = test.macro(async (t, viewpoint: Viewpoint, bootId: string, expected: ContainerStatus) => {
  const { runtime, system } = makeRuntime();
  for (const [path, content] of Object.entries({ ...process, ...alive })) system.put(path, content);
  system.put("/run/coffer/box/process", `42 1000 7 ${bootId}\n`);
  const found = await findStatus(runtime, "box", { record: { cgroups: [], viewpoint } });
  t.is(found.status, expected);
  t.is(found.identity?.pid, expected === "running" ? 42 : undefined);
});

test("a cgroup whose files may not be read keeps no container from being found", async (t) => {
  const { runtime, system } = makeRuntime();
  for (const [path, content] of Object.entries({ ...process, ...alive })) system.put(path, content);
  const readText = (path: string, limit: number): string => {
    if (path.startsWith("/sys/fs/cgroup")) throw new SystemError("open", path, "EACCES");
    return system.readText(path, limit);
  };
  const found = await findStatus({ ...runtime, system: { ...system, readText } }, "box", { record });
  t.is(found.status, "running");
  t.is(found.identity?.pid, 42);
});

const here = { pid: "pid:[1]", time: "time:[1]" };
test("seen from where it was made it runs", elsewhere, here, boot, "running");
test("seen from another pid namespace it is unknown", elsewhere, { ...here, pid: "pid:[2]" }, boot, "unknown");
test("seen from another time namespace it is unknown", elsewhere, { ...here, time: "time:[2]" }, boot, "unknown");
test("made where /proc was of another namespace it is unknown", elsewhere, { ...here, pid: "" }, boot, "unknown");
test("of another boot it has stopped", elsewhere, { ...here, pid: "pid:[2]" }, boot.replace("0", "f"), "stopped");

test("while its lock is held it is being created", async (t) => {
  const { runtime } = makeRuntime();
  await withLock(runtime, "box", async () => {
    t.is((await findStatus(runtime, "box")).status, "creating");
    t.is((await findStatus(runtime, "box", { holdsLock: true })).status, "stopped");
  });
  t.is((await findStatus(runtime, "box")).status, "stopped");
});

test("only the directory that was claimed is forgotten", (t) => {
  const { runtime } = makeRuntime();
  forgetClaimed(runtime, "box", 99n);
  t.true(hasContainer(runtime, "box"));
  forgetClaimed(runtime, "box", 1n);
  t.false(hasContainer(runtime, "box"));
  t.notThrows(() => forgetClaimed(runtime, "box", 1n));
});
