// What is refused, and with which JSON pointer. The table says input → pointer.
import { checkProcess } from "@coffer/spec";
import test from "ava";
import { CofferError } from "../errors.ts";
import type { HostFacts } from "../host/facts.ts";
import { placeResctrl } from "./cgroup/resctrl/resctrl.ts";
import { planCreate } from "./create/create.ts";
import type { PlanCreateOptions } from "./draft/options.ts";
import { planJoin } from "./join/join.ts";
import type { ConfigChange } from "./testing/builders.ts";
import {
  baseConfig,
  hybridFacts,
  rootFacts,
  rootlessNamespaces,
  specConfig,
  userFacts,
  usernsConfig,
} from "./testing/builders.ts";

interface How {
  readonly facts?: HostFacts;
  readonly options?: Partial<PlanCreateOptions>;
  readonly userns?: true;
}

function refusal(change: ConfigChange, { facts = rootFacts, options = {}, userns }: How): CofferError | undefined {
  const config = userns ? usernsConfig(change) : baseConfig(change);
  try {
    planCreate(config, facts, { id: "c1", ...options });
    return undefined;
  } catch (error) {
    if (CofferError.is(error)) return error;
    throw error;
  }
}

const invalid = test.macro({
  title: (title) => `invalid: ${title}`,
  exec(t, pointer: string, change: ConfigChange, how: How = {}) {
    const error = refusal(change, how);
    const pointers = CofferError.is(error, "E_CONFIG_INVALID")
      ? error.details.issues.map((issue) => issue.pointer)
      : error?.message;
    t.deepEqual(pointers, [pointer]);
  },
});

const unsupported = test.macro({
  title: (title) => `unsupported: ${title}`,
  exec(t, pointer: string, change: ConfigChange, how: How = {}) {
    const error = refusal(change, how);
    const pointers = CofferError.is(error, "E_UNSUPPORTED")
      ? error.details.fields.map((field) => field.pointer)
      : error?.message;
    t.deepEqual(pointers, [pointer]);
  },
});

const accepted = test.macro({
  title: (title) => `accepted: ${title}`,
  exec(t, change: ConfigChange, how: How = {}) {
    t.is(refusal(change, how)?.message, undefined);
  },
});

const warned = test.macro({
  title: (title) => `warned: ${title}`,
  exec(t, pointers: readonly string[], change: ConfigChange, { facts = rootFacts, options = {} }: How = {}) {
    const { warnings = [] } = planCreate(baseConfig(change), facts, { id: "c1", ...options });
    t.deepEqual(
      warnings.map(({ pointer }) => pointer),
      pointers,
    );
  },
});

const mount = (extra: object): ConfigChange => ({ mounts: [{ destination: "/mnt", type: "tmpfs", ...extra }] });
const bind = (...options: readonly string[]): ConfigChange => ({
  mounts: [{ destination: "/mnt", type: "bind", source: "/srv/data", options }],
});
const namespaces = (...list: readonly object[]): ConfigChange => ({
  linux: { namespaces: [{ type: "mount" }, { type: "uts" }, ...list] },
});
const map = (containerID: number, hostID: number, size: number) => ({ containerID, hostID, size });
const caps = (sets: object): ConfigChange => ({ process: { capabilities: sets } });
const rlimit = (...rlimits: readonly object[]): ConfigChange => ({ process: { rlimits } });
const sysctl = (name: string, value = "1"): ConfigChange => ({ linux: { sysctl: { [name]: value } } });
const ptmx = (major: number, minor: number): ConfigChange => device({ path: "/dev/ptmx", type: "c", major, minor });
const device = (...devices: readonly object[]): ConfigChange => ({ linux: { devices } });
const resources = (value: object): ConfigChange => ({ linux: { resources: value } });
const seccomp = (value: object): ConfigChange => ({
  linux: { seccomp: { defaultAction: "SCMP_ACT_ALLOW", ...value } },
});

