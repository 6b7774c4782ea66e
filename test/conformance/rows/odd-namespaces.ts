// Odd namespaces and kernel parameters
import type { Json, Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { maps, userns, without, withPath } from "./row.ts";

const sysctl = (title: string, values: { readonly [key: string]: Json }, more: Patch = {}): Row => ({
  title: `sysctl: ${title}`,
  patch: { "/linux/sysctl": values, ...more },
  facts: Object.keys(values).flatMap((key) => ["+file", `/proc/sys/${key.replaceAll(".", "/")}`]),
});

const only = (...types: readonly string[]): Json => types.map((type) => ({ type }));

const joined = (type: string, flag: string, name: string, patch: Patch = {}): Row => ({
  title: `a joined ${type} namespace of a user namespace`,
  before: [
    "touch user ns; mkfifo ready go",
    `unshare --user ${flag} sh -c 'echo > ready; read x < go; exec sleep 5' & peer=$!`,
    "read x < ready; echo 0 100000 65536 > /proc/$peer/uid_map; echo 0 100000 65536 > /proc/$peer/gid_map",
    `mount --bind /proc/$peer/ns/user user; mount --bind /proc/$peer/ns/${name} ns; echo > go`,
  ].join("\n"),
  patch: {
    "/linux/namespaces": [
      ...["pid", "ipc", "uts", "mount", "cgroup", "network"]
        .filter((one) => one !== type)
        .map((one) => ({ type: one })),
      { type: "user", path: "$BASE/user" },
      { type, path: "$BASE/ns" },
    ],
    "/mounts/2/options": ["newinstance", "ptmxmode=0666", "mode=0620"],
    "/hostname": undefined,
    ...patch,
  },
});

/** Odd namespaces and kernel parameters. */
export const oddNamespaceRows: readonly Row[] = [
  sysctl("the domain name that /domainname gives too", { "kernel.domainname": "a.net" }, { "/domainname": "a.net" }),
  sysctl("the domain name alone", { "kernel.domainname": "a.net" }),
  sysctl("an empty list", {}),
  sysctl("with slashes", { "net/ipv4/ip_forward": "1" }),
  sysctl("an empty value", { "kernel.shm_rmid_forced": "" }),
  sysctl("blanks around a value", { "net.ipv4.ip_forward": " 1 " }),
  sysctl("a message queue", { "fs.mqueue.msg_max": "15", "fs.mqueue.queues_max": "7" }),
  sysctl("semaphores", { "kernel.sem": "250 32000 100 128" }),
  sysctl("shared memory", { "kernel.shmmax": "65536", "kernel.shmall": "100", "kernel.shmmni": "50" }),
  sysctl("messages", { "kernel.msgmax": "9000", "kernel.msgmnb": "20000", "kernel.msgmni": "77" }),
  sysctl("ipv6", { "net.ipv6.conf.all.forwarding": "1" }),
  sysctl("an interface", { "net.ipv4.conf.lo.rp_filter": "2" }),
  sysctl("unprivileged ports", { "net.ipv4.ip_unprivileged_port_start": "0" }),
  sysctl(
    "with the host's network, and none of it",
    { "kernel.shmmni": "51" },
    { "/linux/namespaces": without("network") },
  ),
  sysctl("in a user namespace", { "net.ipv4.ip_forward": "1", "kernel.shmmni": "52" }, userns),
  {
    title: "the host's network with the host's sysfs in a user namespace",
    patch: {
      ...userns,
      "/linux/namespaces": [...["pid", "ipc", "uts", "mount", "cgroup"].map((type) => ({ type })), { type: "user" }],
    },
  },
  { title: "only a mount namespace", patch: { "/linux/namespaces": only("mount"), "/hostname": undefined } },
  { title: "mount and pid namespaces", patch: { "/linux/namespaces": only("mount", "pid"), "/hostname": undefined } },
  {
    title: "every namespace, in another order",
    patch: { "/linux/namespaces": only("cgroup", "mount", "uts", "ipc", "network", "pid") },
  },
  {
    title: "a user namespace first",
    patch: { ...userns, "/linux/namespaces": only("user", "pid", "network", "ipc", "uts", "mount", "cgroup") },
  },
  {
    title: "a user namespace without a network",
    patch: {
      ...userns,
      "/linux/namespaces": only("user", "pid", "ipc", "uts", "mount", "cgroup"),
      "/mounts/5": { destination: "/sys", type: "bind", source: "/sys", options: ["rbind", "ro"] },
    },
  },
  {
    title: "maps without a user namespace",
    patch: { "/linux/uidMappings": maps(0, 1000, 1), "/linux/gidMappings": maps(0, 1000, 1) },
  },
  {
    title: "a user namespace by the host's path",
    patch: { "/linux/namespaces": withPath("network", "/proc/self/ns/net") },
    facts: ["+dir", "/sys/class/net"],
  },
  {
    title: "the host's uts namespace by path",
    patch: { "/linux/namespaces": withPath("uts", "/proc/self/ns/uts"), "/hostname": undefined },
  },
  { title: "the host's ipc namespace by path", patch: { "/linux/namespaces": withPath("ipc", "/proc/self/ns/ipc") } },
  { title: "the host's pid namespace by path", patch: { "/linux/namespaces": withPath("pid", "/proc/self/ns/pid") } },
  {
    title: "the host's cgroup namespace by path",
    patch: { "/linux/namespaces": withPath("cgroup", "/proc/self/ns/cgroup") },
  },
  {
    title: "a namespace by a link",
    before: "touch ns; unshare --uts=ns hostname joined; ln -s ns to",
    patch: { "/linux/namespaces": withPath("uts", "$BASE/to"), "/hostname": undefined },
  },
  { title: "a time namespace without offsets", patch: { "/linux/namespaces/-": { type: "time" } } },
  {
    title: "a time namespace with one offset",
    patch: { "/linux/namespaces/-": { type: "time" }, "/linux/timeOffsets": { boottime: { secs: 5 } } },
  },
  {
    title: "a negative time offset",
    patch: { "/linux/namespaces/-": { type: "time" }, "/linux/timeOffsets": { monotonic: { secs: -1, nanosecs: 0 } } },
  },
  { title: "a host name with dots and capitals", patch: { "/hostname": "A.b-C_d" } },
  { title: "a host name of 64 bytes", patch: { "/hostname": "h".repeat(64) } },
  { title: "a domain name with a host name", patch: { "/hostname": "h", "/domainname": "d.example" } },
  {
    title: "a host name in a joined uts namespace",
    before: "touch ns; unshare --uts=ns hostname joined",
    patch: { "/linux/namespaces": withPath("uts", "$BASE/ns"), "/hostname": "mine" },
  },
  joined("network", "--net", "net"),
  joined("ipc", "--ipc", "ipc"),
  joined("uts", "--uts", "uts"),
  ...["idmap", "ridmap"].map((word) => ({
    ...joined("ipc", "--ipc", "ipc", {
      "/mounts/-": { destination: "/mnt", type: "bind", source: "$BASE/canary", options: ["rbind", word] },
    }),
    title: `the word ${word} with a joined user namespace`,
    facts: ["+stat", "/mnt/file"],
  })),
  {
    title: "a mapping of one id",
    patch: {
      ...userns,
      "/linux/uidMappings": maps(0, 100000, 1),
      "/linux/gidMappings": maps(0, 100000, 1),
      "/mounts/2/options": ["newinstance", "ptmxmode=0666", "mode=0620"],
    },
  },
  {
    title: "a mapping that does not begin at 0",
    patch: {
      ...userns,
      "/linux/uidMappings": maps(1000, 100000, 10),
      "/linux/gidMappings": maps(1000, 100000, 10),
      "/process/user": { uid: 1000, gid: 1000 },
      "/mounts/2/options": ["newinstance", "ptmxmode=0666", "mode=0620"],
    },
  },
  {
    title: "an identity mapping",
    patch: { ...userns, "/linux/uidMappings": maps(0, 0, 65536), "/linux/gidMappings": maps(0, 0, 65536) },
  },
  { title: "a personality", patch: { "/linux/personality": { domain: "LINUX" } } },
  {
    title: "a personality with a flag",
    patch: { "/linux/personality": { domain: "LINUX", flags: ["ADDR_NO_RANDOMIZE"] } },
  },
  {
    title: "maps without a user namespace that are empty",
    patch: { "/linux/uidMappings": maps(0, 1000, 0), "/linux/gidMappings": maps(0, 4294967295, 1) },
  },
  { title: "a 32-bit personality", patch: { "/linux/personality": { domain: "LINUX32" } } },
];
