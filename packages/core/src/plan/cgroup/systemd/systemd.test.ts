// How systemd is asked for a container's cgroup: the bytes, the names, the properties.

import type { Config } from "@coffer/spec";
import test from "ava";
import { CofferError } from "../../../errors.ts";
import type { HostFacts } from "../../../host/facts.ts";
import type { OpOf } from "../../../wire/op.ts";
import { cgroupPlaces, planCreate } from "../../create/create.ts";
import { planDelete } from "../../existing/lifecycle.ts";
import { planUpdate } from "../../existing/update.ts";
import type { ConfigChange } from "../../testing/builders.ts";
import { baseConfig, rootFacts, systemdFacts, userSystemdFacts } from "../../testing/builders.ts";
import type { Limit } from "../limits/limits.ts";
import type { DbusProperty, DbusValue } from "./dbus.ts";
import { marshalCall } from "./dbus.ts";
import { expandSlice, readScopeName } from "./unit-name.ts";
import { limitProperties } from "./unit-properties.ts";

const manager = {
  destination: "org.freedesktop.systemd1",
  path: "/org/freedesktop/systemd1",
  interface: "org.freedesktop.systemd1.Manager",
} as const;

/**
 * What busctl 257 sends, recorded, for `StartTransientUnit ssa(sv)a(sa(sv)) coffer-c1.scope fail 6 Description s "coffer
 * container c1" Delegate b true MemoryMax t 67108864 AllowedCPUs ay 2 3 1 KillSignal i 37 PIDs au 1 4321 0`, but for the
 * flags.
 */
const recorded = [
  "6c010001e800000002000000b600000001016f00190000002f6f72672f667265656465736b746f702f73797374656d6431000000000000000301",
  "73001200000053746172745472616e7369656e74556e697400000000000002017300200000006f72672e667265656465736b746f702e73797374",
  "656d64312e4d616e61676572000000000000000006017300180000006f72672e667265656465736b746f702e73797374656d6431000000000000",
  "0000080167001073736128737629612873612873762929000000",
  "0f000000636f666665722d63312e73636f706500040000006661696c00000000b8000000000000000b0000004465736372697074696f6e0001730000",
  "13000000636f6666657220636f6e7461696e657220633100000000000800000044656c6567617465000162000100000000000000090000004d656d6f",
  "72794d6178000174000000000000000000000004000000000b000000416c6c6f7765644350557300026179000200000003010000000000000a000000",
  "4b696c6c5369676e616c000169000000250000000400000050494473000261750000000004000000e11000000000000000000000",
].join("");

test("a call is what sd-bus makes of it", (t) => {
  const properties: readonly DbusProperty[] = [
    { name: "Description", value: { type: "s", value: "coffer container c1" } },
    { name: "Delegate", value: { type: "b", value: true } },
    { name: "MemoryMax", value: { type: "t", value: 67108864n } },
    { name: "AllowedCPUs", value: { type: "ay", value: [3, 1] } },
    { name: "KillSignal", value: { type: "i", value: 37 } },
    { name: "PIDs", value: { type: "au", value: "pid" } },
  ];
  const body: readonly DbusValue[] = [
    { type: "s", value: "coffer-c1.scope" },
    { type: "s", value: "fail" },
    { type: "a(sv)", value: properties },
    { type: "a(sa(sv))" },
  ];
  const { message, pidAt } = marshalCall({ ...manager, member: "StartTransientUnit", body }, 2);
  const bytes = Buffer.from(message);
  t.is(bytes.readUInt32LE(pidAt), 0);
  bytes.writeUInt32LE(4321, pidAt);
  t.is(bytes.toString("hex"), recorded);
});

test("a call without arguments has no signature, and nowhere for a pid", (t) => {
  const hello = {
    destination: "org.freedesktop.DBus",
    path: "/org/freedesktop/DBus",
    interface: "org.freedesktop.DBus",
  };
  const { message, pidAt } = marshalCall({ ...hello, member: "Hello", body: [] }, 1);
  const want =
    "6c01000100000000010000006d00000001016f00150000002f6f72672f667265656465736b746f702f44427573000000030173000500000048656c6c" +
    "6f00000002017300140000006f72672e667265656465736b746f702e444275730000000006017300140000006f72672e667265656465736b746f702e" +
    "4442757300000000";
  t.is(Buffer.from(message).toString("hex"), want);
  t.is(pidAt, 0xffffffff);
});