test("no args", invalid, "/process/args", { process: { args: [] } });
test("empty program", invalid, "/process/args", { process: { args: [""] } });
test("cwd goes up", accepted, { process: { cwd: "/a/../../b" } });
test("env without =", invalid, "/process/env/0", { process: { env: ["PATH"] } });
test("env without a name", invalid, "/process/env/0", { process: { env: ["=x"] } });
test("uid -1", invalid, "/process/user/uid", { process: { user: { uid: 4294967295, gid: 0 } } });
test("group -1", invalid, "/process/user/additionalGids/0", {
  process: { user: { uid: 0, gid: 0, additionalGids: [4294967295] } },
});
test("umask", warned, ["/process/user/umask"], { process: { user: { uid: 0, gid: 0, umask: 0o1000 } } });
test("unmapped uid", invalid, "/process/user/uid", { process: { user: { uid: 70000, gid: 0 } } }, { userns: true });
test("unmapped gid", invalid, "/process/user/gid", { process: { user: { uid: 0, gid: 70000 } } }, { userns: true });
test("oom score", invalid, "/process/oomScoreAdj", { process: { oomScoreAdj: 1001 } });
test("console size", invalid, "/process/consoleSize/height", {
  process: { terminal: true, consoleSize: { height: 70000, width: 1 } },
});
test("terminal without devpts", invalid, "/process/terminal", { mounts: [], process: { terminal: true } });
test(
  "terminal for nobody",
  invalid,
  "/process/terminal",
  { process: { terminal: true } },
  { options: { terminal: "none" } },
);
test(
  "terminal and detached",
  invalid,
  "/process/terminal",
  { process: { terminal: true } },
  { options: { detach: true } },
);
test("socket without terminal", invalid, "/process/terminal", {}, { options: { terminal: { consoleSocket: "/s" } } });

test("effective over permitted", invalid, "/process/capabilities/effective", caps({ effective: ["CAP_KILL"] }));
test(
  "inheritable over bounding",
  invalid,
  "/process/capabilities/inheritable",
  caps({ permitted: ["CAP_KILL"], inheritable: ["CAP_KILL"] }),
);
test(
  "ambient over inheritable raises nothing",
  accepted,
  caps({
    bounding: ["CAP_KILL", "CAP_CHOWN"],
    permitted: ["CAP_KILL", "CAP_CHOWN"],
    inheritable: ["CAP_CHOWN"],
    ambient: ["CAP_KILL"],
  }),
);
test("ambient and nothing inheritable", accepted, caps({ ambient: ["CAP_KILL"] }));

const userNetwork = { program: "/usr/bin/pasta", args: ["pasta"], rules: new Uint8Array(8) };
const networked: How = { options: { userNetwork }, userns: true };
test("a user-mode network and a user namespace", accepted, caps({ bounding: ["CAP_KILL"] }), networked);
for (const name of ["cap_net_raw", "CAP_NET_ADMIN"])
  test(`a user-mode network and ${name}`, invalid, "/process/capabilities", caps({ bounding: [name] }), networked);
test("a user-mode network alone", invalid, "/linux/namespaces", caps({}), { options: { userNetwork } });

test("unknown rlimit", invalid, "/process/rlimits/0/type", rlimit({ type: "RLIMIT_NOPE", soft: 1, hard: 1 }));
test("soft over hard", invalid, "/process/rlimits/0/soft", rlimit({ type: "RLIMIT_CORE", soft: 2, hard: 1 }));
test(
  "rlimit twice",
  invalid,
  "/process/rlimits/1/type",
  rlimit({ type: "RLIMIT_CORE", soft: 1, hard: 1 }, { type: "RLIMIT_CORE", soft: 1, hard: 1 }),
);

test("no root", invalid, "/root", { root: undefined });
test("read-only without mount namespace", invalid, "/root/readonly", {
  mounts: [],
  hostname: "",
  linux: { namespaces: [], maskedPaths: [], readonlyPaths: [] },
});
test("hostname without uts", invalid, "/hostname", { linux: { namespaces: [{ type: "mount" }] } });
test("long hostname", invalid, "/hostname", { hostname: "x".repeat(65) });
test("domainname without uts", invalid, "/domainname", {
  hostname: "",
  domainname: "d",
  linux: { namespaces: [{ type: "mount" }] },
});

