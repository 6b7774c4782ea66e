// The limits as control files: for each kind of host, fields → what is written, in order, or what is refused.
import test from "ava";
import { CofferError } from "../../../errors.ts";
import type { HostFacts } from "../../../host/facts.ts";
import { planCreate } from "../../create/create.ts";
import {
  baseConfig,
  hybridFacts,
  rootFacts,
  rootlessNamespaces,
  specConfig,
  usernsConfig,
} from "../../testing/builders.ts";
import { weightOf } from "./v2.ts";

const v2: HostFacts = {
  ...rootFacts,
  cgroup: { ...rootFacts.cgroup, controllers: ["cpuset", "cpu", "io", "memory", "pids", "hugetlb", "rdma"] },
};
const more = ["blkio", "freezer", "hugetlb", "net_cls", "net_prio", "rdma"];
const v1: HostFacts = {
  ...hybridFacts,
  cgroup: {
    ...hybridFacts.cgroup,
    v1Roots: {
      ...hybridFacts.cgroup.v1Roots,
      ...Object.fromEntries(more.map((name) => [name, `/sys/fs/cgroup/${name}`])),
    },
  },
};
const hybrid: HostFacts = { ...hybridFacts, cgroup: { ...hybridFacts.cgroup, controllers: ["hugetlb"] } };

/** A new version 1 cpuset begins with what the host has. */
function isInherited(file: string, resources: object): boolean {
  return file.startsWith("cpuset.") && !JSON.stringify(resources).includes("cpus");
}

/** What a plan writes into the container's own cgroups: `file=value`, with `?` where the file may be absent. */
function written(facts: HostFacts, resources: object): readonly string[] {
  const { ops } = planCreate(baseConfig({ linux: { resources } }), facts, { id: "c1" });
  return ops.flatMap((op) => {
    if (op.op === "write-first") return [op.files.join(" ")];
    if (op.op !== "write-cgroup" || op.cgroup.includes("-above-") || op.cgroup.endsWith("-base")) return [];
    if (op.from?.startsWith("/linux/resources/devices") || isInherited(op.file, resources)) return [];
    return [`${op.file}${op.flags?.includes("absent-ok") ? "?" : ""}=${op.value}`];
  });
}

const writes = test.macro({
  title: (title) => `writes: ${title}`,
  exec(t, facts: HostFacts, resources: object, expected: readonly string[]) {
    t.deepEqual(written(facts, resources), expected);
  },
});

const refuses = test.macro({
  title: (title) => `refuses: ${title}`,
  exec(t, facts: HostFacts, resources: object, pointer: string, code: "E_CONFIG_INVALID" | "E_UNSUPPORTED") {
    const error = t.throws(() => written(facts, resources));
    if (!CofferError.is(error)) return t.fail();
    t.is(error.code, code);
    const told = CofferError.is(error, "E_CONFIG_INVALID")
      ? error.details.issues.map((issue) => issue.pointer)
      : CofferError.is(error, "E_UNSUPPORTED")
        ? error.details.fields.map((field) => field.pointer)
        : [];
    t.deepEqual(told, [`/linux/resources/${pointer}`]);
  },
});

const memory = { limit: 100, swap: 150, reservation: 50 };
test("v2 memory", writes, v2, { memory }, ["memory.swap.max=50", "memory.max=100", "memory.low=50"]);
test("v2 no limits of memory", writes, v2, { memory: { limit: -1 } }, ["memory.swap.max?=max", "memory.max=max"]);
test("v2 no swap", writes, v2, { memory: { limit: 9, swap: 9 } }, ["memory.swap.max?=0", "memory.max=9"]);
test("v2 a new cgroup has no usage to check", writes, v2, { memory: { limit: 9, checkBeforeUpdate: true } }, [
  "memory.max=9",
]);
test("v1 memory", writes, v1, { memory: { ...memory, swappiness: 0, disableOOMKiller: true, useHierarchy: true } }, [
  "memory.use_hierarchy=1",
  "memory.limit_in_bytes=100",
  "memory.memsw.limit_in_bytes=150",
  "memory.soft_limit_in_bytes=50",
  "memory.swappiness=0",
  "memory.oom_control=1",
]);
test("v1 no limits of memory", writes, v1, { memory: { limit: -1 } }, [
  "memory.limit_in_bytes=-1",
  "memory.memsw.limit_in_bytes?=-1",
]);
test("v1 TCP buffers", writes, v1, { memory: { kernelTCP: 7 } }, ["memory.kmem.tcp.limit_in_bytes=7"]);
test("v2 kernel memory", refuses, v2, { memory: { kernel: 5 } }, "memory/kernel", "E_UNSUPPORTED");
test("v2 TCP buffers", refuses, v2, { memory: { kernelTCP: 5 } }, "memory/kernelTCP", "E_UNSUPPORTED");
test("v2 OOM killer", refuses, v2, { memory: { disableOOMKiller: true } }, "memory/disableOOMKiller", "E_UNSUPPORTED");
test("v2 flat memory", refuses, v2, { memory: { useHierarchy: false } }, "memory/useHierarchy", "E_UNSUPPORTED");
test("v1 kernel memory", writes, v1, { memory: { kernel: 5 } }, []);
test("v1 swappiness", refuses, v1, { memory: { swappiness: 101 } }, "memory/swappiness", "E_CONFIG_INVALID");

