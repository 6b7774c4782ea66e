// Limits of a new container and of a changed one, as the kernel has them, beside runc's.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { Box } from "../helpers/container.ts";
import { fails, makeBox, ok, runDetached } from "../helpers/container.ts";
import type { Json } from "../helpers/json.ts";
import { toJson } from "../helpers/json.ts";
import { nothingLeft } from "../helpers/leftovers.ts";
import { needs } from "../helpers/needs.ts";
import { beside } from "../helpers/peers/peers.ts";
import type { RuntimeName } from "../helpers/peers/runtimes.ts";
import { coffer, runVerb } from "../helpers/peers/runtimes.ts";

type Case = {
  readonly resources: Json;
  /** The words of `update` after the id, one list for each call. */
  readonly updates?: readonly (readonly string[])[];
  /** `hierarchy/file` of version 1. */
  readonly files: readonly string[];
};

const fileOf = (box: Box, name: string): string => {
  const [hierarchy = "", file = ""] = name.split("/");
  return join("/sys/fs/cgroup", hierarchy, "coffer-test", box.tag, file);
};

function readAll(box: Box, files: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    files
      .filter((name) => existsSync(fileOf(box, name)))
      .map((name) => [name, readFileSync(fileOf(box, name), "utf8")]),
  );
}

/** The first block device of the machine, `major:minor`. */
const disk =
  readdirSync("/sys/block")
    .map((name) => readFileSync(`/sys/block/${name}/dev`, "utf8").trim())
    .find((dev) => /^\d+:\d+$/.test(dev)) ?? "0:0";
const [major = 0, minor = 0] = disk.split(":").map(Number);

/** The files of a container that was made and updated by one runtime. */
async function filesOf(
  t: ExecutionContext,
  name: RuntimeName,
  { resources, updates = [], files }: Case,
): Promise<Readonly<Record<string, string>>> {
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"], "/linux/resources": resources });
  const verb = async (word: string, ...args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await runVerb(name, box, word, args);
    t.is(exitCode, 0, `${name} ${word} ${args.join(" ")}: ${stderr}`);
  };
  await verb("run", "--detach", "--bundle", box.path, box.tag);
  for (const flags of updates) await verb("update", ...flags, box.tag);
  const found = readAll(box, files);
  await verb("delete", "--force", box.tag);
  await nothingLeft(t, box, box.before);
  return found;
}

const same = test.macro({
  title: (title) => `v1: ${title} is what runc makes of it`,
  async exec(t, row: Case) {
    if (!(await needs(t, "root", "cgroup-v1", "runc"))) return;
    const ours = await filesOf(t, "coffer", row);
    t.true(Object.keys(ours).length > 0, "the kernel has these files");
    await beside(t, ["runc"], async (tt) => {
      tt.deepEqual(ours, await filesOf(tt, "runc", row));
    });
  },
});

const memoryFiles = [
  "memory/memory.limit_in_bytes",
  "memory/memory.memsw.limit_in_bytes",
  "memory/memory.soft_limit_in_bytes",
  "memory/memory.swappiness",
  "memory/memory.oom_control",
];
const cpuFiles = ["cpu/cpu.shares", "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us", "cpu/cpu.idle"];

