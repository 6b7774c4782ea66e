// What the attacker is given: each row is something that people really give.
import { rootlessPatch } from "../../helpers/config.ts";
import type { Json, Patch } from "../../helpers/json.ts";
import type { Caller } from "./types.ts";

/** Every capability of Linux 6.18, in the order of their numbers. */
export const capabilities = [
  ...["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP"],
  ...["LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER"],
  ...["SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE"],
  ...["SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP"],
  ...["MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF"],
  "CHECKPOINT_RESTORE",
] as const;

/** What docker gives a container that asks for nothing. */
const docker = [
  ...["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE"],
  ...["NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP"],
] as const;

/** Without a user namespace these are rights over the host itself, which no runtime holds back (SECURITY.md). */
export const overTheHost: readonly string[] = ["DAC_READ_SEARCH", "SYS_MODULE", "SYS_RAWIO", "SYS_ADMIN"];

/** One row: how the attacker's container differs from one that has nothing. */
export type Rights = {
  readonly name: string;
  readonly text: string;
  /** A user namespace of its own. */
  readonly mapped: boolean;
  readonly caps: readonly string[];
  /** The namespaces that it shares with the others of its pod. */
  readonly pod?: readonly string[];
  readonly patch?: Patch;
};

const open: Patch = { "/linux/maskedPaths": [], "/linux/readonlyPaths": [] };
const fuse: Patch = {
  "/mounts/-": { destination: "/dev/fuse", type: "bind", source: "$BASE/fuse", options: ["bind", "rw", "dev"] },
  "/linux/resources/devices": [{ allow: true, type: "c", major: 10, minor: 229, access: "rwm" }],
};
const cgroups: Patch = {
  "/mounts/-": { destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup", options: ["rw"] },
};
const shared: Patch = {
  "/mounts/-": { destination: "/vol", type: "bind", source: "$BASE/bundle/rootfs", options: ["rbind", "rw"] },
};
const podTypes = ["pid", "ipc", "network"];

/** The rights that every attacker is put through. */
export const classes: readonly Rights[] = [
  { name: "none", text: "a user namespace, no capability", mapped: true, caps: [] },
  { name: "docker", text: "docker's capabilities, no user namespace", mapped: false, caps: docker },
  { name: "all", text: "a user namespace, all capabilities", mapped: true, caps: capabilities },
  {
    name: "privileged",
    text: "a user namespace, all capabilities, nothing masked, /dev/fuse",
    mapped: true,
    caps: capabilities,
    patch: { ...open, ...fuse },
  },
  {
    name: "pod",
    text: "the pid, ipc, network and user namespaces of a pod, all capabilities",
    mapped: true,
    caps: capabilities,
    pod: ["user", ...podTypes],
  },
  {
    name: "pod + debugger",
    text: "the pid, ipc and network namespaces of a pod without a user namespace; docker's capabilities and CAP_SYS_PTRACE",
    mapped: false,
    caps: [...docker, "SYS_PTRACE"],
    pod: podTypes,
  },
  {
    name: "cgroups",
    text: "docker's capabilities, no user namespace, its cgroups writable",
    mapped: false,
    caps: docker,
    patch: cgroups,
  },
  {
    name: "bind",
    text: "docker's capabilities, no user namespace, a writable bind of the root directory that other containers use",
    mapped: false,
    caps: docker,
    patch: shared,
  },
];

/** Each capability alone: in a user namespace, or added to docker's without one. */
export const alone: readonly Rights[] = capabilities.map((cap) => ({
  name: `CAP_${cap}`,
  text: `a user namespace, CAP_${cap}`,
  mapped: true,
  caps: [cap],
}));

export const added: readonly Rights[] = capabilities
  .filter((cap) => !overTheHost.includes(cap) && !docker.some((one) => one === cap))
  .map((cap) => ({
    name: `docker + CAP_${cap}`,
    text: `docker's capabilities and CAP_${cap}, no user namespace`,
    mapped: false,
    caps: [...docker, cap],
  }));

/** For a weakened build alone: a right over the host. */
export const withAdmin: Rights = {
  name: "docker + CAP_SYS_ADMIN",
  text: "docker's capabilities and CAP_SYS_ADMIN, no user namespace",
  mapped: false,
  caps: [...docker, "SYS_ADMIN"],
};

/** A range of ids that is a scene's own: the kernel counts the keyrings of every id. */
export type Ids = { readonly first: number; readonly uid: number; readonly gid: number };

function mapping({ first }: Ids): Patch {
  const ids = [{ containerID: 0, hostID: first, size: 1000 }];
  return { "/linux/namespaces/-": { type: "user" }, "/linux/uidMappings": ids, "/linux/gidMappings": ids };
}

const sets = ["bounding", "effective", "permitted"];

/** The patch of a config for a right. A pod's namespaces are added when it is there. */
export function patchOf(rights: Rights, as: Caller, ids: Ids): Patch {
  const caps = rights.caps.map((cap) => `CAP_${cap}`);
  const own = as === "user" ? rootlessPatch(ids.uid, ids.gid) : rights.mapped ? mapping(ids) : {};
  return {
    ...own,
    "/process/capabilities": Object.fromEntries(sets.map((set) => [set, caps])),
    "/root/readonly": false,
    ...rights.patch,
  };
}

/** The namespaces of a member of a pod: those that it shares by their paths, and its own. */
export function joinPod(namespaces: readonly Json[], pod: readonly string[], pid: number): readonly Json[] {
  const file = (type: string): string => (type === "network" ? "net" : type);
  const typeOf = (entry: Json): string => String(Object(entry).type);
  const own = namespaces.filter((entry) => !pod.includes(typeOf(entry)));
  return [...own, ...pod.map((type) => ({ type, path: `/proc/${pid}/ns/${file(type)}` }))];
}