test("destination goes up", accepted, mount({ destination: "/a/../b" }));
test("destination is the root", invalid, "/mounts/0/destination", mount({ destination: "/" }));
test("destination is empty", invalid, "/mounts/0/destination", mount({ destination: "" }));
test("destination in proc by going up", invalid, "/mounts/0/destination", mount({ destination: "/a/../proc/self" }));
test("destination in proc", invalid, "/mounts/0/destination", mount({ destination: "/proc/self" }));
test("tmpfs on proc", invalid, "/mounts/0/destination", mount({ destination: "/proc" }));
test("lxcfs", accepted, {
  mounts: [{ destination: "/proc/meminfo", type: "bind", source: "/etc/hosts", options: ["bind"] }],
});
test("no type", invalid, "/mounts/0/type", mount({ type: undefined }));
test("bind without source", invalid, "/mounts/0/source", mount({ type: "bind" }));
test("bind of nothing", invalid, "/mounts/0/source", mount({ type: "bind", source: "/no/such" }));
test("relative bind without bundle", invalid, "/mounts/0/source", mount({ type: "bind", source: "data" }));
test("mounts without mount namespace", invalid, "/mounts", {
  root: { path: "/r" },
  hostname: "",
  linux: { namespaces: [], maskedPaths: [], readonlyPaths: [] },
});
test("gid that is not mapped", invalid, "/mounts/0/options/0", mount({ options: ["gid=70000"] }), { userns: true });
test("one id map of two", invalid, "/mounts/0/gidMappings", {
  mounts: [{ ...bindMount(), uidMappings: [map(0, 1, 1)] }],
});
test("idmap without any map", invalid, "/mounts/0/options", bind("idmap"));
test("remount", unsupported, "/mounts/0/options/0", mount({ options: ["remount"] }));
test("sync on a bind", warned, ["/mounts/0/options/0"], bind("sync"));
test("data on a bind", warned, ["/mounts/0/options/1"], bind("async", "size=1m"));
test("what buildah leaves in a volume's options", warned, [], bind("z", "Z", "U"));
test("tmpcopyup on a bind", warned, ["/mounts/0/options/0"], bind("tmpcopyup"));
test("idmap= without any map", invalid, "/mounts/0/options", bind("bind", "idmap="));
for (const text of ["uids=0-1", "uids=0-1-1;x", "uids=@0-1-1;gids=0-1-1", "uids=0-1-1#"])
  test(`idmap=${text}`, invalid, "/mounts/0/options/1", bind("bind", `idmap=${text}`));
test("idmap by a user", unsupported, "/mounts/0/options", bind("idmap"), {
  userns: true,
  facts: { ...userFacts, cgroup: { ...userFacts.cgroup, writable: true } },
});
test("shared with the host", accepted, {
  ...bind("rshared"),
  linux: { rootfsPropagation: "shared" },
});
test("idmapped tmpfs", unsupported, "/mounts/0", mount({ uidMappings: [map(0, 1, 1)], gidMappings: [map(0, 1, 1)] }));