test.serial("memory", same, {
  resources: { memory: { limit: 1 << 26, reservation: 1 << 25, swappiness: 10, disableOOMKiller: true } },
  files: memoryFiles,
});
test.serial("memory that grows, shrinks and is let go", same, {
  resources: { memory: { limit: 1 << 26, swap: 1 << 26 } },
  updates: [
    ["--memory", "256M", "--memory-swap", "512M"],
    ["--memory", "32m"],
    ["--memory", "64MiB", "--memory-swap", "64M", "--memory-reservation", "16m"],
    ["--memory", "-1"],
  ],
  files: memoryFiles,
});
test.serial("cpu", same, {
  resources: { cpu: { shares: 512, quota: 50000, period: 100000, cpus: "0", mems: "0" } },
  files: [...cpuFiles, "cpuset/cpuset.cpus", "cpuset/cpuset.mems"],
});
test.serial("a cpu limit that changes", same, {
  resources: { cpu: { shares: 512, quota: 200000, period: 100000 } },
  updates: [
    ["--cpu-share", "100", "--cpu-period", "20000", "--cpu-quota", "5000"],
    ["--cpu-quota", "6000"],
    ["--cpuset-cpus", "0", "--cpuset-mems", "0"],
  ],
  files: [...cpuFiles, "cpuset/cpuset.cpus"],
});
test.serial("pids", same, {
  resources: { pids: { limit: 20 } },
  updates: [
    ["--pids-limit", "30"],
    ["--pids-limit", "-1"],
  ],
  files: ["pids/pids.max"],
});
test.serial("a throttle", same, {
  resources: {
    blockIO: {
      throttleReadBpsDevice: [{ major, minor, rate: 1048576 }],
      throttleWriteBpsDevice: [{ major, minor, rate: 2097152 }],
      throttleReadIOPSDevice: [{ major, minor, rate: 300 }],
      throttleWriteIOPSDevice: [{ major, minor, rate: 400 }],
    },
  },
  files: ["read_bps", "write_bps", "read_iops", "write_iops"].map((name) => `blkio/blkio.throttle.${name}_device`),
});
test.serial("a weight of block I/O", same, {
  resources: { blockIO: { weight: 500 } },
  updates: [["--blkio-weight", "600"]],
  files: ["blkio/blkio.bfq.weight", "blkio/blkio.weight"],
});
test.serial("limits that nobody asked for at first", same, {
  resources: { devices: [{ allow: false, access: "rwm" }] },
  updates: [["--memory", "64M", "--pids-limit", "9", "--cpu-share", "77"]],
  files: [...memoryFiles, ...cpuFiles, "pids/pids.max"],
});

const hostile = test.macro({
  title: (title) => `update refuses ${title}`,
  async exec(t, flags: readonly string[], pattern: RegExp) {
    if (!(await needs(t, "root", "cgroup-v1"))) return;
    const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
    await runDetached(t, box);
    await fails(t, box, "update", [...flags, box.tag], pattern);
    await ok(t, box, "delete", ["--force", box.tag]);
  },
});

test.serial("a size that is none", hostile, ["--memory", "64X"], /invalid value for memory: "64X" is not a size/);
test.serial("a number that is none", hostile, ["--cpu-share", "-1"], /invalid value for cpu-share/);
test.serial("a weight beyond the range", hostile, ["--blkio-weight", "5000"], /blockIO\/weight: must be at most 1000/);
test.serial(
  "swap under memory",
  hostile,
  ["--memory", "2M", "--memory-swap", "1M"],
  /memory\/swap: .* under the memory/,
);
test.serial(
  "resctrl",
  hostile,
  ["--mem-bw-schema", "MB:0=50"],
  /--mem-bw-schema is refused: .*without a resctrl group/,
);
test.serial("a file that is not there", hostile, ["--resources", "/no/such"], /no such file/);

test.serial("update reads resources from a file and from standard input", async (t) => {
  if (!(await needs(t, "root", "cgroup-v1"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "sleep", "1000"] });
  await runDetached(t, box);
  const file = join(box.base, "resources.json");
  writeFileSync(file, toJson({ memory: { limit: 67108864 }, devices: [{ allow: true, access: "rwm" }] }));
  await ok(t, box, "update", ["--resources", file, "--memory", "1k", box.tag]);
  t.is(readFileSync(fileOf(box, "memory/memory.limit_in_bytes"), "utf8"), "67108864\n");
  await ok(t, box, "update", ["-r", "-", box.tag], { input: '{"pids":{"limit":12}}' });
  t.is(readFileSync(fileOf(box, "pids/pids.max"), "utf8"), "12\n");
  const refused = await coffer(box, "update", ["-r", "-", box.tag], { input: '{"memory":{"limit":"1"}}' });
  t.is(refused.exitCode, 1);
  t.regex(refused.stderr, /resources on standard input: \/memory\/limit: must be an integer/);
  const check = '{"memory":{"limit":4096,"checkBeforeUpdate":true}}';
  const over = await coffer(box, "update", ["-r", "-", box.tag], { input: check });
  t.regex(over.stderr, /rejecting memory limit 4096 <= usage \d+/);
  await ok(t, box, "delete", ["--force", box.tag]);
  await fails(t, box, "update", ["--pids-limit", "5", box.tag], /does not exist/);
  await nothingLeft(t, box, box.before);
});

test.serial("a stopped container has no limits to change", async (t) => {
  if (!(await needs(t, "root"))) return;
  const box = makeBox(t, { "/process/args": ["/probe", "exit", "0"] });
  await runDetached(t, box);
  while (JSON.parse((await ok(t, box, "state", [box.tag])).stdout).status !== "stopped");
  await fails(t, box, "update", ["--pids-limit", "5", box.tag], /container not running/);
  await ok(t, box, "delete", [box.tag]);
});