const names = { slice: "system.slice", prefix: "coffer", id: "c1" } as const;

const scoped = test.macro({
  exec(t, path: string, slice: string, unit: string) {
    t.deepEqual(readScopeName(path, names), { slice, unit });
  },
  title: (title = "", path = "") => `cgroupsPath ${JSON.stringify(path)}: ${title}`,
});

test("the usual", scoped, "", "system.slice", "coffer-c1.scope");
test("podman's", scoped, "machine.slice:libpod:0ab", "machine.slice", "libpod-0ab.scope");
test("docker's", scoped, "system.slice:docker:0ab", "system.slice", "docker-0ab.scope");
test(
  "kubernetes'",
  scoped,
  "kubepods-pod1_2.slice:cri-containerd:3",
  "kubepods-pod1_2.slice",
  "cri-containerd-3.scope",
);
test("no slice", scoped, ":a:b", "system.slice", "a-b.scope");
test("no prefix", scoped, "a.slice::b", "a.slice", "b.scope");
test("the root slice", scoped, "-.slice:a:b", "-.slice", "a-b.scope");

const unnamed = test.macro({
  exec(t, path: string, told: RegExp) {
    const found = readScopeName(path, names);
    t.true(typeof found === "string");
    t.regex(String(found), told);
  },
  title: (title = "", path = "") => `cgroupsPath ${JSON.stringify(path)} is refused: ${title}`,
});

const form = /slice:prefix:name/;
test("a path", unnamed, "/a/b", form);
test("two parts", unnamed, "a.slice:b", form);
test("four parts", unnamed, "a.slice:b:c:d", form);
test("no slice at all", unnamed, "a:b:c", /"a" is not the name of a slice/);
test("an empty slice", unnamed, ".slice:b:c", /not the name of a slice/);
test("a path in a slice", unnamed, "a/../b.slice:b:c", /not a valid name of a slice/);
test("a dash at its end", unnamed, "a-.slice:b:c", /not a valid name of a slice/);
test("two dashes", unnamed, "a--b.slice:b:c", /not a valid name of a slice/);
test("a slice as unit", unnamed, "a.slice:b:c.slice", /is a slice/);
test("no name", unnamed, "a.slice:b:", /not a valid name of a unit/);
test("a slash in the name", unnamed, "a.slice:b:../c", /not a valid name of a unit/);
test("a quote in the name", unnamed, "a.slice:b:c'", /not a valid name of a unit/);
test("a name that is too long", unnamed, `a.slice:b:${"c".repeat(250)}`, /not a valid name of a unit/);

test("slices stand beneath those of their names", (t) => {
  t.is(expandSlice("-.slice"), "");
  t.is(expandSlice("a.slice"), "/a.slice");
  t.is(expandSlice("a-b-c.slice"), "/a.slice/a-b.slice/a-b-c.slice");
});

const placed = test.macro({
  exec(t, cgroupsPath: string, path: string, facts: HostFacts = systemdFacts) {
    t.is(cgroupPlaces(baseConfig({ linux: { cgroupsPath } }), facts, "c1", "systemd")[0]?.path, path);
  },
  title: (title = "") => `its cgroup: ${title}`,
});

test("the usual scope", placed, "", "/system.slice/coffer-c1.scope");
test("deep in slices", placed, "a-b.slice:p:n", "/a.slice/a-b.slice/p-n.scope");
test("the root slice itself", placed, "-.slice:p:n", "/p-n.scope");
test("a name that systemd escapes", placed, "a.slice::cgroup.n", "/a.slice/_cgroup.n.scope");
test("the name of a controller", placed, "a.slice::cpu", "/a.slice/_cpu.scope");
const own = "/user.slice/user-1000.slice/user@1000.service";
test("a user's", placed, "", `${own}/user.slice/coffer-c1.scope`, userSystemdFacts);