test("namespace twice", invalid, "/linux/namespaces/2", namespaces({ type: "uts" }));
test("maps without user namespace", warned, ["/linux/uidMappings"], { linux: { uidMappings: [map(0, 1, 1)] } });
test("user namespace without uid map", invalid, "/linux/uidMappings", {
  linux: { namespaces: rootlessNamespaces, gidMappings: [map(0, 1, 10)] },
  mounts: [],
});
test(
  "empty range",
  invalid,
  "/linux/uidMappings/1/size",
  { linux: { uidMappings: [map(0, 1, 1), map(5, 5, 0)] } },
  { userns: true },
);
test(
  "overlap inside",
  invalid,
  "/linux/uidMappings/1",
  { linux: { uidMappings: [map(0, 100, 10), map(9, 200, 10)] } },
  { userns: true },
);
test(
  "overlap on the host",
  invalid,
  "/linux/uidMappings/1",
  { linux: { uidMappings: [map(0, 100, 10), map(20, 109, 10)] } },
  { userns: true },
);
test(
  "range beyond the last id",
  invalid,
  "/linux/uidMappings/1",
  { linux: { uidMappings: [map(0, 1, 1), map(10, 4294967290, 10)] } },
  { userns: true },
);
test(
  "ids of others",
  invalid,
  "/linux/uidMappings/0",
  { linux: { resources: {}, uidMappings: [map(0, 5, 65536)] } },
  { userns: true, facts: userFacts },
);
const ofUser = (uid: ReturnType<typeof map>, gid = map(0, 100000, 65536)) => ({
  linux: { resources: {}, uidMappings: [uid], gidMappings: [gid] },
});
const asUser = { userns: true, facts: userFacts } as const;
test("a range as long as the caller's", accepted, ofUser(map(0, 100000, 65536)), asUser);
test("a range one too long", invalid, "/linux/uidMappings/0", ofUser(map(0, 100000, 65537)), asUser);
test("a range that begins one too early", invalid, "/linux/uidMappings/0", ofUser(map(0, 99999, 10)), asUser);
test("two of the caller's own id", invalid, "/linux/uidMappings/0", ofUser(map(0, 1000, 2)), asUser);
test("groups one too many", invalid, "/linux/gidMappings/0", ofUser(map(0, 100000, 1), map(0, 100000, 65537)), asUser);
test(
  "no newuidmap",
  unsupported,
  "/linux/uidMappings",
  { linux: { resources: {} } },
  {
    userns: true,
    facts: { ...userFacts, subids: { uids: userFacts.subids.uids, gids: userFacts.subids.gids, newgidmap: "/g" } },
  },
);
test("a user without user namespace", invalid, "/linux/namespaces", { linux: { resources: {} } }, { facts: userFacts });
test(
  "groups where setgroups is denied",
  invalid,
  "/process/user/additionalGids",
  {
    mounts: [],
    process: { user: { uid: 0, gid: 0, additionalGids: [0] } },
    linux: { resources: {}, uidMappings: [map(0, 1000, 1)], gidMappings: [map(0, 1000, 1)] },
  },
  { userns: true, facts: userFacts },
);
test("offsets without time namespace", invalid, "/linux/timeOffsets", {
  linux: { timeOffsets: { boottime: { secs: 1 } } },
});
test("nanoseconds", invalid, "/linux/timeOffsets/boottime/nanosecs", {
  linux: {
    namespaces: [...specConfig.linux.namespaces, { type: "time" }],
    timeOffsets: { boottime: { nanosecs: 1_000_000_000 } },
  },
});

test("sysctl of the host", invalid, "/linux/sysctl/kernel.core_pattern", sysctl("kernel.core_pattern"));
test(
  "sysctl that goes up",
  invalid,
  "/linux/sysctl/net~1..~1kernel~1core_pattern",
  sysctl("net/../kernel/core_pattern"),
);
test("sysctl with dots for slashes", invalid, "/linux/sysctl/net.~1~1.kernel", sysctl("net.//.kernel"));
test("net sysctl without network namespace", invalid, "/linux/sysctl/net.ipv4.ip_forward", {
  linux: { ...sysctl("net.ipv4.ip_forward").linux, ...namespaces().linux },
});
test("net sysctl of the host's namespace", invalid, "/linux/sysctl/net.x.y", {
  linux: { ...sysctl("net.x.y").linux, ...namespaces({ type: "network", path: "/proc/1/ns/net" }).linux },
});
test("ipc sysctl without ipc namespace", invalid, "/linux/sysctl/kernel.sem", {
  linux: { ...sysctl("kernel.sem").linux, ...namespaces().linux },
});
test("domain name by sysctl, and otherwise", invalid, "/linux/sysctl/kernel.domainname", {
  ...sysctl("kernel.domainname", "a"),
  domainname: "b",
});
test("domain name by sysctl, the same", accepted, { ...sysctl("kernel.domainname", "a"), domainname: "a" });
test("user sysctl of a user namespace", accepted, sysctl("user.max_inotify_instances"), { userns: true });
test("user sysctl without a user namespace", invalid, "/linux/sysctl/user.max_inotify_instances", {
  ...sysctl("user.max_inotify_instances"),
});
test("a newer minor version", warned, ["/ociVersion"], { ociVersion: "1.9.0" });
test("a property of a unit without systemd", warned, ["/annotations/org.systemd.property.ExecStop"], {
  annotations: { "org.systemd.property.ExecStop": "x" },
});
test("hostname by sysctl", invalid, "/linux/sysctl/kernel.hostname", sysctl("kernel.hostname"));
test("sysctl with a newline", invalid, "/linux/sysctl/kernel.sem", sysctl("kernel.sem", "1\n2"));

