// The configs that are run in the guest: the conformance table, as far as this machine can, and what cgroup v2 adds.
import type { Difference } from "../../conformance/differences.ts";
import type { Row } from "../../conformance/rows.ts";
import { rows } from "../../conformance/rows.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import { ofToday } from "../../helpers/runner/daily.ts";

const group: Json = {
  destination: "/sys/fs/cgroup",
  type: "cgroup",
  source: "cgroup",
  options: ["nosuid", "noexec", "nodev", "relatime", "ro"],
};

const v2 = (title: string, resources: Patch, ...files: readonly string[]): Row => ({
  title: `${title} (v2)`,
  patch: {
    "/mounts/-": group,
    ...Object.fromEntries(Object.entries(resources).map(([path, value]) => [`/linux/resources/${path}`, value])),
  },
  facts: files.flatMap((file) => ["+file", `/sys/fs/cgroup/${file}`]),
});

const memory = ["memory.max", "memory.low", "memory.swap.max", "memory.high"];

const groupRows: readonly Row[] = [
  { title: "the container's own cgroup (v2)", patch: { "/mounts/-": group }, facts: ["+dir", "/sys/fs/cgroup"] },
  v2("a memory limit", { memory: { limit: 67108864 } }, ...memory),
  v2("memory and swap", { memory: { limit: 67108864, swap: 134217728, reservation: 33554432 } }, ...memory),
  v2("no memory limit", { memory: { limit: -1, swap: -1 } }, ...memory),
  v2("a pids limit", { pids: { limit: 50 } }, "pids.max"),
  v2("no pids limit", { pids: { limit: -1 } }, "pids.max"),
  v2("cpu shares", { cpu: { shares: 512 } }, "cpu.weight"),
  v2("many cpu shares", { cpu: { shares: 262144 } }, "cpu.weight"),
  v2("few cpu shares", { cpu: { shares: 2 } }, "cpu.weight"),
  v2("a cpu quota", { cpu: { quota: 50000, period: 200000 } }, "cpu.max"),
  v2("a cpu quota and a burst", { cpu: { quota: 50000, burst: 20000 } }, "cpu.max", "cpu.max.burst"),
  v2("an idle group", { cpu: { idle: 1 } }, "cpu.idle"),
  v2("cpus and memory nodes", { cpu: { cpus: "0", mems: "0" } }, "cpuset.cpus", "cpuset.mems"),
  v2("an io weight", { blockIO: { weight: 100 } }, "io.weight", "io.bfq.weight"),
  v2("unified keys", { unified: { "memory.high": "50000000", "pids.max": "77" } }, "memory.high", "pids.max"),
  v2("huge pages", { hugepageLimits: [{ pageSize: "2MB", limit: 4194304 }] }, "hugetlb.2MB.max"),
];

/** Rows that no kernel and no cgroup version can change are left out, as a row takes a second here. */
const sameEverywhere =
  /^(another user|additional groups|a umask|many cap|ambient|arguments|a program found|an empty env|HOME|resource limits|an infinite|an OOM|no host name|a host name|a domain name|a working dir|seccomp by)/;

/**
 * Its root is a ramfs, which cannot be id-mapped, and the kernel makes no sysfs where something is mounted over the host's.
 * In each of these one peer fails as coffer does: runc, where crun binds the host's /sys; crun, where runc ignores the word.
 */
const otherwiseHere =
  /^(a mount: an? r?idmap word in a user|the word r?idmap with|a joined (network|ipc|uts) namespace of a user|a mapping (of one id|that does not)|an identity mapping|a device: .*in a user namespace|a tmpfs on .*in a user|a user namespace with holes|masked: for a user in a user|mounts of a user namespace|a copy of what is covered, through a link and in a user)/;

/** Version 1 is not here, and a terminal needs the command line, which takes seconds to start. */
const allRows: readonly Row[] = [
  ...rows.filter(
    ({ mode = "v2", terminal, title }) =>
      mode === "v2" && terminal === undefined && ![sameEverywhere, otherwiseHere].some((one) => one.test(title)),
  ),
  ...groupRows,
];

/** A row takes a second: `npm run test:all` runs a twelfth of them. */
export const guestRows: readonly Row[] = ofToday(allRows, 12);

/** Where this machine's peers are older than what coffer does, besides ../../conformance/differences.ts. */
export const guestDifferences: readonly Difference[] = [
  {
    fact: /^signals death$/,
    reason:
      "containers of the API's `run` end with their caller; those of the command line, which the host compares, do not",
  },
  {
    fact: /cpu\.weight$/,
    row: /cpu shares/,
    reason: "1024 shares are a weight of 100, as in newer releases of runc and crun; Debian's are older",
  },
];