const limit = (file: string, value: string, or?: readonly [string, string]): Limit => ({
  controller: "x",
  file,
  value,
  from: "",
  ...(or === undefined ? {} : { or }),
});

const isProperty = test.macro({
  exec(t, limits: readonly Limit[], expected: Readonly<Record<string, unknown>>) {
    const found = limitProperties(limits).map(({ name, value }) => [name, "value" in value ? value.value : undefined]);
    t.deepEqual(Object.fromEntries(found), expected);
  },
  title: (title = "") => `property: ${title}`,
});

const infinity = 0xffffffffffffffffn;
test("memory", isProperty, [limit("memory.max", "67108864")], { MemoryMax: 67108864n });
test("no limit", isProperty, [limit("pids.max", "max")], { TasksMax: infinity });
test("a quota", isProperty, [limit("cpu.max", "50000 100000")], {
  CPUQuotaPerSecUSec: 500000n,
  CPUQuotaPeriodUSec: 100000n,
});
test("a quota between the steps", isProperty, [limit("cpu.max", "12345 100000")], {
  CPUQuotaPerSecUSec: 130000n,
  CPUQuotaPeriodUSec: 100000n,
});
test("a period alone", isProperty, [limit("cpu.max", "max 50000")], {
  CPUQuotaPerSecUSec: infinity,
  CPUQuotaPeriodUSec: 50000n,
});
test("CPUs", isProperty, [limit("cpuset.cpus", "0-1,9")], { AllowedCPUs: [3, 2] });
test("a weight of io", isProperty, [limit("io.bfq.weight", "100", ["io.weight", "910"])], { IOWeight: 910n });
test("the last one counts", isProperty, [limit("memory.max", "1"), limit("memory.max", "2")], { MemoryMax: 2n });
test("what systemd has no word for", isProperty, [limit("hugetlb.2MB.max", "0"), limit("memory.max", "1G")], {});
test("groups of CPUs", isProperty, [limit("cpuset.cpus", "0-7:1/2,9-11:2/3")], { AllowedCPUs: [0x55, 0x06] });
test("no groups of CPUs", isProperty, [limit("cpuset.cpus", "0-7:3/2")], {});
test("no list of CPUs", isProperty, [limit("cpuset.cpus", "0-99999999")], {});

function planned(config: Config, facts: HostFacts = systemdFacts) {
  return planCreate(config, facts, { id: "c1", bundle: "/bundle", cgroupManager: "systemd" });
}

function textOf({ message }: OpOf<"call-bus">): string {
  return Buffer.from(message).toString("latin1");
}

test("the scope is made around init, before init goes on", (t) => {
  const { ops } = planned(baseConfig({ linux: { resources: { memory: { limit: 1 << 26 } } } }));
  const names = ops.map(({ op, phase }) => `${phase} ${op}`);
  const at = (name: string, from = 0): number => names.indexOf(name, from);
  const start = at("parent call-bus");
  t.true(at("host call-bus") < at("host clone"));
  t.true(at("parent record-process") < start || at("parent record-process") === -1);
  t.true(start < at("parent expect-cgroup") && at("parent expect-cgroup") < at("parent write-cgroup"));
  t.true(at("parent write-cgroup") < at("parent release") && at("parent release") < at("parent sync"));
  const clone = ops.find((op) => op.op === "clone");
  t.true(clone?.op === "clone" && clone.cgroup === undefined);
  const call = ops[start];
  if (call?.op !== "call-bus") return t.fail();
  for (const word of ["StartTransientUnit", "coffer-c1.scope", "MemoryMax", "Delegate", "PIDs", "system.slice"])
    t.true(textOf(call).includes(word), word);
  t.not(call.pidAt, 0xffffffff);
});