test("device without numbers", invalid, "/linux/devices/0", device({ path: "/dev/x", type: "c" }));
test(
  "device at a relative path",
  warned,
  ["/linux/devices/0/path"],
  device({ path: "dev/x", type: "c", major: 1, minor: 1 }),
);
test("device that goes up", accepted, device({ path: "/dev/../x", type: "c", major: 1, minor: 1 }));
test("a node for /dev/ptmx that is another device", warned, ["/linux/devices/0/path"], ptmx(1, 3));
test("a node for /dev/ptmx as it is", warned, [], ptmx(5, 2));
test("device number", invalid, "/linux/devices/0/major", device({ path: "/dev/x", type: "c", major: 5000, minor: 1 }));
test(
  "two devices at a path",
  invalid,
  "/linux/devices/1/path",
  device({ path: "/dev/x", type: "c", major: 1, minor: 1 }, { path: "/dev/x", type: "c", major: 1, minor: 2 }),
);
test(
  "device owner",
  warned,
  ["/linux/devices/0/uid"],
  device({ path: "/dev/x", type: "c", major: 1, minor: 1, uid: 4294967295 }),
);
test("rule type", invalid, "/linux/resources/devices/0/type", resources({ devices: [{ allow: true, type: "p" }] }));
test(
  "rule access",
  invalid,
  "/linux/resources/devices/0/access",
  resources({ devices: [{ allow: true, access: "rx" }] }),
);

test("a device where a bind is on /dev", warned, ["/linux/devices"], {
  mounts: [{ destination: "/dev", type: "bind", source: "/srv/data" }],
  linux: { devices: [{ path: "/../../dev/y", type: "c", major: 1, minor: 5 }] },
});
test("masked path goes up", accepted, { linux: { maskedPaths: ["/proc/../x"] } });
test("masked path goes up to the root", warned, ["/linux/maskedPaths/0"], { linux: { maskedPaths: ["/proc/.."] } });
test("read-only root by path", accepted, { linux: { readonlyPaths: ["/"] } });

test("swap without memory", invalid, "/linux/resources/memory/swap", resources({ memory: { swap: 5 } }));
test("swap under memory", invalid, "/linux/resources/memory/swap", resources({ memory: { swap: 5, limit: 6 } }));
test("swappiness on v2", unsupported, "/linux/resources/memory/swappiness", resources({ memory: { swappiness: 5 } }));
test("realtime on v2", unsupported, "/linux/resources/cpu/realtimeRuntime", resources({ cpu: { realtimeRuntime: 5 } }));
test("cgroup that goes up", invalid, "/linux/cgroupsPath", { linux: { cgroupsPath: "/a/../../b" } });
test("systemd slice", warned, ["/linux/cgroupsPath"], { linux: { resources: {}, cgroupsPath: "user.slice:a:b" } });
test(
  "limit without cgroups",
  unsupported,
  "/linux/resources/pids/limit",
  { linux: { resources: { pids: { limit: 5 } } } },
  { userns: true, facts: userFacts },
);
test(
  "cgroup path without cgroups",
  unsupported,
  "/linux/cgroupsPath",
  { linux: { resources: {}, cgroupsPath: "/a" } },
  { userns: true, facts: userFacts },
);
test("no controller", unsupported, "/linux/resources/pids/limit", resources({ pids: { limit: 5 } }), {
  facts: { ...rootFacts, cgroup: { ...rootFacts.cgroup, controllers: ["memory"] } },
});
test(
  "v1 takes a rule back",
  unsupported,
  "/linux/resources/devices/2",
  resources({
    devices: [{ allow: false }, { allow: true, type: "c", major: 5 }, { allow: false, type: "c", major: 5, minor: 1 }],
  }),
  { facts: hybridFacts },
);