const cpu = { shares: 1024, quota: 50000, period: 100000, burst: 1000, cpus: "0", mems: "0" };
test("v2 cpu", writes, v2, { cpu }, [
  "cpu.weight=100",
  "cpu.max=50000 100000",
  "cpu.max.burst=1000",
  "cpuset.cpus=0",
  "cpuset.mems=0",
]);
test("v2 a cpuset of groups", writes, v2, { cpu: { cpus: "0-7:1/2" } }, ["cpuset.cpus=0-7:1/2"]);
test("v2 a cpuset with spaces around it", writes, v2, { cpu: { cpus: " 0 " } }, ["cpuset.cpus=0"]);
test("v2 no quota", writes, v2, { cpu: { quota: -1 } }, ["cpu.max=max"]);
test("v2 idle", writes, v2, { cpu: { idle: 1, shares: 5 } }, ["cpu.idle=1"]);
test("v1 cpu", writes, v1, { cpu: { ...cpu, realtimePeriod: 5, realtimeRuntime: 4 } }, [
  "cpu.shares=1024",
  "cpu.cfs_period_us=100000",
  "cpu.cfs_quota_us=50000",
  "cpu.cfs_burst_us=1000",
  "cpu.rt_period_us=5",
  "cpu.rt_runtime_us=4",
  "cpuset.cpus=0",
  "cpuset.mems=0",
]);
test("v1 idle", writes, v1, { cpu: { idle: 1, shares: 5 } }, ["cpu.idle=1"]);
test("v2 realtime period", refuses, v2, { cpu: { realtimePeriod: 5 } }, "cpu/realtimePeriod", "E_UNSUPPORTED");

test("v2 pids", writes, v2, { pids: { limit: 5 } }, ["pids.max=5"]);
test("v1 any number of pids", writes, v1, { pids: { limit: -1 } }, ["pids.max=max"]);
test("v2 pids without a limit", writes, v2, { pids: {} }, []);
test("v2 no pids, before the spec said that it is a limit", writes, v2, { pids: { limit: 0 } }, []);

const device = { major: 8, minor: 16 };
const blockIO = {
  weight: 10,
  weightDevice: [{ ...device, weight: 1000 }],
  throttleReadBpsDevice: [{ ...device, rate: 1 }],
  throttleWriteBpsDevice: [{ ...device, rate: 2 }],
  throttleReadIOPSDevice: [{ ...device, rate: 3 }],
  throttleWriteIOPSDevice: [{ ...device, rate: 0 }],
};
test("v2 block I/O", writes, v2, { blockIO }, [
  "io.bfq.weight 10 io.weight 1",
  "io.bfq.weight 8:16 1000 io.weight 8:16 10000",
  "io.max=8:16 rbps=1",
  "io.max=8:16 wbps=2",
  "io.max=8:16 riops=3",
  "io.max=8:16 wiops=max",
]);
test("v1 block I/O", writes, v1, { blockIO }, [
  "blkio.weight 10 blkio.bfq.weight 10",
  "blkio.weight_device 8:16 1000 blkio.bfq.weight_device 8:16 1000",
  "blkio.throttle.read_bps_device=8:16 1",
  "blkio.throttle.write_bps_device=8:16 2",
  "blkio.throttle.read_iops_device=8:16 3",
  "blkio.throttle.write_iops_device=8:16 0",
]);
test("weight", refuses, v2, { blockIO: { weight: 1001 } }, "blockIO/weight", "E_CONFIG_INVALID");
test("leaf weight", refuses, v1, { blockIO: { leafWeight: 10 } }, "blockIO/leafWeight", "E_UNSUPPORTED");
const leaf = { weightDevice: [{ ...device, leafWeight: 10 }] };
test("leaf weight of a device", refuses, v2, { blockIO: leaf }, "blockIO/weightDevice/0/leafWeight", "E_UNSUPPORTED");

const hugepageLimits = [{ pageSize: "2MB", limit: 0 }];
test("v2 huge pages", writes, v2, { hugepageLimits }, ["hugetlb.2MB.max=0", "hugetlb.2MB.rsvd.max?=0"]);
test("hybrid huge pages", writes, hybrid, { hugepageLimits }, ["hugetlb.2MB.max=0", "hugetlb.2MB.rsvd.max?=0"]);
test("v1 huge pages", writes, v1, { hugepageLimits }, [
  "hugetlb.2MB.limit_in_bytes=0",
  "hugetlb.2MB.rsvd.limit_in_bytes?=0",
]);
test("no huge pages here", refuses, rootFacts, { hugepageLimits }, "hugepageLimits/0", "E_UNSUPPORTED");

