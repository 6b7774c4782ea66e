// Namespaces and kernel parameters
import { firstId } from "../../helpers/config.ts";
import type { Patch } from "../../helpers/json.ts";
import type { Row } from "./row.ts";
import { allCaps, bind, userns, without, withPath } from "./row.ts";

/** What this asks for changes nothing that is seen: crun and runc pass over it. */
const locked: Patch = {
  ...userns,
  "/process/capabilities": { bounding: allCaps, permitted: allCaps, effective: allCaps },
  "/annotations": { "coffer.lock-mounts": "true" },
};

/** Namespaces and kernel parameters. */
export const namespaceRows: readonly Row[] = [
  { title: "a host name", patch: { "/hostname": "a-longer.host-name" } },
  { title: "a domain name", patch: { "/domainname": "example.net" } },
  { title: "no host name", patch: { "/hostname": undefined } },
  { title: "the host's pid namespace", patch: { "/linux/namespaces": without("pid") } },
  {
    title: "the host's network",
    patch: { "/linux/namespaces": without("network") },
    facts: ["+dir", "/sys/class/net"],
  },
  { title: "the host's ipc", patch: { "/linux/namespaces": without("ipc") } },
  { title: "the host's uts", patch: { "/linux/namespaces": without("uts"), "/hostname": undefined } },
  { title: "the host's cgroup namespace", patch: { "/linux/namespaces": without("cgroup") } },
  {
    title: "a network namespace by path",
    before: "touch ns; unshare --net=ns true",
    patch: { "/linux/namespaces": withPath("network", "$BASE/ns") },
    facts: ["+dir", "/sys/class/net"],
  },
  {
    title: "a uts namespace by path",
    before: "touch ns; unshare --uts=ns hostname joined",
    patch: { "/linux/namespaces": withPath("uts", "$BASE/ns"), "/hostname": undefined },
  },
  {
    title: "an ipc namespace by path",
    before: "touch ns; unshare --ipc=ns true",
    patch: { "/linux/namespaces": withPath("ipc", "$BASE/ns") },
  },
  { title: "a network of its own", facts: ["+dir", "/sys/class/net", "+file", "/sys/class/net/lo/flags"] },
  {
    title: "time offsets",
    patch: {
      "/linux/namespaces/-": { type: "time" },
      "/linux/timeOffsets": { monotonic: { secs: 1000, nanosecs: 5 }, boottime: { secs: 86400, nanosecs: 0 } },
    },
  },
  { title: "a user namespace", patch: userns },
  {
    title: "a user namespace with two ranges",
    patch: {
      ...userns,
      "/linux/uidMappings": [
        { containerID: 0, hostID: firstId, size: 10 },
        { containerID: 10, hostID: firstId + 1000, size: 1000 },
      ],
    },
  },
  { title: "locked mounts", patch: locked },
  {
    title: "locked mounts, with a bind that follows the host's",
    patch: { ...locked, "/mounts/-": bind("/mnt", "rbind", "ro", "rslave") },
    facts: ["+dir", "/mnt"],
  },
  {
    title: "a user on a terminal with locked mounts",
    patch: { ...locked, "/process/terminal": true, "/process/user": { uid: 12, gid: 13 } },
    terminal: "50x132",
  },
  {
    title: "pipes of a user in a user namespace",
    patch: { ...userns, "/process/user": { uid: 12, gid: 13 } },
    streams: "pipes",
    facts: ["+open", "/proc/self/fd/1"],
  },
  {
    title: "files of a user in a user namespace",
    patch: { ...userns, "/process/user": { uid: 12, gid: 13 } },
    streams: "files",
    facts: ["+open", "/proc/self/fd/1"],
  },
  { title: "a user in a user namespace", patch: { ...userns, "/process/user": { uid: 12, gid: 13 } } },
  {
    title: "sysctls",
    patch: {
      "/linux/sysctl": {
        "net.ipv4.ip_forward": "1",
        "kernel.shm_rmid_forced": "1",
        "fs.mqueue.msg_max": "20",
        "net.ipv4.ip_local_port_range": "2000 3000",
        "net.ipv4.ping_group_range": "0 2147483647",
        "net.ipv4.icmp_ratelimit": "333",
        "net.ipv4.route.flush": "1",
      },
    },
    facts: [
      "+file",
      "/proc/sys/net/ipv4/ip_forward",
      "+file",
      "/proc/sys/kernel/shm_rmid_forced",
      "+file",
      "/proc/sys/fs/mqueue/msg_max",
      "+file",
      "/proc/sys/net/ipv4/ip_local_port_range",
      "+file",
      "/proc/sys/net/ipv4/ping_group_range",
      "+file",
      "/proc/sys/net/ipv4/icmp_ratelimit",
    ],
  },
];