test("a hook's environment", warned, ["/hooks/poststop/0/env/1"], {
  hooks: { prestart: [], poststop: [{ path: "/bin/true", env: ["A=1", "=2"] }] },
});
test("a filter that keeps a hook from running", invalid, "/linux/seccomp", {
  hooks: { startContainer: [{ path: "/bin/true" }] },
  linux: { seccomp: { defaultAction: "SCMP_ACT_ALLOW", syscalls: [{ names: ["clone"], action: "SCMP_ACT_ERRNO" }] } },
});
test("AppArmor without it", unsupported, "/process/apparmorProfile", {
  process: { apparmorProfile: "docker-default" },
});
test("a profile that is not unconfined", unsupported, "/process/apparmorProfile", {
  process: { apparmorProfile: "unconfined_x" },
});
test("SELinux without it", unsupported, "/process/selinuxLabel", { process: { selinuxLabel: "a:b:c:d" } });
test("mount label without it", unsupported, "/linux/mountLabel", { linux: { mountLabel: "a:b:c:d" } });
const apparmor = { facts: { ...rootFacts, lsm: ["apparmor"] } };
const selinux = { facts: { ...rootFacts, lsm: ["selinux"] } };
test("a profile of two lines", invalid, "/process/apparmorProfile", { process: { apparmorProfile: "a\nb" } }, apparmor);
test("a profile with blanks", invalid, "/process/apparmorProfile", { process: { apparmorProfile: " a" } }, apparmor);
const long = "é".repeat(2100);
test("a profile over a page", invalid, "/process/apparmorProfile", { process: { apparmorProfile: long } }, apparmor);
test("a label of two lines", invalid, "/process/selinuxLabel", { process: { selinuxLabel: "a:b:c:\n" } }, selinux);
test("a label under AppArmor", unsupported, "/process/selinuxLabel", { process: { selinuxLabel: "a:b:c" } }, apparmor);
test("a long mount label", invalid, "/linux/mountLabel", { linux: { mountLabel: "é".repeat(128) } }, selinux);
test("a policy without a kernel", unsupported, "/process/scheduler/policy", {
  process: { scheduler: { policy: "SCHED_ISO" } },
});
test("nice", warned, ["/process/scheduler/nice"], { process: { scheduler: { policy: "SCHED_BATCH", nice: 20 } } });
test("no priority", invalid, "/process/scheduler/priority", { process: { scheduler: { policy: "SCHED_RR" } } });
test("a priority of none", invalid, "/process/scheduler/priority", {
  process: { scheduler: { policy: "SCHED_OTHER", priority: 1 } },
});
test("a deadline of none", warned, ["/process/scheduler/deadline"], {
  process: { scheduler: { policy: "SCHED_FIFO", priority: 1, deadline: 5 } },
});
test("I/O priority", invalid, "/process/ioPriority/priority", {
  process: { ioPriority: { class: "IOPRIO_CLASS_BE", priority: 8 } },
});
test("CPU affinity", invalid, "/process/execCPUAffinity/initial", {
  process: { execCPUAffinity: { initial: "3-1" } },
});
test("CPU affinity of too many", invalid, "/process/execCPUAffinity/final", {
  process: { execCPUAffinity: { final: "0-8192" } },
});
test("personality", warned, ["/linux/personality/flags/0"], {
  linux: { personality: { domain: "LINUX32", flags: ["x"] } },
});
test("nodes of a local policy", invalid, "/linux/memoryPolicy/nodes", {
  linux: { memoryPolicy: { mode: "MPOL_LOCAL", nodes: "0" } },
});
test("no nodes", invalid, "/linux/memoryPolicy/nodes", { linux: { memoryPolicy: { mode: "MPOL_BIND" } } });
test("resctrl on a host that has none", unsupported, "/linux/intelRdt", { linux: { intelRdt: { closID: "a" } } });
const resctrl = (intelRdt: object): ConfigChange => ({ linux: { intelRdt } });
const hasResctrl: How = { facts: { ...rootFacts, resctrl: { mount: "/sys/fs/resctrl" } } };
const hasGroup: How = {
  facts: {
    ...rootFacts,
    resctrl: { mount: "/sys/fs/resctrl", schemata: "    MB:0=100;1= 80\n    L3:0=00ff;1=ffff\n" },
  },
};
const closID = "/linux/intelRdt/closID";
test("an empty intelRdt where groups are", (t) =>
  t.is(placeResctrl(baseConfig({}), hasResctrl.facts ?? rootFacts, "c1"), undefined));
