// What an update writes, in order: kind of host, limits → `slot:file=value`.
import { parseResources } from "@coffer/spec";
import test from "ava";
import { CofferError } from "../../errors.ts";
import type { HostFacts } from "../../host/facts.ts";
import { verifyPlan } from "../../verify/index.ts";
import { encodePlan } from "../../wire/encode.ts";
import type { CurrentLimits } from "../cgroup/limits/limits.ts";
import type { CgroupPlace } from "../draft/options.ts";
import { hybridFacts, rootFacts } from "../testing/builders.ts";
import { planUpdate } from "./update.ts";

const v2: readonly CgroupPlace[] = [{ version: 2, mount: "/sys/fs/cgroup", path: "/a/b", controllers: [] }];
const v1: readonly CgroupPlace[] = [
  { version: 2, mount: "/sys/fs/cgroup/unified", path: "/b", controllers: [] },
  { version: 1, mount: "/sys/fs/cgroup/memory", path: "/b", controllers: ["memory"] },
  { version: 1, mount: "/sys/fs/cgroup/cpu", path: "/b", controllers: ["cpu", "cpuacct"] },
];

function written(
  facts: HostFacts,
  cgroups: readonly CgroupPlace[],
  json: string,
  first: Partial<CurrentLimits> = {},
  ociVersion = "1.2.0",
) {
  const { swapFirst = false, runtimeFirst = false } = first;
  const config = { ociVersion };
  const plan = planUpdate({
    resources: parseResources(json),
    facts,
    cgroups,
    current: { swapFirst, runtimeFirst },
    config,
  });
  const opened = new Map(plan.ops.flatMap((op) => (op.op === "open-cgroup" ? [[op.out, op.path]] : [])));
  const verdict = plan.ops.length === 0 || verifyPlan(encodePlan(plan)).ok;
  const writes = plan.ops.flatMap((op) =>
    op.op === "write-cgroup" ? [`${opened.get(op.cgroup)}/${op.file}${op.flags ? "?" : ""}=${op.value}`] : [],
  );
  return { verdict, writes };
}

const writes = test.macro({
  title: (title) => `writes: ${title}`,
  exec(t, where: "v1" | "v2", json: string, expected: readonly string[], first: Partial<CurrentLimits> = {}) {
    const found = where === "v2" ? written(rootFacts, v2, json) : written(hybridFacts, v1, json, first);
    const at = where === "v2" ? "/sys/fs/cgroup/a/b/" : "/sys/fs/cgroup/";
    t.true(found.verdict);
    t.deepEqual(
      found.writes,
      expected.map((line) => (line.startsWith("/") ? line : `${at}${line}`)),
    );
  },
});

const above = ["/sys/fs/cgroup/cgroup.subtree_control=", "/sys/fs/cgroup/a/cgroup.subtree_control="];
const enable = (words: string): readonly string[] => above.map((line) => line + words);

test("v2: controllers are enabled above", writes, "v2", '{"memory":{"limit":5},"pids":{"limit":6}}', [
  ...enable("+memory +pids"),
  "memory.max=5",
  "pids.max=6",
]);
test("v2: burst and quota", writes, "v2", '{"cpu":{"quota":5,"period":9,"burst":0}}', [
  ...enable("+cpu"),
  "cpu.max.burst?=0",
  "cpu.max=5 9",
  "cpu.max.burst=0",
]);
test("v2: not idle any more", writes, "v2", '{"cpu":{"idle":0}}', [...enable("+cpu"), "cpu.idle?=0"]);
test("v1: quota and period", writes, "v1", '{"cpu":{"quota":5,"period":9}}', [
  "cpu/b/cpu.cfs_burst_us?=0",
  "cpu/b/cpu.cfs_quota_us=-1",
  "cpu/b/cpu.cfs_period_us=9",
  "cpu/b/cpu.cfs_quota_us=5",
]);
const both = '{"memory":{"limit":5,"swap":6}}';
test("v1: less memory", writes, "v1", both, [
  "memory/b/memory.limit_in_bytes=5",
  "memory/b/memory.memsw.limit_in_bytes=6",
]);
test(
  "v1: more memory",
  writes,
  "v1",
  both,
  ["memory/b/memory.memsw.limit_in_bytes=6", "memory/b/memory.limit_in_bytes=5"],
  { swapFirst: true },
);
const realtime = '{"cpu":{"realtimePeriod":500,"realtimeRuntime":100}}';
const rt = ["cpu/b/cpu.rt_period_us=500", "cpu/b/cpu.rt_runtime_us=100"] as const;
test("v1: a longer real-time period comes before the runtime", writes, "v1", realtime, rt);
test("v1: a shorter real-time period comes after the runtime", writes, "v1", realtime, rt.toReversed(), {
  runtimeFirst: true,
});
test("v2: no processes, before the spec said that it is a limit", writes, "v2", '{"pids":{"limit":0}}', []);
test("v2: no processes, since the spec says that it is a limit", (t) => {
  const { writes: lines } = written(rootFacts, v2, '{"pids":{"limit":0}}', {}, "1.3.0");
  t.is(lines.at(-1), "/sys/fs/cgroup/a/b/pids.max=1");
});
for (const name of ["limit", "swap", "reservation"])
  test(`a negative memory ${name}`, (t) => {
    const error = t.throws(() => written(rootFacts, v2, `{"memory":{"${name}":-2}}`));
    const isTold = CofferError.is(error, "E_CONFIG_INVALID") ? error.details.issues : [];
    t.true(isTold.some(({ pointer }) => pointer === `/linux/resources/memory/${name}`));
  });
test("device rules and nothing are left alone", writes, "v2", '{"devices":[{"allow":false}],"memory":{}}', []);

const refused = test.macro({
  title: (title) => `refuses: ${title}`,
  exec(t, facts: HostFacts, cgroups: readonly CgroupPlace[], json: string, pointer: string) {
    const error = t.throws(() => written(facts, cgroups, json));
    t.true(CofferError.is(error, "E_UNSUPPORTED") && error.details.pointer === pointer);
  },
});

test("no cgroup", refused, rootFacts, [], '{"pids":{"limit":1}}', "/linux/resources/pids/limit");
test("no controller", refused, hybridFacts, v1, '{"pids":{"limit":1}}', "/linux/resources/pids/limit");
test("not on v2", refused, rootFacts, v2, '{"memory":{"swappiness":1}}', "/linux/resources/memory/swappiness");
