// What becomes of every field of the config: the hand-written half of docs/use/oci-support.md. The other half is the list of
// fields, which comes from the schemas. test/support/support.test.ts holds both against the planner and the tests.

import { readFileSync } from "node:fs";

/** A test that shows it: a file, and words in it that name the test. */
export type Shown = readonly [file: string, words: string];

/** One field, or all that are beneath it. */
export interface Support {
  readonly status: "carried out" | "refused" | "no-op by the spec";
  /** When refused why; else what a reader may not expect. */
  readonly note?: string;
  readonly shown: Shown;
  /** When refused: a value that is, where that of the spec's example asks for nothing. */
  readonly sample?: number;
}

const areas = ["process", "namespaces", "mounts", "devices", "cgroups"].map(
  (area) => `test/conformance/rows/${area}.ts`,
);
const texts = areas.map((file) => [file, readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")] as const);
const compared = (words: string): Shown => [texts.find(([, text]) => text.includes(words))?.[0] ?? "none", words];
const refusal = (words: string): Shown => ["packages/core/src/plan/refuse.test.ts", words];
const limit = (words: string): Shown => ["packages/core/src/plan/cgroup/limits/limits.test.ts", words];
const kernel = (words: string): Shown => ["test/resources/update.test.ts", words];
const filter = (words: string): Shown => ["packages/core/src/seccomp/compiler/compile.test.ts", words];

const done = (shown: Shown, note?: string): Support => ({
  status: "carried out",
  ...(note === undefined ? {} : { note }),
  shown,
});
const refused = (note: string, shown: Shown): Support => ({ status: "refused", note, shown });
const ignored = (note: string, shown: Shown): Support => ({ status: "no-op by the spec", note, shown });

const windowsOnly = "for Windows only";
const unasked: Shown = refusal("what engines write and nobody asked for");

const notified: Shown = ["test/spec3/notify.test.ts", "create and start, and exec"];
const scheduled: Shown = ["test/spec3/scheduling.test.ts", "scheduler, I/O priority and execution domain"];

const elsewhere = "an error where the security module is not active";

const processFields: Readonly<Record<string, Support>> = {
  "/process/terminal": done(compared("a terminal")),
  "/process/consoleSize": done(["test/lifecycle/foreground.test.ts", "a terminal has the caller's size"]),
  "/process/cwd": done(compared("a working directory"), "made when it is missing"),
  "/process/env": done(
    compared("an empty environment"),
    "of several values the last; HOME is added from the image's passwd",
  ),
  "/process/args": done(
    compared("a program found in PATH"),
    "without `/process` a container is created, and `start` is an error ([no-process.test.ts](../../test/lifecycle/no-process.test.ts))",
  ),
  "/process/commandLine": ignored(windowsOnly, ["packages/core/src/plan/parts.test.ts", "the spec's own example"]),
  "/process/user": done(compared("another user")),
  "/process/user/umask": done(compared("a umask")),
  "/process/user/additionalGids": done(compared("additional groups")),
  "/process/user/username": ignored(windowsOnly, unasked),
  "/process/capabilities": done(compared("many capabilities"), "an unknown name is a warning"),
  "/process/capabilities/ambient": done(compared("ambient capabilities")),
  "/process/rlimits": done(compared("resource limits")),
  "/process/noNewPrivileges": done(compared("new privileges allowed")),
  "/process/apparmorProfile": done(["test/vm/apparmor.test.ts", "is enforced"], `${elsewhere}; \`unconfined\` is not`),
  "/process/selinuxLabel": done(["test/vm/selinux.test.ts", "is enforced"], `${elsewhere}; labels its keyring too`),
  "/process/oomScoreAdj": done(compared("an OOM score")),
  "/process/ioPriority": done(scheduled),
  "/process/scheduler": done(scheduled),
  "/process/execCPUAffinity": done(["test/spec3/scheduling.test.ts", "execCPUAffinity is for exec alone"]),
};

const hookNames = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"] as const;
const ran: Shown = ["test/spec3/hooks.test.ts", "hooks run in order"];
const environment: Shown = ["test/spec3/hooks.test.ts", "a hook of the host gets its own environment"];
const late: Shown = ["test/spec3/hooks.test.ts", "a hook that takes too long is killed"];

/** The fields of one kind of hook. */
function hookFields(name: (typeof hookNames)[number]): Readonly<Record<string, Support>> {
  const at = `/hooks/${name}/*`;
  return {
    [`${at}/path`]: done(ran),
    [`${at}/args`]: done(ran),
    [`${at}/env`]: done(environment),
    [`${at}/timeout`]: done(late),
  };
}

const topFields: Readonly<Record<string, Support>> = {
  "/ociVersion": done(["packages/spec/src/config/config.test.ts", "ociVersion"], "1.0 to 1.3"),
  "/root/path": done(compared("the default config")),
  "/root/readonly": done(compared("a writable root")),
  "/hostname": done(compared("a host name")),
  "/domainname": done(compared("a domain name")),
  "/mounts/*/destination": done(compared("a bind on a deep missing directory")),
  "/mounts/*/source": done(compared("a bind")),
  "/mounts/*/type": done(compared("a tmpfs")),
  "/mounts/*/options": done(
    ["packages/core/src/plan/tree/mount-options.test.ts", "every name that features tells is taken"],
    "every option of the spec, recursive and idmap ones too",
  ),
  "/mounts/*/uidMappings": done(["packages/core/src/plan/testing/cases.ts", '"mount-idmap"']),
  "/mounts/*/gidMappings": done(["packages/core/src/plan/testing/cases.ts", '"mount-idmap"']),
  ...Object.fromEntries(hookNames.flatMap((name) => Object.entries(hookFields(name)))),
  "/annotations": done(
    ["test/lifecycle/verbs.test.ts", "org.example/a"],
    "kept for `state`; none changes what is done but `org.systemd.property.KillSignal` and `.TimeoutStopUSec`, with systemd, and `coffer.lock-mounts`, which locks the mounts; other properties, and others of `coffer.`, are an error",
  ),
};

const linuxFields: Readonly<Record<string, Support>> = {
  "/linux/namespaces/*/type": done(compared("the host's network")),
  "/linux/namespaces/*/path": done(
    compared("a network namespace by path"),
    "with a mount namespace by path the root is a directory of it, and nothing is mounted",
  ),
  "/linux/uidMappings": done(compared("a user namespace with two ranges")),
  "/linux/gidMappings": done(compared("a user namespace with two ranges")),
  "/linux/timeOffsets": done(compared("time offsets")),
  "/linux/devices": done(compared("a device in a directory")),
  "/linux/netDevices": done(
    ["test/spec3/netdevices.test.ts", "renamed"],
    "for callers with the host's CAP_NET_ADMIN; a launch that fails gives them back",
  ),
  "/linux/cgroupsPath": done(
    ["packages/core/src/plan/cgroup/systemd/systemd.test.ts", 'test("podman\'s"'],
    "a path, or for the systemd manager `slice:prefix:name`; the form of the other manager is an error",
  ),
  "/linux/rootfsPropagation": done(compared("a shared root")),
  "/linux/seccomp/defaultAction": done(filter("a small profile")),
  "/linux/seccomp/defaultErrnoRet": done(refusal("seccomp errno")),
  "/linux/seccomp/architectures": done(filter("a host without a table is refused")),
  "/linux/seccomp/flags": done(filter('test("flags"')),
  "/linux/seccomp/listenerPath": done(notified),
  "/linux/seccomp/listenerMetadata": done(notified),
  "/linux/seccomp/syscalls": done(compared("seccomp with an errno")),
  "/linux/seccomp/syscalls/*/args": done(compared("seccomp by an argument")),
  "/linux/sysctl": done(compared("sysctls"), "those of the container's own namespaces"),
  "/linux/maskedPaths": done(compared("masked paths that do not exist")),
  "/linux/readonlyPaths": done(compared("a read-only path")),
  "/linux/mountLabel": done(
    ["test/vm/selinux.test.ts", "of the mounts"],
    `${elsewhere}; at most 255 bytes; proc, sysfs and cgroups have the policy's own`,
  ),
  "/linux/intelRdt": done(
    ["packages/core/src/plan/testing/cases.ts", '"root-resctrl"'],
    "where resctrl is mounted; shown by plans, as none of the machines has it",
  ),
  "/linux/memoryPolicy": done(["test/spec3/scheduling.test.ts", "the memory policy is the program's"]),
  "/linux/personality": done(scheduled),
};

const v1Only = (why: string): string => `cgroup v1; refused on v2: ${why}`;

const resourceFields: Readonly<Record<string, Support>> = {
  devices: done(["packages/core/src/plan/cgroup/device-bpf.test.ts", "the program decides as the rules do"]),
  "memory/limit": done(kernel("memory that grows, shrinks and is let go")),
  "memory/reservation": done(kernel('test.serial("memory", same')),
  "memory/swap": done(kernel("memory that grows, shrinks and is let go")),
  "memory/kernel": {
    ...refused("the kernel has given this limit up (5.16)", limit('test("v1 kernel memory"')),
    sample: 1048576,
  },
  "memory/kernelTCP": done(limit('test("v1 TCP buffers"'), v1Only("there is no such limit")),
  "memory/swappiness": done(kernel("swappiness: 10"), v1Only("there is none")),
  "memory/disableOOMKiller": done(kernel("disableOOMKiller: true"), v1Only("the OOM killer cannot be turned off")),
  "memory/useHierarchy": done(limit("useHierarchy: true"), "`false` is refused on v2, which is always hierarchical"),
  "memory/checkBeforeUpdate": done(kernel("checkBeforeUpdate"), "for `update`; a new cgroup has no usage"),
  "cpu/shares": done(kernel("a cpu limit that changes"), "on v2 as cpu.weight, by runc 1.4's curve"),
  "cpu/quota": done(kernel("a cpu limit that changes")),
  "cpu/burst": done(limit("cpu.max.burst=1000")),
  "cpu/period": done(kernel("a cpu limit that changes")),
  "cpu/realtimeRuntime": done(limit("cpu.rt_runtime_us=4"), v1Only("there are no realtime limits")),
  "cpu/realtimePeriod": done(limit("cpu.rt_period_us=5"), v1Only("there are no realtime limits")),
  "cpu/cpus": done(kernel('test.serial("cpu", same')),
  "cpu/mems": done(kernel('test.serial("cpu", same')),
  "cpu/idle": done(limit('test("v2 idle"')),
  "pids/limit": done(kernel('test.serial("pids", same'), "zero leaves one: the container's own"),
  "blockIO/weight": done(kernel("a weight of block I/O")),
  "blockIO/leafWeight": refused("the kernel has no leaf weights since 5.0", limit('test("leaf weight"')),
  "blockIO/weightDevice": done(limit("io.bfq.weight 8:16 1000")),
  "blockIO/weightDevice/*/leafWeight": refused(
    "the kernel has no leaf weights since 5.0",
    limit('test("leaf weight of a device"'),
  ),
  "blockIO/throttleReadBpsDevice": done(kernel("a throttle")),
  "blockIO/throttleWriteBpsDevice": done(kernel("a throttle")),
  "blockIO/throttleReadIOPSDevice": done(kernel("a throttle")),
  "blockIO/throttleWriteIOPSDevice": done(kernel("a throttle")),
  hugepageLimits: done(limit('test("v2 huge pages"'), "on a hybrid host by the unified hierarchy"),
  "network/classID": done(limit('test("v1 network"'), v1Only("there are no network classes")),
  "network/priorities": done(limit('test("v1 network"'), v1Only("there are no network priorities")),
  rdma: done(limit('test("v2 RDMA"')),
  unified: done(
    ["test/resources/v2.test.ts", "raw files are written"],
    "cgroup v2; refused on v1, and for `cgroup.*` files that are no limits",
  ),
};

/** Field or what is above it → what becomes of it; the longest one that fits counts. */
export const supportTable: Readonly<Record<string, Support>> = {
  ...topFields,
  ...processFields,
  ...linuxFields,
  ...Object.fromEntries(Object.entries(resourceFields).map(([name, row]) => [`/linux/resources/${name}`, row])),
  "/vm": ignored("this runtime makes no virtual machines: a warning", refusal('test("virtual machine"')),
  "/solaris": ignored("the section of another platform", unasked),
  "/windows": ignored("the section of another platform", unasked),
  "/zos": ignored("the section of another platform", unasked),
  "/freebsd": ignored("the section of another platform", unasked),
};
