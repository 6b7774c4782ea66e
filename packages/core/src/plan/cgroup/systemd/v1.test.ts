// Scopes on version 1 and hybrid hosts: which hierarchies, in which order, and which limits and devices systemd gets.
import test from "ava";
import { CofferError } from "../../../errors.ts";
import type { HostFacts } from "../../../host/facts.ts";
import type { OpOf } from "../../../wire/op.ts";
import { cgroupPlaces, planCreate } from "../../create/create.ts";
import { createIssues } from "../../draft/draft.ts";
import { planDelete } from "../../existing/lifecycle.ts";
import { planUpdate } from "../../existing/update.ts";
import type { ConfigChange } from "../../testing/builders.ts";
import {
  baseConfig,
  hybridFacts,
  hybridSystemdFacts,
  systemdFacts,
  usernsConfig,
  userSystemdFacts,
  v1SystemdFacts,
} from "../../testing/builders.ts";
import type { DeviceRule } from "../device-rules.ts";
import type { Limit } from "../limits/limits.ts";
import { deviceProperties } from "./unit-devices.ts";
import { limitPropertiesV1 } from "./unit-properties.ts";

const path = "/system.slice/coffer-c1.scope";
const plan = (facts: HostFacts, change: ConfigChange = {}) =>
  planCreate(baseConfig(change), facts, { id: "c1", bundle: "/bundle", cgroupManager: "systemd" });
const textOf = ({ message }: OpOf<"call-bus">): string => Buffer.from(message).toString("latin1");

test("on a hybrid host the unified cgroup is the unit's, on a version 1 host that of systemd's own hierarchy", (t) => {
  const units = (facts: HostFacts) =>
    cgroupPlaces(baseConfig(), facts, "c1", "systemd").map(({ mount, unit }) => [mount, unit?.name]);
  const mounts = ["cpu,cpuacct", "cpuset", "devices", "memory", "pids"].map((name) => `/sys/fs/cgroup/${name}`);
  t.deepEqual(units(hybridSystemdFacts), [
    ["/sys/fs/cgroup/unified", "coffer-c1.scope"],
    ...[...mounts, "/sys/fs/cgroup/systemd"].map((mount) => [mount, undefined]),
  ]);
  t.deepEqual(units(v1SystemdFacts)[0], ["/sys/fs/cgroup/systemd", "coffer-c1.scope"]);
  t.is(units(v1SystemdFacts).filter(([, unit]) => unit !== undefined).length, 1);
});

for (const [name, facts] of [
  ["hybrid", hybridSystemdFacts],
  ["version 1", v1SystemdFacts],
] as const)
  test(`${name}: the scope is there before its other cgroups, and init in all of them before it goes on`, (t) => {
    const { ops } = plan(facts, { linux: { resources: { pids: { limit: 7 } } } });
    const start = ops.findIndex((op) => op.op === "call-bus" && textOf(op).includes("StartTransientUnit"));
    const release = ops.findIndex(({ op }) => op === "release");
    const joined = ops.flatMap((op, at) => (op.op === "join-cgroup" ? [at] : []));
    const made = ops.flatMap((op, at) => (op.op === "make-cgroup" ? [at] : []));
    const limit = ops.findIndex((op) => op.op === "write-cgroup" && op.file === "pids.max");
    t.true(made.every((at) => at > start && at < release) && joined.every((at) => at > start && at < release));
    t.true(limit > start && limit < release);
    const expected = ops.flatMap((op, at) => (op.op === "expect-cgroup" && at < release ? [op] : []));
    const places = cgroupPlaces(baseConfig(), facts, "c1", "systemd");
    t.is(expected.length, places.length, "each is read back");
    t.true(expected.every((op) => op.path === path));
    t.is(joined.length, places.length - 1);
  });

test("what systemd is told, it is told in the words of version 1", (t) => {
  const resources = { cpu: { shares: 512 }, memory: { limit: 1 << 26 }, devices: [{ allow: false, access: "rwm" }] };
  const start = plan(hybridSystemdFacts, { linux: { resources } }).ops.find(
    (op) => op.op === "call-bus" && op.pidAt !== 0xffffffff,
  );
  if (start?.op !== "call-bus") return t.fail();
  for (const word of ["CPUShares", "MemoryLimit", "BlockIOAccounting", "DevicePolicy", "strict", "/dev/char/1:3"])
    t.true(textOf(start).includes(word), word);
  for (const word of ["CPUWeight", "MemoryMax", "\0IOAccounting"]) t.false(textOf(start).includes(word), word);
});