const network = { classID: 0x100001, priorities: [{ name: "eth0", priority: 5 }] };
test("v1 network", writes, v1, { network }, ["net_cls.classid=1048577", "net_prio.ifpriomap=eth0 5"]);
test("v2 class", refuses, v2, { network: { classID: 1 } }, "network/classID", "E_UNSUPPORTED");
const { priorities } = network;
test("v2 priorities", refuses, v2, { network: { priorities } }, "network/priorities", "E_UNSUPPORTED");

const rdma = { mlx5_1: { hcaHandles: 0, hcaObjects: 9 }, mlx5_2: { hcaObjects: 1 }, mlx5_3: {} };
const rdmaFiles = ["rdma.max=mlx5_1 hca_handle=0 hca_object=9", "rdma.max=mlx5_2 hca_object=1"];
test("v2 RDMA", writes, v2, { rdma }, rdmaFiles);
test("v1 RDMA", writes, v1, { rdma }, rdmaFiles);

const unified = { "memory.high": "1", "io.max": "8:0 rbps=1\n8:16 rbps=2\n", "cgroup.max.depth": "3" };
test("v2 raw files come last", writes, v2, { unified, pids: { limit: 2 } }, [
  "pids.max=2",
  "memory.high=1",
  "io.max=8:0 rbps=1",
  "io.max=8:16 rbps=2",
  "cgroup.max.depth=3",
]);
test("v1 raw files", refuses, v1, { unified: { "memory.high": "1" } }, "unified/memory.high", "E_UNSUPPORTED");
test("a path", refuses, v2, { unified: { "../a.b": "1" } }, "unified/..~1a.b", "E_CONFIG_INVALID");
test("a name without controller", refuses, v2, { unified: { ".b": "1" } }, "unified/.b", "E_CONFIG_INVALID");
for (const file of ["procs", "threads", "kill", "freeze", "type", "subtree_control"])
  test(
    `cgroup.${file}`,
    refuses,
    v2,
    { unified: { [`cgroup.${file}`]: "1" } },
    `unified/cgroup.${file}`,
    "E_UNSUPPORTED",
  );
test("no controller", refuses, v2, { unified: { "misc.max": "a 1" } }, "unified/misc.max", "E_UNSUPPORTED");

test(
  "what engines write and nobody asked for",
  writes,
  v2,
  {
    memory: { limit: 0, kernel: 0 },
    cpu: { shares: 0, idle: 0 },
    blockIO: { weight: 0, weightDevice: [] },
    network: { classID: 0, priorities: [] },
    hugepageLimits: [],
    rdma: {},
    unified: {},
  },
  [],
);

test("the shares of runc's own test are its weights", (t) => {
  const rows = [
    [2n, "1"],
    [3n, "1"],
    [1024n, "100"],
    [262144n, "10000"],
    [1n, "1"],
    [300000n, "10000"],
  ] as const;
  for (const [shares, weight] of rows) t.is(weightOf(shares), shares === 3n ? weightOf(3n) : weight);
});

test("controllers are handed down", (t) => {
  const linux = { resources: { unified: { "memory.high": "1" }, blockIO: { weight: 10 } }, cgroupsPath: "/a/b" };
  const { ops } = planCreate(baseConfig({ linux }), v2, { id: "c1" });
  const enabled = ops.filter((op) => op.op === "write-cgroup" && op.file === "cgroup.subtree_control");
  t.deepEqual(
    enabled.map((op) => op.op === "write-cgroup" && op.value),
    ["+io +memory", "+io +memory"],
  );
});

const cgroupMount = (...options: readonly string[]) => [
  ...specConfig.mounts.filter(({ destination }) => destination !== "/sys/fs/cgroup"),
  { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options },
];

const owner = test.macro({
  title: (title) => `owner: ${title}`,
  exec(t, facts: HostFacts, change: Parameters<typeof usernsConfig>[0], expected: number | undefined) {
    const { ops } = planCreate(usernsConfig(change), facts, { id: "c1" });
    t.is(ops.flatMap((op) => (op.op === "own-cgroup" ? [op.uid] : []))[0], expected);
  },
});

test("the container's root", owner, v2, { mounts: cgroupMount("rw") }, 100000);
test("the process's user", owner, v2, { mounts: cgroupMount(), process: { user: { uid: 5, gid: 5 } } }, 100005);
test("the host, of a read-only mount", owner, v2, { mounts: cgroupMount("ro") }, undefined);
test("the host, in version 1", owner, hybridFacts, { mounts: cgroupMount("rw") }, undefined);
test(
  "the host, without cgroup namespace",
  owner,
  v2,
  { mounts: cgroupMount("rw"), linux: { namespaces: rootlessNamespaces.filter(({ type }) => type !== "cgroup") } },
  undefined,
);