test("a container that is waited for has its unit stopped at its end", (t) => {
  const { ops } = planned(baseConfig());
  const wait = ops.findIndex(({ op }) => op === "wait");
  const closed = ops.findIndex((op) => op.op === "close" && op.slot === "systemd");
  t.true(closed > 0 && closed < wait);
  const later = ops.slice(wait).flatMap((op) => (op.op === "call-bus" ? [textOf(op)] : []));
  t.true(later.some((text) => text.includes("StopUnit")));
});

test("systemd's own socket has no bus to greet", (t) => {
  const { systemd } = systemdFacts;
  if (systemd === undefined) return t.fail();
  const facts = { ...systemdFacts, systemd: { ...systemd, socket: "/run/systemd/private", direct: true } };
  const texts = planned(baseConfig(), facts).ops.flatMap((op) => (op.op === "call-bus" ? [textOf(op)] : []));
  t.false(texts.some((text) => /Hello|AddMatch/.test(text)));
});

test("delete and update go through systemd too", (t) => {
  const cgroups = cgroupPlaces(baseConfig(), systemdFacts, "c1", "systemd");
  const stop = planDelete({ cgroups }).ops.find((op) => op.op === "call-bus" && textOf(op).includes("StopUnit"));
  t.true(stop?.op === "call-bus" && Number(stop.job) === 1 && stop.except === "org.freedesktop.systemd1.NoSuchUnit");
  const resources = baseConfig({ linux: { resources: { pids: { limit: 7 } } } }).linux?.resources ?? {};
  const changed = planUpdate({
    resources,
    facts: systemdFacts,
    cgroups,
    current: { swapFirst: false, runtimeFirst: false },
    config: { ociVersion: "1.2.0" },
  }).ops;
  t.true(changed.some((op) => op.op === "call-bus" && /SetUnitProperties.*TasksMax/s.test(textOf(op))));
  t.true(changed.some((op) => op.op === "write-cgroup" && op.file === "pids.max" && op.value === "7"));
});

const annotated = test.macro({
  exec(t, annotations: Readonly<Record<string, string>>, word: string) {
    const config = baseConfig({ annotations });
    const start = planned(config).ops.find((op) => op.op === "call-bus" && op.pidAt !== 0xffffffff);
    t.true(start?.op === "call-bus" && textOf(start).includes(word));
  },
  title: (title = "") => `annotation: ${title}`,
});

test("podman's kill signal", annotated, { "org.systemd.property.KillSignal": "37" }, "KillSignal");
test("podman's stop time", annotated, { "org.systemd.property.TimeoutStopUSec": "uint64 10000000" }, "TimeoutStopUSec");

const refused = test.macro({
  exec(
    t,
    change: ConfigChange,
    code: "E_CONFIG_INVALID" | "E_UNSUPPORTED",
    told: RegExp,
    facts: HostFacts = systemdFacts,
  ) {
    const error = t.throws(() => planned(baseConfig(change), facts), { message: told });
    t.true(CofferError.is(error, code));
  },
  title: (title = "") => `refused: ${title}`,
});

const asks = (name: string, value: string) => ({ annotations: { [`org.systemd.property.${name}`]: value } });
test(
  "a program by annotation",
  refused,
  asks("ExecStopPost", "[('/bin/sh', ['sh'], false)]"),
  "E_UNSUPPORTED",
  /annotations/,
);
test("a signal that is none", refused, asks("KillSignal", "65"), "E_CONFIG_INVALID", /KillSignal/);
test("a time without a type", refused, asks("TimeoutStopUSec", "10"), "E_CONFIG_INVALID", /TimeoutStopUSec/);
test("a property of Object", refused, asks("constructor", "1"), "E_UNSUPPORTED", /annotations/);
test("no delegation", refused, asks("Delegate", "false"), "E_CONFIG_INVALID", /Delegate/);
test("a path as cgroup", refused, { linux: { cgroupsPath: "/a" } }, "E_CONFIG_INVALID", form);
test("no systemd", refused, {}, "E_UNSUPPORTED", /use the cgroupfs manager/, rootFacts);
const huge = { linux: { resources: { hugepageLimits: [{ pageSize: "2MB", limit: 1 }] } } };
test("a controller that is not there", refused, huge, "E_UNSUPPORTED", /hugetlb/);