test("delete stops the unit and removes every cgroup, update tells systemd and writes the files", (t) => {
  const cgroups = cgroupPlaces(baseConfig(), v1SystemdFacts, "c1", "systemd");
  const { ops } = planDelete({ cgroups });
  t.is(ops.filter((op) => op.op === "call-bus" && textOf(op).includes("StopUnit")).length, 1);
  t.is(ops.filter(({ op }) => op === "remove-cgroup").length, cgroups.length);
  const resources = baseConfig({ linux: { resources: { pids: { limit: 7 } } } }).linux?.resources ?? {};
  const changed = planUpdate({
    resources,
    facts: v1SystemdFacts,
    cgroups,
    current: { swapFirst: false, runtimeFirst: false },
    config: { ociVersion: "1.2.0" },
  }).ops;
  t.true(changed.some((op) => op.op === "call-bus" && /SetUnitProperties.*TasksMax/s.test(textOf(op))));
  t.true(changed.some((op) => op.op === "write-cgroup" && op.file === "pids.max" && op.value === "7"));
});

const limit = (file: string, value: string): Limit => ({ controller: "x", file, value, from: "" });
const isProperty = test.macro({
  exec(t, limits: readonly Limit[], expected: Readonly<Record<string, unknown>>) {
    const found = limitPropertiesV1(limits).map(({ name, value }) => [
      name,
      "value" in value ? value.value : undefined,
    ]);
    t.deepEqual(Object.fromEntries(found), expected);
  },
  title: (title = "") => `property: ${title}`,
});

const infinity = 0xffffffffffffffffn;
test("no limit of memory", isProperty, [limit("memory.limit_in_bytes", "-1")], { MemoryLimit: infinity });
test("shares", isProperty, [limit("cpu.shares", "2")], { CPUShares: 2n });
test("a quota with its period", isProperty, [limit("cpu.cfs_period_us", "50000"), limit("cpu.cfs_quota_us", "12345")], {
  CPUQuotaPerSecUSec: 250000n,
  CPUQuotaPeriodUSec: 50000n,
});
test("a period alone leaves the quota", isProperty, [limit("cpu.cfs_period_us", "50000")], {
  CPUQuotaPeriodUSec: 50000n,
});
test(
  "the quota that is written last",
  isProperty,
  [limit("cpu.cfs_quota_us", "-1"), limit("cpu.cfs_quota_us", "10000")],
  {
    CPUQuotaPerSecUSec: 100000n,
    CPUQuotaPeriodUSec: 100000n,
  },
);
test("what systemd has no word for", isProperty, [limit("cpuset.cpus", "0"), limit("freezer.state", "FROZEN")], {});

const rule = (allow: boolean, type: "b" | "c" | undefined, major?: number, minor?: number, access = 7): DeviceRule => ({
  ...{ allow, type, access, from: "/linux/resources/devices/0" },
  major,
  minor,
});
const allows = test.macro({
  exec(t, rules: readonly DeviceRule[], policy: string, list: readonly (readonly [string, string])[]) {
    const issues = createIssues();
    const [first, second] = deviceProperties(issues, rules);
    issues.check("config");
    t.deepEqual(first, { name: "DevicePolicy", value: { type: "s", value: policy } });
    t.deepEqual(second, { name: "DeviceAllow", value: { type: "a(ss)", value: list } });
  },
  title: (title = "") => `devices: ${title}`,
});
const nothing = rule(false, undefined);
test("none", allows, [nothing], "strict", []);
test("all", allows, [rule(true, undefined)], "auto", []);
test("one", allows, [nothing, rule(true, "c", 1, 3)], "strict", [["/dev/char/1:3", "rwm"]]);
test("a major number", allows, [nothing, rule(true, "b", 8)], "strict", [["block-8", "rwm"]]);
test("making any", allows, [nothing, rule(true, undefined, undefined, undefined, 1)], "strict", [
  ["block-*", "m"],
  ["char-*", "m"],
]);
test("given and taken back", allows, [nothing, rule(true, "c", 1, 3), rule(false, "c", 1, 3, 4)], "strict", [
  ["/dev/char/1:3", "rm"],
]);

const refused = test.macro({
  exec(t, rules: readonly DeviceRule[], told: RegExp) {
    const issues = createIssues();
    deviceProperties(issues, rules);
    const error = t.throws(() => issues.check("config"), { message: told });
    t.true(CofferError.is(error, "E_UNSUPPORTED"));
  },
  title: (title = "") => `devices, refused: ${title}`,
});
test("one of all", refused, [rule(true, undefined), rule(false, "c", 1, 3)], /cannot take a device back/);
test("a minor number of any major one", refused, [nothing, rule(true, "c", undefined, 3)], /no minor number/);

test("a user's systemd has no controllers there", (t) => {
  const facts = { ...userSystemdFacts, cgroup: { ...hybridFacts.cgroup, writable: false } };
  const config = usernsConfig({ linux: { resources: {} } });
  t.throws(() => planCreate(config, facts, { id: "c1", cgroupManager: "systemd" }), {
    message: /only the system's own systemd has controllers/,
  });
});

test("on cgroup v2 there is none of this", (t) => {
  const { ops } = plan(systemdFacts);
  t.false(ops.some((op) => op.op === "join-cgroup" || (op.op === "expect-cgroup" && op.controller !== undefined)));
});