test("a resctrl group that is not there", invalid, closID, resctrl({ closID: "a" }), hasResctrl);
test("a resctrl group that is a path", invalid, closID, resctrl({ closID: "a/b", schemata: ["L3:0=f"] }), hasResctrl);
test("a resctrl group above", invalid, closID, resctrl({ closID: "..", schemata: ["L3:0=f"] }), hasResctrl);
test(
  "schemata of two lines",
  invalid,
  "/linux/intelRdt/schemata/1",
  resctrl({ schemata: ["L3:0=f", "a\nb"] }),
  hasResctrl,
);
test(
  "a resctrl group that differs",
  invalid,
  "/linux/intelRdt/l3CacheSchema",
  resctrl({ closID: "a", l3CacheSchema: "L3:0=f" }),
  hasGroup,
);
test(
  "bandwidth that differs",
  invalid,
  "/linux/intelRdt/memBwSchema",
  resctrl({ closID: "a", memBwSchema: "MB:1=8" }),
  hasGroup,
);
test(
  "a resource that the group lacks",
  invalid,
  "/linux/intelRdt/schemata/0",
  resctrl({ closID: "/", schemata: ["L2:0=f"] }),
  hasGroup,
);
test(
  "a resctrl group that is as the config says",
  accepted,
  resctrl({ closID: "a", l3CacheSchema: "L3:0=FF;1=0xffff", memBwSchema: "MB:1=80" }),
  hasGroup,
);
test("no memory policy", invalid, "/linux/memoryPolicy/mode", { linux: { memoryPolicy: { nodes: "0" } } });
const netDevices = (devices: object): ConfigChange => ({ linux: { netDevices: devices } });
test("interfaces without CAP_NET_ADMIN", unsupported, "/linux/netDevices", netDevices({ eth0: {} }), {
  facts: { ...rootFacts, capabilities: rootFacts.capabilities & ~(1n << 12n) },
});
test("interfaces without a network namespace", invalid, "/linux/netDevices", {
  hostname: "",
  linux: { namespaces: [{ type: "mount" }], netDevices: { eth0: {} } },
});
test("an interface of 16 bytes", invalid, "/linux/netDevices/eth0/name", netDevices({ eth0: { name: "é".repeat(8) } }));
test("an interface that is a path", invalid, "/linux/netDevices/..~1eth0", netDevices({ "../eth0": {} }));
test("an interface named ..", invalid, "/linux/netDevices/eth0/name", netDevices({ eth0: { name: ".." } }));
test("an interface with a colon", invalid, "/linux/netDevices/eth0/name", netDevices({ eth0: { name: "eth0:1" } }));
test("two patterns in one name", invalid, "/linux/netDevices/eth0/name", netDevices({ eth0: { name: "e%d%d" } }));
test("another pattern", invalid, "/linux/netDevices/eth0/name", netDevices({ eth0: { name: "e%s" } }));
test("a pattern of the host", invalid, "/linux/netDevices/eth%d", netDevices({ "eth%d": {} }));
test("two interfaces of one name", invalid, "/linux/netDevices/eth1", netDevices({ eth0: { name: "eth1" }, eth1: {} }));
test(
  "33 interfaces",
  invalid,
  "/linux/netDevices",
  netDevices(Object.fromEntries(Array.from({ length: 33 }, (_, n) => [`eth${n}`, {}]))),
);
test(
  "no pivot in a user namespace",
  unsupported,
  "/linux/namespaces",
  {},
  { userns: true, options: { noPivot: true } },
);
const annotation = "/annotations/coffer.lock-mounts";
const sysAdmin = { bounding: ["CAP_SYS_ADMIN"], effective: ["CAP_SYS_ADMIN"], permitted: ["CAP_SYS_ADMIN"] };
const locking = (change: ConfigChange = {}, capabilities: object = sysAdmin): ConfigChange => ({
  ...change,
  annotations: { "coffer.lock-mounts": "true" },
  process: { capabilities },
});
const shared = { destination: "/m", type: "tmpfs", source: "tmpfs", options: ["shared"] };
const joinedUser = [...rootlessNamespaces.filter(({ type }) => type !== "user"), { type: "user", path: "/run/ns/u" }];
test("locked mounts, of which nobody says yes or no", invalid, annotation, {
  annotations: { "coffer.lock-mounts": "yes" },
});
test("an annotation of this runtime that is misspelled", unsupported, "/annotations/coffer.lock-mount", {
  annotations: { "coffer.lock-mount": "true" },
});
test("locked mounts of nobody", invalid, annotation, {
  ...locking({}, {}),
  mounts: [],
  hostname: "",
  root: { path: "/r" },
  linux: { namespaces: [{ type: "pid" }], maskedPaths: [], readonlyPaths: [] },
});
test("locked mounts of another container", invalid, annotation, {
  ...locking(),
  mounts: [],
  hostname: "",
  root: { path: "/r" },
  linux: { namespaces: [{ type: "pid" }, { type: "mount", path: "/run/m" }], maskedPaths: [], readonlyPaths: [] },
});
test("locked mounts for root of the host", invalid, annotation, locking());
test("locked mounts for one that cannot mount", accepted, locking({}, {}));
test("locked mounts in a container's container", accepted, locking(), {
  facts: { ...rootFacts, initialUserns: false },
});
test("locked mounts in a user namespace", accepted, locking(), { userns: true });
test(
  "locked mounts in a user namespace that is joined",
  unsupported,
  annotation,
  { ...locking(), linux: { namespaces: joinedUser, uidMappings: undefined, gidMappings: undefined } },
  { userns: true },
);
test(
  "locked mounts and a shared root",
  unsupported,
  "/linux/rootfsPropagation",
  locking({ linux: { rootfsPropagation: "rshared" } }),
  { userns: true },
);
test("locked mounts and a shared one", unsupported, "/mounts/7", locking({ mounts: [...specConfig.mounts, shared] }), {
  userns: true,
});
test("virtual machine", warned, ["/vm/kernel"], { vm: { kernel: { path: "/k" } } });
test(
  "notify without a listener",
  invalid,
  "/linux/seccomp/listenerPath",
  seccomp({ defaultAction: "SCMP_ACT_NOTIFY" }),
);
test(
  "a listener of init's own calls",
  invalid,
  "/linux/seccomp/defaultAction",
  seccomp({ defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "/run/l" }),
);
test("seccomp errno", invalid, "/linux/seccomp/defaultErrnoRet", seccomp({ defaultErrnoRet: 1 }));
test(
  "filter without execve",
  invalid,
  "/linux/seccomp",
  seccomp({ defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: ["read"], action: "SCMP_ACT_ALLOW" }] }),
);

test("what engines write and nobody asked for", accepted, {
  hooks: {},
  annotations: { a: "b" },
  windows: { layerFolders: ["a"] },
  process: { apparmorProfile: "", selinuxLabel: "", user: { uid: 0, gid: 0, username: "" } },
  linux: {
    mountLabel: "",
    intelRdt: {},
    personality: {},
    resources: { blockIO: { weight: 0 }, network: {}, memory: { disableOOMKiller: false }, unified: {} },
  },
});

test("every issue is told at once", (t) => {
  const error = refusal(
    { hostname: "x".repeat(65), process: { args: [], cwd: "/" }, linux: { cgroupsPath: "/a/../../b" } },
    {},
  );
  t.true(CofferError.is(error, "E_CONFIG_INVALID") && error.details.issues.length === 3);
});

test("no process", (t) => {
  const { process: _, ...config } = baseConfig();
  const error = t.throws(() => planCreate(config, rootFacts, { id: "c1" }));
  t.true(CofferError.is(error, "E_CONFIG_INVALID") && error.details.issues[0]?.pointer === "/process");
});

test("joining a container whose root would be the host's", (t) => {
  const config = baseConfig({ mounts: [], hostname: "", linux: { namespaces: [{ type: "pid" }] } });
  const process = checkProcess({ cwd: "/", args: ["sh"] });
  const target = { pid: 5, startTime: 6n, inode: 7n };
  const error = t.throws(() => planJoin(config, process, rootFacts, { target }));
  t.true(CofferError.is(error, "E_UNSUPPORTED") && error.details.pointer === "/linux/namespaces");
});

test("an old kernel", (t) => {
  const error = refusal({}, { facts: { ...rootFacts, kernel: { major: 5, minor: 10 } } });
  t.true(CofferError.is(error, "E_HOST_UNSUPPORTED"));
});

function bindMount() {
  return { destination: "/mnt", type: "bind", source: "/srv/data" } as const;
}
